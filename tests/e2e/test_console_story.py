# SPDX-License-Identifier: AGPL-3.0-or-later
"""A morning at the console, by keyboard alone: a notice goes to a part of the city while residents text and call on a
simulated modem, a caller's message is heard and the report is solved.

No script does the clerk's work and no mouse: keys alone, and the focus is seen wherever Tab leads.  Scripts only look.
Pictures of each page stay in the build folder's screenshots: in Dutch in light, in dark and on a screen of 320 px, in
English in light.
"""
import pathlib
import random
import re
import sqlite3
import time
import wave

import modem_line
import pytest
from browser import AXE
from console import Clerk
from gateway import Gateway
from selenium.webdriver.common.keys import Keys

WORDS = "Er is tot 18 uur geen water in het Centrum."
ENGLISH = "No water in the Centrum until 18:00."
ARABIC = "لا توجد مياه حتى الساعة 18:00."
WEEKS = 26
TRIAL, PEOPLE = 6, 24
HERE = {  # they report something in the Centrum, or follow who did
    "+31641000001": ["MELD AFVAL SPUI 70 container vol"],
    "+31641000002": ["MELD AFVAL SPUI 70 container vol", "1"],
    "+31641000003": ["MELD STOEP SPUI 12 tegel los"],
}
LATER = "+31641000004", ["MELD AFVAL SPUI 92 container vol", "2"]  # it is another one
LISTED = [f"+316410000{i}" for i in range(10, 10 + PEOPLE - len(HERE) - 1)]
REPORT_BY_KEYS = "13" + "1251128" + "70#" + "1"  # a lamp is broken, at 2511BT 70, and that is right
SLOW_MS = 2500


@pytest.fixture
def city(tmp_path):
    """A line on one modem, for texts and calls, that has been at work for half a year."""
    with modem_line.sim(tmp_path, "huawei", audio=tmp_path / "audio") as modem:
        extra = "notices\n quiet-hours none\n cost-per-part 0.085 EUR\n" + modem_line.QUICK
        line = Gateway(tmp_path / "line", [modem.device], handset=False, languages="nl en ar", extra=extra,
                       modem_words=f" audio serial {tmp_path}/audio")
        half_a_year(line)
        with line:
            line.lines_up(1)
            yield modem, line


def half_a_year(line):
    """A report each twelve hours until now: four are open, twenty were solved within six hours, the rest came to nothing."""
    now = int(time.time())
    with sqlite3.connect(line.database) as db:
        areas = [area for area, in db.execute("SELECT id FROM area ORDER BY id LIMIT 3")]
        for i in range(WEEKS * 14):
            at = now - (i + 1) * 43200
            db.execute("INSERT INTO report (reference, category, area_id, state, state_at, created, promise, language,"
                       " channel, contractor) VALUES (?, ?, ?, 'received', ?, ?, ?, 'nl', 'sms', 'haeghe')",
                       (str(10000000 + i), ("container-full", "street-light", "pavement")[i % 3], areas[i % len(areas)],
                        at, at, at + 86400))
            if i >= 4:
                db.execute("UPDATE report SET state = ?, state_at = created + 21599 WHERE reference = ?",
                           ("solved" if i < 24 else "rejected", str(10000000 + i)))
    db.close()


@pytest.mark.long
def test_a_morning_at_the_console(city, browser, tmp_path):
    modem, line = city
    browser.shots = browser.shots or AXE.parents[3] / "screenshots"
    anna = Clerk(line, "anna", role="editor")
    for number, words in HERE.items():
        text(modem, number, *words)
    sign_in(browser, line)
    before = today(browser, line)
    more_is_seen_at_once(browser, modem)
    write(browser)
    notice = send_and_watch(browser, modem, line)
    each_got_it_once(modem)
    correct(browser)
    go(browser, "/console/")
    assert plots(browser) != before
    report = call(modem, line, tmp_path)
    play_and_solve(browser, line, anna, report)
    assert modem.wait_mo(1) and line.until(lambda: [m for m in modem.mo() if m["to"] == report["number"] and
                                                    "opgelost" in m["text"]])
    in_english(browser, report, notice)
    browser.tab_to("form[action='/console/sign-out'] button")
    browser.leave_page(Keys.ENTER)
    assert "/console/sign-in" in browser.driver.current_url


# ---- residents

def text(modem, number, *texts):
    """A resident's texts, each when the one before has been answered."""
    for words in texts:
        assert modem_line.answer_to(modem, None, words, number)


def call(modem, line, path):
    """Somebody reports a lamp by keys and leaves a message; what is known of the report."""
    number = modem_line.new_number()
    known = {r["reference"] for r in line.reports()}
    modem.call(number)
    modem.wait("answered", 1)
    modem.press(REPORT_BY_KEYS)  # ahead: keys cut the menus short
    modem.wait_quiet(1000)
    with wave.open(str(path / "said.wav"), "wb") as said:
        said.setparams((1, 2, 8000, 0, "NONE", ""))
        noise = random.Random(1)
        for _ in range(4):  # as of words
            said.writeframes(b"".join(int(noise.gauss(0, 3000)).to_bytes(2, "little", signed=True) for _ in range(2400)))
            said.writeframes(bytes(1600))
    modem.play(path / "said.wav")
    modem.wait("spoken", 1)
    modem.press("#")
    report = line.until(lambda: [r for r in line.reports() if r["reference"] not in known])[0]
    recording = line.until(lambda: [r for r in line.show(report["reference"])["recordings"] if r["seconds"] > 1])[0]
    modem.hang_up()
    line.until(lambda: line.sql("SELECT 1 FROM call WHERE ended IS NOT NULL"))
    return {**report, "number": number, "recording": recording, "page": f"/console/reports/{report['reference']}"}


# ---- the clerk

def go(browser, address):
    browser.tab_to(f"nav a[href='{address}']")
    browser.leave_page(Keys.ENTER)


def sign_in(browser, line):
    browser.open(line.url + "/console/")
    assert "/console/sign-in" in browser.driver.current_url
    browser.check("sign-in")
    browser.sign_in(line, "anna")
    assert browser.text("h1") == "Vandaag"


def plots(browser):
    """Heights of the weeks."""
    return [float(bar.get_attribute("height")) for bar in browser.all("svg.plot rect")]


def today(browser, line):
    browser.check("today")
    rows = {r.find_element("css selector", "th").text: r.text for r in browser.all("table.cards tbody tr")}
    assert rows["haeghe"].split() == ["haeghe", "20", "6", "uur", "6", "uur"]
    assert len(plots(browser)) == WEEKS
    browser.tab_to("summary")
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.find("details table").is_displayed())
    browser.check("today-table")
    for script in browser.all("script"):
        assert script.get_attribute("src").startswith(line.url + "/assets/")
    return plots(browser)


def more_is_seen_at_once(browser, modem):
    """The page is not loaded anew when a report comes in: its plots and tables change, and nothing else."""
    received = lambda: int(browser.text("#reports-received").replace(".", ""))
    this_week = lambda: int(browser.text("details tbody td"))
    here = "return [document.activeElement.localName, document.querySelector('details').open, scrollY, window.wasHere]"
    count, bars, week, areas = received(), plots(browser), this_week(), browser.text("#h-areas + table")
    browser.run("window.wasHere = true; window.said = []; const live = document.getElementById('live');"
                "new MutationObserver(() => said.push(live.textContent)).observe(live, {childList: true})")
    before = browser.run(here)
    assert before[:2] == ["summary", True]
    text(modem, LATER[0], *LATER[1])
    browser.until(lambda: received() > count)
    browser.until(lambda: plots(browser) != bars)
    assert this_week() == week + 1 and browser.text("#h-areas + table") != areas
    assert browser.run(here) == before and browser.run("return said") == []  # nobody is interrupted


def write(browser):
    go(browser, "/console/notices")
    browser.check("notices-none")
    browser.tab_to("a[href='/console/notices/new']")
    browser.leave_page(Keys.ENTER)
    for field, words in (("#title", "Waterleiding Centrum"), ("#words-nl", WORDS), ("#words-en", ENGLISH), ("#words-ar", ARABIC)):
        browser.tab_to(field)
        browser.press(words)
    browser.until(lambda: browser.text("#shown-ar") == ARABIC and "UCS-2" in browser.text("#said-ar"))
    assert browser.text("#shown-nl") == WORDS
    # the phone of who reads Arabic begins on the right
    left, right = browser.run("const r = document.createRange(); r.selectNodeContents(document.getElementById('shown-ar'));"
                              "const b = document.getElementById('shown-ar').parentElement.getBoundingClientRect();"
                              "const t = r.getBoundingClientRect(); return [t.left - b.left, b.right - t.right]")
    assert right < left
    browser.tab_to("input[name=area][value=centrum]")
    browser.press(Keys.SPACE)
    browser.tab_to("#numbers")
    browser.press("\n".join([*LISTED, next(iter(HERE))]))  # who stands in two lists gets it once
    browser.tab_to("#canary")
    browser.press(str(TRIAL))
    browser.check("notice-new")
    browser.tab_to("form.notice-form button")
    browser.leave_page(Keys.ENTER)
    browser.until(lambda: f"{PEOPLE} mensen" in browser.text("#takes"), f"not {PEOPLE}")
    browser.check("notice-draft")


def bar(browser):
    return [int(browser.find("#notice .bar").get_attribute("aria-value" + which)) for which in ("now", "max")]


def press_button(browser, action):
    browser.tab_to(f"#do form[action$='/{action}'] button")
    browser.leave_page(Keys.ENTER)


def send_and_watch(browser, modem, line):
    """The bar fills while a resident is answered between two texts of the notice; the page's address."""
    press_button(browser, "send")
    browser.until(lambda: bar(browser) == [TRIAL, PEOPLE] and browser.text("#now") == "gepauzeerd")
    browser.check("notice-half")
    modem.set("delay", SLOW_MS)
    press_button(browser, "resume")
    assert browser.text("#now") in ("wacht", "wordt verstuurd")
    browser.run("window.wasHere = true; window.seen = [];"
                "const bar = document.querySelector('#notice .bar');"
                "new MutationObserver(() => seen.push(Number(bar.getAttribute('aria-valuenow'))))"
                ".observe(bar, {attributes: true})")
    resident = modem_line.new_number()
    modem.text(resident, "STATUS")
    line.until(lambda: line.sql("SELECT 1 FROM outbox WHERE number = ?", resident))
    browser.until(lambda: TRIAL < bar(browser)[0] < PEOPLE)
    browser.picture("notice-most")
    modem.set("delay", 100)
    browser.until(lambda: bar(browser) == [PEOPLE, PEOPLE] and browser.text("#now") == "klaar")
    assert browser.run("return window.wasHere"), "the page was loaded anew"
    seen = browser.run("return seen")
    assert seen == sorted(seen) and len(set(seen)) > 1 and seen[-1] == PEOPLE
    went = [m["to"] for m in modem.mo()]
    assert went.index(resident) < max(went.index(number) for number in LISTED), "the answer waited for the notice"
    widths = [float(r.get_attribute("width")) for r in browser.all("#notice .bar rect.delivered, #notice .bar rect.sent")]
    assert abs(sum(widths) - 1000) < 1
    browser.until(lambda: browser.text("[data-count=delivered]") == str(PEOPLE))
    assert browser.text("#live") == "klaar"
    browser.until(lambda: not browser.all("#do form"))
    browser.check("notice-done")
    return re.search(r"/console/notices/\d+$", browser.driver.current_url)[0]


def each_got_it_once(modem):
    got = [m["to"] for m in modem.mo() if m["text"] == WORDS]
    assert sorted(got) == sorted([*HERE, LATER[0], *LISTED])


def correct(browser):
    browser.tab_to("#do a[href*='update']")
    browser.leave_page(Keys.ENTER)
    assert browser.find("#words-nl").get_attribute("value") == WORDS
    browser.check("notice-correct")
    go(browser, "/console/notices")
    browser.check("notices")


def play_and_solve(browser, line, anna, report):
    page = report["page"]
    go(browser, "/console/reports")
    browser.check("reports")
    browser.tab_to(f"a[href='{page}']")
    browser.leave_page(Keys.ENTER)
    browser.check("report-recording")
    the_recording_is(line, anna, report)
    browser.tab_to("audio")
    browser.press(Keys.SPACE)
    browser.until(lambda: browser.run("return document.querySelector('audio').currentTime") > 0.2)
    assert abs(browser.run("return document.querySelector('audio').duration") - report["recording"]["seconds"]) < 0.5
    browser.tab_to("#to")
    browser.press("opg")
    assert browser.find("#to").get_attribute("value") == "solved"
    browser.tab_to(f"form[action='{page}/state'] button")
    browser.leave_page(Keys.ENTER)
    assert "Gewijzigd" in browser.text("[role=status]")
    browser.check("report-solved")
    assert line.show(report["reference"])["status"] == "solved"


def the_recording_is(line, anna, report):
    """As it was kept, whole or in parts (RFC 9110, 14)."""
    address = re.search(r'src="(/console/recordings/\d+)"', anna.get(report["page"]).text)[1]
    answer = anna.get(address)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "audio/ogg"
    assert answer.content == pathlib.Path(report["recording"]["path"]).read_bytes()
    part, size = anna.get(address, headers={"Range": "bytes=-100"}), len(answer.content)
    assert part.status_code == 206 and part.content == answer.content[-100:]
    assert part.headers["Content-Range"] == f"bytes {size - 100}-{size - 1}/{size}"
    assert anna.get(address, headers={"Range": f"bytes={size}-"}).status_code == 416


def in_english(browser, report, notice):
    browser.tab_to("a[href='/console/account']")
    browser.leave_page(Keys.ENTER)
    browser.check("account")
    browser.tab_to("form[action='/console/language'] button")
    browser.leave_page(Keys.ENTER)
    assert browser.text("h1") == "Your account"
    assert browser.find("html").get_attribute("lang") == "en"
    browser.check("account-english", keep=["light"])
    go(browser, "/console/")
    assert browser.text("h1") == "Today"
    browser.check("today-english", keep=["light"])
    go(browser, "/console/notices")
    browser.tab_to(f"main a[href='{notice}']")
    browser.leave_page(Keys.ENTER)
    browser.check("notice-english", keep=["light"])
    go(browser, "/console/reports")
    browser.check("reports-english", keep=["light"])
    browser.tab_to("input[type=search]")
    browser.press(report["reference"])
    browser.leave_page(Keys.ENTER)
    assert browser.driver.current_url.endswith(report["page"])
    browser.check("report-english", keep=["light"])
