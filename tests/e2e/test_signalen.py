# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders as signals of Signalen: how they are written, that there is one whatever happens, and what its states mean."""
import re
import time

import pytest
from console import Clerk
from fake_signalen import FakeSignalen
from gateway import Gateway
from test_contractor import NUMBER, contractor, file_report, status_of

CATEGORY = "/signals/v1/public/terms/categories/afval/sub_categories/container-is-vol"


def signalen(tmp_path, fake, kind="private", *words):
    line = Gateway(tmp_path)
    return contractor(line, f"{fake.base}/{kind}/signals/", "format signalen", "poll 1", "source Meldlijn",
                      f"api-key-file {tmp_path}/key", f"signalen-category container-full {CATEGORY}", *words)


def test_a_signal_and_its_states(tmp_path):
    with FakeSignalen() as fake, signalen(tmp_path, fake) as line:
        reference = file_report(line)
        fake.wait(lambda: fake.signals)
        status_of(line, reference, "forwarded")
        signal = fake.signals[0]
        assert "Spui 70" in signal["text"] and f"14070 {reference}" in signal["text"]
        assert signal["category"]["sub_category"] == fake.base.removesuffix("/signals/v1") + CATEGORY
        assert signal["reporter"] == {"sharing_allowed": False}
        assert "613000000" not in str(fake.asked)
        made = line.sql("SELECT created FROM report WHERE reference = ?", reference)[0][0]
        assert signal["incident_date_start"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(made))
        assert line.sql("SELECT contractor_ref FROM report WHERE reference = ?", reference) == [(str(signal["id"]),)]
        fake.say(signal, "ingepland", operational_date="2027-01-11T12:00:00+01:00")
        status_of(line, reference, "planned")
        fake.say(signal, "b")
        status_of(line, reference, "in_progress")
        fake.say(signal, "o", "geleegd")
        status_of(line, reference, "solved")
        assert any("11 jan" in m["text"] for m in line.messages(NUMBER))
        line.say(NUMBER, "2")
        line.say(NUMBER, "het ligt er nog")
        fake.wait(lambda: len(signal["notes"]) == 2)
        assert signal["status"]["state"] == "reopened"
        assert [n["text"].split("\n")[0] for n in signal["notes"]] == ["het ligt er nog", "reopened"]
        assert len(fake.signals) == 1


def test_a_refusal_of_theirs_is_told(tmp_path):
    with FakeSignalen() as fake, signalen(tmp_path, fake) as line:
        reference = file_report(line)
        fake.wait(lambda: fake.signals)
        status_of(line, reference, "forwarded")
        fake.say(fake.signals[0], "a", "niet van de gemeente")
        status_of(line, reference, "rejected")


@pytest.mark.parametrize("fault", ["503", "500", "401", "page", "lose"])
def test_a_failure_ends_in_one_signal(tmp_path, fault):
    with FakeSignalen() as fake, signalen(tmp_path, fake) as line:
        fake.next = [fault]
        reference = file_report(line)
        fake.wait(lambda: not fake.next)
        line.until(lambda: line.sql("SELECT 1 FROM forward WHERE tries > 0"))
        assert line.show(reference)["status"] == "received"
        line.advance(120)
        status_of(line, reference, "forwarded")
        assert len(fake.signals) == 1


def test_killed_between_the_signal_and_its_number(tmp_path):
    with FakeSignalen() as fake, signalen(tmp_path, fake) as line:
        fake.page_size_max = 2  # what they have of us is on several pages
        for street in range(5):
            fake.create({"text": f"van gisteren\nmeldlijn 14070 100000{street}", "source": "Meldlijn",
                         "location": {"geometrie": {"type": "Point", "coordinates": [4.3, 52.0]}},
                         "category": {"sub_category": "http://x" + CATEGORY}, "reporter": {},
                         "incident_date_start": "2026-01-01T00:00:00Z"}, True)
        fake.next = ["lose"]
        reference = file_report(line)
        fake.wait(lambda: len(fake.signals) == 6)
        line.kill()
        line.start()
        line.advance(120)
        status_of(line, reference, "forwarded")
        assert len(fake.signals) == 6
        assert line.sql("SELECT contractor_ref FROM report WHERE reference = ?", reference) == \
            [(str(fake.signals[5]["id"]),)]


@pytest.mark.parametrize("fault", [None, "lose"])
def test_what_goes_to_another_is_withdrawn_once(tmp_path, fault):
    with FakeSignalen() as fake:
        line = signalen(tmp_path, fake)
        line.config.write_text(line.config.read_text().replace(
            "http\n listen", "contractor groen\n format link\n sms-number +31622222222\nhttp\n listen"))
        with line:
            reference = file_report(line)
            fake.wait(lambda: fake.signals)
            status_of(line, reference, "forwarded")
            signal = fake.signals[0]
            fake.next = [fault] if fault else []
            where = f"/console/reports/{reference}"
            Clerk(line, "anna").submit(where, where + "/reassign", contractor="groen", words="hoort bij het park")
            fake.wait(lambda: signal["notes"] and not fake.next)
            line.advance(120)
            line.until(lambda: not line.sql("SELECT 1 FROM forward WHERE done IS NULL"), 20)
            assert signal["status"]["state"] == "a" and len(fake.signals) == 1
            assert [n["text"].split("\n")[0] for n in signal["notes"]].count("hoort bij het park") == 1
            assert line.until(lambda: line.messages("0622222222"))
            assert line.sql("SELECT contractor, contractor_ref FROM report")[0][0] == "groen"


def test_a_note_that_was_lost_stands_there_once(tmp_path):
    with FakeSignalen() as fake, signalen(tmp_path, fake) as line:
        reference = file_report(line)
        fake.wait(lambda: fake.signals)
        status_of(line, reference, "forwarded")
        signal = fake.signals[0]
        fake.say(signal, "o")
        status_of(line, reference, "solved")
        fake.next = ["lose"]
        line.say(NUMBER, "2")
        line.say(NUMBER, "het ligt er nog")
        fake.wait(lambda: signal["notes"] and not fake.next)
        line.advance(120)
        line.until(lambda: not line.sql("SELECT 1 FROM forward WHERE done IS NULL"), 20)
        assert [n["text"].split("\n")[0] for n in signal["notes"]] == ["het ligt er nog", "reopened"]
        assert signal["status"]["state"] == "reopened"


def test_what_they_say_is_wrong_reaches_the_operator(tmp_path):
    with FakeSignalen(sources=("online",)) as fake, signalen(tmp_path, fake) as line:
        reference = file_report(line)
        alarm = line.until(lambda: line.health()["alarms"])[0]
        assert "source: Deze bron bestaat niet." in alarm["detail"]
        assert line.show(reference)["status"] == "received"


def test_a_category_that_they_have_not(tmp_path):
    with FakeSignalen() as fake, signalen(tmp_path, fake) as line:
        line.config.write_text(line.config.read_text().replace("signalen-category container-full", "signalen-category x"))
        line.kill()
        line.start()
        reference = file_report(line)
        alarm = line.until(lambda: line.health()["alarms"])[0]
        assert "cannot be written" in alarm["detail"]
        assert line.show(reference)["status"] == "received" and not fake.signals


def test_the_public_api(tmp_path):
    with FakeSignalen() as fake, signalen(tmp_path, fake, "public") as line:
        reference = file_report(line)
        fake.wait(lambda: fake.signals)
        status_of(line, reference, "forwarded")
        fake.say(fake.signals[0], "o")
        status_of(line, reference, "solved")


def test_the_public_api_cannot_be_looked_into(tmp_path):
    with FakeSignalen() as fake, signalen(tmp_path, fake, "public") as line:
        fake.next = ["lose"]
        file_report(line)
        alarm = line.until(lambda: line.health()["alarms"])[0]
        assert "perhaps they have it" in alarm["detail"]
        line.advance(86400)
        assert len(fake.signals) == 1


def test_it_is_written_as_it_is_read(tmp_path):
    with FakeSignalen() as fake, signalen(tmp_path, fake) as line:
        shown = line.vty("terminal length 0", "show running-config").replace("\r", "")
        assert " format signalen\n" in shown and " source Meldlijn\n" in shown
        assert re.search(f"^ signalen-category container-full {CATEGORY}$", shown, re.M)
