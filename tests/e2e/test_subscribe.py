# SPDX-License-Identifier: AGPL-3.0-or-later
"""Residents ask for notices by what they text, and get those and no others."""
import json

import pytest
from gateway import REGISTER, Gateway
from modem_line import answer_to, gateway, sim

WORDS = "Er is tot 18 uur geen water."


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("subscribe"), extra="notices\n quiet-hours none\n") as it:
        yield it


def send(line, *args):
    """Send a notice to its end; one that nobody gets stays a draft."""
    sent = json.loads(line.run("notice", "send", "--json", *args))
    if sent["estimate"]["people"] > 0:
        line.until(lambda: line.sql("SELECT 1 FROM notice WHERE id = ? AND state = 'done'", sent["notice"]))


def notices(line, number):
    rows = line.sql("SELECT text FROM outbox WHERE number = ? AND lane = 2 AND state = 'delivered' "
                    "ORDER BY id", "+31" + number[1:])
    return [row[0] for row in rows]


def test_who_asked_for_a_street_gets_its_notice_once_and_no_more_after_off(line):
    number, other = "0631000001", "0631000002"
    assert "Spui" in line.say(number, "AAN SPUI")[0]
    line.say(number, "AAN CENTRUM")  # in two ways, but once
    line.say(number, "AAN ALLES")
    line.say(other, "AAN WEIMARSTRAAT")
    send(line, "--street", "Spui", "1 " + WORDS)
    assert notices(line, number) == ["1 " + WORDS]
    assert notices(line, other) == []
    line.say(number, "UIT SPUI")
    line.say(number, "UIT CENTRUM")
    assert "alles" in line.say(number, "AAN?")[0]
    line.say(number, "1")
    send(line, "--street", "Spui", "2 " + WORDS)
    assert notices(line, number) == ["1 " + WORDS]


@pytest.mark.parametrize("number, asked, audience", [
    ("0632000001", "AAN SPUI", ("--street", "Spui")),
    ("0632000002", "AAN 2511BT", ("--street", "Spui")),
    ("0632000003", "AAN SPUI", ("--area", "centrum")),
    ("0632000004", "AAN CENTRUM", ("--area", "centrum")),
    ("0632000005", "AAN CENTRUM", ("--street", "Spui")),
    ("0632000006", "AAN container vol", ("--category", "container-full")),
    ("0632000007", "AAN AFVAL", ("--category", "container-full")),
    ("0632000008", "AAN ALLES", ("--category", "container-full")),
    ("0632000009", "AAN ALLES", ("--near", "Spui 70", "--radius", "300")),
    ("0632000010", "AAN SPUI", ("--subscribers",)),
])
def test_what_was_asked_for_comes_and_ends(line, number, asked, audience):
    line.say(number, asked)
    send(line, *audience, number + WORDS)
    assert notices(line, number) == [number + WORDS]
    line.say(number, "UIT" + asked[3:])
    send(line, *audience, number + WORDS)
    assert notices(line, number) == [number + WORDS]


def test_other_kinds_and_streets_do_not_come(line):
    number = "0633000001"
    for what in ("WEIMARSTRAAT", "ESCAMP", "lantaarn"):
        line.say(number, "AAN " + what)
    for audience in (("--street", "Spui"), ("--area", "centrum"), ("--category", "container-full")):
        send(line, *audience, WORDS)
    assert notices(line, number) == []


def test_stop_of_one_list_leaves_the_rest(line):
    number = "0634000001"
    line.say(number, "AAN SPUI")
    send(line, "--street", "Spui", "--list", "Water", "1 " + WORDS)
    answer = line.say(number, "STOP WATER")[0]
    assert "Water" in answer
    send(line, "--street", "Spui", "--list", "Water", "2 " + WORDS)
    send(line, "--street", "Spui", "--list", "afsluitingen", "3 " + WORDS)
    assert notices(line, number) == ["1 " + WORDS, "3 " + WORDS]
    line.say(number, "AAN WATER")
    send(line, "--street", "Spui", "--list", "Water", "4 " + WORDS)
    assert notices(line, number)[-1] == "4 " + WORDS


def test_stop_is_of_everything_and_asking_again_ends_it(line):
    number = "0635000001"
    line.say(number, "AAN SPUI")
    assert "Spui" in line.say(number, "UIT")[0]
    send(line, "--street", "Spui", "1 " + WORDS)
    assert notices(line, number) == []
    line.say(number, "AAN SPUI")
    send(line, "--street", "Spui", "2 " + WORDS)
    assert notices(line, number) == ["2 " + WORDS]


def test_stop_of_a_list_and_of_all_over_a_modem(tmp_path):
    """A resident of two lists, and a neighbour who gets all of it: what reached the network."""
    ann, neighbour = "+31636000001", "+31636000002"
    with sim(tmp_path) as modem, gateway(tmp_path / "line", [modem], extra="notices\n quiet-hours none\n") as line:
        line.run("import", "addresses", str(REGISTER / "addresses.csv"))
        line.lines_up(2)

        def says(number, text):
            return answer_to(modem, line, text, number)[0]["text"]

        def lists(water, market, number):
            """A notice of each list; which of these two texts the number was sent."""
            before = modem.stats()["mo"]
            send(line, "--street", "Spui", "--list", "Water", water)
            send(line, "--street", "Spui", "--list", "Markt", market)
            sent = modem.mo(before)
            assert sorted(m["text"] for m in sent if m["to"] == neighbour) == sorted([water, market])
            return {m["text"] for m in sent if m["to"] == number}

        for number in (ann, neighbour):
            assert "Spui" in says(number, "AAN SPUI")
        assert lists("Water 1", "Markt 1", ann) == {"Water 1", "Markt 1"}
        assert "Water" in says(ann, "stop water")
        assert lists("Water 2", "Markt 2", ann) == {"Markt 2"}
        assert "START" in says(ann, "STOP ALLES")
        assert lists("Water 3", "Markt 3", ann) == set()
        assert says(ann, "STATUS")  # what is asked is answered
        assert "Spui" in says(ann, "START")
        assert lists("Water 4", "Markt 4", ann) == {"Markt 4"}  # STOP of the list stands
        assert "Water" in says(ann, "AAN WATER")
        assert lists("Water 5", "Markt 5", ann) == {"Water 5", "Markt 5"}
