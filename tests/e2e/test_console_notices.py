# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notices at the console: written, looked at, sent, held back and corrected, as a program; by keyboard alone it is a part
of test_console_story.py."""
import contextlib
import json
import re
import sqlite3
import threading

import pytest
import requests
from console import Clerk, form
from gateway import Gateway
from selenium.webdriver.common.keys import Keys

HOSTILE = "<script>alert(1)</script>\"'&<b>"
WORDS = "Er is tot 18 uur geen water in het Centrum."
ENGLISH = "No water in the Centrum until 18:00."
ARABIC = "لا توجد مياه حتى الساعة 18:00."


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    extra = "notices\n quiet-hours none\n cost-per-part 0.085 EUR\n"
    with Gateway(tmp_path_factory.mktemp("line"), extra=extra) as it:
        yield it


@pytest.fixture(scope="module")
def anna(line):
    return Clerk(line, "anna", role="editor")


@pytest.fixture(scope="module")
def cees(line):
    return Clerk(line, "cees", role="clerk", language="en")


def rows(line, sql, *args):
    db = sqlite3.connect(line.database, timeout=20)
    try:
        with db:
            return db.execute(sql, args).fetchall()
    finally:
        db.close()


def many(line):
    return rows(line, "SELECT count(*) FROM notice")[0][0]


def show(line, notice):
    return json.loads(line.run("notice", "show", str(notice), "--json"))


def numbers(first, count):
    return "\r\n".join(f"06{first + i:08d}" for i in range(count))


def write(clerk, page="/console/notices/new", **fields):
    """Fill in the form of a new notice; field names with an underscore for a hyphen."""
    return clerk.submit(page, "/console/notices", **{"title": "Water", "words-nl": WORDS,
                                                    **{k.replace("_", "-"): v for k, v in fields.items()}})


def draft(clerk, **fields):
    """Its number, once it is known who gets it."""
    answer = write(clerk, **fields)
    assert answer.status_code == 200, answer.text
    notice = int(re.search(r"/console/notices/(\d+)$", answer.url).group(1))
    clerk.line.until(lambda: show(clerk.line, notice)["state"] == "draft")
    return notice


def do(clerk, notice, what):
    return clerk.submit(f"/console/notices/{notice}", f"/console/notices/{notice}/{what}")


def texts(line, number):
    return [t for t, in rows(line, "SELECT text FROM outbox WHERE number = ? AND lane = 2 AND state = 'delivered'",
                             "+31" + number[1:])]


# ---- as a program

def test_a_notice_is_a_draft_until_it_is_sent(line, anna):
    notice = draft(anna, numbers=numbers(31000000, 20), words_en=ENGLISH, words_ar=ARABIC)
    page = anna.get(f"/console/notices/{notice}").text
    assert "20 mensen" in page and "EUR 1,70" in page  # twenty of 0.085
    assert ">" + WORDS + "</p>" in page and ">" + ARABIC + "</p>" in page
    assert texts(line, "0631000000") == []
    answer = do(anna, notice, "send")
    assert "Het gaat de deur uit" in answer.text
    line.until(lambda: show(line, notice)["state"] == "done")
    assert all(texts(line, f"06{31000000 + i:08d}") == [WORDS] for i in range(20))
    page = anna.get(f"/console/notices/{notice}").text
    assert 'aria-valuemax="20" aria-valuenow="20"' in page and "/send" not in page
    done = [what for who, what in rows(line, "SELECT who, what FROM audit ORDER BY id") if who == "staff anna"]
    assert f"notice {notice} made" in done and f"notice {notice} sent" in done
    assert f'data-notice="{notice}" data-state="done"' in anna.get("/console/notices").text


def test_a_form_sent_twice_is_one_notice(line, anna):
    fields = {**form(anna.get("/console/notices/new").text, "/console/notices"), "title": "Twice", "words-nl": WORDS,
              "numbers": numbers(32000000, 250)}  # more than are written down at a time
    before = many(line)
    first, second = (anna.post("/console/notices", fields) for _ in range(2))
    assert first.url == second.url and "/console/notices/" in first.url
    assert many(line) == before + 1
    assert rows(line, "SELECT recipients, (SELECT count(*) FROM notice_recipient WHERE notice_id = n.id) FROM notice n"
                " ORDER BY id DESC LIMIT 1") == [(250, 250)]
    assert rows(line, "SELECT count(*) FROM audit WHERE what = ?", f"notice {first.url.split('/')[-1]} made") == [(1,)]


def test_a_form_that_was_changed_is_another_notice(line, anna):
    fields = {**form(anna.get("/console/notices/new").text, "/console/notices"), "title": "Back", "words-nl": WORDS,
              "numbers": numbers(32500000, 2)}
    first = anna.post("/console/notices", fields)
    second = anna.post("/console/notices", {**fields, "words-nl": "Tot 20 uur.", "numbers": numbers(32500000, 3)})
    assert first.url != second.url and "Tot 20 uur." in second.text
    assert rows(line, "SELECT recipients FROM notice WHERE title = 'Back' ORDER BY id") == [(2,), (3,)]


def paste(clerk, fields):
    with contextlib.suppress(requests.ConnectionError):
        clerk.post("/console/notices", fields)


def cut_off(line, anna):
    """Paste ten thousand numbers and kill the line before they are all there: the form and its notice.

    Who looks may be too slow for that: then it is tried again with another form."""
    looking = sqlite3.connect(line.database, timeout=20)
    for first in range(10000000, 90000000, 10000000):
        fields = {**form(anna.get("/console/notices/new").text, "/console/notices"), "title": "Cut off",
                  "words-nl": WORDS, "numbers": numbers(first, 10000)}
        before = many(line)
        posting = threading.Thread(target=paste, args=(anna, fields))
        posting.start()
        while looking.execute("SELECT count(*) FROM notice WHERE recipients > 0").fetchone()[0] == before:
            pass
        line.kill()
        posting.join()
        line.start()
        (notice, taking), = rows(line, "SELECT id, taking FROM notice ORDER BY id DESC LIMIT 1")
        if taking:
            looking.close()
            return fields, notice
    raise AssertionError("it was never seen half written")


def test_a_list_that_was_cut_off_cannot_be_sent_and_the_same_form_completes_it(tmp_path):
    with Gateway(tmp_path, extra="notices\n quiet-hours none\n", register=False) as line:
        anna = Clerk(line, "anna", role="editor")
        fields, notice = cut_off(line, anna)
        token = form(anna.get("/console").text, "/console/sign-out")
        page = anna.get(f"/console/notices/{notice}").text
        assert f"/console/notices/{notice}/send" not in page and "voor het laatste nummer er staat" in page
        answer = anna.post(f"/console/notices/{notice}/send", {**token, "once": "x"})
        assert "de lijst nummers is niet compleet" in answer.text
        refused = line.run("notice", "resume", str(notice), check=False)
        assert refused.returncode == 1 and "not complete" in refused.stderr
        assert "not complete" in line.vty(f"notice {notice} resume", "show notices")
        assert show(line, notice)["list_complete"] is False
        answer = anna.post("/console/notices", fields)
        assert answer.url.endswith(f"/{notice}")
        line.until(lambda: show(line, notice)["state"] == "draft")
        assert show(line, notice)["people"] == 10000 and show(line, notice)["list_complete"] is True
        _, second = cut_off(line, anna)
        line.advance(16 * 60)
        line.until(lambda: show(line, second)["state"] == "lapsed")
        assert "vervallen" in anna.get(f"/console/notices/{second}").text
        assert [t for t, in rows(line, "SELECT what FROM audit WHERE who = 'meldlijn'")] == [
            f"notice {second} lapsed: its list of numbers did not come to its end"]
        assert rows(line, "SELECT count(*) FROM outbox") == [(0,)]


def test_a_clerk_looks_and_sends_nothing(line, anna, cees):
    notice = draft(anna, numbers=numbers(33000000, 2))
    page = cees.get(f"/console/notices/{notice}")
    assert page.status_code == 200 and "2 people" in page.text and "EUR 0.17" in page.text
    assert f"/console/notices/{notice}/" not in page.text
    assert "/console/notices/new" not in cees.get("/console/notices").text
    assert cees.get("/console/notices/new").status_code == 403
    token = form(page.text, "/console/sign-out")
    before = many(line)
    for where in ("", "/preview", f"/{notice}/send", f"/{notice}/pause", f"/{notice}/resume", f"/{notice}/cancel"):
        answer = cees.post("/console/notices" + where, {**token, "title": "x", "words-nl": "x", "subscribers": "1"})
        assert answer.status_code == 403, where
    assert show(line, notice)["state"] == "draft" and many(line) == before


def test_a_form_without_its_token_changes_nothing(line, anna):
    notice = draft(anna, numbers=numbers(34000000, 2))
    fields = form(anna.get(f"/console/notices/{notice}").text, f"/console/notices/{notice}/send")
    for wrong in ({}, {"once": "a"}, {**fields, "csrf": "0" * 43}, {"csrf": fields["csrf"]}):
        for what in ("send", "cancel"):
            assert anna.post(f"/console/notices/{notice}/{what}", wrong).status_code in (400, 403)
    other = anna.post(f"/console/notices/{notice}/send", fields, headers={"Origin": "https://evil.example"})
    assert other.status_code == 403
    assert show(line, notice)["state"] == "draft"


def test_a_stale_form_says_so(line, anna):
    notice = draft(anna, numbers=numbers(35000000, 40), pace="10")
    page = anna.get(f"/console/notices/{notice}").text
    send = form(page, f"/console/notices/{notice}/send")
    cancel = form(page, f"/console/notices/{notice}/cancel")
    assert re.search(r"<summary[^>]*>Afbreken….*kan niet ongedaan.*Ja, afbreken.*</details>", page, re.S)  # not by one press
    do(anna, notice, "send")
    line.until(lambda: show(line, notice)["delivered"] == 10)
    do(anna, notice, "pause")
    # another page from before must not end the pause
    answer = anna.post(f"/console/notices/{notice}/send", {**send, "once": "another"})
    assert "kan nu niet meer" in answer.text and show(line, notice)["state"] == "paused"
    do(anna, notice, "resume")
    assert show(line, notice)["state"] in ("waiting", "running")
    anna.post(f"/console/notices/{notice}/cancel", cancel)
    assert show(line, notice)["state"] == "cancelled"
    answer = anna.post(f"/console/notices/{notice}/pause", {**cancel, "once": "more"})
    assert "kan nu niet meer" in answer.text
    assert anna.post("/console/notices/999999/send", {**send, "once": "no"}).status_code == 404
    assert anna.get("/console/notices/x").status_code == 404


def test_a_correction_goes_to_who_got_the_first(line, anna):
    notice = draft(anna, numbers=numbers(36000000, 6), canary="2")
    do(anna, notice, "send")
    line.until(lambda: show(line, notice)["state"] == "paused")
    page = anna.get(f"/console/notices/new?update={notice}")
    assert ">\n" + WORDS + "</textarea>" in page.text and 'name="area"' not in page.text
    answer = write(anna, f"/console/notices/new?update={notice}", words_nl="Het duurt tot 20 uur.")
    better = int(answer.url.split("/")[-1])
    line.until(lambda: show(line, better)["state"] == "draft")
    assert show(line, better)["people"] == 2 and show(line, notice)["state"] == "paused"
    do(anna, better, "send")
    line.until(lambda: show(line, better)["state"] == "done")
    revoke = int(write(anna, f"/console/notices/new?revoke={notice}", words_nl="Er is weer water.").url.split("/")[-1])
    assert show(line, notice)["state"] == "cancelled"
    line.until(lambda: show(line, revoke)["state"] == "draft")
    do(anna, revoke, "send")
    line.until(lambda: show(line, revoke)["state"] == "done")
    got = [texts(line, f"06{36000000 + i:08d}") for i in range(6)]
    assert got.count([WORDS, "Het duurt tot 20 uur.", "Er is weer water."]) == 2 and got.count([]) == 4
    for gone in ("update=999999", "revoke=x"):
        assert anna.get("/console/notices/new?" + gone).status_code == 404


@pytest.mark.parametrize("fields, name, words", [
    ({}, "whom", "Kies voor wie"),
    ({"area": "atlantis"}, "area", "kies een andere"),
    ({"street": "Nergensstraat"}, "street", "straatnaambord"),
    ({"near": "Nergens 12345"}, "near", "schrijf een postcode"),
    ({"near": "Spui 70", "radius": "3"}, "radius", "10 tot 50000"),
    ({"near": "Spui 70", "radius": "-3"}, "radius", "1 tot 50000"),
    ({"report": "4829153"}, "report", "geen melding"),
    ({"category": "dragons"}, "category", "kies een andere"),
    ({"numbers": "0612345678\n14070\nwat"}, "numbers", "14070, wat"),
    ({"numbers": numbers(10000000, 10001)}, "numbers", "10000 nummers"),
    ({"subscribers": "1", "title": " "}, "title", "korte naam"),
    ({"subscribers": "1", "words_nl": ""}, "words-nl", "Schrijf wat er in de sms staat"),
    ({"subscribers": "1", "words_ar": ARABIC * 40}, "words-ar", "meer dan 10 sms"),
    ({"subscribers": "1", "words_nl": "x" * 1500, "voice": "1"}, "words-nl", "voor te lezen"),
    ({"subscribers": "1", "start": "soon"}, "start", "2026-12-01T18:00"),
    ({"subscribers": "1", "expires": "2001-01-01T10:00"}, "expires", "latere tijd"),
    ({"subscribers": "1", "quiet_from": "9:00"}, "quiet-from", "beide tijden"),
    ({"subscribers": "1", "canary": "many"}, "canary", "Schrijf een getal"),
    ({"subscribers": "1", "pace": "0"}, "pace", "Schrijf een getal"),
    ({"subscribers": "1", "list": "x" * 60}, "list", "kort woord"),
])
def test_what_is_wrong_is_said_at_its_field(line, anna, fields, name, words):
    before = many(line)
    answer = write(anna, **fields)
    assert answer.status_code == 422
    why = re.search(rf'<p class="why" id="why-{name}">([^<]*)</p>', answer.text)
    assert why and words in why.group(1)
    if name != "whom":
        assert f'name="{name}"' in answer.text or name == "area"
    assert many(line) == before
    if "title" not in fields:
        assert 'value="Water"' in answer.text  # what was typed is still there


def test_html_in_every_field_is_words(line, anna):
    empty = form(anna.get("/console/notices/new").text, "/console/notices")
    fields = {name: HOSTILE for name in [*empty, "words-nl", "words-ar", "area", "category", "numbers", "list"]
              if name not in ("csrf", "once")}
    answer = write(anna, **fields)
    assert answer.status_code == 422 and "<script>alert" not in answer.text and "<b>" not in answer.text
    assert answer.text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 10
    notice = draft(anna, title=HOSTILE, words_nl=HOSTILE, list=HOSTILE[:40], numbers=numbers(37000000, 1))
    for page in (f"/console/notices/{notice}", "/console/notices", f"/console/notices/new?update={notice}"):
        text = anna.get(page).text
        assert "<script>alert" not in text and "&lt;script&gt;alert(1)" in text
    preview = anna.post("/console/notices/preview", {**form(text, "/console/notices"), "words-nl": HOSTILE})
    assert preview.headers["Content-Type"].startswith("application/json")
    assert preview.json()["nl"]["shown"] == HOSTILE


# Sizes of 3GPP TS 23.038 and 23.040: 160 septets or 70 code units in one text, 153 or 67 in each of more.
@pytest.mark.parametrize("words, said", [
    ("x" * 160, "1 sms: 160 tekens, nog 0 vrij. Alfabet: GSM-7."),
    ("x" * 161, "2 sms'en: 161 tekens, in de laatste nog 145 vrij. Alfabet: GSM-7."),
    ("€" * 80, "1 sms: 160 tekens, nog 0 vrij. Alfabet: GSM-7. Tellen dubbel: €"),
    ("x" * 69 + "ж", "1 sms: 70 tekens, nog 0 vrij. Alfabet: UCS-2, 70 tekens in een sms in plaats van 160, door: ж."),
    ("x" * 70 + "ж", "2 sms'en: 71 tekens, in de laatste nog 63 vrij. "
                     "Alfabet: UCS-2, 70 tekens in een sms in plaats van 160, door: ж."),
    ("", "Nog leeg."),
])
def test_the_preview_counts_as_the_line_does(anna, words, said):
    page = anna.get("/console/notices/new").text
    answer = anna.post("/console/notices/preview", {**form(page, "/console/notices"), "words-nl": words})
    assert answer.json()["nl"] == {"shown": words, "said": said}


def test_quiet_hours_times_and_pace_are_kept(line, anna):
    notice = draft(anna, numbers="0638000000, en\n+31638000001", words_en=ENGLISH, start="2036-12-01T18:00",
                   expires="2036-12-02T18:00", quiet_from="21:30", quiet_to="08:15", canary="1", pace="7")
    row = rows(line, "SELECT start, expires, quiet_from, quiet_to, canary, pace FROM notice WHERE id = ?", notice)
    # Amsterdam is an hour from UTC in winter
    assert row == [(2111763600, 2111850000, 21 * 60 + 30, 8 * 60 + 15, 1, 7)]
    page = anna.get(f"/console/notices/{notice}").text
    assert "21:30–08:15" in page
    estimate = show(line, notice)["estimate"]["languages"]
    assert {e["language"]: e["people"] for e in estimate} == {"nl": 1, "en": 1}


def test_the_list_goes_back_in_pages(line, anna):
    have = many(line)
    for i in range(max(0, 27 - have)):
        write(anna, title=f"page {i}", subscribers="1")
    seen, page = [], "/console/notices"
    while page:
        text = anna.get(page).text
        seen += [int(n) for n in re.findall(r'data-notice="(\d+)"', text)]
        earlier = re.search(r'href="(/console/notices\?before=\d+)"', text)
        page = earlier and earlier.group(1)
    assert seen == sorted((n for n, in rows(line, "SELECT id FROM notice")), reverse=True)


# ---- by keyboard alone

def test_what_is_wrong_is_found_by_keyboard_too(line, anna, browser):
    browser.enter(anna)
    browser.open(line.url + "/console/notices/new")
    for field, words in (("#title", "x"), ("#words-nl", "x"), ("#street", "Nergensstraat")):
        browser.tab_to(field)
        browser.press(words)
    browser.leave_page(Keys.ENTER)
    assert "niets opgeslagen" in browser.text("[role=alert]")
    street = browser.find("#street")
    assert street.get_attribute("aria-invalid") == "true" and "why-street" in street.get_attribute("aria-describedby")
    browser.check("notice-wrong")


def test_without_scripts_a_page_says_the_same(line, anna):
    """All that scripts show comes from the server's page as well."""
    notice = draft(anna, numbers=numbers(39000000, 3))
    do(anna, notice, "send")
    line.until(lambda: show(line, notice)["delivered"] == 3)
    page = anna.get(f"/console/notices/{notice}").text
    assert re.search(r'<p class="far">3 van 3</p>', page)
    assert re.search(r'data-count="delivered">3</dd>', page)
