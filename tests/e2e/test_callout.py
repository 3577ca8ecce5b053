# SPDX-License-Identifier: AGPL-3.0-or-later
"""The line calls: back to who asks, with notices, and a person for whoever keys 0; also when it is killed."""
import random

import pytest
import requests
from gateway import Gateway
from voice import Caller, likeness, samples, spoken, turns, was_said

BACK = "Hier de meldlijn van Den Haag. U vroeg ons om te bellen."
NOW = "Wij bellen u nu. U ziet nummer 14070."
NOTICE = "Morgen is er van negen tot twaalf uur geen water in het Spui."
PERSON = "0703530000"
TO_THE_QUESTION = ["1", "4", "1", "1", "251128", "70#"]  # Spui 70, is that right?


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    extra = f"calls\n person {PERSON}\n callback hours 00:00-24:00\n"
    with Gateway(tmp_path_factory.mktemp("callout"), extra=extra) as it:
        yield it


def asks(line, number, word="BEL"):
    return line.say(number, word)


def figure(line, name):
    text = requests.get(line.url + "/metrics", timeout=5).text
    return [int(row.split()[-1]) for row in text.splitlines() if row.startswith(f"meldlijn_{name} ")][0]


def state(line, number):
    return line.sql("SELECT state, cause, tries FROM callout WHERE number = ? ORDER BY id DESC LIMIT 1",
                    "+31" + number[1:])[0]


def machine(line):
    """What answers when nobody is at home."""
    return spoken(line, "U bent verbonden met de voicemail van Jan de Vries. Ik kan nu niet aan de telefoon "
                  "komen. Laat na de toon uw naam en nummer achter, dan bel ik u zo snel mogelijk terug.")


def test_who_texts_bel_is_called_and_goes_on_by_ear(line):
    number = "0613200001"
    assert "Waar is het?" in line.say(number, "stoep kapot")[0]
    assert asks(line, number) == [NOW]
    caller = Caller(line, number).pick_up()
    caller.speak(spoken(line, "Hallo?"))
    heard = caller.hear()
    left = was_said(line, heard, [BACK, "Wij gaan verder waar u was."])
    assert likeness(left, samples(spoken(line, "Stoep kapot. Waar is het?")))[0] > 0.9
    for keys in TO_THE_QUESTION[3:]:
        caller.press(keys)
        heard = caller.hear()
    caller.press("1")
    caller.hear()
    caller.speak(spoken(line, "Er is een groot gat in de stoep."))
    caller.press("#")
    caller.hear()
    assert [r["place"] for r in line.reports()] == ["Spui 70, Centrum"]
    caller.hang_up()
    assert state(line, number) == ("reached", "heard", 1)


def test_asked_twice_it_rings_once(line):
    number = "0613200002"
    asks(line, number)
    assert Caller(line, number).rings()
    assert "al" in asks(line, number, "bel mij terug")[0]
    caller = Caller(line, number).pick_up()
    assert asks(line, number, "bel me") == ["U bent al met ons in gesprek."]
    caller.press("5")
    caller.hear()
    caller.hang_up()
    assert Caller(line, number).rings(0) is None


def test_refused_thrice_a_text_tells_how_to_go_on(line):
    number = "0613200003"
    asks(line, number)
    before = max(m["id"] for m in line.messages(number))
    for tries in (1, 2, 3):
        Caller(line, number).refuse()
        if tries < 3:
            line.until(lambda: state(line, number) == ("waiting", "busy", tries))
            line.advance(70)
    texts = [m["text"] for m in line.messages(number, before, wait=10)]
    assert texts == ["Wij belden u, maar u nam niet op. Nog een keer? Stuur BEL. Of bel zelf 14070. "
                     "Verder gaan per sms kan ook: stuur MENU."]
    assert state(line, number) == ("unreached", "busy", 3)


def test_a_machine_hears_the_short_of_it(line):
    number = "0613200004"
    asks(line, number)
    caller = Caller(line, number).pick_up()
    caller.speak(machine(line))
    heard = caller.hear()
    was_said(line, heard, ["Hier de meldlijn van Den Haag. U vroeg ons om te bellen. Wij proberen het zo nog "
                           "eens. Of stuur ons een sms, of bel 1 4 0 7 0."])
    line.until(lambda: caller.state()["state"] == "over")
    assert line.until(lambda: state(line, number) == ("waiting", "machine", 1))


def test_a_notice_is_heard_again_and_refused_for_good(line):
    number = "0613200005"
    said = line.run("call", number, NOTICE)
    assert said == "+31613200005 will be called now\n"
    caller = Caller(line, number).pick_up()
    caller.speak(spoken(line, "Met Jansen."))
    notice = ["Hier de meldlijn van Den Haag met een bericht.", NOTICE,
              "Nog eens horen: toets 1. Geen oproepen en berichten meer van ons: toets 9."]
    was_said(line, caller.hear(), notice)
    caller.press("1")
    was_said(line, caller.hear(), notice)
    caller.press("9")
    was_said(line, caller.hear(), ["Goed. U krijgt van ons geen oproepen en berichten meer. Wilt u ze later "
                                   "weer? Stuur ons dan het woord start."])
    assert state(line, number) == ("reached", "heard", 1)
    done = line.run("call", number, NOTICE, check=False)
    assert done.returncode == 1 and "wants no calls" in done.stderr


def test_a_machine_takes_a_notice(line):
    number = "0613200006"
    line.run("call", number, NOTICE)
    caller = Caller(line, number).pick_up()
    caller.speak(machine(line))
    was_said(line, caller.hear(), [f"Hier de meldlijn van Den Haag met een bericht: {NOTICE} Vragen? Stuur ons "
                                   "een sms, of bel 1 4 0 7 0."])
    line.until(lambda: state(line, number) == ("reached", "machine", 1))
    assert "reached" in line.vty("show callouts")


def test_a_caller_and_a_person_hear_each_other(line):
    caller, person = Caller(line, "0613200007").call(), Caller(line, PERSON)
    caller.hear()
    caller.press("1")
    caller.hear()
    caller.press("0")
    person.pick_up()
    assert "calling a person" in line.vty("show calls")
    was_said(line, person.hear(), ["Hier is een beller van de meldlijn. Het nummer is 0 6, 1 3, 2 0, 0 0, 0 7."])
    line.until(lambda: "connected to a person" in line.vty("show calls"))
    caller.hear(0)
    hello, question = spoken(line, "Goedemiddag, waarmee kan ik u helpen?"), spoken(line, "De lantaarn is stuk.")
    person.speak(hello)
    assert likeness(caller.hear(), samples(hello))[0] > 0.9
    caller.speak(question)
    assert likeness(person.hear(), samples(question))[0] > 0.9
    person.hang_up()
    was_said(line, caller.hear(), ["Wat wilt u melden?"])  # where it was
    caller.hang_up()
    line.until(lambda: line.sql("SELECT count(*) FROM call WHERE ended IS NULL") == [(0,)])
    assert figure(line, "calls_connected_total") == 1


def test_star_takes_back_and_a_busy_person_is_left_a_message(line):
    caller, person = Caller(line, "0613200008").call(), Caller(line, PERSON)
    caller.hear()
    caller.press("0")
    assert person.rings()
    caller.hear()
    caller.press("*")
    assert likeness(caller.hear(), samples(spoken(line, turns()[0][0])))[0] > 0.9
    assert person.rings(0) is None
    caller.press("0")
    person.refuse()
    line.until(lambda: caller.state()["records"])
    caller.hear()
    caller.speak(spoken(line, "Kunt u mij terugbellen?"))
    caller.press("#")
    assert likeness(caller.hear(), samples(spoken(line, "Dank u. Uw bericht is opgenomen.")))[0] > 0.9
    caller.hang_up()


@pytest.mark.parametrize("kills", [10, pytest.param(40, marks=pytest.mark.soak)])
def test_killed_at_any_moment_none_is_lost_and_none_rings_twice(tmp_path, kills):
    """Somewhere between the text and the conversation."""
    chance, ahead = random.Random(5), 0
    with Gateway(tmp_path) as line:
        for i in range(kills):
            number, where = f"06133000{i:02}", i if i < 4 else chance.randrange(4)
            line.text(number, "BEL")  # stored when it is answered
            if where > 0:
                line.until(lambda: line.sql("SELECT 1 FROM callout WHERE number = ? AND state = 'dialling'",
                                            "+31" + number[1:]))
            caller = Caller(line, number)
            if where > 1:
                caller.pick_up()
            if where > 2:
                caller.press("5")
                caller.hear(1)
            reached = where > 2 and state(line, number)[0] == "reached"
            line.kill()
            line.start()
            line.advance(ahead)  # its clock is the real one again
            assert line.sql("SELECT count(*) FROM callout WHERE number = ?", "+31" + number[1:]) == [(1,)]
            caller = Caller(line, number)
            if reached:
                assert caller.rings(0) is None
                continue
            line.until(lambda: caller.rings(0) or state(line, number)[:2] == ("waiting", "lost"))
            if not caller.rings(0):  # it may have rung: not at once again
                line.advance(310)
                ahead += 310
            caller.pick_up()
            caller.press("5")
            assert likeness(caller.hear(), samples(spoken(line, BACK)))[0] > 0.9
            caller.hang_up()
            line.until(lambda: state(line, number)[0] == "reached")
            assert state(line, number)[2] <= 2
        assert line.sql("SELECT number, count(*) FROM callout GROUP BY number HAVING count(*) > 1") == []
        assert line.sql("SELECT count(*) FROM callout WHERE state <> 'reached'") == [(0,)]
        line.run("check")
