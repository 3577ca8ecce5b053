# SPDX-License-Identifier: AGPL-3.0-or-later
"""What time brings, with the virtual clock: reminders, promises, closing; and what a clerk does beside the running line."""
import json
import re

import pytest
from fake_contractor import FakeContractor
from gateway import SECRET, Gateway

DAY_S = 86400


@pytest.fixture
def city(tmp_path):
    with FakeContractor(secret=SECRET) as fake, Gateway(tmp_path, contractor=fake.url) as line:
        yield line, fake


def file_report(line, number, text="MELD container vol spui 70"):
    answer = "\n".join(line.say(number, text))
    return re.search(r"\b(\d{3} \d{3} \d)\b", answer).group(1).replace(" ", "")


def last(line, number):
    return line.messages(number)[-1]["text"]


def test_the_resident_hears_the_new_date_before_the_promise_breaks(city):
    line, fake = city
    reference = file_report(line, "+31650000001")
    fake.wait(lambda: fake.orders)
    [(promise,)] = line.sql("SELECT promise FROM report")
    [(due,)] = line.sql("SELECT warn_due FROM report")
    [(now,)] = line.sql("SELECT created FROM report")
    assert due < promise, "too late to warn"
    count = len(line.messages("+31650000001"))
    line.advance(due - now + 60)
    line.until(lambda: len(line.messages("+31650000001")) > count)
    assert "langer" in last(line, "+31650000001")
    [(told,)] = line.sql("SELECT warned FROM report")
    assert told > promise
    assert line.show(reference)["status"] == "forwarded"


def test_a_planned_date_within_the_promise_is_no_breach(city):
    line, fake = city
    reference = file_report(line, "+31650000002")
    [(promise, created, due)] = line.sql("SELECT promise, created, warn_due FROM report")
    fake.call_back(f"{line.url}/contractors/haeghe/updates", reference=reference, status="planned",
                   expected=line.show(reference)["promise"][:10])
    line.until(lambda: "gepland" in last(line, "+31650000002"))
    count = len(line.messages("+31650000002"))
    line.advance(due - created + 60)
    line.until(lambda: line.sql("SELECT warn_due FROM report")[0][0] > due + 60)
    assert len(line.messages("+31650000002")) == count


def test_solved_and_not_objected_to_is_closed(city):
    line, fake = city
    reference = file_report(line, "+31650000003")
    fake.wait(lambda: fake.orders)
    line.until(lambda: line.show(reference)["status"] == "forwarded")
    fake.call_back(f"{line.url}/contractors/haeghe/updates", reference=reference, status="solved")
    line.until(lambda: "opgelost" in last(line, "+31650000003"))
    line.advance(6 * DAY_S)
    line.until(lambda: line.show(reference)["status"] == "closed")


def test_an_unfinished_dialogue_is_reminded_of_and_then_ends_with_words(city):
    line, _ = city
    line.say("+31650000004", "MELD container vol")
    line.advance(DAY_S)
    line.until(lambda: "nog niet" in last(line, "+31650000004"))
    line.advance(2 * DAY_S)
    line.until(lambda: "vervallen" in last(line, "+31650000004"))
    assert line.sql("SELECT count(*) FROM dialogue") == [(0,)]


def test_an_older_state_never_overwrites_a_newer(city):
    line, fake = city
    reference = file_report(line, "+31650000005")
    fake.wait(lambda: fake.orders)
    line.until(lambda: line.show(reference)["status"] == "forwarded")
    updates = f"{line.url}/contractors/haeghe/updates"
    assert fake.call_back(updates, reference=reference, status="in_progress")[0] == 200
    status, _ = fake.call_back(updates, reference=reference, status="planned",
                               expected="2026-12-24", at="2026-01-01T00:00:00Z")
    assert status == 409
    assert line.show(reference)["status"] == "in_progress"


def test_a_clerk_sets_a_state_beside_the_running_line(city):
    line, fake = city
    reference = file_report(line, "+31650000006")
    fake.wait(lambda: fake.orders)
    line.until(lambda: line.show(reference)["status"] == "forwarded")
    line.run("report", "set", reference, "planned", "--expect", "2026-12-03", "--note", "hoogwerker nodig")
    line.until(lambda: "3 dec" in last(line, "+31650000006"))
    assert "hoogwerker nodig" in last(line, "+31650000006")
    history = line.show(reference)["history"]
    assert history[-1]["who"].startswith("staff ")
    wrong = line.run("report", "set", reference, "received", check=False)
    assert wrong.returncode == 1 and "cannot become" in wrong.stderr
    assert line.run("report", "set", reference, "done", check=False).returncode == 1
    assert line.run("report", "show", "1234567", check=False).returncode == 1
    assert line.run("report", "frobnicate", check=False).returncode == 2


def test_a_copy_while_the_line_runs(city, tmp_path):
    line, _ = city
    reference = file_report(line, "+31650000007")
    copy = tmp_path / "copy.db"
    line.run("backup", str(copy))
    line.run("check")
    assert line.sql("SELECT reference FROM report") == [(reference,)]
    import sqlite3
    with sqlite3.connect(copy) as db:
        assert db.execute("SELECT reference FROM report").fetchall() == [(reference,)]
    assert line.run("backup", str(copy), check=False).returncode == 1


def test_followers_hear_it_too_and_the_reporter_alone_can_reopen(city):
    line, fake = city
    reference = file_report(line, "+31650000008")
    near = line.say("+31650000009", "MELD container vol spui 70")[-1]
    assert "Spui 70" in near and "laar" in near
    assert "\n1 " in near and "\n2 " in near
    line.say("+31650000009", "1")
    assert line.sql("SELECT count(*) FROM follower") == [(1,)]
    fake.wait(lambda: fake.orders)
    line.until(lambda: line.show(reference)["status"] == "forwarded")
    fake.call_back(f"{line.url}/contractors/haeghe/updates", reference=reference, status="solved")
    line.until(lambda: "opgelost" in last(line, "+31650000008"))
    line.until(lambda: "opgelost" in last(line, "+31650000009"))
    assert "\n2 " in last(line, "+31650000008")
    assert "\n2 " not in last(line, "+31650000009")
    assert len(fake.orders) == 1


def test_report_list_is_for_programs_too(city):
    line, _ = city
    reference = file_report(line, "+31650000010")
    [report] = [r for r in line.reports() if r["reference"] == reference]
    assert report["category"] == "container-full" and report["place"] == "Spui 70, Centrum"
    assert json.loads(line.run("report", "list", "--open", "--area", "centrum", "--json"))
    assert json.loads(line.run("report", "list", "--state", "solved", "--json")) == []
