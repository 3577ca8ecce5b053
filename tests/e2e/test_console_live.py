# SPDX-License-Identifier: AGPL-3.0-or-later
"""Server-sent events: what changes comes by itself, to many, and only to who is signed in."""
import json
import re
import resource
import selectors
import socket
import sqlite3

import pytest
import requests
from console import Clerk
from gateway import Gateway

NUMBER = "0612345678"
VIEWERS = 1000


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("line")) as it:
        yield it


@pytest.fixture(scope="module")
def clerk(line):
    return Clerk(line, "anna")


class Events:
    """The events of one viewer, as they come."""

    def __init__(self, clerk):
        self.answer = clerk.get("/console/live", stream=True)
        assert self.answer.status_code == 200
        assert self.answer.headers["Content-Type"] == "text/event-stream"
        self.lines = self.answer.iter_lines(chunk_size=1)

    def next(self):
        name = None
        for text in self.lines:
            text = text.decode()
            if text.startswith("event: "):
                name = text[7:]
            elif text.startswith("data: "):
                return name, json.loads(text[6:])
        return None, None

    def until(self, wanted, true):
        """The first event of this name of which it is so."""
        while True:
            name, data = self.next()
            assert name, "the stream has ended"
            if name == wanted and true(data):
                return data

    def close(self):
        self.answer.close()


def test_all_of_it_comes_first(line, clerk):
    events = Events(clerk)
    first = dict(events.next() for _ in range(6))
    assert set(first) == {"lanes", "reports", "figures", "lines", "alarms", "notices"}
    assert first["lines"] == [{k: v for k, v in at.items() if k != "kind"} for at in line.health()["lines"]]
    assert [(at["name"], at["state"]) for at in first["lines"]] == [("handset", "up")]
    assert first["lanes"]["reply"] == 0 and first["lanes"]["oldest"] is None
    events.close()


def test_a_report_is_told_of(line, clerk):
    events = Events(clerk)
    before = events.until("reports", lambda r: True)
    line.say(NUMBER, "MELD AFVAL SPUI 70 container vol")
    after = events.until("reports", lambda r: r["event"] > before["event"])
    assert sum(after[s] for s in after if s != "event") == 1 + sum(before[s] for s in before if s != "event")
    events.close()


def filed(text):
    """Of this week, in the table beside the plot."""
    return int(re.search(r'id="figures".*?<tbody><tr>.*?<td class="number">(\d+)</td>', text, re.S)[1])


def test_figures_are_told_of_and_asked_for(line, clerk):
    """One text for all who look until there is other news, and the newest to who opens the page."""
    events, english = Events(clerk), Clerk(line, "carl", language="en")
    told = events.until("figures", lambda f: True)
    before = filed(clerk.get("/console/figures").text)
    for words in ("container vol", "container vol, en ernaast ook"):
        line.say(NUMBER, "MELD AFVAL SPUI 12 " + words)
    after = events.until("figures", lambda f: f["event"] > told["event"])
    texts = [who.get("/console/figures").text for who in (clerk, english, clerk)]
    assert before < filed(texts[0]) == filed(texts[1]) and texts[0] == texts[2] != texts[1]
    assert int(re.search(r'data-event="(\d+)"', texts[0])[1]) >= after["event"]
    # what came while it rests is in the page at once, and in the text when that is told
    line.say(NUMBER, "MELD AFVAL SPUI 92 container vol")
    now = filed(clerk.get("/console/").text)
    newest = events.until("figures", lambda f: f["event"] > after["event"])
    text = clerk.get("/console/figures").text
    assert filed(text) == now > filed(texts[0])
    assert int(re.search(r'data-event="(\d+)"', text)[1]) >= newest["event"]
    events.close()


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(line, clerk):
    assert requests.get(line.url + "/console/figures", timeout=10).status_code == 401
    seen = lambda: line.sql("SELECT seen FROM staff_session WHERE staff_id = (SELECT id FROM staff WHERE name = 'anna')")
    with sqlite3.connect(line.database, timeout=10) as db:
        db.execute("UPDATE staff_session SET seen = seen - 120")
    before = seen()
    assert clerk.get("/console/figures").status_code == 200 and seen() == before
    assert clerk.get("/console/").status_code == 200
    line.until(lambda: seen() != before)


def test_who_is_not_signed_in_is_told_to_stop(line):
    answer = requests.get(line.url + "/console/live", timeout=10)
    assert (answer.status_code, answer.text) == (204, "")


def test_who_signs_out_hears_no_more(line):
    bert = Clerk(line, "bert")
    events = Events(bert)
    events.next()
    bert.submit("/console/account", "/console/sign-out")
    while events.next()[0]:
        pass
    events.close()


@pytest.mark.long
def test_a_thousand_look_and_each_hears(tmp_path):
    with Gateway(tmp_path) as line:
        a_thousand(line, Clerk(line, "anna"))


def a_thousand(line, clerk):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, VIEWERS + 512), hard))
    cookie = "; ".join(f"{c.name}={c.value}" for c in clerk.session.cookies)
    request = f"GET /console/live HTTP/1.1\r\nHost: 127.0.0.1:{line.port}\r\nCookie: {cookie}\r\n\r\n".encode()
    heard, looking = {}, selectors.DefaultSelector()
    for _ in range(VIEWERS):
        s = socket.create_connection(("127.0.0.1", line.port), 10)
        s.sendall(request)
        s.setblocking(False)
        heard[s] = b""
        looking.register(s, selectors.EVENT_READ)

    def read_until(true):
        while not all(true(text) for text in heard.values()):
            ready = looking.select(30)
            assert ready, "nothing more comes"
            for key, _ in ready:
                more = key.fileobj.recv(65536)
                assert more, "hung up"
                heard[key.fileobj] += more

    read_until(lambda text: b"event: notices" in text)
    # one more than fits is told so, and the pages go on
    assert clerk.get("/console/live").status_code == 503
    for s in heard:
        heard[s] = b""
    line.say(NUMBER, "MELD AFVAL SPUI 70 container vol, nog een")
    read_until(lambda text: b"event: reports" in text)
    assert clerk.get("/console/").status_code == 200
    for s in heard:
        s.close()
