# SPDX-License-Identifier: AGPL-3.0-or-later
"""The real binary for tests: a configuration, a process that can be killed, its web address.

    with Gateway(tmp_path, modems=[modem.device], contractor=fake.url) as line:
        ...
        line.kill(); line.start()

Nothing here sleeps: start() waits for the line that says that it runs, and until() asks again
when the line itself says that something changed or, for what only the database knows, at once.
"""
import collections
import json
import os
import pathlib
import random
import select
import signal
import socket
import sqlite3
import subprocess
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("MELDLIJN", ROOT / "build" / "meldlijn"))
REGISTER = pathlib.Path(os.environ.get("REGISTER", ROOT / "menus/demo"))
SECRET = "whsec_" + "bWVsZGxpam4gdGVzdCBzZWNyZXQgb2YgMzIgYnl0ZXM="


# Below what the kernel gives to who connects and what the line takes for RTP: nobody has one by chance.
PORTS = range(2000, 16384)
# The end of what the line takes for RTP: a line that is not told otherwise begins at 16384, and no test calls so often.
SOUND_PORTS, SOUND_BLOCK = (24000, 32736), 32
CLAIMS = collections.deque(maxlen=200)


def claim(port):
    """No test beside this one is given it: a name of the kernel's, bound, says that it is taken.  False: it is."""
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        try:
            name.bind(f"\0meldlijn test, port {port}")
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
        except OSError:
            name.close()
            return False
    CLAIMS.append(name)
    return True


def free_port():
    """A port for TCP and UDP."""
    while not claim(port := random.SystemRandom().choice(PORTS)):  # tests may have seeded the other one
        pass
    return port


def free_sound_ports():
    """The first, which is even, and the last of SOUND_BLOCK ports in a row; the first stands for all of them."""
    while not claim(first := random.SystemRandom().randrange(*SOUND_PORTS, SOUND_BLOCK)):
        pass
    return first, first + SOUND_BLOCK - 1


class Gateway:
    """One line in a process of its own."""

    def __init__(self, directory, modems=(), contractor=None, handset=True, city="", sms="",
                 modem_words="", contractor_words="", extra="", register=True, languages=None, wrap=()):
        languages = languages or os.environ.get("LANGUAGES", "nl en tr pl ar nl-plain")
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port, self.vty_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = self.directory / "line.db"
        self.config = self.directory / "line.cfg"
        self.log = self.directory / "line.log"
        self.process = None
        self.wrap = wrap  # a command that runs its arguments
        (self.directory / "callback").write_text(SECRET + "\n")
        (self.directory / "key").write_text("test-key\n")
        text = f"""city Den Haag
 short-code 14070
 country-code 31
{" languages " + languages}
 time-zone Europe/Amsterdam
 texts-per-hour 100000
 same-texts 1000
{city}
sms
{sms or ' in-doubt fail after 5'}
database {self.database}
menus {ROOT}/menus
prompts {ROOT}/prompts
"""
        for i, device in enumerate(modems):
            text += (f"modem {i + 1}\n device {device}\n number +3161234000{i + 1}\n{modem_words}\n"
                     " no shutdown\n")
        if handset:
            text += "handset\n no shutdown\n"
        if contractor:
            text += (f"contractor haeghe\n url {contractor}\n format open311\n"
                     f" api-key-file {self.directory}/key\n"
                     f" callback-secret-file {self.directory}/callback\n poll 0\n{contractor_words}\n")
        text += (f"http\n listen 127.0.0.1 {self.port}\n"
                 f"vty\n listen 127.0.0.1 {self.vty_port}\n{extra}")
        self.config.write_text("\n".join(l for l in text.splitlines() if l.strip()) + "\n")
        if register:
            for what in ("addresses", "assets"):
                self.run("import", what, str(REGISTER / f"{what}.csv"))

    # -- life

    def run(self, *args, check=True):
        """A command beside the line, with this configuration; its standard output."""
        done = subprocess.run([str(BINARY), *args, "-c", str(self.config)], capture_output=True,
                              text=True, timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(f"{args}: {done.returncode}: {done.stderr}")
        return done.stdout if check else done

    def start(self, level="info"):
        self.out = open(self.log, "ab")
        # setpriv: a line that a failed test leaves running ends with the tests
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.wrap, str(BINARY), "run",
                                         "-c", str(self.config), "--log-level", level],
                                        stderr=self.out, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            if self.process.poll() is not None:
                raise AssertionError("the line stopped: " + self.log.read_text()[-2000:])
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    return self
            except OSError:
                if time.monotonic() > deadline:
                    raise
                select.select([], [], [], 0.005)

    def stop(self):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(70)
        self.process = None
        self.out.close()
        return status

    def kill(self):
        """SIGKILL: nothing is said, nothing is closed."""
        self.process.kill()
        self.process.wait(10)
        self.process = None
        self.out.close()

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, kind, value, trace):
        if self.process:
            self.kill()
        if kind:
            print(self.log.read_text()[-6000:])

    # -- looking in

    def sql(self, query, *args):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10) as db:
            return db.execute(query, args).fetchall()

    def until(self, what, timeout=10):
        """Call what() until it gives something true; what it gave.

        Cases run side by side: who waits leaves the processor to the others, however long it takes to ask.
        """
        deadline = time.monotonic() + timeout
        while True:
            asked = time.monotonic()
            got = what()
            if got:
                return got
            if time.monotonic() > deadline:
                raise TimeoutError(f"not in {timeout} s; log: {self.log.read_text()[-3000:]}")
            select.select([], [], [], max(0.01, 4 * (time.monotonic() - asked)))

    def health(self):
        return requests.get(self.url + "/healthz", timeout=5).json()

    def lines_up(self, n, timeout=30):
        return self.until(lambda: sum(l["state"] == "up" for l in self.health()["lines"]) >= n,
                          timeout)

    def reports(self):
        return json.loads(self.run("report", "list", "--json"))

    def show(self, reference):
        return json.loads(self.run("report", "show", reference, "--json"))

    def vty(self, *commands):
        """Say commands to the operator's terminal; all it answers."""
        with socket.create_connection(("127.0.0.1", self.vty_port), 5) as s:
            said = self.vty_answer(s)
            for command in ("enable",) + commands:
                s.sendall(command.encode() + b"\r\n")
                said += self.vty_answer(s)
            return said

    def vty_answer(self, s):
        said = b""
        while not said.endswith((b"> ", b"# ")):
            chunk = s.recv(65536)
            if not chunk:
                break
            said += chunk
        return said.decode(errors="replace")

    # -- a resident at the simulated phone

    def text(self, number, text):
        answer = requests.post(f"{self.url}/handset/{number}/sms", json={"to": "14070", "text": text},
                               timeout=10)
        assert answer.status_code == 200, answer.text
        return answer

    def messages(self, number, after=0, wait=0):
        answer = requests.get(f"{self.url}/handset/{number}/messages",
                              params={"after": after, "wait": wait}, timeout=wait + 10)
        assert answer.status_code == 200, answer.text
        return answer.json()["messages"]

    def say(self, number, text, timeout=10):
        """Text and wait for what comes back: the texts."""
        before = max([m["id"] for m in self.messages(number)], default=0)
        self.text(number, text)
        return [m["text"] for m in self.messages(number, before, timeout)]

    def advance(self, seconds):
        answer = requests.post(self.url + "/handset/clock", json={"advance": seconds}, timeout=5)
        assert answer.status_code == 200, answer.text
