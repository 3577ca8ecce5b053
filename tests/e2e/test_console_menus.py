# SPDX-License-Identifier: AGPL-3.0-or-later
"""The menus at the console: every question once, and where people leave off."""
import re

import pytest
from console import Clerk
from gateway import Gateway

ANN, BOB = "0612345678", "0687654321"


@pytest.fixture
def line(tmp_path):
    with Gateway(tmp_path / "line") as it:
        yield it


def figures(line):
    return {(node, channel): (came, left) for node, channel, came, left in
            line.sql("SELECT node, channel, sum(came), sum(left_off) FROM menu_day GROUP BY node, channel")}


def test_where_people_leave_off(line):
    line.say(ANN, "MENU")
    line.say(BOB, "MENU")
    (node, channel), counted = next(iter(figures(line).items()))
    assert counted == (2, 0)
    line.say(BOB, "MELD AFVAL SPUI 70 container vol")  # goes on
    for _ in range(8):  # a reminder, then nobody waits any more
        line.advance(86400)
    line.until(lambda: figures(line)[node, channel][1] >= 1)
    assert figures(line)[node, channel][1] == 1
    page = Clerk(line, "anna", language="en").get("/console/menus").text
    assert f'id="n-{node}"' in page
    assert re.search(rf"asked 2 times, 1 left off \({channel} 2/1\)", page)


def test_every_question_stands_there_once(line, browser):
    anna = Clerk(line, "anna")
    page = anna.get("/console/menus").text
    ids = re.findall(r'id="(n-[^"]+)"', page)
    assert len(ids) > 20 and len(ids) == len(set(ids))
    assert set(re.findall(r'href="#(n-[^"]+)"', page)) <= set(ids)
    browser.enter(anna)
    browser.open(line.url + "/console/menus")
    browser.check("menus")
