# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calls from the simulated phone, through the menus, speech and recordings of the whole program: a report by keys with a
spoken message, what a call leaves behind when it is dropped, and what a kill -9 leaves."""
import io
import pathlib
import wave

import pytest
import requests
from gateway import Gateway

ANN, BOB = "+31612345678", "+31687654321"
LAMP = "13"                  # "report something", "a lamp is broken"
POSTCODE = "1" + "251128"    # by postcode: 2511BT
UP_TO_MESSAGE = LAMP + POSTCODE + "70#" + "1"


class Caller:
    def __init__(self, line, number):
        self.line, self.number = line, number
        self.url = f"{line.url}/handset/{number}/call"
        answer = requests.post(self.url, timeout=15)
        assert answer.status_code == 200, answer.text
        self.url += f"/{answer.json()['call']}"
        self.heard = 0.0

    def hear(self):
        """What was said since: samples and the WAV itself."""
        answer = requests.get(self.url + "/audio", params={"after": self.heard, "wait": 10}, timeout=20)
        assert answer.status_code == 200, answer.text
        with wave.open(io.BytesIO(answer.content)) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
            frames = sound.readframes(sound.getnframes())
        self.heard += len(frames) / 2 / 8000
        return frames, answer.content

    def press(self, keys):
        answer = requests.post(self.url + "/keys", json={"keys": keys}, timeout=10)
        assert answer.status_code == 200, answer.text

    def speak(self, content):
        answer = requests.post(self.url + "/audio", data=content, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()["recorded"]

    def look(self):
        return requests.get(self.url, timeout=5).json()

    def records(self):
        return self.line.until(lambda: self.look()["records"])

    def hang_up(self):
        assert requests.delete(self.url, timeout=5).status_code == 200


def is_sound(frames):
    return len(frames) > 16000 and any(frames)  # a second, and not of silence


@pytest.fixture
def line(tmp_path):
    with Gateway(tmp_path, languages="nl en") as gateway:
        yield gateway


def opus_files(line):
    return sorted((pathlib.Path(line.directory) / "recordings").glob("*.opus"))


def test_report_is_filed_by_keys_with_a_message(line):
    ann = Caller(line, ANN)
    frames, speech = ann.hear()
    assert is_sound(frames)
    ann.press(UP_TO_MESSAGE)
    assert is_sound(ann.hear()[0])
    ann.records()
    assert ann.speak(speech)
    report = line.until(line.reports)[0]
    assert report["category"] == "street-light"
    shown = line.show(report["reference"])
    assert shown["channel"] == "voice"
    recording, = shown["recordings"]
    assert recording["seconds"] > 1
    assert pathlib.Path(recording["path"]).read_bytes()[:4] == b"OggS"
    assert [str(file) for file in opus_files(line)] == [recording["path"]]
    assert recording["path"] in line.run("report", "show", report["reference"])
    assert is_sound(ann.hear()[0])
    ann.hang_up()
    line.until(lambda: line.sql("SELECT 1 FROM call WHERE ended NOTNULL"))
    (keys, reports), = line.sql("SELECT keys, report_id NOTNULL FROM call")
    assert (keys, reports) == (len(UP_TO_MESSAGE), 1)
    assert "calls_filed_total 1" in requests.get(line.url + "/metrics", timeout=5).text
    assert "reports 1" in line.vty("show calls")


def test_same_words_are_the_same_samples(line):
    first, again = Caller(line, ANN), Caller(line, BOB)
    ann, bob = first.hear()[0], again.hear()[0]
    assert is_sound(ann) and ann == bob


def test_dropped_call_goes_on_by_text(line):
    ann = Caller(line, ANN)
    ann.hear()
    ann.press(LAMP)
    ann.hear()
    ann.hang_up()
    line.until(lambda: line.sql("SELECT 1 FROM call WHERE cause = 'hung-up'"))
    assert line.messages(ANN) == []
    line.advance(150)
    text, = line.messages(ANN, wait=10)
    assert "sms" in text["text"]
    line.say(ANN, "Spui 70")
    line.say(ANN, "1")
    line.until(line.reports)


def test_message_for_the_city_is_listed(line):
    ann = Caller(line, ANN)
    speech = ann.hear()[1]
    ann.press("0")
    ann.hear()
    ann.records()
    assert ann.speak(speech)
    line.until(lambda: line.sql("SELECT 1 FROM recording WHERE done = 1"))
    assert str(opus_files(line)[0]) in line.run("report", "messages")
    assert is_sound(ann.hear()[0])  # and it goes on where it was
    ann.press("1")
    assert is_sound(ann.hear()[0])


def test_kill_while_filing_goes_on_by_text_and_leaves_no_orphan(line):
    ann = Caller(line, ANN)
    ann.hear()
    ann.press(UP_TO_MESSAGE)
    ann.hear()
    ann.records()
    line.kill()
    (pathlib.Path(line.directory) / "recordings" / "999.opus").write_bytes(b"of no row")
    line.start()
    text, = line.messages(ANN, wait=15)
    assert "lantaarn" in text["text"]
    assert line.sql("SELECT cause FROM call") == [("lost",)]
    assert line.sql("SELECT count(*) FROM recording WHERE done = 0") == [(0,)]
    rows = {pathlib.Path(path).name for path, in line.sql("SELECT path FROM recording")}
    assert {file.name for file in opus_files(line)} == rows
    assert line.reports() == []
    line.say(ANN, "nee")
    assert len(line.until(line.reports)) == 1


def test_kill_after_filing_files_once_and_tells_it(line):
    ann = Caller(line, ANN)
    speech = ann.hear()[1]
    ann.press(UP_TO_MESSAGE)
    ann.hear()
    ann.records()
    ann.speak(speech)
    reference = line.until(line.reports)[0]["reference"]
    line.kill()
    line.start()
    assert line.messages(ANN, wait=15)
    assert len(line.reports()) == 1
    assert len(line.show(reference)["recordings"]) == 1


def test_calls_words_are_kept_and_refused(line):
    said = line.vty("configure terminal", "calls", "silence 7", "keep-recordings 30", "silence 1", "end",
                    "write file")
    assert "Unknown command" in said
    text = line.config.read_text()
    assert "calls\n" in text and " silence 7\n" in text and " keep-recordings 30\n" in text
