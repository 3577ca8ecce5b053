# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calls at the simulated phone: a whole report by keys, heard word for word; silence, hanging up and
a crash, after which it goes on by text."""
import datetime
import shutil
import subprocess
import zoneinfo

import pytest
from gateway import Gateway
from voice import RATE, Caller, likeness, samples, spoken, turns, was_said

WEEKDAYS = ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"]
MONTHS = ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september",
          "oktober", "november", "december"]

FIRST = "De gemeente bewaart uw nummer en wat u zegt, om u te antwoorden."  # to whom it never spoke to
TO_THE_QUESTION = ["1", "4", "1", "1", "251128", "70#"]  # Spui 70, is that right?


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("call")) as it:
        yield it


def recordings(line):
    folder = line.directory / "recordings"
    return sorted(p for p in folder.rglob("*") if p.is_file()) if folder.exists() else []


def digits(reference):
    """Said one by one, in threes."""
    return ", ".join(" ".join(reference[i:i + 3]) for i in range(0, len(reference), 3))


def day(at, zone="Europe/Amsterdam"):
    when = datetime.datetime.fromisoformat(at.replace("Z", "+00:00"))
    when = when.astimezone(zoneinfo.ZoneInfo(zone))
    return f"{WEEKDAYS[when.weekday()]} {when.day} {MONTHS[when.month - 1]}"


def test_a_whole_report_is_heard_word_for_word(line):
    caller = Caller(line, "0613100001").call()
    said = turns(*TO_THE_QUESTION, "1")
    assert len(said) == 8
    said[0].insert(0, FIRST)
    for sentences, keys in zip(said, TO_THE_QUESTION + ["1", None]):
        left = was_said(line, caller.hear(), sentences)
        if keys:
            assert len(left) < RATE // 50  # a frame that was filled up
            caller.press(keys)
    assert 0.25 < len(left) / RATE < 0.3  # the tone

    message = spoken(line, "Er is een groot gat in de stoep, bij de ingang van de winkel.")
    assert caller.state()["records"]
    assert caller.speak(message)
    caller.press("#")
    heard = caller.hear()
    report = line.reports()[0]
    assert report["category"] == "pavement"
    number = digits(report["reference"])
    done = (f"Dank u. Uw melding is gedaan. Het nummer is {number}. Stoep kapot, Spui 70, Centrum. "
            f"Het is uiterlijk {day(report['promise'])} klaar. Nog een keer het nummer: {number}.")
    was_said(line, heard, [done, "U kunt nu ophangen. Of kies:"])
    caller.hang_up()

    files = recordings(line)
    assert len(files) == 1
    if shutil.which("opusdec"):
        wav = line.directory / "kept.wav"
        subprocess.run(["opusdec", "--quiet", "--rate", str(RATE), str(files[0]), str(wav)], check=True)
        kept, sent = samples(wav.read_bytes()), samples(message)
        assert len(kept) >= len(sent)
        assert likeness(kept, sent)[0] > 0.7  # coded at 16 kbit/s


def test_a_wrong_sentence_is_not_taken_for_the_right_one(line):
    """What the tests above rest upon."""
    caller = Caller(line, "0613100002").call()
    heard = caller.hear()
    first = [FIRST] + turns()[0]
    was_said(line, heard, first)
    other = samples(spoken(line, "Wat wilt u melden?"))
    assert likeness(heard, other)[0] < 0.7
    with pytest.raises(AssertionError):
        was_said(line, heard, [first[1], first[0]])
    caller.hang_up()


def found_in(heard, reference):
    """What was heard from there on; None if it was not."""
    alike, at = likeness(heard, reference)
    return (heard[at:],) if alike > 0.9 else None


def test_a_key_in_the_middle_and_keys_ahead(line):
    caller = Caller(line, "0613100003").call()
    caller.press("1411")
    caller.press("25112870#")
    end = turns(*TO_THE_QUESTION)[-1]
    reference = samples(spoken(line, end[0]))
    heard, = line.until(lambda: found_in(caller.hear(1), reference), 30)
    was_said(line, heard, end)
    caller.hang_up()


@pytest.mark.long
def test_silence_goes_on_by_text(tmp_path):
    with Gateway(tmp_path, extra="calls\n silence 2\n") as line:
        caller = Caller(line, "0613100004").call()
        for keys in TO_THE_QUESTION:
            caller.hear()
            caller.press(keys)
        while caller.state()["state"] == "up":
            heard = caller.hear(60)
        was_said(line, heard, ["Dit lukt niet goed. Wij gaan verder per sms."])
        texts = [m["text"] for m in line.messages(caller.number, wait=10)]
        assert len(texts) == 1
        assert "Spui 70" in texts[0]
        assert "Schrijf het kort" in line.say(caller.number, "1")[0]  # and where it stopped


def test_who_hangs_up_is_texted_after_a_while(tmp_path):
    with Gateway(tmp_path) as line:
        caller = Caller(line, "0613100005").call()
        for keys in TO_THE_QUESTION:
            caller.hear()
            caller.press(keys)
        caller.hear()
        caller.hang_up()
        assert line.messages(caller.number) == []
        line.advance(200)
        texts = [m["text"] for m in line.messages(caller.number, wait=10)]
        assert len(texts) == 1
        assert "Spui 70" in texts[0]
        assert line.reports() == []


def test_killed_in_a_recording_it_goes_on_by_text(tmp_path):
    with Gateway(tmp_path) as line:
        caller = Caller(line, "0613100006").call()
        for keys in TO_THE_QUESTION + ["1"]:
            caller.hear()
            caller.press(keys)
        caller.hear()
        assert caller.state()["records"]
        assert caller.speak(spoken(line, "Er is een groot gat in de stoep."))
        assert len(recordings(line)) == 1
        line.kill()
        line.start()
        line.advance(400)
        texts = [m["text"] for m in line.messages(caller.number, wait=10)]
        assert len(texts) == 1, texts
        assert line.reports() == []
        kept = {row[0] for row in line.sql("SELECT path FROM recording")}
        assert {str(p) for p in recordings(line)} == kept
