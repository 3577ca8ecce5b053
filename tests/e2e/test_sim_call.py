# SPDX-License-Identifier: AGPL-3.0-or-later
"""The simulator's calls, tried with a bare client: words by each maker's manual, sound on a pty of its own."""
import array
import math
import os
import select
import termios
import time
import tty

import pytest
from atsim import CALL_PROFILES, AtSim

FRAME = 320
NUMBER = "+31612345678"
SOUND_ON = {"huawei": "AT^DDSETEX=2", "sim7600": "AT+CPCMREG=1", "ec25": "AT+QPCMV=1,0"}
KEYS_ON = {"huawei": "AT^DDTMFCFG=0,1", "sim7600": "AT+DDET=1", "ec25": "AT+QTONEDET=1"}
FIVE = {"huawei": b"^DDTMF: 5", "sim7600": b"+RXDTMF: 5", "ec25": b"+QTONEDET: 53"}
OVER = {"huawei": b"^CEND:1,", "sim7600": b"VOICE CALL: END: ", "ec25": b"NO CARRIER"}


class Pcm:
    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.fd)
        termios.tcflush(self.fd, termios.TCIOFLUSH)

    def read(self, size, timeout=5):
        got, end = b"", time.monotonic() + timeout
        while len(got) < size and select.select([self.fd], [], [], max(end - time.monotonic(), 0))[0]:
            got += os.read(self.fd, size - len(got))
        return got

    def comes(self, seconds):
        return bool(select.select([self.fd], [], [], seconds)[0])


@pytest.fixture(params=CALL_PROFILES)
def modem(request, tmp_path):
    with AtSim(tmp_path, request.param, audio=tmp_path / "audio", noise_ms=0) as sim:
        sim.wait("sim_ready", 1)
        sim.audio = tmp_path / "audio"
        yield sim


def answered(sim, port, heard=None):
    port.command("AT+CLIP=1;+CRC=1")
    port.command(KEYS_ON[sim.profile])
    sim.call(NUMBER, heard)
    port.until(b"+CRING: VOICE")
    port.until(b'+CLIP: "31612345678",145')
    assert '+CLCC: 1,1,4,0,0,"31612345678",145' in port.command("AT+CLCC")
    if sim.profile == "ec25":
        port.command(SOUND_ON[sim.profile])
    port.command("ATA")
    if sim.profile == "sim7600":
        port.until(b"VOICE CALL: BEGIN")
    if sim.profile != "ec25":
        port.command(SOUND_ON[sim.profile])
    assert "+CLCC: 1,1,0,0,0" in port.command("AT+CLCC")


def test_sound_is_paced_both_ways(modem, tmp_path):
    with modem.open() as port:
        port.command("ATE0")
        pcm = Pcm(modem.audio)
        answered(modem, port, tmp_path / "heard")
        said = array.array("h", [int(9000 * math.sin(i / 5)) for i in range(8000)])
        (tmp_path / "said").write_bytes(said.tobytes())
        pcm.read(FRAME)
        start = time.monotonic()
        modem.play(tmp_path / "said")
        got = pcm.read(2 * 8000 + 20 * FRAME)
        assert 1.2 < time.monotonic() - start < 2.5  # 70 frames of 20 ms
        assert said.tobytes() in got
        os.write(pcm.fd, said.tobytes()[:1600])
        os.write(pcm.fd, bytes(10 * FRAME))
        modem.wait_quiet(200)
        modem.hang_up()
        port.until(OVER[modem.profile])
        modem.wait("over", 1)
        assert (tmp_path / "heard").read_bytes() == said.tobytes()[:1600] + bytes(10 * FRAME)
        assert "+CLCC" not in port.command("AT+CLCC")


def test_keys(modem):
    with modem.open() as port:
        port.command("ATE0")
        pcm = Pcm(modem.audio)
        answered(modem, port)
        modem.press("5")
        port.until(FIVE[modem.profile])
        modem.press("1", "tones")
        samples = array.array("h", pcm.read(2 * 8000))
        power = {f: abs(sum(s * complex(math.cos(2 * math.pi * f * i / 8000), math.sin(2 * math.pi * f * i / 8000))
                            for i, s in enumerate(samples))) for f in (697, 770, 1209, 1336)}
        assert min(power[697], power[1209]) > 5 * max(power[770], power[1336])


def test_the_client_hangs_up(modem):
    with modem.open() as port:
        port.command("ATE0")
        answered(modem, port)
        port.command("AT+CHUP")
        modem.wait("over", 1)
        assert "+CLCC" not in port.command("AT+CLCC")


def test_a_second_caller_waits_and_is_refused(modem):
    with modem.open() as port:
        port.command("ATE0")
        answered(modem, port)
        modem.call("+31687654321")
        assert '+CLCC: 2,1,5,0,0,"31687654321",145' in port.command("AT+CLCC")
        port.command("AT+CHLD=0")
        modem.wait("refused", 1)
        assert "+CLCC: 2," not in port.command("AT+CLCC")


def test_sound_wants_its_command_in_time(tmp_path):
    with AtSim(tmp_path, "ec25", audio=tmp_path / "audio", noise_ms=0) as sim, sim.open() as port:
        sim.wait("sim_ready", 1)
        port.command("ATE0")
        pcm = Pcm(tmp_path / "audio")
        sim.call(NUMBER)
        port.until(b"RING")
        port.command("ATA")
        port.command("AT+QPCMV=1,0")  # too late
        assert not pcm.comes(0.2)


def test_who_is_called_answers_or_not(modem):
    with modem.open() as port:
        port.command("ATE0")
        port.command(f"ATD{NUMBER};")
        assert '+CLCC: 1,0,2,0,0,"31612345678",145' in port.command("AT+CLCC")
        modem.wait("alerted", 1)
        assert '+CLCC: 1,0,3,0,0,"31612345678",145' in port.command("AT+CLCC")
        modem.pick_up()
        modem.wait("answered", 1)
        assert "+CLCC: 1,0,0,0,0" in port.command("AT+CLCC")
        port.command("AT+CHUP")
        port.command(f"ATD{NUMBER};")
        modem.not_reached("busy")
        port.until(b"BUSY")
        assert {"sim7600": "User busy"}.get(modem.profile, "5,17") in port.command("AT+CEER")
