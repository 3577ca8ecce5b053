# SPDX-License-Identifier: AGPL-3.0-or-later
"""A caller's message is heard at the console and the report is solved there, by keyboard alone."""
import pathlib
import re

import pytest
from browser import Browser
from console import Clerk
from gateway import Gateway
from selenium.webdriver.common.keys import Keys
from test_call import ANN, UP_TO_MESSAGE, Caller


@pytest.fixture
def line(tmp_path):
    with Gateway(tmp_path / "line", languages="nl en") as it:
        yield it


def test_a_message_is_played_and_its_report_solved(line, tmp_path):
    ann = Caller(line, ANN)
    speech = ann.hear()[1]
    ann.press(UP_TO_MESSAGE)
    ann.records()
    assert ann.speak(speech)
    report = line.until(line.reports)[0]
    shown = line.until(lambda: [r for r in line.show(report["reference"])["recordings"] if r["seconds"] > 1])
    ann.hang_up()

    clerk = Clerk(line, "anna")
    page = f"/console/reports/{report['reference']}"
    address = re.search(r'src="(/console/recordings/\d+)"', clerk.get(page).text)[1]
    answer = clerk.get(address)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "audio/ogg"
    assert answer.content == pathlib.Path(shown[0]["path"]).read_bytes()

    part = clerk.get(address, headers={"Range": "bytes=-100"})
    assert part.status_code == 206 and part.content == answer.content[-100:]
    assert part.headers["Content-Range"] == f"bytes {len(answer.content) - 100}-{len(answer.content) - 1}/{len(answer.content)}"
    assert clerk.get(address, headers={"Range": f"bytes={len(answer.content)}-"}).status_code == 416

    with Browser(tmp_path / "browser") as browser:
        browser.sign_in(line, "anna")
        browser.open(line.url + page)
        browser.check("report-recording")
        browser.tab_to("audio")
        browser.press(Keys.SPACE)
        browser.until(lambda: browser.run("return document.querySelector('audio').currentTime") > 0.2)
        assert abs(browser.run("return document.querySelector('audio').duration") - shown[0]["seconds"]) < 0.5
        browser.tab_to("#to")
        browser.press("opg")
        assert browser.run("return document.querySelector('#to').value") == "solved"
        browser.tab_to(f"form[action='{page}/state'] button")
        browser.leave_page(Keys.ENTER)
        assert "Gewijzigd" in browser.text("[role=status]")
    assert line.show(report["reference"])["status"] == "solved"
    line.until(lambda: "opgelost" in line.sql("SELECT text FROM outbox WHERE number = ? ORDER BY id DESC LIMIT 1",
                                              ANN)[0][0])
