# SPDX-License-Identifier: AGPL-3.0-or-later
"""Server-sent events: what changes comes by itself, to many, and only to who is signed in."""
import json
import resource
import selectors
import socket

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


def test_all_of_it_comes_first(clerk):
    events = Events(clerk)
    first = dict(events.next() for _ in range(5))
    assert set(first) == {"lanes", "reports", "lines", "alarms", "notices"}
    assert first["lines"] == [{"name": "handset", "state": "up"}]
    assert first["lanes"]["reply"] == 0
    events.close()


def test_a_report_is_told_of(line, clerk):
    events = Events(clerk)
    before = events.until("reports", lambda r: True)
    line.say(NUMBER, "MELD AFVAL SPUI 70 container vol")
    after = events.until("reports", lambda r: r["event"] > before["event"])
    assert sum(after[s] for s in after if s != "event") == 1 + sum(before[s] for s in before if s != "event")
    events.close()


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
