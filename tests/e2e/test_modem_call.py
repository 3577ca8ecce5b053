# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calls on a modem: the real binary on a simulated one, its sound on a serial port, keys as the modem tells them and
as tones.  What the caller heard is looked up, sample by sample, in what `meldlijn say` renders."""
import array
import random
import wave

import modem_line
import pytest
from gateway import REGISTER

MENU = ["Dit is de meldlijn van Den Haag. Wat wilt u doen?", "Iets melden: toets 1."]
WHAT = ["Wat wilt u melden?", "Een lantaarn is kapot: toets 3."]
REPORT = "13"  # these two
POSTCODE = "1251128"  # by postcode: 2511BT, the letters by the keypad
HOUSE = "70#"  # Spui 70
YES = "1"
PAUSE_MS = 1000  # longer than any between two sentences
KEYS = REPORT + POSTCODE + HOUSE + YES + "#"  # the last ends the message


class Call:
    """The line on one modem, and who calls it."""

    def __init__(self, path, profile, how="urc", words=None):
        self.path, self.how = path, how
        self.modem = modem_line.sim(path, profile, audio=path / "audio").start()
        if how == "tones":
            self.modem.fault("no-keys", 1)
        self.line = modem_line.gateway(path, [self.modem], modem_words=words or f" audio serial {path}/audio")
        for what in ("addresses", "assets"):
            self.line.run("import", what, str(REGISTER / f"{what}.csv"))
        self.line.start()
        self.line.lines_up(2)
        self.number = modem_line.new_number()
        self.heard = path / "heard"

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.line.__exit__(kind, value, trace)
        self.modem.stop()

    def ring(self, nth=1, listen=True):
        self.modem.call(self.number, self.heard)
        self.modem.wait("answered", nth)
        if listen:
            self.modem.wait_quiet(PAUSE_MS)

    def press(self, keys):
        self.modem.press(keys, self.how)
        self.modem.wait_quiet(PAUSE_MS)

    def speak(self):
        """What a microphone may give: bursts of noise, as of words."""
        rng, path = random.Random(1), self.path / "said.wav"
        with wave.open(str(path), "wb") as out:
            out.setparams((1, 2, 8000, 0, "NONE", ""))
            for _ in range(4):
                noise = array.array("h", [int(rng.gauss(0, 3000)) for _ in range(2400)])
                out.writeframes(noise.tobytes() + bytes(1600))
        self.modem.play(path)
        self.modem.wait("spoken", 1)

    def ended(self):
        return self.line.until(lambda: self.line.sql("SELECT cause, keys, number, line FROM call "
                                                     "WHERE ended IS NOT NULL"))

    def texts(self):
        return [m["text"] for m in self.modem.mo() if m["to"] == self.number]

    def said_by(self, text):
        """Where in what was heard these words are, in octets; they must be there as they were made."""
        out = self.path / "say.wav"
        self.line.run("say", "-l", "nl", "-o", str(out), text)
        with wave.open(str(out)) as made:
            samples = made.readframes(made.getnframes())
        assert len(samples) > 8000
        at = self.heard.read_bytes().find(samples)
        assert at >= 0, f"not heard: {text}"
        return at


@pytest.mark.parametrize("profile, how", [
    ("huawei", "urc"), pytest.param("sim7600", "urc", marks=pytest.mark.soak), pytest.param("ec25", "tones", marks=pytest.mark.soak)])
@pytest.mark.long
def test_a_report_by_keys(tmp_path, profile, how):
    with Call(tmp_path, profile, how) as call:
        call.ring(listen=False)
        call.press(KEYS[:-1])  # ahead: they cut the menus short
        call.speak()
        call.modem.press(KEYS[-1], how)
        report, = call.line.until(call.line.reports)
        assert report["place"] == "Spui 70, Centrum"
        assert report["category"] == "street-light"
        assert report["channel"] == "voice"
        (path, seconds), = call.line.sql("SELECT path, seconds FROM recording WHERE done = 1")
        assert seconds > 1.5
        assert open(path, "rb").read(4) == b"OggS"
        call.modem.hang_up()
        assert call.ended() == [("hung-up", len(KEYS) - 1, call.number, "modem 1")]  # each key once; # is no answer
        assert call.modem.stats()["cms_errors"] == 0


@pytest.mark.soak
def test_what_is_said_is_heard(tmp_path):
    with Call(tmp_path, "ec25") as call:
        call.ring()
        for key in REPORT:
            call.press(key)
        call.modem.hang_up()
        call.ended()
        places = [call.said_by(text) for text in MENU + WHAT]
        assert places == sorted(places)
        assert call.heard.stat().st_size > max(places)


@pytest.mark.soak
def test_a_dropped_call_goes_on_by_text(tmp_path):
    with Call(tmp_path, "huawei") as call:
        call.ring()
        call.press(REPORT)
        call.modem.hang_up()
        assert call.ended()[0][0] == "hung-up"
        call.line.advance(125)  # unless the caller rings again
        call.modem.wait_mo(1)
        assert call.texts()


@pytest.mark.soak
def test_texts_in_a_call_are_kept_and_answered_after_it(tmp_path):
    with Call(tmp_path, "sim7600") as call:
        call.ring()
        other = modem_line.new_number()
        call.modem.text(other, "STATUS")
        call.line.until(lambda: modem_line.heard(call.line, other) == ["STATUS"])
        call.modem.wait("used", 0)
        call.press(REPORT)
        assert call.modem.stats()["mo"] == 0
        assert call.modem.stats()["over"] == 0
        call.modem.hang_up()
        call.line.until(lambda: [m for m in call.modem.mo() if m["to"] == other])


@pytest.mark.soak
def test_no_sound_goes_on_by_text_with_an_alarm(tmp_path):
    with Call(tmp_path, "huawei") as call:
        call.ring()
        call.press(REPORT)
        call.modem.fault("no-sound", 1)
        call.modem.wait("over", 1)
        assert "modem 1 audio" in modem_line.alarms(call.line)
        call.ended()
        call.line.advance(125)  # unless the caller rings again
        call.modem.wait_mo(1)
        assert call.texts()
        call.modem.fault("no-sound", 0)
        call.ring(nth=2)
        call.line.until(lambda: "modem 1 audio" not in modem_line.alarms(call.line))


@pytest.mark.soak
def test_a_second_caller_is_refused_and_the_first_goes_on(tmp_path):
    with Call(tmp_path, "ec25") as call:
        call.ring()
        call.modem.call(modem_line.new_number())
        call.modem.wait("refused", 1)
        call.press(REPORT)
        assert call.modem.stats()["over"] == 0
        assert len(call.line.sql("SELECT id FROM call")) == 1


@pytest.mark.soak
def test_a_modem_that_is_pulled_out_in_a_call(tmp_path):
    with Call(tmp_path, "ec25") as call:
        call.ring()
        call.press(REPORT)
        call.modem.vanish(500)
        call.ended()
        call.line.lines_up(2)
        call.line.advance(125)  # unless the caller rings again
        call.modem.wait_mo(1)
        assert call.texts()
        call.ring(nth=2)


@pytest.mark.soak
def test_killed_in_a_call(tmp_path):
    with Call(tmp_path, "huawei") as call:
        call.ring()
        call.press(REPORT)
        call.line.kill()
        call.line.start()
        call.modem.wait("over", 1)  # nobody is left on a dead line
        assert call.ended()
        call.modem.wait_mo(1, 30)
        assert call.texts()
