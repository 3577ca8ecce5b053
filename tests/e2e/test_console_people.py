# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the city keeps of one resident: shown to who may see it, handed out, and erased wherever it stands."""
import json
import re
import sqlite3

import pytest
from console import Clerk, form
from gateway import Gateway
from selenium.webdriver.common.keys import Keys

ANN, BOB = "0612345678", "0687654321"
ANN_FULL, BOB_FULL = "+31612345678", "+31687654321"
HOSTILE = "<script>alert(1)</script>\"'&<b>"


@pytest.fixture
def line(tmp_path):
    with Gateway(tmp_path / "line") as it:
        yield it


def rows(line, sql, *args):
    db = sqlite3.connect(line.database, timeout=20)
    try:
        with db:
            return db.execute(sql, args).fetchall()
    finally:
        db.close()


def files(line, number, text):
    n = len(rows(line, "SELECT 1 FROM report"))
    line.say(number, text)
    line.until(lambda: len(rows(line, "SELECT 1 FROM report")) > n)
    return rows(line, "SELECT reference FROM report ORDER BY id DESC LIMIT 1")[0][0]


def known(line):
    """Two people who reported; every table that can hold something of Ann does."""
    one = files(line, ANN, "MELD AFVAL SPUI 70 container vol " + HOSTILE)
    two = files(line, BOB, "lantaarn 2511BT 70 kapot")
    ann = rows(line, "SELECT id FROM person WHERE number = ?", ANN_FULL)[0][0]
    recording = line.directory / "ann.opus"
    recording.write_bytes(b"her voice")
    two_id = rows(line, "SELECT id FROM report WHERE reference = ?", two)[0][0]
    for sql, args in (
            ("INSERT INTO follower VALUES (?, ?, 1700000000)", (two_id, ann)),
            ("INSERT INTO subscription (person_id, kind, category, since) VALUES (?, 'all', '', 1700000000)", (ann,)),
            ("INSERT INTO notice_stop VALUES (?, 'markt', 1700000000)", (ann,)),
            ("INSERT INTO callout (id, why, number, person_id, due, created, state, ended) "
             "VALUES (1, 'call-back', ?, ?, 1, 1, 'reached', 2)", (ANN_FULL, ann)),
            ("INSERT INTO call (id, line, number, person_id, outgoing, began, answered, ended, cause, callout_id) "
             "VALUES (1, 'sip 1', ?, ?, 1, 1700000000, 1700000001, 1700000061, 'done', 1)", (ANN_FULL, ann)),
            ("INSERT INTO recording (call_id, person_id, path, seconds, at, done, erase) "
             "VALUES (1, ?, ?, 3, 1700000000, 1, 4000000000)", (ann, str(recording))),
            ("INSERT INTO subscriber (imsi, number, proved, updated) VALUES ('204080000000001', ?, 1, 1)", (ANN_FULL,)),
            ("INSERT INTO subscriber_code (imsi, number, at) VALUES ('204080000000001', ?, 1)", (ANN_FULL,)),
            ("INSERT INTO inbox_part (line, number, ref, ref_bits, total, part, piece, received, expires) "
             "VALUES ('handset', ?, 1, 8, 2, 1, x'00', 1, 4000000000)", (ANN_FULL,)),
            ("INSERT INTO report_early (line, mr, number, status, received) VALUES ('m', 1, ?, 0, 4000000000)",
             (ANN_FULL,)),
            ("INSERT INTO notice (id, key, state, words, audience, start, expires, who, created, ended, recipients, sent) "
             "VALUES (1, 'k', 'done', '{}', '{}', 1, 2, 'x', 1, 2, 2, 2)", ()),
            ("INSERT INTO notice_recipient VALUES (1, ?, ?, 'nl', 2), (1, ?, NULL, NULL, 2)",
             (ANN_FULL, ann, BOB_FULL)),
            ("INSERT INTO notice (id, key, state, words, audience, start, expires, who, created, ended, recipients) "
             "VALUES (2, 'l', 'done', '{}', '{}', 1, 2, 'x', 1, 2, 1)", ()),
            ("INSERT INTO notice_recipient VALUES (2, ?, NULL, NULL, 0)", (ANN_FULL,))):
        rows(line, sql, *args)
    return one, two, ann, recording


def no_file_has(line, *words):
    """Neither the database nor its log, whatever the row it stood in has become; the log is cut soon after."""
    def held():
        files = [line.database.with_name(line.database.name + tail).read_bytes() for tail in ("", "-wal")]
        return [w for w in words for f in files if w.encode() in f or w.encode("utf-16-be") in f]

    line.until(lambda: not held())


def nothing_is_left_of(line, number, person_id):
    """No row of any table has the number or refers to the person; nor do they refer to anything that is gone."""
    db = sqlite3.connect(line.database, timeout=20)
    for table, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"):
        for row in db.execute(f'SELECT * FROM "{table}"'):
            assert not any(isinstance(value, str) and number[3:] in value for value in row), (table, row)
        columns = [c[1] for c in db.execute(f'PRAGMA table_info("{table}")')]
        if "person_id" in columns:
            assert not db.execute(f'SELECT 1 FROM "{table}" WHERE person_id = ?', (person_id,)).fetchall(), table
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert db.execute("SELECT 1 FROM person WHERE id = ?", (person_id,)).fetchall() == []
    db.close()


# ---- the command

def test_the_command_hands_out_all_of_it(line):
    one, two, _, recording = known(line)
    all = json.loads(line.run("person", "export", "06 1234 5678"))
    assert all["number"] == ANN_FULL and all["stopped"] is False and all["blocked"] is False
    assert [r["reference"] for r in all["reports"]] == [one] and all["follows"] == [two]
    assert HOSTILE in all["reports"][0]["description"]
    assert all["reports"][0]["history"][0]["state"] == "received"
    assert [s["kind"] for s in all["subscriptions"]] == ["all"] and all["stopped_lists"] == ["markt"]
    assert [t["text"] for t in all["texts"] if t["way"] == "from them"] == \
        ["MELD AFVAL SPUI 70 container vol " + HOSTILE]
    assert any(re.sub(r"\D", "", t["text"]).find(one) >= 0 for t in all["texts"] if t["way"] == "to them")
    assert all["calls"][0]["began"] == "2023-11-14T22:13:20Z" and all["recordings"][0]["file"] == str(recording)
    assert [c["why"] for c in all["callouts"]] == ["call-back"] and all["sim_cards"][0]["imsi"] == "204080000000001"
    assert [n["state"] for n in all["notices"]] == ["due", "sent"]
    assert BOB_FULL not in json.dumps(all)
    assert ("command person", "exported +316******78") in rows(line, "SELECT who, what FROM audit")


def test_the_command_forgets(line):
    one, two, ann, recording = known(line)
    before = rows(line, "SELECT what, n FROM tally WHERE what LIKE 'report %' ORDER BY 1")
    words, = rows(line, "SELECT description FROM report WHERE reference = ?", one)
    assert HOSTILE in words[0]
    line.say(ANN, "waar broedt de kwikstaart")
    assert rows(line, "SELECT count(*) FROM inbox WHERE text LIKE '%kwikstaart'") == [(1,)]
    line.run("person", "forget", ANN, "--yes")
    no_file_has(line, ANN_FULL[1:], ANN[1:], "kwikstaart")
    nothing_is_left_of(line, ANN_FULL, ann)
    assert not recording.exists()
    assert rows(line, "SELECT person_id, description, note FROM report WHERE reference = ?", one) == \
        [(None, *words, None)]
    assert rows(line, "SELECT who, note FROM report_event ORDER BY id DESC LIMIT 1") == \
        [("staff command", "reporter forgotten")]
    assert rows(line, "SELECT what, n FROM tally WHERE what LIKE 'report %' ORDER BY 1") == before
    # of others all is left
    assert rows(line, "SELECT count(*) FROM person") == [(1,)]
    assert rows(line, "SELECT count(*) FROM inbox WHERE number = ?", BOB_FULL) == [(1,)]
    assert rows(line, "SELECT person_id IS NOT NULL FROM report WHERE reference = ?", two) == [(1,)]
    # a notice still has whom it went to, of nobody; who had not got it yet does not
    assert rows(line, "SELECT state FROM notice_recipient WHERE number LIKE '#%' ORDER BY notice_id") == [(2,), (5,)]
    assert rows(line, "SELECT skipped FROM notice WHERE id = 2") == [(1,)]
    line.run("check")
    # and they begin anew
    line.say(ANN, "STATUS")
    line.until(lambda: rows(line, "SELECT 1 FROM outbox WHERE number = ?", ANN_FULL))
    assert one not in re.sub(r"\D", "", rows(line, "SELECT text FROM outbox WHERE number = ?", ANN_FULL)[0][0])


@pytest.mark.parametrize("words, status", [
    (["forget", ANN], 2), (["export"], 2), (["export", "KPN"], 2), (["export", "0600000000"], 1),
    (["forget", "0600000000", "--yes"], 1), (["eat", ANN], 2), (["export", ANN, ANN], 2)])
def test_the_command_refuses(line, words, status):
    import subprocess

    from gateway import BINARY
    done = subprocess.run([BINARY, "person", *words, "-c", str(line.config)], capture_output=True, text=True, timeout=60)
    assert done.returncode == status and done.stderr and not done.stdout


# ---- the console

def opened(clerk, number=ANN):
    answer = clerk.submit("/console/people", "/console/people", number=number)
    assert re.search(r"/console/people/\d+$", answer.url), answer.text
    return answer


def test_who_may_see_what(line):
    one, two, ann, _ = known(line)
    clerk = Clerk(line, "clara")
    assert clerk.get("/console/people").status_code == 403
    assert clerk.get(f"/console/people/{ann}").status_code == 403
    assert "/console/people" not in clerk.get("/console/").text
    editor = Clerk(line, "edith", role="editor", language="en")
    page = opened(editor)
    assert "+316******78" in page.text and ANN_FULL not in page.text and ANN[1:] not in page.text
    assert f"/console/reports/{one}" in page.text and f"/console/reports/{two}" in page.text
    assert "<script>alert" not in page.text and "&lt;script&gt;" in page.text
    where = f"/console/people/{ann}"
    fields = form(page.text, "/console/sign-out")
    for what in ("forget", "export", "release"):
        assert f"{where}/{what}" not in page.text
        assert editor.post(f"{where}/{what}", {**fields, "again": ANN}).status_code == 403
    olga = Clerk(line, "olga", role="operator", language="en")
    assert ANN_FULL in opened(olga).text
    assert ("staff edith", "looked up +316******78") in rows(line, "SELECT who, what FROM audit")
    for number in ("", "0600000000", HOSTILE, "KPN", "9" * 40):
        answer = olga.submit("/console/people", "/console/people", number=number)
        assert 'role="alert"' in answer.text and "<script>alert" not in answer.text
    for odd in ("0", "999999", "-1", "x", "%3Cb%3E"):
        assert olga.get("/console/people/" + odd).status_code == 404


def test_a_file_is_handed_out(line):
    _, _, ann, _ = known(line)
    olga = Clerk(line, "olga", role="operator")
    where = f"/console/people/{ann}"
    answer = olga.submit(where, where + "/export")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == json.loads(line.run("person", "export", ANN))
    assert ("staff olga", "exported +316******78") in rows(line, "SELECT who, what FROM audit")


def test_a_block_is_released(line):
    _, _, ann, _ = known(line)
    rows(line, "UPDATE person SET blocked_at = 1700000000, blocked_why = ? WHERE id = ?", HOSTILE, ann)
    olga = Clerk(line, "olga", role="operator", language="en")
    where = f"/console/people/{ann}"
    page = olga.get(where).text
    assert "gets no answer" in page and "<script>alert" not in page
    assert "Released." in olga.submit(where, where + "/release").text
    assert rows(line, "SELECT blocked_at FROM person WHERE id = ?", ann) == [(None,)]
    assert ("staff olga", "released +316******78") in rows(line, "SELECT who, what FROM audit")


def test_forgetting_needs_the_number_again(line):
    _, _, ann, recording = known(line)
    olga = Clerk(line, "olga", role="operator", language="en")
    where = f"/console/people/{ann}"
    for wrong in ("", BOB, "yes", HOSTILE):
        assert "Nothing has been erased." in olga.submit(where, where + "/forget", again=wrong).text
    fields = {**form(olga.get(where).text, where + "/forget"), "again": ANN}
    assert olga.post(where + "/forget", {**fields, "csrf": "0" * 46}).status_code == 403
    assert olga.post(where + "/forget", fields, headers={"Origin": "https://evil.example"}).status_code == 403
    rows(line, "UPDATE call SET ended = NULL WHERE id = 1")
    assert "under way" in olga.submit(where, where + "/forget", again=ANN).text
    assert rows(line, "SELECT 1 FROM person WHERE id = ?", ann)
    rows(line, "UPDATE call SET ended = 1700000061 WHERE id = 1")
    answer = olga.submit(where, where + "/forget", again="+31 6 1234 5678")
    assert "Forgotten." in answer.text
    no_file_has(line, ANN_FULL[1:], ANN[1:])
    nothing_is_left_of(line, ANN_FULL, ann)
    assert not recording.exists()
    assert ("staff olga", "forgot +316******78") in rows(line, "SELECT who, what FROM audit")
    assert olga.get(where).status_code == 404
    assert olga.post(where + "/forget", fields).status_code == 404


def test_by_keyboard(line, browser):
    _, _, ann, _ = known(line)
    browser.enter(Clerk(line, "olga", role="operator"))
    browser.open(line.url + "/console/people")
    browser.check("people")
    browser.tab_to("#number")
    browser.press(ANN)
    browser.leave_page(Keys.ENTER)
    assert browser.text("h1") == ANN_FULL
    browser.check("person")
    browser.tab_to("#again")
    browser.press(ANN)
    browser.leave_page(Keys.ENTER)
    assert "Vergeten" in browser.text("[role=status]")
    nothing_is_left_of(line, ANN_FULL, ann)
