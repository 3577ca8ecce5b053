# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every address of the line with what nobody sends on purpose: a clear answer with the right status, nothing changed,
logged once, and the line lives on.

The addresses are those of the program's own table, web_route.c; a route that stands in no list here is a failed case.
"""
import contextlib
import json
import re
import secrets
import sqlite3
import subprocess
import time
import urllib.parse

import pytest
import requests
from console import PASSWORD, Clerk, form
from fake_contractor import sign
from gateway import BINARY, SECRET, Gateway, free_port
from hostile import (FORM, KEY, NUMBER, allowed, ask, dump, encode, fake, is_clear, is_sound, line, logged,  # noqa: F401
                     quiet, routes, world)

HOSTILE = "<script>alert(1)</script>\"'&<b>"
JSON = ("Content-Type", "application/json")

# Words that are no value of anything.
ODD = ["", " ", "-1", "0x10", "1e99", "9" * 25, "null", "[]", "..", "../../etc/passwd", "%s%n", HOSTILE,
       "\u202e\U0001f6ae", "'; DROP TABLE report;--", "x" * 9000]
NO_NAMES = ["", " ", "[]", "../../etc/passwd", "%s%n", HOSTILE, "\u202e\U0001f6ae", "x" * 9000]

# Fields of each form of the console that must say something that can be, and what else the form holds.
CONSOLE = {
    "console/reports/*/state": (["state"], {}),
    "console/reports/*/answer": ([], {"words": ["", "x" * 9000]}),
    "console/reports/*/note": ([], {"words": ["", "x" * 9000]}),
    "console/reports/*/reassign": (["contractor"], {}),
    "console/reports/*/merge": (["into"], {}),
    "console/sign-out": ([], {}),
    "console/language": (["language"], {}),
    "console/account": (["new", "again"], {}),
    "console/people": (["number"], {}),
    "console/people/*/release": ([], {}),
    "console/people/*/export": ([], {}),
    "console/people/*/forget": (["again"], {}),
    "console/contractors/*/try": ([], {}),
    "console/contractors/*/again": ([], {}),
    "console/staff": (["role", "language"], {"name": NO_NAMES, "number": [HOSTILE, "abc", "x" * 9000]}),
    "console/staff/*/change": (["role", "language"], {"number": [HOSTILE, "x" * 9000]}),
    "console/staff/*/password": ([], {}),
    "console/staff/*/codes": ([], {}),
    "console/staff/*/end": ([], {}),
    "console/notices": ([], {"title": ["", " ", "x" * 9000], "words-nl": ["", " ", "x" * 9000],
                             "numbers": [HOSTILE, "14070", "x" * 9000], "canary": ["-1", "x", "9" * 25],
                             "pace": ["-1", "x", "9" * 25], "start": ["x", HOSTILE, "9999-99-99T99:99"],
                             "expires": ["x", "2001-01-01T00:00"], "quiet-from": ["x", "25:00"],
                             "area": [HOSTILE, "mars"], "street": [HOSTILE, "x" * 9000], "near": [HOSTILE],
                             "report": [HOSTILE, "1234567"], "category": [HOSTILE], "list": ["x" * 9000],
                             "update": ["999"], "revoke": ["999"]}),
    "console/notices/preview": ([], {}),
    "console/notices/*/send": ([], {}),
    "console/notices/*/pause": ([], {}),
    "console/notices/*/resume": ([], {}),
    "console/notices/*/cancel": ([], {}),
}
PAGES = {"console", "console/reports", "console/reports/*", "console/menus", "console/account", "console/people",
         "console/people/*", "console/contractors", "console/contractors/*", "console/audit", "console/staff",
         "console/staff/*", "console/notices", "console/notices/new", "console/notices/*"}
# JSON in: a body that would do, and bodies that say something else.
IN_JSON = {
    "handset/clock": [{}, {"advance": "1"}, {"advance": -1}, {"advance": 1.5}, {"advance": 10 ** 18}],
    "handset/*/sms": [{}, {"text": 7}, {"text": None}, {"text": "a", "to": HOSTILE}, {"text": "a", "to": []},
                      {"text": "x" * 60000}],
    "handset/*/ussd": [{}, {"code": 7}, {"code": ""}, {"code": HOSTILE}, {"code": "*140#", "reply": "1"},
                       {"reply": "x" * 9000}],
    "handset/*/call/*/keys": [{}, {"keys": ""}, {"keys": "abc"}, {"keys": 7}, {"keys": "1" * 9000}],
    "modems/*/ussd": [{}, {"code": 7}, {"code": "*100#", "reply": "1"}, {"code": HOSTILE}],
}
OPEN311 = "open311/v2/*"
# Answered by the handler itself, whatever stands in the body.
WITHOUT_BODY = {"handset/*/call", "handset/*/call/*/audio"}
OTHER_POSTS = {"console/sign-in", "order/*", OPEN311, "contractors/*/updates"} | WITHOUT_BODY
OPEN_GETS = {"", "healthz", "metrics", "assets/*/*", "console/sign-in", "cap", "cap/*", "order/*", "open311/*", OPEN311,
             "open311/v2/*/*", "phone", "handset/changes", "handset/clock", "handset/*/messages", "handset/*/call",
             "handset/*/call/*", "handset/*/call/*/audio"}
SIGNED_IN_GETS = PAGES | {"console/live", "console/figures", "console/recordings/*"}
DEMO = {"demo/code", "demo/contractor/requests.json", "demo/contractor/requests/*", "demo/contractor/servicerequestupdates.json"}


def test_every_route_stands_in_a_list():
    gets = {p for m, p in routes() if m == "GET"}
    posts = {p for m, p in routes() if m == "POST"}
    assert gets - DEMO == OPEN_GETS | SIGNED_IN_GETS
    assert posts - DEMO == set(CONSOLE) | set(IN_JSON) | OTHER_POSTS
    assert DEMO <= gets | posts
    assert {(m, p) for m, p in routes() if m not in ("GET", "POST")} == {("DELETE", "handset/*/call/*")}


# ---- methods and addresses

def test_a_method_that_an_address_has_not_is_405(world, line):
    with quiet(line, world.settle) as asked:
        for pattern in sorted({p for _, p in routes()}):
            path = world.path(pattern)
            may = allowed(path)
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get"):
                if method in may or (method == "HEAD" and "GET" in may):
                    continue
                answer = asked(line, method, path, b"{}" if method in ("POST", "PUT", "PATCH") else None)
                assert answer.status == 405, (method, path, answer)
                assert answer.headers["Allow"].split(", ") == may
                if method != "HEAD":
                    is_clear(answer)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_part_of_an_address_that_names_nothing(world, line, method):
    """Each place of an address that is free is given what is nobody's, to the handler itself: by who may ask it."""
    odd = ["..", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5c..%5cboot.ini", "%22%3e%3cscript%3e", "%27%20OR%201",
           "-1", "0", "1e3", "9" * 30, "0x1", "a" * 1500, "null", "%F0%9F%9A%AE", "*", "%2A", "%20", "+", "1;2", "%25",
           "%ff", "%c2%9b", b"\xff\xc3"]
    unread = ["%00", "%0d%0aSet-Cookie:%20a=b", "%", "%zz", "a%1b", "%7f"]
    with quiet(line, world.settle) as asked:
        for m, pattern in routes():
            if m != method or "*" not in pattern:
                continue
            for what in odd + unread:
                what = what if isinstance(what, bytes) else what.encode()
                if method != "GET" and is_fine(pattern, what):
                    continue
                parts = world.path(pattern).split("/")
                parts[1 + pattern.split("/").index("*")] = what.decode("latin-1")
                path = "/".join(parts).encode("latin-1")
                answer = asked(line, method, path, world.token() if method == "POST" else None, [world.cookie, FORM])
                if pattern in ("console/live",) or answer.status == 200:
                    assert is_fine(pattern, what), (path, answer)
                    is_sound(answer)
                    continue
                is_clear(answer)
                assert answer.status == 400 or what.decode("latin-1") not in unread, (path, answer)


def is_fine(pattern, what):
    """A telephone number is written in many ways."""
    return pattern.startswith("handset/") and re.fullmatch(rb"[0-9+*%2AF;-]+", what) is not None


@pytest.mark.parametrize("target, status", [
    ("//healthz", 404), ("/./healthz", 404), ("/console/../metrics", 404), ("/%2e%2e/metrics", 404),
    ("/assets/../../etc/passwd", 404),
    ("/assets/x/..%2F..%2Fetc%2Fpasswd", 404), ("/healthz%00", 400), ("/healthz%0a", 400), ("/console;x=1", 404),
    ("/HEALTHZ", 404), ("/healthz/", 200), ("/healthz//", 404), ("/%68ealthz", 200),
    ("/healthz?" + "a" * 3000, 414), ("/" + "a/" * 9, 414),
    ("/healthz?" + "a=1&" * 20, 414), ("/healthz?%00", 400), ("/healthz?a=%", 400), ("*", 400), ("healthz", 400),
    ("/\\..\\..\\etc\\passwd", 404), (b"/\xc0\xae\xc0\xae/metrics", 404), ("/file:///etc/passwd", 404)])
def test_a_path_leads_nowhere_else(line, target, status):
    answer = ask(line, "GET", target)
    assert answer.status == status, answer
    assert status == 200 or is_clear(answer) is None


@pytest.mark.parametrize("value", ["%ff", "%c3", urllib.parse.quote(HOSTILE), "-1", "9" * 30, "x" * 1500, "%1b", "%27",
                                   "%F0%9F%9A%AE", "%e2%80%ae"])
def test_a_parameter_that_is_no_value(world, line, value):
    """Every parameter that a page or a list reads; the page says it again as text or not at all."""
    names = ["q", "state", "category", "area", "contractor", "near", "before", "who", "words", "next", "language",
             "update", "revoke", "after", "wait", "start_date"]
    with quiet(line, world.settle) as asked:
        for method, pattern in routes():
            if method != "GET" or pattern in DEMO or pattern == "console/live":
                continue
            given = names if len(value) < 99 else names[:1]
            path = world.path(pattern) + "?" + "&".join(f"{name}={value}" for name in given)
            answer = asked(line, "GET", path, None, [world.cookie])
            assert answer.status < 500, (path, answer)
            if answer.status in (200, 303) and value != "%1b":
                if answer.body and "text/css" not in answer.type:
                    is_sound(answer)
            else:
                is_clear(answer)


# ---- forms of the console

def change(fields, *without, **more):
    kept = [(n, v) for n, v in fields if n not in without]
    return encode(kept + list(more.items()))


def test_a_form_that_is_not_ours_changes_nothing(world, line):
    evil = "https://evil.example"
    types = [("Content-Type", t) for t in ("text/plain", "application/json", "multipart/form-data; boundary=a", "")]
    for pattern in sorted(CONSOLE):
        path = world.path(pattern)
        fields = [*CONSOLE[pattern][0], *CONSOLE[pattern][1]]
        good = [("csrf", world.csrf), ("once", "0" * 32)] + [(n, "x") for n in fields]
        body, most = change(good), 600_000 if pattern == "console/notices" else 70_000
        signed = [world.cookie, FORM]
        with quiet(line, world.settle) as asked:
            for cookie in (b"", b"meldlijn=", b"meldlijn=" + b"0" * 64, b"meldlijn=" + b"x" * 5000, b"meldlijn=\xff"):
                is_clear(asked(line, "POST", path, body, [("Cookie", cookie), FORM]), 401)
            for origin in (("Origin", evil), ("Origin", "null"), ("Origin", f"http://127.0.0.1:{line.port}.evil.example"),
                           ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site")):
                is_clear(asked(line, "POST", path, body, [*signed, origin]), 403)
            for sent in (b"", change(good, "csrf"), change(good, "csrf", csrf="0" * 46), b"csrf=0&" + body,
                         change(good, "once"), change(good, "once", once="x" * 65)):
                is_clear(asked(line, "POST", path, sent, signed), 403)
            for headers in [[]] + [[t] for t in types]:
                is_clear(asked(line, "POST", path, body, [world.cookie, *headers]), 400)
            for more in (b"a=%", b"a=%ff", b"a=\xc3", b"a=%00", b"a=%1b", b"a=\0", b"n" * 99 + b"=1", b"a=1&" * 600):
                is_clear(asked(line, "POST", path, body + b"&" + more, signed), 400)
            is_clear(asked(line, "POST", path, body + b"&a=" + b"x" * most, signed), 413)


def test_a_field_that_cannot_be_is_told_and_changes_nothing(world, line):
    for pattern, (must, more) in sorted(CONSOLE.items()):
        path, bad = world.path(pattern), {**{name: ODD for name in must}, **more}
        if not bad:
            continue
        page = {"console/notices": "/console/notices/new", "console/language": "/console/account"}.get(pattern)
        if not page:  # a form of something stands on the page of that
            page = path.rsplit("/", 1)[0] if "*" in pattern else path
        good = {**form(world.anna.get(page).text, path), **GOOD.get(pattern, {})}
        before = dump(line)
        for name, values in bad.items():
            for value in [None, *values]:
                if value is None and name not in must:
                    continue
                fields = {**good, "once": secrets.token_hex(16), name: value}
                sent = encode({n: v for n, v in fields.items() if v is not None})
                answer = ask(line, "POST", path, sent, [world.cookie, FORM])
                if answer.status == 303:
                    assert [kind for kind, _ in world.said()] == ["alert"], (pattern, name, value)
                else:
                    is_clear(answer)
        world.settle()
        after = dump(line)
        assert after == before, (pattern, [t for t in after if after[t] != before[t]])


# What makes each form one that would be taken, but for the field that is odd.
GOOD = {
    "console/reports/*/state": {"state": "in_progress"},
    "console/reports/*/reassign": {"contractor": "jan"},
    "console/account": {"current": PASSWORD, "new": "heel iets anders nu", "again": "heel iets anders nu"},
    "console/staff": {"name": "nieuw", "role": "clerk", "language": "nl"},
    "console/staff/*/change": {"role": "editor", "language": "en"},
    "console/notices": {"title": "Nog een", "words-nl": "Iets.", "numbers": "0631000002"},
}


def test_signing_in_with_what_is_no_form(world, line):
    """Few, for each wrong password is counted."""
    page = ask(line, "GET", "/console/sign-in?next=%2Fconsole%2F%ff%c3&language=%ff")
    is_sound(page)
    cookie = ("Cookie", page.headers["Set-Cookie"].split(";")[0])
    token = form(page.text, "/console/sign-in")["csrf"]
    with quiet(line, world.settle) as asked:
        for sent, headers, status in [
                (f"csrf={token}&name=anna&password=x", [FORM], 403),
                (f"csrf={token}&name=anna&password=x", [cookie], 403),
                ("csrf=0&name=anna&password=x", [cookie, FORM], 403), (f"csrf={token}&name=%ff", [cookie, FORM], 403),
                (f"csrf={token}&name=%00", [cookie, FORM], 403),
                (f"csrf={token}&name=anna", [cookie, FORM, ("Origin", "https://evil.example")], 403),
                (f"csrf={token}&name=a{'%C3%A9' * 40}&password={'x' * 3000}&code={'1' * 500}", [cookie, FORM], 401),
                (f"csrf={token}&name={urllib.parse.quote(HOSTILE)}&next=//evil.example", [cookie, FORM], 401)]:
            is_clear(asked(line, "POST", "/console/sign-in", sent.encode(), headers), status)


# ---- JSON

LAUGHS = (b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM '
          b'"file:///etc/passwd">]><l>&b;&c;</l>')
BROKEN = [b"", b"{", b"}", b"[]", b"null", b"1", b'"x"', b"\0", b"\xff\xfe{}", b'{"text":"\xff"}', b'{"text":"\\u0000"}',
          b'{"text":"\\ud800"}', b'{"code":"a","code":"b"}', b"[" * 9000, b'{"a":' * 3000, b'{"text":1e999}',
          b'{"advance":' + b"9" * 400 + b"}", b"{} x", LAUGHS, b"--a\r\nContent-Disposition: form-data\r\n\r\n--a--"]


def test_json_that_is_none_or_says_something_else(world, line):
    with quiet(line, world.settle) as asked:
        for pattern, says in sorted(IN_JSON.items()):
            for body in BROKEN + [json.dumps(it).encode() for it in says]:
                answer = asked(line, "POST", world.path(pattern), body, [JSON])
                is_clear(answer, (400, 404, 422))
            is_clear(asked(line, "POST", world.path(pattern), b" " * 70000, [JSON]), 413)
        for path in (f"/handset/{NUMBER}/call/1/audio", f"/handset/{NUMBER}/call/x/audio"):
            for body in BROKEN[:8]:
                is_clear(asked(line, "POST", path, body), 404)
        is_clear(asked(line, "POST", f"/handset/{NUMBER}x/call"), 400)
        is_clear(asked(line, "DELETE", f"/handset/{NUMBER}/call/1"), 404)
        is_clear(asked(line, "GET", f"/handset/{NUMBER}/call/1/audio"), 404)


# ---- contractors: their callbacks and their links

def callback(line, body, key=None, secret=SECRET, at=None, name="haeghe", **headers):
    key, at = key or "msg_" + secrets.token_hex(8), int(time.time() if at is None else at)
    given = {"webhook-id": key, "webhook-timestamp": str(at), "webhook-signature": sign(secret, key, at, body)}
    given.update(headers)
    return "POST", f"/contractors/{name}/updates", body, [(n, v) for n, v in given.items() if v is not None]


def test_a_callback_that_is_forged_or_says_nothing(world, line):
    other = "whsec_" + "b3RoZXIgc2VjcmV0IG9mIHRoZSBvdGhlciBmaXJtIQ=="
    good = json.dumps({"reference": world.reference, "status": "solved"}).encode()
    signed = dict(callback(line, good, key="msg_a")[3])
    with quiet(line, world.settle) as asked:
        for more in ({"secret": other}, {"at": time.time() - 400}, {"at": time.time() + 400}, {"at": 2 ** 63},
                     {"webhook-id": ""}, {"webhook-id": "x" * 5000}, {"webhook-timestamp": "1e9"},
                     {"webhook-signature": None}, {"webhook-signature": "v1," + "A" * 6000},
                     {"webhook-signature": "v1," * 900}, {"webhook-signature": "v2," + "A" * 44}):
            is_clear(asked(line, *callback(line, good, **more)), 401)
        is_clear(asked(line, *callback(line, good + b" ", **signed)), 401)
        mistyped = world.reference[:-1] + str((int(world.reference[-1]) + 1) % 10)
        says = [(world.reference, "done"), (world.reference, 7), (world.reference, HOSTILE), (HOSTILE, "solved"),
                ([], "solved"), ("x" * 9000, "solved"), (mistyped, "solved")]
        for body in BROKEN + [json.dumps({"reference": r, "status": s}).encode() for r, s in says]:
            is_clear(asked(line, *callback(line, body)), (400, 422))
        is_clear(asked(line, *callback(line, good, name="jan")), 403)
        is_clear(asked(line, *callback(line, good, name="nobody")), 404)
        is_clear(asked(line, *callback(line, b" " * 70000)), 413)


def test_a_callback_that_comes_again_is_taken_once(world, line):
    once = callback(line, json.dumps({"reference": world.reference, "note": "Wij komen."}).encode())
    assert ask(line, *once).status == 200
    with quiet(line, world.settle) as asked:
        for _ in range(3):
            answer = asked(line, *once)
            assert answer.status == 200 and answer.json()["replayed"] is True


def test_the_page_of_an_order_takes_its_own_form_only(world, line):
    page = ask(line, "GET", world.order)
    hidden = form(page.text, None)
    with quiet(line, world.settle) as asked:
        for path in (world.order[:-1], world.order + "A", world.order.swapcase(), "/order/" + "A" * 60, "/order/%ff"):
            is_clear(asked(line, "GET", path), 404)
            is_clear(asked(line, "POST", path, encode({**hidden, "do": "done"}), [FORM]), 404)

        def says(status, *headers, **fields):
            is_clear(asked(line, "POST", world.order, encode({**hidden, **fields}), headers), status)

        for odd in ODD:
            says(422, FORM, do=odd)
            says(422, FORM, do="date", date=odd)
        for fields in ({"do": "note", "note": ""}, {"do": "note", "note": "x" * 9000}, {"do": "note", "note": "\x1b"},
                       {"do": "done", "once": ""}, {"do": "done", "a": "\0"}):
            says(422, FORM, **fields)
        says(422, do="done")
        says(422, JSON, do="done")
        for seen in ("", "0 0", HOSTILE):
            says(409, FORM, do="done", seen=seen)
        says(403, FORM, ("Origin", "https://evil.example"), do="done")
        says(403, FORM, ("Sec-Fetch-Site", "cross-site"), do="done")
        is_clear(asked(line, "POST", world.order, b"x" * 70000, [FORM]), 413)


# ---- Open311

def test_what_is_filed_over_open311_and_cannot_be(world, line):
    good = {"api_key": KEY, "service_code": "container-full", "lat": "52.0775", "long": "4.3166", "description": "Vol"}

    with quiet(line, world.settle) as asked:
        def says(status, fields, *headers, what="requests.xml"):
            body = fields if isinstance(fields, bytes) else encode(fields)
            is_clear(asked(line, "POST", "/open311/v2/" + what, body, headers or [FORM]), status)

        for key in ("", "x", KEY + "x", "x" * 9000, HOSTILE):
            says((400, 403), {**good, "api_key": key})
        for wrong in ({"service_code": HOSTILE}, {"service_code": ""}, {"lat": "91"}, {"lat": "NaN"}, {"lat": "x"},
                      {"lat": ""}, {"long": "1e999"}, {"description": "x" * 9000}, {"attribute[sms]": "yes"},
                      {"attribute[sms]": "yes", "phone": HOSTILE}):
            says((400, 404), {**good, **wrong})
        for body in (b"%zz", b"api_key=" + KEY.encode() + b"&description=%ff", b"\0", b"a=%00",
                     encode(good) + b"&description=%00"):
            says((400, 403), body)
        for kind in ("application/json", "text/xml", "multipart/form-data"):
            says(400, LAUGHS, ("Content-Type", kind))
        says(413, b"x" * 70000)
        for wrong in ("", HOSTILE, "1234567", world.reference):
            word = {"api_key": KEY, "description": "Nog steeds", "update_id": "1", "status": "OPEN",
                    "service_request_id": wrong}
            for what in ("servicerequestupdates.xml", "servicerequestupdates.json"):
                says((400, 403, 404), word, what=what)
        says(405, good, what="services.json")
        for what in ("requests", "requests.html", "x.json", ".json", "..json"):
            says(404, good, what=what)


# ---- words of others are shown as words

def test_words_of_others_stay_words_wherever_they_are_shown(world, line):
    """HTML and quotes in every field that is kept, and then every page, list and feed by everybody's eyes."""
    anna, words = world.anna, HOSTILE + " \u202e\x1b[31m"
    keep(line, "INSERT INTO alarm (what, detail, since) VALUES (?, ?, 1)", "modem " + words, words)
    keep(line, "INSERT INTO area VALUES (99, ?, 'hostile')", words)
    keep(line, "UPDATE report SET place = ?, description = ?, contractor_ref = ?, note = ?", *[words] * 4)
    keep(line, "UPDATE report_event SET note = ?, who = ?", words, "contractor " + words)
    keep(line, "UPDATE outbox SET text = ?", words)
    keep(line, "UPDATE person SET last_line = ?", words)
    keep(line, "UPDATE forward SET error = ?, state = 'stuck'", words)
    keep(line, "INSERT INTO audit (at, who, what) VALUES (1, ?, ?)", words, words)
    filed = ask(line, "POST", "/open311/v2/requests.json", encode({
        "api_key": KEY, "service_code": "container-full", "lat": "52.0775", "long": "4.3166", "description": HOSTILE,
        "address_string": HOSTILE, "attribute[asset_number]": HOSTILE[:20]}), [FORM])
    assert filed.status == 201, filed
    fields = form(anna.get("/console/notices/new").text, "/console/notices")
    answer = anna.post("/console/notices", {**fields, "title": HOSTILE, "words-nl": HOSTILE, "area": "centrum",
                                            "list": HOSTILE[:30]})
    assert answer.status_code == 200, answer.text
    line.until(world.is_still)
    keep(line, "UPDATE notice SET state = 'done', go = 1 WHERE title = ?", HOSTILE)  # so that the feed has it
    world.notice, before = answer.url.rsplit("/", 1)[1], len(logged(line))
    seen = {}
    for method, pattern in routes():
        if method == "GET" and pattern not in DEMO | {"console/live", "assets/*/*", "phone", "handset/changes"}:
            for path in {world.path(pattern)} | MORE.get(pattern, set()):
                answer = ask(line, "GET", path.format(notice=world.notice), None, [world.cookie])
                is_sound(answer)
                assert "\x1b" not in answer.text
                seen[path] = answer.text
    for pattern in ("console", "console/reports", "console/reports/*", "console/people/*", "console/contractors/*",
                    "console/audit", "console/notices", "console/notices/*", "order/*"):
        assert ESCAPED in seen[world.path(pattern)], pattern
    assert "&lt;script>alert" in seen["/open311/v2/requests.xml"].replace("&gt;", ">")
    assert "&lt;script>alert" in seen["/cap"].replace("&gt;", ">")
    assert len(logged(line)) - before == len(seen)
    again = world.token(title=HOSTILE, list=HOSTILE, near=HOSTILE, numbers=HOSTILE)
    answer = ask(line, "POST", "/console/notices", again, [world.cookie, FORM])
    assert answer.status == 422 and answer.text.count(ESCAPED) >= 4
    is_sound(answer)


ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;&lt;b&gt;"
MORE = {"open311/v2/*": {"/open311/v2/" + what for what in ("requests.xml", "services.xml", "servicerequestupdates.xml",
                                                            "servicerequestupdates.json")},
        "cap/*": {"/cap/{notice}.xml"},
        "console/reports": {"/console/reports?q=script", "/console/reports?near=" + urllib.parse.quote(HOSTILE)},
        "console/audit": {"/console/audit?who=" + urllib.parse.quote(HOSTILE)}}


def keep(line, sql, *args):
    with contextlib.closing(sqlite3.connect(line.database, timeout=20)) as db, db:
        db.execute(sql, args)


# ---- what comes again, and what is old by now

def made(line):
    """What forms about reports and staff bring about; how far a text or an order has come is another matter."""
    kept = {table: rows for table, rows in dump(line).items() if table in ("report", "report_event", "staff", "follower")}
    return {**kept, "counts": line.sql("SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM forward), "
                               "(SELECT count(*) FROM audit WHERE what NOT LIKE 'looked%')")}


def test_a_form_that_comes_again_does_nothing_more(world, line):
    said = f"/console/reports/{world.reference}"
    for action, fields in ((f"{said}/note", {"words": "Twee keer."}), (f"{said}/answer", {"words": "Nog eens."})):
        sent = encode({**form(world.anna.get(said).text, action), **fields})
        assert ask(line, "POST", action, sent, [world.cookie, FORM]).status == 303
        before = made(line)
        for _ in range(3):
            assert ask(line, "POST", action, sent, [world.cookie, FORM]).status == 303
        world.settle()
        assert made(line) == before, action


def test_a_form_from_before_a_colleague_changed_it_is_refused(world, line):
    report, staff = f"/console/reports/{world.reference}", "/console/staff/bob"
    late = {f"{report}/state": {"state": "in_progress"}, f"{report}/reassign": {"contractor": "jan"},
            f"{report}/merge": {"into": world.second}, f"{staff}/change": {"role": "clerk", "language": "nl"}}
    old = {action: form(world.anna.get(action.rsplit("/", 1)[0]).text, action) for action in late}
    world.anna.submit(report, f"{report}/state", state="planned", expected="2030-01-02")
    world.anna.submit(staff, f"{staff}/change", role="editor", language="en")
    for action, fields in late.items():
        before = made(line)
        answer = ask(line, "POST", action, encode({**old[action], **fields}), [world.cookie, FORM])
        assert answer.status == 303
        assert [(kind, "intussen veranderd" in words) for kind, words in world.said()] == [("alert", True)], action
        world.settle()
        assert made(line) == before, action
    # the same form twice is not old, it has been taken
    sent = encode({**form(world.anna.get(report).text, f"{report}/state"), "state": "in_progress"})
    for _ in range(2):
        assert ask(line, "POST", f"{report}/state", sent, [world.cookie, FORM]).status == 303
        assert [kind for kind, _ in world.said()] == ["status"]


def test_guessing_at_a_name_that_reads_as_an_address_keeps_nobody_out(tmp_path):
    with Gateway(tmp_path, register=False) as line:
        anna = Clerk(line, "anna")
        page = ask(line, "GET", "/console/sign-in", source="127.0.0.2")
        cookie = ("Cookie", page.headers["Set-Cookie"].split(";")[0])
        token = form(page.text, "/console/sign-in")["csrf"]
        sent = encode({"csrf": token, "name": "127.0.0.1", "password": "x"})
        told = [ask(line, "POST", "/console/sign-in", sent, [cookie, FORM], source="127.0.0.2").status
                for _ in range(6)]
        assert told == [401] * 5 + [429]
        anna.session = requests.Session()
        assert anna.sign_in().status_code == 200


# ---- the built-in contractor of the demo

def test_the_contractor_of_the_demo_takes_no_nonsense(tmp_path):
    line = Gateway(tmp_path, register=False)
    line.process = subprocess.Popen([BINARY, "demo", "--port", str(line.port), "--vty-port", str(free_port()),
                                     "--folder", str(tmp_path / "demo")],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        line.until(lambda: answers(line), 30)
        base = "/demo/contractor/"
        for body in (b"", b"\0", b"%zz", b"service_code=", b"service_code=%00", b"service_code=%ff", b"[" * 9000):
            answer = ask(line, "POST", base + "requests.json", body, [FORM])
            is_clear(answer, 400)
            is_clear(ask(line, "POST", base + "servicerequestupdates.json", body, [FORM]), (400, 404))
        is_clear(ask(line, "POST", base + "requests.json", b"x" * 70000, [FORM]), 413)
        for name in ("..", "%2e%2e", "D-.json", "D-1.xml", "%ff", "a" * 1500, "%3Cscript%3E.json"):
            is_clear(ask(line, "GET", base + "requests/" + name), (400, 404))
        is_clear(ask(line, "GET", base + "servicerequestupdates.json?start_date=x"), 400)
        for path in DEMO:
            is_clear(ask(line, "DELETE", "/" + path.replace("*", "D-1.json")), 405)
        assert ask(line, "GET", base + "requests.json").json() == []
        filed = ask(line, "POST", base + "requests.json", b"service_code=x&attribute%5Breference%5D=4829153", [FORM]).json()
        word = b"status=REOPEN&service_request_id=" + filed[0]["service_request_id"].encode() + b"&update_id="
        for update in (b"%ff", b"%c3%a9" * 31 + b"%c3", b"%00"):
            is_clear(ask(line, "POST", base + "servicerequestupdates.json", word + update, [FORM]), 400)
        assert ask(line, "POST", base + "servicerequestupdates.json", word + b"u1", [FORM]).status == 201
        assert line.process.poll() is None
    finally:
        line.process.kill()
        line.process.wait(10)
        line.process = None


def answers(line):
    with contextlib.suppress(OSError):
        return ask(line, "GET", "/healthz").status == 200
    return False
