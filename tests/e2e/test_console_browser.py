# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signing in, one's account, a lost connection and a browser without scripts, in Chromium and by keyboard alone; a whole
morning is test_console_story.py."""
import signal

import pytest
from browser import Browser
from console import PASSWORD, Clerk
from gateway import Gateway
from selenium.webdriver.common.keys import Keys


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("line")) as it:
        yield it


def test_signing_in_and_out(line, browser):
    Clerk(line, "anna", role="operator")
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
    browser.enter(Clerk(line, "bert"))
    browser.open(line.url + "/console/")
    browser.press(Keys.TAB)
    assert browser.focused().get_attribute("href").endswith("#main")
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.focused() == browser.find("main"))


def test_ones_own_password(line, browser):
    browser.enter(Clerk(line, "daan", language="en"))
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


def received(browser):
    return int(browser.text("#reports-received"))


def test_a_lost_connection_is_shown_and_made_up_for(tmp_path, browser):
    with Gateway(tmp_path) as line:
        eva = Clerk(line, "eva")
        browser.enter(eva)
        browser.open(line.url + "/console/")
        browser.until(lambda: browser.run("return document.documentElement.dataset.live") == "on")
        assert not browser.find("#lost").is_displayed() and received(browser) == 0
        browser.run("window.wasHere = true; window.said = []; const live = document.getElementById('live');"
                    "new MutationObserver(() => said.push(live.textContent)).observe(live, {childList: true})")
        line.kill()
        browser.until(lambda: browser.find("#lost").is_displayed())
        assert browser.text("#lost").startswith("Geen verbinding. U ziet hoe het om ")
        assert browser.text("#lost") in browser.run("return said")  # for who hears the page
        browser.check("today-lost")
        line.start()
        line.say("0612345678", "MELD AFVAL SPUI 70 container vol")
        browser.until(lambda: not browser.find("#lost").is_displayed() and received(browser) == 1)
        assert "Er is weer verbinding." in browser.run("return said")
        assert browser.run("return window.wasHere"), "the page was loaded anew"
        eva.submit("/console/account", "/console/sign-out")  # in another window
        browser.until(lambda: "niet meer aangemeld" in browser.text("#lost"))
        browser.tab_to("#lost a")
        browser.leave_page(Keys.ENTER)
        assert browser.text("h1") == "Aanmelden"
        assert browser.find("[name=next]").get_attribute("value") == "/console/"


# Timers of three seconds and more ring when the test says so.
HELD = """
(() => {
    const set = window.setTimeout, clear = window.clearTimeout, held = new Map();
    let last = 1e9;
    window.setTimeout = (what, ms, ...more) => ms < 3000 ? set(what, ms, ...more) : (held.set(++last, {what, ms}), last);
    window.clearTimeout = id => held.delete(id) || clear(id);
    window.held = () => [...held.values()].map(timer => timer.ms);
    window.drop = () => held.clear();
    window.ring = ms => held.forEach((timer, id) => timer.ms === ms && held.delete(id) && timer.what());
})();
"""
SILENT, UNANSWERED, RETRY = 50000, 10000, 3000  # of live.js


def test_a_connection_that_is_silent_is_a_lost_one(tmp_path, browser):
    """Nothing hangs up and nothing comes: as when a cable is pulled somewhere between."""
    with Gateway(tmp_path) as line:
        browser.enter(Clerk(line, "gijs"))
        browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": HELD})
        browser.open(line.url + "/console/")
        held = lambda: browser.run("return held()")
        browser.until(lambda: browser.run("return document.documentElement.dataset.live") == "on")
        assert held() == [SILENT]
        browser.run("drop()")
        line.say("0612345678", "MELD AFVAL SPUI 70 container vol")
        browser.until(lambda: received(browser) == 1)
        assert held() == [SILENT]  # whatever comes winds it up again
        line.process.send_signal(signal.SIGSTOP)
        browser.run("ring(arguments[0])", SILENT)
        assert browser.text("#lost").startswith("Geen verbinding.")
        for _ in range(2):
            assert held() == [UNANSWERED]  # it is asked whether the line is there
            browser.run("ring(arguments[0])", UNANSWERED)
            browser.until(lambda: held() == [RETRY])
            browser.run("ring(arguments[0])", RETRY)
        line.process.send_signal(signal.SIGCONT)
        browser.until(lambda: not browser.find("#lost").is_displayed())
        assert held() == [SILENT] and received(browser) == 1


def test_without_scripts_the_console_works(line, tmp_path):
    Clerk(line, "fien", role="editor")
    line.say("0612345678", "MELD AFVAL SPUI 70 container vol")
    report = line.reports()[0]["reference"]
    with Browser(tmp_path / "chromium", **{"profile.managed_default_content_settings.javascript": 2}) as browser:
        browser.open("data:text/html,<script>document.write('on')</script><noscript>off</noscript>")
        assert browser.text("body") == "off"
        browser.sign_in(line, "fien")
        assert browser.text("h1") == "Vandaag" and received(browser) == 1
        assert not browser.find("#lost").is_displayed()
        browser.tab_to("nav a[href='/console/reports']")
        browser.leave_page(Keys.ENTER)
        browser.tab_to(f"a[href='/console/reports/{report}']")
        browser.leave_page(Keys.ENTER)
        browser.tab_to("#to")
        browser.press("opg")
        browser.tab_to("form[action$='/state'] button")
        browser.leave_page(Keys.ENTER)
        assert "Gewijzigd" in browser.text("[role=status]")
        notice_without_scripts(browser, line)
    assert line.show(report)["status"] == "solved"


def notice_without_scripts(browser, line):
    """Each look is another page."""
    browser.open(line.url + "/console/notices/new")
    for field, words in (("#title", "Water"), ("#words-nl", "Geen water."), ("#numbers", "0643000001")):
        browser.tab_to(field)
        browser.press(words)
    browser.tab_to("form.notice-form button")
    browser.leave_page(Keys.ENTER)

    def look(css):
        browser.open(browser.driver.current_url)
        return browser.all(css)
    browser.until(lambda: look("#do form[action$='/send'] button"))
    browser.tab_to("#do form[action$='/send'] button")
    browser.leave_page(Keys.ENTER)
    browser.until(lambda: look("#notice[data-state=done]"))
    assert browser.text(".far") == "1 van 1"
    assert [m["text"] for m in line.messages("0643000001")] == ["Geen water."]
