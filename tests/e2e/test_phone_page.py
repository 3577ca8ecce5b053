# SPDX-License-Identifier: AGPL-3.0-or-later
"""The phones of /phone in Chromium, by keyboard alone: texts, codes, calls with sound, and the clock."""
import concurrent.futures as futures
import re

import pytest
import requests
from gateway import Gateway
from selenium.webdriver.common.keys import Keys
from voice import spoken


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("line")) as it:
        yield it


def phones(line, browser, *numbers):
    """The page with these phones; their selectors."""
    browser.open(line.url + "/phone?phone=" + ",".join(numbers))
    browser.until(lambda: browser.run("return document.documentElement.dataset.live"))
    return ["#phone-" + number for number in numbers]


def tab(browser, phone, name):
    """Arrow keys go from tab to tab."""
    browser.tab_to(f"{phone} [role=tab][aria-selected=true]")
    if browser.focused().get_attribute("data-tab") != name:
        browser.press(Keys.ARROW_RIGHT)
    assert browser.find(f"{phone} .{name}").is_displayed()


def text(browser, phone, words):
    browser.tab_to(f"{phone} .compose input")
    browser.press(words, Keys.ENTER)
    browser.until(lambda: words in [b.split("\n")[0].removeprefix("Ik: ") for b in bubbles(browser, phone, ".mine")])


def bubbles(browser, phone, kind=":not(.mine)"):
    return browser.run("return [...document.querySelectorAll(arguments[0])].map(b => b.textContent)",
                       f"{phone} .bubble{kind} p:first-child")


def answers(browser, phone, n):
    """What came, once it is so many texts."""
    browser.until(lambda: len(bubbles(browser, phone)) >= n)
    return bubbles(browser, phone)


def test_a_report_is_texted_and_answered(line, browser):
    phone, = phones(line, browser, "0613700001")
    assert browser.find("html").get_attribute("lang") == "nl"
    browser.check("phone-empty")
    text(browser, phone, "MELD AFVAL SPUI 70 container vol")
    came = answers(browser, phone, 1)
    report, = [r for r in line.reports() if r["reference"] in re.sub(r"\D", "", "".join(came))]
    assert report["place"].startswith("Spui 70")
    sent, got = browser.all(f"{phone} .bubble .when")[:2]
    assert re.fullmatch(r"\w+ \d+ \w+\.? \d\d:\d\d, 1 deel", sent.text.replace(",", "", 1)
                        if sent.text.count(",") > 1 else sent.text)
    assert re.search(r", \d+ del?en$|, 1 deel$", got.text)
    browser.check("phone-texts")

    browser.driver.refresh()  # all is kept: the number in the address, what was sent in the tab
    browser.until(lambda: len(browser.all(f"{phone} .bubble")) >= 1 + len(came))
    assert bubbles(browser, phone, ".mine") == ["Ik: MELD AFVAL SPUI 70 container vol"]


def test_a_code_is_dialled_and_answered_page_by_page(line, browser):
    phone, = phones(line, browser, "0613700002")
    tab(browser, phone, "dial")
    browser.tab_to(f"{phone} .number input")
    browser.press("*140#", Keys.ENTER)
    page = lambda: browser.text(f"{phone} .page")
    first = browser.until(page)
    assert "1" in first
    browser.check("phone-ussd")
    assert browser.focused() == browser.find(f"{phone} .session input")
    browser.press("1", Keys.ENTER)
    second = browser.until(lambda: page() != first and page())
    direct = requests.post(f"{line.url}/handset/0613700012/ussd", json={"code": "*140#"}, timeout=10).json()
    assert first == direct["text"]
    direct = requests.post(f"{line.url}/handset/0613700012/ussd", json={"reply": "1"}, timeout=10).json()
    assert second == direct["text"]
    browser.tab_to(f"{phone} .close")
    browser.press(Keys.ENTER)
    assert browser.find(f"{phone} .pad").is_displayed()
    browser.tab_to(f"{phone} .number input")
    browser.press("*999#", Keys.ENTER)
    browser.until(lambda: "*140#" in browser.text(f"{phone} .status"))  # what else to dial


def test_phones_beside_each_other_are_one_person_each(line, browser):
    first, = phones(line, browser, "0613700003")
    browser.tab_to("#number")
    browser.press("geen nummer", Keys.ENTER)
    browser.until(lambda: browser.text("#add-wrong"))
    browser.run("document.getElementById('number').value = ''")
    browser.press("0613700004", Keys.ENTER)
    second = "#phone-0613700004"
    browser.until(lambda: browser.all(second))
    assert browser.driver.current_url.endswith("?phone=0613700003,0613700004")
    text(browser, second, "ENGLISH")
    text(browser, first, "HELP")
    english, dutch = answers(browser, second, 1), answers(browser, first, 1)
    assert not set(english) & set(dutch)
    browser.driver.refresh()
    browser.until(lambda: browser.all(first) and browser.all(second))
    for number in ("0613700005", "0613700006"):
        browser.tab_to("#number")
        browser.press(number, Keys.ENTER)
        browser.until(lambda: browser.all(f"#phone-{number}"))
    assert not browser.find("#add").is_displayed()  # four are all
    text(browser, "#phone-0613700006", "HELP")  # and each has its texts: no request waits for another
    answers(browser, "#phone-0613700006", 1)
    browser.check("phone-four")
    browser.tab_to("#phone-0613700006 .remove")
    browser.press(Keys.ENTER)
    assert browser.find("#add").is_displayed()


def heard(browser, phone):
    """Samples that were handed to the sound card, and the loudest of them."""
    return browser.run("const d = document.querySelector(arguments[0]).dataset;"
                       "return [Number(d.heard || 0), Number(d.loudest || 0)]", phone)


def hears_more(browser, phone, than):
    return browser.until(lambda: heard(browser, phone)[0] > than + 800 and heard(browser, phone)[0])


def test_a_call_is_heard_keyed_spoken_and_filed(line, browser):
    number = "0613700007"
    phone, = phones(line, browser, number)
    tab(browser, phone, "dial")
    browser.tab_to(f"{phone} .number input")
    browser.press("14070", Keys.ENTER)
    known = hears_more(browser, phone, 0)
    assert heard(browser, phone)[1] > 0.05  # and it is no silence
    assert browser.run("return document.querySelector(arguments[0]).dataset.state", phone) == "up"
    browser.check("phone-call")
    browser.until(lambda: browser.focused().get_attribute("data-key") == "1")
    browser.press(Keys.ENTER)  # the key that has the focus; the rest from the keyboard
    for key in "411251128" + "70#" + "1":
        browser.press(key)
    records = lambda: browser.run("return document.querySelector(arguments[0]).dataset.records", phone) == "true"
    browser.until(records)
    assert heard(browser, phone)[0] > known
    assert "neemt op" in browser.text(f"{phone} .status")
    browser.tab_to(f"{phone} .speak")
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.text(f"{phone} .speak") == "Klaar met spreken")
    browser.run("window.began = performance.now()")
    browser.until(lambda: browser.run("return performance.now() - window.began > 1500"))
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.text(f"{phone} .status").startswith("Gezegd en opgenomen"))
    browser.tab_to(f"{phone} [data-key='1']")
    browser.press("#")
    report = line.until(lambda: [r for r in line.reports() if r["category"] == "pavement"])[0]
    assert report["place"] == "Spui 70, Centrum"
    browser.tab_to(f"{phone} .hang-up")
    browser.press(Keys.ENTER)
    browser.until(lambda: requests.get(f"{line.url}/handset/{number}/call", timeout=5).json()["calls"] == [])


def test_the_line_calls_and_a_recording_is_played_to_it(line, browser, tmp_path):
    number = "0613700008"
    phone, = phones(line, browser, number)
    text(browser, phone, "stoep kapot")
    answers(browser, phone, 1)
    text(browser, phone, "BEL")
    state = lambda: browser.run("return document.querySelector(arguments[0]).dataset.state", phone)
    browser.until(lambda: state() == "rings")
    browser.check("phone-rings")
    browser.tab_to(f"{phone} .pick-up")
    browser.press(Keys.ENTER)
    browser.until(lambda: state() == "up")
    said = tmp_path / "hallo.wav"
    said.write_bytes(spoken(line, "Hallo?"))
    browser.find(f"{phone} .recording").send_keys(str(said))
    hears_more(browser, phone, 0)
    assert heard(browser, phone)[1] > 0.05
    requests.delete(f"{line.url}/handset/{number}/call/"
                    f"{requests.get(f'{line.url}/handset/{number}/call', timeout=5).json()['calls'][0]['call']}",
                    timeout=5)
    browser.until(lambda: state() == "idle")  # the other end hung up
    assert "voorbij" in browser.text(f"{phone} .status")


def test_without_script_it_says_what_it_needs(line):
    page = requests.get(line.url + "/phone", headers={"Accept-Language": "en"}, timeout=5)
    assert "<noscript>" in page.text and "This page needs JavaScript" in page.text
    assert 'lang="en"' in page.text
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    proxied = requests.get(line.url + "/phone", headers={"X-Forwarded-For": "192.0.2.1"}, timeout=5)
    assert proxied.status_code == 403
    assert "/phone" in requests.get(line.url + "/", timeout=5).text


def test_changes_tell_of_texts_and_of_the_clock(line):
    ask = lambda **params: requests.get(line.url + "/handset/changes", params=params, timeout=40).json()["changes"]
    before = ask()
    assert ask(after=before) == before
    line.text("0613700009", "HELP")
    after = ask(after=before, wait=30)
    assert after > before
    after = ask()
    with futures.ThreadPoolExecutor() as pool, requests.Session() as kept:
        kept.get(line.url + "/handset/clock", timeout=5)  # its connection stays, and is asked by one that waits too
        waits = pool.submit(ask, after=after, wait=30)
        kept.post(line.url + "/handset/clock", json={"advance": 1}, timeout=5)
        assert waits.result(10) > after
    assert requests.get(line.url + "/handset/changes?after=x", timeout=5).status_code == 400


def test_tomorrow_the_reminder_is_there(tmp_path, browser):
    """Last: the clock of this line is another one after that."""
    with Gateway(tmp_path) as line:
        phone, = phones(line, browser, "0613700010")
        text(browser, phone, "stoep kapot")
        asked = answers(browser, phone, 1)
        assert "Waar is het?" in asked[-1]
        browser.tab_to("[data-morning]")
        browser.press(Keys.ENTER)
        came = answers(browser, phone, len(asked) + 1)
        assert "Waar is het?" in came[-1]
        assert "09:00" in browser.text("#clock") or "09:01" in browser.text("#clock")
        browser.check("phone-tomorrow")
        ahead = requests.get(line.url + "/handset/clock", timeout=5).json()["ahead"]
        browser.tab_to("[data-advance='3600']")
        browser.press(Keys.ENTER)
        browser.until(lambda: requests.get(line.url + "/handset/clock", timeout=5).json()["ahead"] == ahead + 3600)
