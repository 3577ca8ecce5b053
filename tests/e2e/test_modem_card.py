# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calls on a modem whose sound is a USB sound card.  The card is ALSA's "pulse" on a PulseAudio of the test's own, with
a sink for each direction; the simulated modem, which has no card, is joined to their other sides by pacat and parec."""
import os
import select
import subprocess
import threading
import time
import tty

import modem_line
import numpy
import pytest
from test_modem_call import MENU, REPORT, WHAT, Call
from voice import likeness, samples, spoken

RAW = ["--format=s16le", "--rate=8000", "--channels=1", "--latency-msec=20"]


class Card:
    """Two null sinks: what the line plays, and what it records."""

    def __init__(self, path):
        self.socket = path / "card.socket"
        self.env = {**os.environ, "HOME": str(path), "XDG_RUNTIME_DIR": str(path),
                    "PULSE_SERVER": f"unix:{self.socket}"}
        self.server = self.start("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1",
                                 "--use-pid-file=no", "--disable-shm=1", "--log-level=error",
                                 "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self.socket}",
                                 "-L", "module-null-sink sink_name=played rate=8000 channels=1",
                                 "-L", "module-null-sink sink_name=recorded rate=8000 channels=1")
        deadline = time.monotonic() + 20
        while subprocess.run(["pactl", "info"], env=self.env, capture_output=True, timeout=20).returncode:
            assert self.server.poll() is None and time.monotonic() < deadline
        (path / ".asoundrc").write_text(
            "pcm.card { type asym\n"
            f' playback.pcm {{ type pulse server "unix:{self.socket}" device played }}\n'
            f' capture.pcm {{ type pulse server "unix:{self.socket}" device recorded.monitor }} }}\n')

    def start(self, *args, **options):
        return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *args], env=self.env,
                                stderr=subprocess.DEVNULL, **options)

    def join(self, pty):
        """The modem's sound and the card's other side."""
        self.fd = os.open(pty, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd)
        self.to_line = self.start("pacat", *RAW, "--device=recorded", stdin=subprocess.PIPE)
        self.from_line = self.start("parec", *RAW, "--device=played.monitor", stdout=subprocess.PIPE)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.copy)
        self.thread.start()

    def copy(self):
        out = self.to_line.stdin.fileno()
        heard = self.from_line.stdout.fileno()
        os.set_blocking(self.fd, False)
        while not self.over.is_set():
            for fd in select.select([self.fd, heard], [], [], 0.1)[0]:
                try:
                    octets = os.read(fd, 4096)
                    os.write(out if fd == self.fd else self.fd, octets)
                except OSError:
                    pass  # the call is over, or the modem takes nothing now

    def unplug(self):
        self.server.kill()
        self.server.wait(10)

    def close(self):
        self.over.set()
        self.thread.join()
        for process in (self.to_line, self.from_line, self.server):
            process.kill()
            process.wait(10)
        os.close(self.fd)


class CardCall(Call):
    def __init__(self, path, monkeypatch):
        self.card = Card(path)
        monkeypatch.setenv("HOME", str(path))
        super().__init__(path, "ec25", "tones", " audio alsa card")
        self.card.join(path / "audio")

    def __exit__(self, *args):
        super().__exit__(*args)
        self.card.close()

    def ring(self, nth=1):
        self.modem.call(self.number, self.heard)
        self.modem.wait("answered", nth)
        self.line.until(lambda: self.was_heard(MENU[1]), 40)

    def was_heard(self, text):
        octets = self.heard.read_bytes()
        heard = numpy.frombuffer(octets[:len(octets) & ~1], "<i2").astype(float)
        return likeness(heard, samples(spoken(self.line, text)))[0] > 0.9


@pytest.mark.soak
def test_sound_by_a_card_goes_both_ways(tmp_path, monkeypatch):
    with CardCall(tmp_path, monkeypatch) as call:
        call.ring()
        call.modem.press("1", "tones")  # the line hears the caller
        call.line.until(lambda: call.was_heard(WHAT[0]), 40)
        call.modem.hang_up()
        assert call.ended() == [("hung-up", 1, call.number, "modem 1")]
        assert modem_line.metric(call.line, "modem_audio_overruns_total") == 0


@pytest.mark.soak
def test_a_card_that_is_pulled_out_goes_on_by_text(tmp_path, monkeypatch):
    with CardCall(tmp_path, monkeypatch) as call:
        call.ring()
        call.modem.press(REPORT, "tones")
        call.line.until(lambda: call.line.sql("SELECT id FROM call WHERE keys = 2"), 30)
        call.card.unplug()
        call.modem.wait("over", 1)
        assert "modem 1 audio" in modem_line.alarms(call.line)
        call.ended()
        call.line.advance(125)  # unless the caller rings again
        call.modem.wait_mo(1)
        assert call.texts()
