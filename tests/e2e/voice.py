# SPDX-License-Identifier: AGPL-3.0-or-later
"""Callers for tests: one at the simulated phone, and was what is heard what was to be said?

A synthesis is not the same twice, so the reference is what `meldlijn say` gives from the line's own
cache, and each sentence is looked for behind the one before, by normalised cross-correlation.
"""
import functools
import io
import subprocess
import wave

import numpy
import requests
from gateway import BINARY, ROOT

RATE = 8000
ALIKE = 0.9
SLACK = RATE // 4  # samples that may lie between two sentences


def samples(wav):
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return numpy.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)


@functools.lru_cache(maxsize=200)
def spoken(line, text, language="nl", slow=False):
    """The WAV of a sentence, as this line says it."""
    path = line.directory / "spoken.wav"
    line.run("say", "-l", language, "-o", str(path), *(["--slow"] if slow else []), text)
    return path.read_bytes()


def likeness(heard, reference):
    """The best normalised correlation over all offsets, and that offset."""
    if len(reference) > len(heard):
        return 0.0, 0
    size = 1 << (len(heard) + len(reference)).bit_length()
    product = numpy.fft.rfft(heard, size) * numpy.conj(numpy.fft.rfft(reference, size))
    sums = numpy.fft.irfft(product, size)[:len(heard) - len(reference) + 1]
    squares = numpy.concatenate(([0.0], numpy.cumsum(heard ** 2)))
    energy = squares[len(reference):] - squares[:len(squares) - len(reference)]
    found = sums / numpy.sqrt(numpy.maximum(energy, 1.0) * max(numpy.sum(reference ** 2), 1.0))
    at = int(numpy.argmax(found))
    return float(found[at]), at


def was_said(line, heard, sentences, language="nl", slow=False):
    """Each sentence in order, one behind the other; what is left behind the last."""
    position = 0
    for text in sentences:
        reference = samples(spoken(line, text, language, slow))
        window = heard[position:position + len(reference) + SLACK]
        alike, at = likeness(window, reference)
        assert alike > ALIKE, f"{text!r} at {position / RATE:.2f} s: {alike:.3f}"
        position += at + len(reference)
    return heard[position:]


def turns(*keys, registers=ROOT / "menus/demo"):
    """What the menus say to a caller who presses these keys: sentences of each turn."""
    done = subprocess.run([str(BINARY), "menu", "play", "--channel", "voice", "--registers",
                           str(registers)], input="\n".join(("call",) + keys) + "\n", text=True,
                          capture_output=True, timeout=60, cwd=ROOT, check=True)
    said, sentences = [], []
    for row in done.stdout.splitlines():
        row = row.removeprefix("< ")
        if row in ("(key)", "(keys)", "(message)"):
            said.append(sentences)
            sentences = []
        elif row not in ("", "--", "==", "[toon]"):
            sentences.append(row)
    return said


class Caller:
    """Someone at the simulated phone."""

    def __init__(self, line, number):
        self.line, self.number = line, number
        self.url = f"{line.url}/handset/{number}/call"
        self.heard_s = 0.0

    def call(self):
        answer = requests.post(self.url, timeout=40)
        assert answer.status_code == 200, answer.text
        self.url += f"/{answer.json()['call']}"
        return self

    def rings(self, wait=20):
        """Does the line call?  The call, or None."""
        answer = requests.get(self.url, params={"wait": wait}, timeout=wait + 10)
        assert answer.status_code == 200, answer.text
        calls = [c for c in answer.json()["calls"] if c["to"] == "phone" and c["state"] == "rings"]
        return calls[0]["call"] if calls else None

    def pick_up(self, wait=20):
        """Answer the line, which calls."""
        assert self.rings(wait), "nobody calls"
        return self.call()

    def refuse(self, wait=20):
        call = self.rings(wait)
        assert call, "nobody calls"
        answer = requests.delete(f"{self.url}/{call}", timeout=10)
        assert answer.status_code == 200, answer.text

    def hear(self, wait=30):
        """What was said since, once it is said; empty if the call is over."""
        answer = requests.get(self.url + "/audio", params={"after": f"{self.heard_s:.6f}",
                                                           "wait": wait}, timeout=wait + 10)
        if answer.status_code == 410:
            return numpy.zeros(0)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "audio/wav"
        heard = samples(answer.content)
        self.heard_s += len(heard) / RATE
        return heard

    def press(self, keys):
        answer = requests.post(self.url + "/keys", json={"keys": keys}, timeout=10)
        assert answer.status_code == 200, answer.text

    def speak(self, wav):
        answer = requests.post(self.url + "/audio", data=wav, timeout=150)
        assert answer.status_code == 200, answer.text
        return answer.json()["recorded"]

    def state(self):
        return requests.get(self.url, timeout=10).json()

    def hang_up(self):
        answer = requests.delete(self.url, timeout=10)
        assert answer.status_code == 200, answer.text
