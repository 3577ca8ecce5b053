# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notices to many: sent by a command while the line runs, each person once, also when it is killed."""
import json
import os
import random
import subprocess

import pytest
from gateway import BINARY, Gateway

WORDS = "Er is tot 18 uur geen water in het Centrum."
ENGLISH = "No water in the Centrum until 18:00."


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    extra = "notices\n quiet-hours none\n cost-per-part 0.085 EUR\n"
    with Gateway(tmp_path_factory.mktemp("notice"), extra=extra) as it:
        yield it


def numbers(line, first, many, name="numbers.csv"):
    path = line.directory / name
    path.write_text("".join(f"06{first + i:08d}\n" for i in range(many)))
    return str(path)


def send(line, *args):
    return json.loads(line.run("notice", "send", "--json", *args))


def show(line, notice):
    return json.loads(line.run("notice", "show", str(notice), "--json"))


def ends(line, notice, state="done"):
    return line.until(lambda: show(line, notice)["state"] == state and show(line, notice))


def texts(line, number):
    """What this phone got of notices."""
    rows = line.sql("SELECT text FROM outbox WHERE number = ? AND lane = 2 AND state = 'delivered'",
                    "+31" + number[1:])
    return [row[0] for row in rows]


def test_everyone_of_a_file_gets_it_once(line):
    sent = send(line, "--numbers", numbers(line, 21000000, 300), "--yes", WORDS)
    assert sent["estimate"]["people"] == 300
    assert sent["estimate"]["parts"] == 300
    assert sent["estimate"]["cost"] == {"amount": 25.5, "currency": "EUR"}
    done = ends(line, sent["notice"])
    assert done["delivered"] == 300
    assert all(texts(line, f"06{21000000 + i:08d}") == [WORDS] for i in range(300))


def test_who_reported_in_an_area_reads_their_language(line):
    here, english, stopped = "0622000001", "0622000002", "0622000003"
    line.say(english, "english")
    for number in (here, english, stopped):
        line.say(number, "MELD AFVAL SPUI 70 container vol")
    for number in (english, stopped):  # it is known: they follow it
        line.say(number, "1")
    line.say(stopped, "STOP")
    sent = send(line, "--area", "centrum", WORDS, "en=" + ENGLISH)
    assert sent["estimate"]["left_out"] >= 1
    ends(line, sent["notice"])
    assert texts(line, here) == [WORDS]
    assert texts(line, english) == [ENGLISH]
    assert texts(line, stopped) == []


def test_a_draft_is_looked_at_and_sent_later(line):
    sent = send(line, "--numbers", numbers(line, 23000000, 2), "--draft", WORDS)
    assert sent["state"] == "draft"
    assert texts(line, "0623000000") == []
    line.run("notice", "resume", str(sent["notice"]))
    ends(line, sent["notice"])
    assert texts(line, "0623000000") == [WORDS]


def test_without_a_terminal_nobody_is_asked_and_nothing_is_sent(line):
    out = line.run("notice", "send", "--numbers", numbers(line, 24000000, 2), WORDS)
    assert "stays a draft" in out and "notice resume" in out
    assert texts(line, "0624000000") == []


def test_the_same_key_sends_nothing_more(line):
    args = ("--numbers", numbers(line, 25000000, 2), "--key", "storm-1", WORDS)
    ends(line, send(line, *args)["notice"])
    again = line.run("notice", "send", *args, check=False)
    assert again.returncode == 1 and "storm-1" in again.stderr
    assert texts(line, "0625000000") == [WORDS]


def test_a_file_that_was_cut_off_is_not_sent_before_it_is_complete(line):
    fifo = line.directory / "fifo"
    os.mkfifo(fifo)
    args = ("--key", "cut-off", WORDS, "-c", str(line.config))
    reading = subprocess.Popen([BINARY, "notice", "send", "--json", "--numbers", str(fifo), *args],
                               stdout=subprocess.DEVNULL)
    with open(fifo, "w") as rows:
        rows.write("".join(f"06{29000000 + i:08d}\n" for i in range(12000)))  # two blocks of the file
        rows.flush()
        notice = line.until(lambda: line.sql("SELECT id FROM notice WHERE key = 'cut-off' AND recipients > 10000"))[0][0]
        reading.kill()
        reading.wait()
    assert show(line, notice)["state"] == "gathering"
    refused = line.run("notice", "resume", str(notice), check=False)
    assert refused.returncode == 1 and "not complete" in refused.stderr
    whole = numbers(line, 29000000, 12010)
    other = line.run("notice", "send", "--numbers", whole, "--key", "cut-off", "Iets anders.", check=False)
    assert other.returncode == 1 and "was used" in other.stderr
    sent = send(line, "--numbers", whole, "--draft", "--key", "cut-off", WORDS)
    assert sent["notice"] == notice and sent["state"] == "draft" and sent["people"] == 12010
    line.run("notice", "cancel", str(notice))
    # without a key nothing can complete it: it is given up at once
    broken = line.directory / "broken.csv"
    broken.write_bytes(b"0629100000\n" + b'"06291' + b"x" * 200000)
    assert line.run("notice", "send", "--numbers", str(broken), WORDS, check=False).returncode == 1
    assert line.sql("SELECT state FROM notice ORDER BY id DESC LIMIT 1") == [("cancelled",)]


def test_a_canary_part_goes_first_and_a_correction_to_who_got_it(line):
    sent = send(line, "--numbers", numbers(line, 26000000, 20), "--canary", "5", WORDS)
    ends(line, sent["notice"], "paused")
    assert sum(texts(line, f"06{26000000 + i:08d}") == [WORDS] for i in range(20)) == 5
    better = send(line, "--revoke", str(sent["notice"]), "Dit bericht klopte niet.")
    ends(line, better["notice"])
    assert show(line, sent["notice"])["state"] == "cancelled"
    got = [texts(line, f"06{26000000 + i:08d}") for i in range(20)]
    assert got.count([WORDS, "Dit bericht klopte niet."]) == 5
    assert got.count([]) == 15


@pytest.mark.parametrize("args, words", [
    (("--area", "atlantis", "x"), "atlantis"),
    (("--near", "Spui 70", "x"), "radius"),
    (("--near", "Spui 70", "--radius", "-3", "x"), "radius"),
    (("--near", "Nergens 12345", "--radius", "100", "x"), "Nergens"),
    (("--report", "4829153", "x"), "4829153"),
    (("--category", "dragons", "x"), "dragons"),
    (("--area", "centrum", "fr=bonjour"), "fr"),
    (("--area", "centrum", "x" * 2000), "shorten"),
    (("--area", "centrum", "--start", "soon", "x"), "soon"),
    (("--area", "centrum", "--expires", "2001-01-01", "x"), "expires"),
    (("--area", "centrum", "--quiet", "never", "x"), "never"),
    (("--update", "9999", "x"), "9999"),
    (("--numbers", "/nowhere/file.csv", "x"), "/nowhere/file.csv"),
])
def test_what_is_wrong_is_said_in_a_line(line, args, words):
    done = line.run("notice", "send", *args, "--yes", check=False)
    assert done.returncode == 1
    assert words in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("args", [
    ("send",), ("send", "x"), ("send", "--canary", "many", "--area", "centrum", "x"), ("show",),
    ("pause", "x"), ("explode", "1"), ()])
def test_wrong_usage_is_told_from_a_wrong_request(line, args):
    assert line.run("notice", *args, check=False).returncode == 2


def test_the_operator_holds_it_back(line):
    sent = send(line, "--numbers", numbers(line, 27000000, 40), "--pace", "10", WORDS)
    line.until(lambda: show(line, sent["notice"])["delivered"] == 10)
    assert "delivered 10" in line.vty("show notices")
    assert line.vty(f"notice {sent['notice']} pause") is not None
    assert show(line, sent["notice"])["state"] == "paused"
    assert "not in this state" in line.vty(f"notice {sent['notice']} pause")
    assert "there is none" in line.vty("notice 99999 cancel")
    line.vty(f"notice {sent['notice']} cancel")
    assert show(line, sent["notice"])["state"] == "cancelled"
    audit = line.run("notice", "resume", str(sent["notice"]), check=False)
    assert audit.returncode == 1 and "state" in audit.stderr


def test_killed_in_the_middle_nobody_is_missed_and_nobody_has_it_twice(tmp_path):
    many, seed = 400, random.randrange(1 << 32)
    chance = random.Random(seed)
    with Gateway(tmp_path, extra="notices\n quiet-hours none\n") as line:
        sent = send(line, "--numbers", numbers(line, 28000000, many), WORDS)
        for _ in range(6):
            at = show(line, sent["notice"])["delivered"] + chance.randrange(1, 60)
            line.until(lambda: show(line, sent["notice"])["delivered"] >= min(at, many))
            line.kill()
            line.start()
        done = ends(line, sent["notice"])
        assert done["delivered"] == many, f"seed {seed}"
        rows = line.sql("SELECT number, count(*) FROM outbox WHERE lane = 2 AND state = 'delivered' "
                        "GROUP BY number")
        assert len(rows) == many and {n for _, n in rows} == {1}, f"seed {seed}"
