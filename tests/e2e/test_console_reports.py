# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reports at the console: found, read, answered, handed over, merged; and nothing of a resident's is code there."""
import html
import re
import sqlite3

import pytest
import requests
from console import PASSWORD, Clerk, form
from gateway import Gateway
from selenium.webdriver.common.keys import Keys

ANN, BOB = "0612345678", "0687654321"
TWO = """contractor groen
 url http://127.0.0.1:1/requests.json
 format open311
"""


@pytest.fixture
def line(tmp_path):
    with Gateway(tmp_path / "line", contractor="http://127.0.0.1:1/requests.json", extra=TWO) as it:
        yield it


def files(line, number, text):
    """A report by text; its reference."""
    before = {row[0] for row in rows(line, "SELECT reference FROM report")}
    line.say(number, text)
    return line.until(lambda: next((row[0] for row in rows(line, "SELECT reference FROM report")
                                    if row[0] not in before), None))


def rows(line, sql, *args):
    with sqlite3.connect(f"file:{line.database}?mode=ro", uri=True) as db:
        return db.execute(sql, args).fetchall()


def last_text(line, number):
    return rows(line, "SELECT text FROM outbox WHERE number = ? ORDER BY id DESC LIMIT 1", "+31" + number[1:])[0][0]


def test_a_report_is_found(line):
    one = files(line, ANN, "MELD AFVAL SPUI 70 container vol, zakken ernaast")
    two = files(line, BOB, "lantaarn 2511BT 70 kapot")
    clerk = Clerk(line, "anna")
    page = clerk.get("/console/reports").text
    assert f"/console/reports/{one}" in page and f"/console/reports/{two}" in page
    page = clerk.get("/console/reports?q=zakk").text
    assert f"/console/reports/{one}" in page and f"/console/reports/{two}" not in page
    page = clerk.get("/console/reports?state=solved").text
    assert f"/console/reports/{one}" not in page
    answer = clerk.get(f"/console/reports?q={one[:3]}+{one[3:6]}+{one[6:]}")
    assert answer.url.endswith(f"/console/reports/{one}")
    page = clerk.get("/console/reports?near=2511BT+70").text
    assert re.search(r">\d+ m</td>", page)
    assert "nergens" not in page and clerk.get("/console/reports?near=nergens+9").text.count("role=\"alert\"") == 1
    for odd in ("q=%22", "q=%22*+OR+NEAR(", "before=99999999999999999999", "before=-1", "area=%27", "category=x&state=y"):
        assert clerk.get("/console/reports?" + odd).status_code == 200
    assert clerk.get("/console/reports/1234567").status_code == 404


def test_words_of_a_resident_are_no_code(line):
    evil = "<script>alert(1)</script> \"'><img src=x onerror=alert(2)>"
    one = files(line, ANN, "MELD AFVAL SPUI 70 container vol " + evil)
    clerk = Clerk(line, "anna")
    page = clerk.get(f"/console/reports/{one}").text
    assert "alert(1)" in page and "<script>alert" not in page and "<img src=x" not in page


def test_a_state_is_set_and_the_resident_hears_it(line):
    one = files(line, ANN, "MELD AFVAL SPUI 70 container vol")
    clerk = Clerk(line, "anna")
    where = f"/console/reports/{one}"
    answer = clerk.submit(where, where + "/state", state="planned", expected="")
    assert "role=\"alert\"" in answer.text
    answer = clerk.submit(where, where + "/state", state="planned", expected="2031-05-06", words="met de wagen")
    assert answer.status_code == 200 and "Gewijzigd" in answer.text
    line.until(lambda: "met de wagen" in last_text(line, ANN))
    assert rows(line, "SELECT state, date(expected, 'unixepoch') FROM report") == [("planned", "2031-05-06")]
    fields = form(clerk.get(where).text, where + "/state")
    clerk.post(where + "/state", {**fields, "state": "solved"})
    before = rows(line, "SELECT count(*) FROM report_event")
    answer = clerk.post(where + "/state", {**fields, "state": "solved"})  # sent twice
    assert answer.status_code == 200
    assert rows(line, "SELECT count(*) FROM report_event") == before
    assert ("staff anna", f"report {one}: planned") in rows(line, "SELECT who, what FROM audit")


def test_an_answer_a_note_and_another_contractor(line):
    one = files(line, ANN, "MELD AFVAL SPUI 70 container vol")
    clerk = Clerk(line, "anna", language="en")
    where = f"/console/reports/{one}"
    assert "Sent." in clerk.submit(where, where + "/answer", words="Morgen komt iemand.").text
    line.until(lambda: "Morgen komt iemand." in last_text(line, ANN))
    assert "Added." in clerk.submit(where, where + "/note", words="Sleutel bij nr 72").text
    assert "Handed over." in clerk.submit(where, where + "/reassign", contractor="groen", words="park").text
    assert rows(line, "SELECT contractor FROM report") == [("groen",)]
    answer = clerk.submit(where, where + "/reassign", contractor="groen")
    assert "already" in answer.text
    answer = clerk.submit(where, where + "/reassign", contractor="nobody")
    assert "role=\"alert\"" in answer.text


def waits(page, action):
    """What stands in the form to this address, and has not been sent."""
    where = page.index(f'action="{action}"')
    form = page[where:page.index("</form>", where)]
    assert 'id="kept"' in form and page.count('id="kept"') == 1 and 'href="#kept"' in page
    return html.unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", form, re.S)[1])


def test_two_clerks_do_not_answer_twice_and_nothing_typed_is_lost(line):
    one = files(line, ANN, "MELD AFVAL SPUI 70 container vol")
    anna, bert = Clerk(line, "anna"), Clerk(line, "bert", language="en")
    where, words = f"/console/reports/{one}", "Morgen komt\niemand <langs> & \"kijkt\"."
    fields = form(anna.get(where).text, where + "/answer")
    bert.submit(where, where + "/answer", words="Wij kijken ernaar.")
    line.until(lambda: "Wij kijken" in last_text(line, ANN))
    answer = anna.post(where + "/answer", {**fields, "words": words})
    assert "intussen veranderd" in answer.text and "Wij kijken ernaar." in answer.text
    assert waits(answer.text, where + "/answer") == words
    assert "komt" not in last_text(line, ANN)
    assert 'id="kept"' not in anna.get(where).text  # it is shown once
    answer = anna.submit(where, where + "/answer", words=words)
    assert "Verstuurd." in answer.text and 'id="kept"' not in answer.text
    line.until(lambda: "komt" in last_text(line, ANN))
    # too long for the line though not for the browser, and a state that is none any more
    long = "é" * 400
    answer = anna.submit(where, where + "/note", words=long)
    assert "te lang" in answer.text and waits(answer.text, where + "/note") == long
    fields = form(bert.get(where).text, where + "/state")
    anna.submit(where, where + "/state", state="solved")
    answer = bert.post(where + "/state", {**fields, "state": "planned", "expected": "2031-05-06", "words": words})
    assert "meanwhile" in answer.text and waits(answer.text, where + "/state") == words
    assert 'value="2031-05-06"' in answer.text


def test_who_was_signed_out_meanwhile_goes_on_where_they_were(line):
    one = files(line, ANN, "MELD AFVAL SPUI 70 container vol")
    clerk, words = Clerk(line, "anna"), "Morgen komt iemand <langs> & \"kijkt\"."
    where = f"/console/reports/{one}"
    browser = {"Origin": line.url, "Referer": line.url + where}
    fields = {**form(clerk.get(where).text, where + "/answer"), "words": words}
    before = rows(line, "SELECT count(*) FROM report_event")
    with sqlite3.connect(line.database, timeout=10) as db:
        db.execute("DELETE FROM staff_session")
    answer = clerk.post(where + "/answer", fields, headers=browser)
    assert answer.status_code == 401 and "Er is niets veranderd" in answer.text
    again = form(answer.text, "/console/sign-in")
    answer = clerk.post("/console/sign-in", {**again, "name": "anna", "password": "een ander wachtwoord"})
    assert answer.status_code == 401
    again = form(answer.text, "/console/sign-in")
    assert again["next"] == where and fields["csrf"] not in again["kept"]
    answer = clerk.post("/console/sign-in", {**again, "name": "anna", "password": clerk.password})
    assert answer.url == line.url + where and waits(answer.text, where + "/answer") == words
    assert rows(line, "SELECT count(*) FROM report_event") == before
    # signed in again in another tab: the form of before is not taken, and its words wait on the page
    answer = clerk.post(where + "/answer", fields, headers=browser)
    assert answer.status_code == 403 and f'href="{where}"' in answer.text
    assert waits(clerk.get(where).text, where + "/answer") == words
    # another website can leave nothing there
    for wrong in ({"Origin": "https://evil.example", "Referer": "https://evil.example" + where}, {"Sec-Fetch-Site": "cross-site"}):
        stranger = Clerk.__new__(Clerk)
        stranger.line, stranger.session = line, requests.Session()
        answer = stranger.post(where + "/answer", fields, headers=wrong)
        assert answer.status_code == 401 and "kept" not in answer.text


def test_two_reports_become_one(line):
    one = files(line, ANN, "MELD AFVAL SPUI 70 container vol")
    two = files(line, BOB, "lantaarn 2511BT 70 kapot")
    clerk = Clerk(line, "anna")
    where = f"/console/reports/{two}"
    assert "role=\"alert\"" in clerk.submit(where, where + "/merge", into="7777777").text
    assert "role=\"alert\"" in clerk.submit(where, where + "/merge", into=two).text
    spaced = f"{one[:3]} {one[3:6]} {one[6:]}"
    merged = clerk.submit(where, where + "/merge", into=spaced).text
    assert f"Samengevoegd met {spaced}: Container is vol, Spui 70" in merged and "dezelfde als melding" in merged
    line.until(lambda: "hetzelfde" in last_text(line, BOB))
    assert f"/console/reports/{two}" in clerk.get(f"/console/reports/{one}").text
    assert rows(line, "SELECT state FROM report WHERE reference = ?", two) == [("closed",)]
    # it was not the same: it is reopened, and another does it
    assert "Gewijzigd" in clerk.submit(where, where + "/state", state="reopened").text
    undone = clerk.submit(where, where + "/reassign", contractor="groen").text
    assert "Overgedragen" in undone and "dezelfde als melding" not in undone
    assert rows(line, "SELECT state, contractor FROM report WHERE reference = ?", two) == [("received", "groen")]


def test_a_recording_needs_a_sign_in(line):
    clerk = Clerk(line, "anna")
    assert clerk.get("/console/recordings/1").status_code == 404
    assert clerk.get("/console/recordings/..%2f..%2fetc%2fpasswd").status_code == 404
    clerk.session.cookies.clear()
    assert clerk.get("/console/recordings/1").status_code == 401


def test_pages_by_keyboard_and_for_screen_readers(line, browser):
    one = files(line, ANN, "MELD AFVAL SPUI 70 container vol")
    files(line, BOB, "lantaarn 2511BT 70 kapot")
    browser.enter(Clerk(line, "anna"))
    browser.open(line.url + "/console/reports?near=2511BT+70")
    browser.check("reports-near")
    browser.open(line.url + f"/console/reports/{one}")
    browser.tab_to("#answer")
    browser.press("Morgen is het leeg.")
    browser.tab_to("form[action$='/answer'] button")
    browser.leave_page(Keys.ENTER)
    assert "Verstuurd" in browser.text("[role=status]")
    line.until(lambda: "Morgen is het leeg." in last_text(line, ANN))
    # half an hour later, in the middle of a text
    browser.tab_to("#remark")
    browser.press("Sleutel bij nummer 72.")
    with sqlite3.connect(line.database, timeout=10) as db:
        db.execute("DELETE FROM staff_session")
    browser.tab_to("form[action$='/note'] button")
    browser.leave_page(Keys.ENTER)
    assert "wat u schreef" in browser.text("[role=alert]")
    browser.tab_to("#name")
    browser.press("anna")
    browser.tab_to("#password")
    browser.press(PASSWORD)
    browser.leave_page(Keys.ENTER)
    browser.tab_to("[role=alert] a")
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.run("return location.hash") == "#kept")
    browser.press(Keys.TAB)
    assert browser.focused().get_attribute("value") == "Sleutel bij nummer 72."
    browser.seen()
    browser.tab_to("form[action$='/note'] button")
    browser.leave_page(Keys.ENTER)
    assert "Toegevoegd" in browser.text("[role=status]")
