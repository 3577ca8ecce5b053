# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signing in and one's account in Chromium, by keyboard alone; a whole morning is test_console_story.py."""
import pytest
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
