# SPDX-License-Identifier: AGPL-3.0-or-later
"""The console in Chromium, by keyboard alone; axe-core finds nothing on its pages."""
import sqlite3
import time

import pytest
from browser import Browser
from console import PASSWORD, Clerk
from gateway import Gateway
from selenium.webdriver.common.keys import Keys


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("line")) as it:
        yield it


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as it:
        yield it


def test_signing_in_and_out(line, browser):
    Clerk(line, "anna", role="operator")
    browser.open(line.url + "/console/")
    assert "/console/sign-in" in browser.driver.current_url
    browser.check("sign-in")
    browser.sign_in(line, "anna", "een ander wachtwoord")
    assert "horen niet bij elkaar" in browser.text("[role=alert]")
    browser.check("sign-in-wrong")
    browser.tab_to("#password")
    browser.press(PASSWORD)
    browser.leave_page(Keys.ENTER)
    assert browser.text("h1") == "Vandaag"
    browser.tab_to("form[action='/console/sign-out'] button")
    browser.leave_page(Keys.ENTER)
    assert "/console/sign-in" in browser.driver.current_url


def test_the_first_tab_leads_to_the_content(line, browser):
    Clerk(line, "bert")
    browser.sign_in(line, "bert")
    browser.press(Keys.TAB)
    assert browser.focused().get_attribute("href").endswith("#main")
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.focused() == browser.find("main"))


def test_the_language_is_switched_where_one_is(line, browser):
    Clerk(line, "carla")
    browser.sign_in(line, "carla")
    browser.open(line.url + "/console/account")
    browser.check("account")
    browser.tab_to("form[action='/console/language'] button")
    browser.leave_page(Keys.ENTER)
    assert browser.text("h1") == "Your account"
    assert browser.find("html").get_attribute("lang") == "en"
    browser.check("account-english")


def test_ones_own_password(line, browser):
    Clerk(line, "daan", language="en")
    browser.sign_in(line, "daan")
    browser.open(line.url + "/console/account")
    for field, value in (("#current", PASSWORD), ("#new", "kort"), ("#again", "kort")):
        browser.tab_to(field)
        browser.press(value)
    browser.leave_page(Keys.ENTER)
    assert "at least 12" in browser.text("[role=alert]")
    browser.check("account-wrong")
    for field, value in (("#current", PASSWORD), ("#new", "iets langers dan dat"), ("#again", "iets langers dan dat")):
        browser.tab_to(field)
        browser.press(value)
    browser.leave_page(Keys.ENTER)
    assert browser.text("h1") == "Today"


def test_today_at_a_glance(tmp_path, browser):
    with Gateway(tmp_path / "line", register=False) as line:
        fill(line, weeks=26)
        Clerk(line, "eva")
        browser.sign_in(line, "eva")
        browser.check("today")
        assert browser.text("#lane-reply") == "0"
        rows = {r.find_element("css selector", "th").text: r.text for r in browser.all("table.cards tbody tr")}
        assert rows["haeghe"].split() == ["haeghe", "20", "6", "uur", "6", "uur"]
        bars = browser.all("svg.plot rect")
        assert len(bars) == 26
        browser.tab_to("summary")
        browser.press(Keys.ENTER)
        browser.until(lambda: browser.find("details table").is_displayed())
        browser.check("today-table")
        for strange in browser.all("script"):
            assert strange.get_attribute("src").startswith(line.url + "/assets/")


def fill(line, weeks):
    """A report each twelve hours until now; twenty of them were solved within six hours."""
    now = int(time.time())
    db = sqlite3.connect(line.database)
    with db:
        db.execute("INSERT OR IGNORE INTO area VALUES (1, 'Centrum', 'centrum'), (2, '<i>Schil & wijk</i>', 'schil')")
        for i in range(weeks * 14):
            at = now - i * 43200
            db.execute("INSERT INTO report (reference, category, area_id, state, state_at, created, promise, language,"
                       " channel, contractor) VALUES (?, ?, ?, 'received', ?, ?, ?, 'nl', 'sms', 'haeghe')",
                       (str(10000000 + i), ("container-full", "lamp-broken", "<script>")[i % 3], i % 3, at, at, at + 86400))
            if 4 <= i < 24:
                db.execute("UPDATE report SET state = 'solved', state_at = created + 21599 WHERE reference = ?",
                           (str(10000000 + i),))
    db.close()
