# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calls that a modem places: who texts BEL is called back; somebody comes to the phone, or a machine, or nobody."""
import array
import random
import wave

import pytest
from test_modem_call import MENU, Call

HELLO_S, GREETING_S = 0.5, 6  # what a person says, and a machine


class Callback(Call):
    def ask(self):
        self.modem.text(self.number, "BEL")
        self.modem.wait("dialled", 1)

    def rings(self, nth):
        self.modem.wait("dialled", nth)
        self.modem.wait("alerted", nth)

    def pick_up(self, seconds, listen=True):
        """And whoever it is speaks for so long."""
        rng, path = random.Random(1), self.path / "hello.wav"
        with wave.open(str(path), "wb") as out:
            out.setparams((1, 2, 8000, 0, "NONE", ""))
            noise = array.array("h", [int(rng.gauss(0, 3000)) for _ in range(int(8000 * seconds))])
            out.writeframes(bytes(8000) + noise.tobytes())
        self.modem.pick_up(self.heard)
        self.modem.play(path)
        self.modem.wait("spoken", 1)
        if listen:
            self.modem.wait_quiet(1000)

    def hears(self, text):
        """So far, and no further."""
        out = self.path / "say.wav"
        self.line.run("say", "-l", "nl", "-o", str(out), text)
        with wave.open(str(out)) as made:
            samples = made.readframes(made.getnframes())
        self.line.until(lambda: samples in self.heard.read_bytes(), 30)

    def row(self):
        return self.line.sql("SELECT state, cause, tries FROM callout")[0]

    def until(self, state, cause):
        self.line.until(lambda: self.row()[:2] == (state, cause))


@pytest.mark.parametrize("profile", [
    "huawei", pytest.param("sim7600", marks=pytest.mark.soak), pytest.param("ec25", marks=pytest.mark.soak)])
def test_a_person_is_called_back(tmp_path, profile):
    with Callback(tmp_path, profile) as call:
        call.ask()
        call.rings(1)
        call.pick_up(HELLO_S, listen=False)
        call.hears(MENU[1])
        call.modem.hang_up()
        call.line.until(lambda: call.row()[0] == "reached")
        (outgoing, answered), = call.line.sql("SELECT outgoing, answered IS NOT NULL FROM call")
        assert (outgoing, answered) == (1, 1)


@pytest.mark.soak
def test_a_machine_hears_the_short_of_it(tmp_path):
    with Callback(tmp_path, "huawei") as call:
        call.ask()
        call.rings(1)
        call.pick_up(GREETING_S, listen=False)
        call.modem.wait("over", 1, 30)  # we hang up once all is said
        call.said_by("Hier de meldlijn van Den Haag. U vroeg ons om te bellen. Wij proberen het zo nog eens. "
                     "Of stuur ons een sms, of bel 1 4 0 7 0.")
        call.until("waiting", "machine")


@pytest.mark.soak
@pytest.mark.parametrize("profile", ["huawei", "sim7600", "ec25"])
def test_nobody_comes_to_the_phone(tmp_path, profile):
    with Callback(tmp_path, profile) as call:
        call.ask()
        call.rings(1)
        call.modem.not_reached("busy")
        call.until("waiting", "busy")
        call.line.advance(61)
        call.rings(2)
        call.modem.not_reached("noanswer")
        call.until("waiting", "no-answer")
        call.line.advance(301)
        call.rings(3)
        call.modem.not_reached("nonumber")
        call.line.until(lambda: call.row() == ("unreached", "no-such-number", 3))
        assert call.modem.stats()["answered"] == 0


@pytest.mark.soak
def test_it_rings_on_until_we_hang_up_and_a_caller_then_gets_through(tmp_path):
    with Callback(tmp_path, "ec25") as call:
        call.ask()
        call.rings(1)
        call.modem.call("+31687654321")  # while we dial: hears that it is busy
        call.modem.wait("refused", 1)
        call.modem.wait("over", 1, 60)  # 30 s of ringing
        call.until("waiting", "no-answer")
        call.ring()
        call.said_by(MENU[1])
        call.line.until(lambda: call.row()[:2] == ("dropped", "called-us"))
