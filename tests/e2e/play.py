# SPDX-License-Identifier: AGPL-3.0-or-later
"""menu play --json: a resident whose lines are played one at a time, and what each came to."""
import json
import subprocess


class Play:
    def __init__(self, program, channel, registers, cwd):
        self.process = subprocess.Popen(
            [program, "menu", "play", "--json", "--channel", channel, "--registers", registers],
            cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.last = {"state": None, "session": False, "answers": []}
        self.heard = []

    def line(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"it ended at {line!r}"
        self.last = json.loads(answer)
        self.heard += self.last["answers"]
        return self.last

    def end(self):
        """What is in the database."""
        self.process.stdin.close()
        left = json.loads(self.process.stdout.readline())
        assert self.process.wait(timeout=30) == 0
        self.process.stdout.close()
        return left


# 3GPP TS 23.038 6.2.1 and 6.2.1.1
GSM7 = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
           "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
EXTENSION = set("\f^{}\\[~]|€")
# letters of Turkish and Polish that lose what the alphabet does not have
PLAIN = str.maketrans("ığİŞşçĞąćęłńóśźżĄĆĘŁŃÓŚŹŻ", "igISscGacelnoszzACELNOSZZ")


def octets(text):
    """Of a USSD string: 6.1.2.3.1, or two for each unit of UCS-2."""
    plain = text.translate(PLAIN)
    if all(c in GSM7 or c in EXTENSION for c in plain):
        septets = sum(2 if c in EXTENSION else 1 for c in plain)
        return (septets * 7 + 7) // 8
    return len(text.encode("utf-16-be"))
