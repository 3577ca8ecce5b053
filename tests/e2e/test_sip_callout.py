# SPDX-License-Identifier: AGPL-3.0-or-later
"""The line calls through its SIP trunk: back to who texts BEL, and a person for whoever keys 0; who is called is a phone of
our own, and what each hears is compared with what was said."""
import pathlib

import modem_line
import numpy
import pytest
from gateway import REGISTER, Gateway, free_port
from sip_phone import CalledPhone, SipPhone, coded, together
from test_call import ANN, UP_TO_MESSAGE
from test_callout import BACK, NOW, PERSON
from voice import ALIKE, RATE, likeness, samples, spoken, turns

HELLO, QUESTION = "Goedemiddag, waarmee kan ik u helpen?", "De lantaarn bij mij voor de deur is stuk."
PIECE, MOST = RATE // 2, 0.7
WHOSE = "Hier is een beller van de meldlijn. Het nummer is 0 6, 1 2, 3 4, 5 6, 7 8."


def trunk(port, phone):
    return (f"sip trunk1\n listen 127.0.0.1 {port}\n trunk 127.0.0.1\n rtp-timeout 5\n"
            f" proxy 127.0.0.1 {phone.sip.getsockname()[1]} udp\n no shutdown\n")


def listens(line, port):
    return line.until(lambda: f"listening at 127.0.0.1 port {port}" in line.log.read_text())


def alike(phone, words, since=0):
    return likeness(numpy.array(phone.heard, float)[since:], samples(words))[0]


def hears(phone, words, since=0):
    for _ in range(60):
        phone.hear(0.5)
        if alike(phone, words, since) > ALIKE:
            return
    raise AssertionError("it is not said")


def pieces(heard, words):
    """How much of it was heard, by halves of a second: where the phone itself was late there is a gap."""
    said = samples(words)
    parts = [said[at:at + PIECE] for at in range(0, len(said) - PIECE, PIECE)]
    parts = [part for part in parts if numpy.abs(part).mean() > 100]
    assert len(parts) >= 3
    return sum(likeness(heard, part)[0] > ALIKE for part in parts) / len(parts)


@pytest.mark.long
def test_who_texts_bel_is_called_back_and_files_by_keys(tmp_path):
    """The text comes by a modem that has no sound, so that only the trunk can call."""
    port, number = free_port(), modem_line.new_number()
    phone = CalledPhone("127.0.0.1", port)
    with modem_line.sim(tmp_path) as modem:
        line = modem_line.gateway(tmp_path, [modem], handset=False, extra=trunk(port, phone))
        for what in ("addresses", "assets"):
            line.run("import", what, str(REGISTER / f"{what}.csv"))
        with line, phone:
            listens(line, port)
            line.lines_up(2)
            modem.text(number, "BEL")
            together([phone], lambda: phone.invite)
            assert phone.called == number
            assert modem.wait_mo(1)[0]["text"].startswith(NOW)
            phone.pick_up()
            phone.to_say.extend(coded(samples(spoken(line, "Hallo?"))))
            back, menu = spoken(line, BACK), spoken(line, turns()[0][0])
            hears(phone, menu)
            assert alike(phone, back) > ALIKE
            speech = coded(samples(back))
            phone.press(UP_TO_MESSAGE)
            phone.until(lambda: list((pathlib.Path(line.directory) / "recordings").glob("*")), 30)
            phone.hush()  # the recording begins after what is said
            phone.speak(speech)
            phone.press("#")
            phone.until(lambda: line.sql("SELECT 1 FROM report"))
            phone.hang_up()
            report, = line.reports()
            assert report["category"] == "street-light" and report["place"] == "Spui 70, Centrum"
            recording, = line.show(report["reference"])["recordings"]
            assert recording["seconds"] > 1
            line.until(lambda: line.sql("SELECT state, cause, tries FROM callout") == [("reached", "heard", 1)])
            assert line.sql("SELECT number, outgoing, line FROM call") == [(number, 1, "sip trunk1")]


@pytest.mark.parametrize("leaves", ["person", pytest.param("caller", marks=pytest.mark.soak)])
def test_a_caller_and_a_person_hear_each_other(tmp_path, leaves):
    port = free_port()
    both = caller, person = SipPhone("127.0.0.1", port), CalledPhone("127.0.0.1", port)
    with Gateway(tmp_path, handset=False, languages="nl en",
                 extra=trunk(port, person) + f"calls\n person {PERSON}\n") as line, caller, person:
        listens(line, port)
        whose, hello, question = (spoken(line, words) for words in (WHOSE, HELLO, QUESTION))  # before the line makes it
        caller.call(ANN)
        caller.hear(0.5)
        caller.press("0")
        together(both, lambda: person.invite)
        assert person.called == "+31" + PERSON[1:]
        assert "calling a person" in line.vty("show calls")
        person.pick_up()
        together(both, lambda: "connected to a person" in line.vty("show calls"))
        since = [len(phone.heard) for phone in both]
        person.to_say.extend(coded(samples(hello)))  # both at once
        caller.to_say.extend(coded(samples(question)))
        together(both, lambda: not caller.to_say and not person.to_say)
        frames = len(caller.packets) + 50  # what is on its way
        together(both, lambda: len(caller.packets) > frames)
        assert alike(person, whose) > ALIKE
        caller_heard, person_heard = (numpy.array(p.heard, float)[s:] for p, s in zip(both, since))
        assert pieces(caller_heard, hello) > MOST and pieces(person_heard, question) > MOST
        assert pieces(caller_heard, question) == pieces(person_heard, hello) == 0  # no echo
        if leaves == "person":
            person.hang_up()
            menu, since = spoken(line, turns()[0][0]), len(caller.heard)
            hears(caller, menu, since)
            caller.hang_up()
        else:
            caller.hang_up()
            person.until(lambda: person.over, 5)
        line.until(lambda: line.sql("SELECT count(*) FROM call WHERE ended IS NULL") == [(0,)])
        assert line.sql("SELECT number, outgoing FROM call ORDER BY id") == [(ANN, 0), ("+31" + PERSON[1:], 1)]
