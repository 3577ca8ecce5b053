# SPDX-License-Identifier: AGPL-3.0-or-later
"""Contractors at the console: whether they answer, what they have not taken, and sending it again."""
import http.server
import json
import re
import sqlite3
import threading

import pytest
from console import Clerk, form
from gateway import Gateway
from selenium.webdriver.common.keys import Keys

ANN = "0612345678"
HOSTILE = "<script>alert(1)</script>\"'&<b>"


class Peer(http.server.BaseHTTPRequestHandler):
    """An Open311 server that is out of order, until it is not."""
    works = False
    asked = []

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        Peer.asked.append(self.path)
        if Peer.works:
            status, body = 201, json.dumps([{"service_request_id": "A1"}])
        else:  # GeoReport v2: 400 is an order that is wrong to them
            status, body = 400, json.dumps([{"code": 400, "description": HOSTILE}])
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def peer():
    Peer.works, Peer.asked = False, []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Peer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/requests.json"
    server.shutdown()


@pytest.fixture
def line(tmp_path, peer):
    away = """contractor weg
 url http://127.0.0.1:1/requests.json
 format open311
"""
    with Gateway(tmp_path / "line", contractor=peer, extra=away) as it:
        yield it


def rows(line, sql, *args):
    with sqlite3.connect(f"file:{line.database}?mode=ro", uri=True) as db:
        return db.execute(sql, args).fetchall()


def name_of(line):
    return next(name for name, in rows(line, "SELECT DISTINCT contractor FROM forward"))


def stuck(line):
    line.say(ANN, "MELD AFVAL SPUI 70 container vol")
    line.until(lambda: rows(line, "SELECT 1 FROM forward WHERE state = 'stuck'"))
    return name_of(line), rows(line, "SELECT reference FROM report")[0][0]


def test_what_is_stuck_is_seen_and_sent_again(line):
    name, reference = stuck(line)
    olga = Clerk(line, "olga", role="operator", language="en")
    page = olga.get("/console/contractors").text
    assert f'href="/console/contractors/{name}"' in page and 'href="/console/contractors/weg"' in page
    assert re.search(r'state stuck">1<', page)
    where = f"/console/contractors/{name}"
    page = olga.get(where).text
    assert f"/console/reports/{reference}" in page
    assert "<script>alert" not in page and "<b>" not in page
    Peer.works = True
    fields = form(page, where + "/again")
    assert olga.post(where + "/again", {**fields, "csrf": "0" * 46}).status_code == 403
    assert len(Peer.asked) == 1
    answer = olga.post(where + "/again", fields)
    assert "1 are being sent again now." in answer.text
    line.until(lambda: rows(line, "SELECT 1 FROM forward WHERE state = 'done'"))
    assert len(Peer.asked) == 2
    olga.post(where + "/again", fields)  # the same form again does nothing
    assert [what for what, in rows(line, "SELECT what FROM audit WHERE what LIKE 'contractor%'")] == \
        [f"contractor {name}: send again"]
    assert "Everything has been taken." in olga.get(where).text


def test_a_clerk_looks_and_does_nothing(line):
    name, _ = stuck(line)
    clerk = Clerk(line, "clara")
    where = f"/console/contractors/{name}"
    page = clerk.get(where)
    assert page.status_code == 200 and "/again" not in page.text and "/try" not in page.text
    fields = form(page.text, "/console/sign-out")
    assert clerk.post(where + "/again", fields).status_code == 403
    assert clerk.post(where + "/try", fields).status_code == 403
    assert len(Peer.asked) == 1
    for odd in ("nobody", "%3Cb%3E", "..%2fx"):
        answer = clerk.get("/console/contractors/" + odd)
        assert answer.status_code in (400, 404) and "<b>" not in answer.text


def test_who_does_not_answer_is_tried_now(tmp_path):
    with Gateway(tmp_path / "line", contractor="http://127.0.0.1:1/requests.json") as line:
        line.say(ANN, "MELD AFVAL SPUI 70 container vol")
        olga = Clerk(line, "olga", role="operator", language="en")
        where = "/console/contractors/haeghe"
        line.until(lambda: "does not answer" in olga.get(where).text)
        tries = rows(line, "SELECT tries FROM forward")[0][0]
        assert "It is being tried now." in olga.submit(where, where + "/try").text
        assert ("contractor haeghe: try now",) in rows(line, "SELECT what FROM audit")
        olga.submit(where, where + "/again")
        line.until(lambda: rows(line, "SELECT tries FROM forward")[0][0] > tries)


def test_by_keyboard(line, browser):
    name, _ = stuck(line)
    browser.enter(Clerk(line, "olga", role="operator"))
    browser.open(line.url + "/console/contractors")
    browser.check("contractors")
    browser.tab_to(f"a[href='/console/contractors/{name}']")
    browser.leave_page(Keys.ENTER)
    browser.check("contractor")
    Peer.works = True
    browser.tab_to("form[action$='/again'] button")
    browser.leave_page(Keys.ENTER)
    assert "opnieuw verstuurd" in browser.text("[role=status]")
    line.until(lambda: rows(line, "SELECT 1 FROM forward WHERE state = 'done'"))
