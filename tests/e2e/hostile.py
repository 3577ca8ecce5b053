# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking an HTTP server what no client asks on purpose, and seeing that nothing came of it.

    answer = ask(line, "GET", "/console/%ff")         # octets go out as they are: no library tidies them up
    with quiet(line, 1):                              # one request: answered once, logged once, nothing stored
        ask(line, "POST", "/console/staff", b"csrf=0")
"""
import contextlib
import http.client
import json
import pathlib
import re
import secrets
import socket
import sqlite3
import urllib.parse
import xml.etree.ElementTree as ET

import pytest
from console import Clerk, form
from fake_contractor import FakeContractor
from gateway import SECRET, Gateway

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = ROOT / "gateway/web/web_route.c"
NUMBER, JAN = "0612345678", "0611111111"
KEY = "k3y-of-an-app"
FORM = ("Content-Type", "application/x-www-form-urlencoded")

# What a request may leave behind: who did what, who was seen when, what came before, and guesses at a password.
LEFT_OUT = {"audit", "staff_session", "update_seen", "sqlite_sequence", "sqlite_stat1", "sqlite_stat4"}
COLUMNS_LEFT_OUT = {
    "staff": {"failures", "locked_until"},
    # how far a text or an order has come by itself
    "outbox": {"state", "finished"}, "forward": {"state", "tries", "rung", "due", "done", "error"},
    "outbox_part": {"state", "due", "tries", "line", "mr", "awaits", "submitted", "settle", "cause"},
}


def routes():
    """(method, "console/reports/*") of the program's own table, as it is compiled."""
    text = re.search(r"static const struct route routes\[\] = \{(.*?)\n\};", TABLE.read_text(), re.S)[1]
    found = []
    for method, path in re.findall(r'\{\s*"([A-Z]+)",\s*\{([^{}]*)\}', text):
        found.append((method, "/".join(re.findall(r'"([^"]*)"', path))))
    rows_ = re.findall(r"\bweb_\w+,\s*\w+,\s*\w+\s*\}", text)
    assert len(found) == len(rows_), "a row that is written otherwise"
    return found


def fits(pattern, path):
    wanted, given = pattern.split("/"), path.strip("/").split("/")
    return len(wanted) == len(given) and all(w in ("*", g) for w, g in zip(wanted, given))


def allowed(path):
    """The methods that the table has for an address."""
    return [method for method, pattern in routes() if fits(pattern, path)]


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body
        self.type = response.headers.get("Content-Type", "")

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.type} {self.body[:300]!r}"


def connect(line, source=None):
    return socket.create_connection(("127.0.0.1", line.port), 20, source_address=source and (source, 0))


def head(method, target, headers):
    text = f"{method} ".encode() + (target if isinstance(target, bytes) else target.encode()) + b" HTTP/1.1\r\n"
    for name, value in headers:
        text += name.encode() + b": " + (value if isinstance(value, bytes) else str(value).encode()) + b"\r\n"
    return text + b"\r\n"


def read(s, method="GET"):
    response = http.client.HTTPResponse(s, method=method)
    response.begin()
    return Answer(response, b"" if response.status == 204 else response.read())


def ask(line, method, target, body=None, headers=(), source=None, host=None):
    """One request on a connection of its own; the octets of target, body and headers as they are."""
    given = [("Host", host or f"127.0.0.1:{line.port}"), ("Connection", "close"), *headers]
    if body is not None and not any(name in ("Content-Length", "Transfer-Encoding") for name, _ in headers):
        given.append(("Content-Length", len(body)))
    with connect(line, source) as s:
        with contextlib.suppress(ConnectionError):  # it may have been answered before all of it came
            s.sendall(head(method, target, given) + (body or b""))
        return read(s, method)


# ---- what came of it

def dump(line):
    with contextlib.closing(sqlite3.connect(f"file:{line.database}?mode=ro", uri=True, timeout=20)) as db:
        names = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")
        tables = [n for n, in names if n not in LEFT_OUT]
        return {name: rows(db, name) for name in tables}


def rows(db, table):
    names = [c[1] for c in db.execute(f"PRAGMA table_info({table})")]
    names = [n for n in names if n not in COLUMNS_LEFT_OUT.get(table, ())]
    return sorted(map(repr, db.execute(f"SELECT {', '.join(names)} FROM {table}")))


def logged(line):
    """Answers of the log: one line of the web each, with its status."""
    return re.findall(r"^DWEB \w+ \S* \S+ /\S* \S*: (\d{3})\b", line.log.read_text(errors="replace"), re.M)


def loud(line):
    """Lines of the log that an operator is woken by or reads: NOTICE and above."""
    return re.findall(r"^\w+ (?:NOTICE|ERROR|FATAL) [^\n]*$", line.log.read_text(errors="replace"), re.M)


def memory_kib(line):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{line.process.pid}/status").read_text())[1])


@contextlib.contextmanager
def quiet(line, settle):
    """Whatever is asked within changes nothing, and each request is logged once.  settle() is one request; when it is
    answered, what came before it is on the disk."""
    before, lines, notices = dump(line), len(logged(line)), len(loud(line))
    asked = Count()
    yield asked
    settle()
    assert line.process.poll() is None
    after = dump(line)
    changed = {t: [r for r in after[t] if r not in before[t]] for t in after if after[t] != before[t]}
    assert not changed, changed
    assert (len(logged(line)) - lines, asked.n + 1) == (asked.n + 1,) * 2, line.log.read_text(errors="replace")[-2000:]
    assert len(loud(line)) - notices <= asked.n, loud(line)[notices:]


class Count:
    n = 0

    def __call__(self, line, *args, **more):
        self.n += 1
        return ask(line, *args, **more)


def encode(fields):
    return urllib.parse.urlencode(fields).encode()


def is_clear(answer, status=None):
    """An error says in words what to do, in the form of its address, and holds nothing that a browser would run."""
    assert status is None or answer.status in (status if isinstance(status, tuple) else (status,)), answer
    assert 400 <= answer.status < 500, answer
    is_sound(answer)
    if answer.type.startswith("application/json"):
        said = answer.json()
        words = said["error"] if isinstance(said, dict) else said[0]["description"]
    elif "xml" in answer.type:
        words = ET.fromstring(answer.body).find(".//description").text
    else:
        words = re.search(r'role="alert">([^<]+)<', answer.text)[1]
    assert len(words) > 8, answer


def is_sound(answer):
    """Its type is said and kept, it is text in UTF-8, and nobody else's script stands in it."""
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.type, answer
    if answer.type.startswith("application/json"):
        return answer.json()
    if "xml" in answer.type:
        return ET.fromstring(answer.body)
    assert "<script>" not in answer.text
    return None


# ---- a line with something at every address

class World:
    """A line with something at every address, and who is signed in."""

    def __init__(self, line, fake):
        self.line = line
        self.anna = Clerk(line, "anna", role="operator")
        Clerk(line, "bob")
        self.reference, self.second = (self.file(place) for place in ("SPUI 70", "WEIMARSTRAAT 40"))
        fake.wait(lambda: fake.order_of(self.reference))
        line.until(lambda: line.show(self.second)["status"] == "forwarded")
        self.order = urllib.parse.urlsplit(re.search(r"http\S+", line.until(self.order_text))[0]).path
        fields = {"title": "Water", "words-nl": "Het water is weg.", "numbers": "0631000001"}
        answer = self.anna.submit("/console/notices/new", "/console/notices", **fields)
        self.notice = answer.url.rsplit("/", 1)[1]
        self.person = line.sql("SELECT id FROM person WHERE number = ?", "+31" + NUMBER[1:])[0][0]
        page = self.anna.get("/console/").text
        self.asset = re.search(r'href="(/assets/\w+/console.css)"', page)[1]
        self.cookie = ("Cookie", "meldlijn=" + self.anna.session.cookies["meldlijn"])
        self.csrf = form(page, "/console/sign-out")["csrf"]
        line.until(self.is_still)

    def file(self, place):
        said = " ".join(self.line.say(NUMBER, f"MELD AFVAL {place} container vol"))
        return re.search(r"\b(\d{3} \d{3} \d)\b", said)[1].replace(" ", "")

    def order_text(self):
        """Jan has no system of his own: the second is handed to him."""
        if not self.line.messages(JAN):
            page = f"/console/reports/{self.second}"
            self.anna.submit(page, page + "/reassign", contractor="jan")
            return self.line.messages(JAN, wait=5)[-1]["text"]
        return self.line.messages(JAN)[-1]["text"]

    def is_still(self):
        """Nothing is on its way any more, so what changes from here on was asked for."""
        waiting, = self.line.sql("SELECT (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')) + "
                                 "(SELECT count(*) FROM notice WHERE state = 'gathering')")[0]
        return not waiting and dump(self.line) == dump(self.line)

    def path(self, pattern):
        """The address of something that is there."""
        if pattern == "assets/*/*":
            return self.asset
        if pattern.startswith("order"):
            return self.order
        stars = {"reports": self.reference, "people": self.person, "contractors": "haeghe", "staff": "bob",
                 "notices": self.notice, "recordings": 1, "handset": NUMBER, "call": 1, "modems": 1, "cap": "1.xml",
                 "open311": "discovery.json", "v2": "requests.json", "requests": "D-1.json"}
        parts = pattern.split("/")
        if pattern == "open311/v2/*/*":
            return f"/open311/v2/requests/{self.reference}.json"
        return "/" + "/".join(str(stars[parts[i - 1]]) if p == "*" else p for i, p in enumerate(parts))

    def token(self, **fields):
        """The body of a form of the console, with the tokens of a page that was just shown."""
        return encode({"csrf": self.csrf, "once": secrets.token_hex(16), **fields})

    def settle(self):
        """Answered once all that came before is on the disk."""
        answer = ask(self.line, "POST", "/console/language", self.token(language="nl"), [self.cookie, FORM])
        assert answer.status == 303, answer

    def said(self):
        """What the next page tells of the last form."""
        return re.findall(r'role="(alert|status)">([^<]+)', self.anna.get("/console/account").text)


@pytest.fixture(scope="module")
def fake():
    with FakeContractor(secret=SECRET) as it:
        yield it


@pytest.fixture(scope="module")
def world(tmp_path_factory, fake):
    path = tmp_path_factory.mktemp("hostile")
    path.joinpath("api-key").write_text(KEY + "\n")
    more = (f"contractor jan\n format link\n sms-number +31{JAN[1:]}\n category nothing-of-his\n"
            f"open311\n key app {path}/api-key\n posts-per-minute 6000\n"
            "notices\n cap-sender meldlijn@example.nl\n")
    line = Gateway(path, contractor=fake.url, extra=more)
    line.config.write_text(line.config.read_text().replace(f"listen 127.0.0.1 {line.port}",
                                                           f"listen 127.0.0.1 {line.port}\n public-url {line.url}"))
    with line.start("debug"):
        yield World(line, fake)


@pytest.fixture
def line(world):
    return world.line
