# SPDX-License-Identifier: AGPL-3.0-or-later
"""The console over plain HTTP: who may come in, what a form needs, and that words of others stay words."""
import base64
import hmac
import json
import re
import sqlite3
import time

import pytest
import requests
from console import PASSWORD, Clerk, Forms, form
from gateway import Gateway

HOSTILE = "<script>alert(1)</script>\"'&<b>"


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("line"), register=False) as it:
        yield it


@pytest.fixture(scope="module")
def anna(line):
    return Clerk(line, "anna", role="operator")


def rows(line, sql, *args):
    db = sqlite3.connect(line.database, timeout=20)
    try:
        with db:
            return db.execute(sql, args).fetchall()
    finally:
        db.close()


def audit(line):
    return [f"{who}: {what}" for who, what in rows(line, "SELECT who, what FROM audit ORDER BY id")]


# ---- signing in

def test_who_is_not_signed_in_is_asked_to_and_led_back(line):
    session = requests.Session()
    answer = session.get(line.url + "/console/account", timeout=20)
    assert answer.url == line.url + "/console/sign-in?next=%2Fconsole%2Faccount"
    fields = form(answer.text, "/console/sign-in")
    Clerk(line, "bert")
    answer = session.post(line.url + "/console/sign-in", timeout=20,
                          data={**fields, "name": "bert", "password": PASSWORD})
    assert answer.url == line.url + "/console/account"
    assert "staff bert: signed in from 127.0.0.1" in audit(line)


@pytest.mark.parametrize("next", ["//evil.example/", "https://evil.example/", "/console//evil.example", "/metrics",
                                  "/console/\\evil", "/console/sign-out", "/consoleevil"])
def test_it_leads_nowhere_else(line, anna, next):
    answer = requests.get(line.url + "/console/sign-in", params={"next": next}, timeout=20)
    assert form(answer.text, "/console/sign-in")["next"] == "/console/"


def test_the_cookie_is_for_the_browser_alone(line, anna):
    again = Clerk.__new__(Clerk)
    again.__dict__.update(anna.__dict__, session=requests.Session())
    answer = again.sign_in()
    cookie = answer.history[0].headers["Set-Cookie"]
    assert re.match(r"meldlijn=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Lax$", cookie)
    # what is kept is not the cookie
    value = again.session.cookies["meldlijn"]
    kept = [t.hex() for t, in rows(line, "SELECT token FROM staff_session")]
    assert value not in kept and all(len(t) == 64 for t in kept)


def test_signing_in_again_is_another_session(line):
    carla = Clerk(line, "carla")
    before = carla.session.cookies["meldlijn"]
    # a stranger who knew the cookie from before is out
    page = requests.get(line.url + "/console/sign-in", timeout=20)
    fields = {**form(page.text, "/console/sign-in"), "name": "carla", "password": PASSWORD}
    jar = {"meldlijn": before, "meldlijn-form": page.cookies["meldlijn-form"]}
    answer = requests.post(line.url + "/console/sign-in", data=fields, cookies=jar, allow_redirects=False, timeout=20)
    assert answer.status_code == 303 and answer.cookies["meldlijn"] != before
    old = requests.get(line.url + "/console/", cookies={"meldlijn": before}, allow_redirects=False, timeout=20)
    assert old.status_code == 303


@pytest.mark.parametrize("name", ["daan", "nobody", "", HOSTILE, "x" * 300])
def test_a_wrong_password_and_a_wrong_name_are_told_the_same(line, anna, name):
    if name == "daan":
        Clerk(line, "daan")
    stranger = Clerk.__new__(Clerk)
    stranger.__dict__.update(anna.__dict__, session=requests.Session())
    answer = stranger.sign_in(name=name, password="een ander wachtwoord")
    assert answer.status_code == 401
    assert "horen niet bij elkaar" in answer.text
    assert "<script>alert" not in answer.text
    assert "meldlijn" not in stranger.session.cookies


def test_guessing_is_slowed_down_for_those_who_are_and_who_are_not(tmp_path):
    with Gateway(tmp_path, register=False) as line:
        eva = Clerk(line, "eva")
        for name in ("nobody", "eva"):
            for _ in range(5):
                assert eva_outside(eva).sign_in(name=name, password="wrong").status_code == 401
            refused = eva_outside(eva).sign_in(name=name)
            assert refused.status_code == 429  # the right one too
            assert 0 < int(refused.headers["Retry-After"]) <= 30
        assert "staff eva: wrong password 5 times in a row, from 127.0.0.1" in audit(line)
        assert eva.get("/console/").status_code == 200  # who is in stays in
        # it outlives a restart, and an operator lifts it
        line.kill()
        with sqlite3.connect(line.database) as db:  # 30 s may be over by now: it would last an hour
            assert db.execute("SELECT failures, locked_until > 0 FROM staff WHERE name = 'eva'").fetchall() == [(5, 1)]
            db.execute("UPDATE staff SET locked_until = locked_until + 3600 WHERE name = 'eva'")
        db.close()
        line.start()
        assert eva_outside(eva).sign_in().status_code == 429
        line.run("staff", "reset", "eva", "--password-file", str(line.directory / "eva.password"))
        assert eva_outside(eva).sign_in().status_code == 200
        # twenty wrong ones from one address, whatever the names
        codes = [eva_outside(eva).sign_in(name=f"n{i}", password="wrong").status_code for i in range(24)]
        assert codes.count(429) > 0 and codes[-1] == 429
        assert eva_outside(eva).sign_in().status_code == 429


def eva_outside(eva):
    outside = Clerk.__new__(Clerk)
    outside.__dict__.update(eva.__dict__, session=requests.Session())
    return outside


def test_a_made_password_opens_nothing_but_the_choice_of_another(line):
    made = json.loads(line.run("staff", "add", "first", "--json"))
    first = Clerk.__new__(Clerk)
    first.line, first.name, first.password, first.session = line, "first", made["password"], requests.Session()
    assert first.sign_in().url == line.url + "/console/account"
    assert first.get("/console/").url == line.url + "/console/account"
    assert first.get("/console/live").status_code == 204
    answer = first.submit("/console/account", "/console/account", current=made["password"], new=PASSWORD, again=PASSWORD)
    assert answer.url == line.url + "/console/"
    assert "staff first: changed their password" in audit(line)


@pytest.mark.parametrize("new, again, why", [
    ("kort", "kort", "Kies een"), (PASSWORD, PASSWORD + "x", "verschillen"), ("aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaa", "herhaald"),
    ("x" * 257, "x" * 257, "te lang")])
def test_a_password_that_will_not_do(line, anna, new, again, why):
    answer = anna.submit("/console/account", "/console/account", current=PASSWORD, new=new, again=again)
    assert answer.status_code == 200 and why in answer.text
    assert why not in anna.get("/console/account").text  # said once


def test_another_password_signs_out_elsewhere(line):
    here = Clerk(line, "fred")
    there = eva_outside(here)
    assert there.sign_in().status_code == 200
    new = "een heel ander wachtwoord"
    assert here.submit("/console/account", "/console/account", current=PASSWORD, new=new, again=new).status_code == 200
    assert here.get("/console/account").url.endswith("/console/account")
    assert "sign-in" in there.get("/console/account").url


def test_a_session_ends_by_itself(line):
    gerda = Clerk(line, "gerda")
    rows(line, "UPDATE staff_session SET expires = ? WHERE staff_id = (SELECT id FROM staff WHERE name = 'gerda')",
         int(time.time()) - 1)
    assert "sign-in" in gerda.get("/console/").url
    # an idle half hour, and twelve hours at the most
    hans = Clerk(line, "hans")
    (created, expires), = rows(line, "SELECT created, expires FROM staff_session WHERE staff_id = "
                                     "(SELECT id FROM staff WHERE name = 'hans')")
    assert expires - created == 1800
    rows(line, "UPDATE staff_session SET created = created - 42000, seen = seen - 1700 WHERE staff_id = "
               "(SELECT id FROM staff WHERE name = 'hans')")
    assert hans.get("/console/").status_code == 200
    # the page does not wait for the commit of having been seen
    line.until(lambda: rows(line, "SELECT expires - created FROM staff_session WHERE staff_id = "
                                  "(SELECT id FROM staff WHERE name = 'hans')") == [(12 * 3600,)])


def test_who_ended_or_has_no_console_does_not_come_in(line):
    ine = Clerk(line, "ine")
    line.run("staff", "end", "ine")
    assert "sign-in" in ine.get("/console/").url
    assert eva_outside(ine).sign_in().status_code == 401
    path = line.directory / "ine.password"
    line.run("staff", "add", "jan", "--role", "caretaker", "--number", "0612345699", "--password-file", str(path))
    assert eva_outside(ine).sign_in(name="jan").status_code == 401


# ---- forms

def session_form(anna):
    return form(anna.get("/console/account").text, "/console/language")


@pytest.mark.parametrize("change, headers, status", [
    ({"csrf": "0" * 46}, {}, 403), ({"csrf": ""}, {}, 403), ({"csrf": None}, {}, 403), ({"once": ""}, {}, 403),
    ({"once": "x" * 65}, {}, 403),
    ({}, {"Origin": "https://evil.example"}, 403), ({}, {"Origin": "null"}, 403),
    ({}, {"Sec-Fetch-Site": "cross-site"}, 403), ({}, {"Sec-Fetch-Site": "same-site"}, 403),
    ({}, {"Content-Type": "text/plain"}, 400), ({}, {"Content-Type": "application/json"}, 400),
    ({"language": "xx"}, {}, 400), ({"language": "a\0b"}, {}, 400), ({"language": b"\xff\xfe"}, {}, 400),
    ({"extra": "x" * 70000}, {}, 413), ({f"f{i}": "1" for i in range(600)}, {}, 400)])
def test_a_form_that_is_not_ours_changes_nothing(line, anna, change, headers, status):
    before = rows(line, "SELECT language FROM staff WHERE name = 'anna'")
    fields = {**session_form(anna), **change}
    answer = anna.post("/console/language", {k: v for k, v in fields.items() if v is not None}, headers=headers)
    assert answer.status_code == status
    assert rows(line, "SELECT language FROM staff WHERE name = 'anna'") == before


def test_a_form_of_ours_from_our_address(line, anna):
    answer = anna.post("/console/language", session_form(anna), headers={"Origin": line.url})
    assert answer.status_code == 200 and 'lang="en"' in answer.text
    answer = anna.post("/console/language", session_form(anna),
                       headers={"Origin": line.url, "Sec-Fetch-Site": "same-origin"})
    assert 'lang="nl"' in answer.text


def test_a_stale_form_is_told_so(line):
    karel = Clerk(line, "karel")
    fields = session_form(karel)
    karel.submit("/console/account", "/console/sign-out")
    answer = karel.post("/console/language", fields)
    assert answer.status_code == 401 and "Er is niets veranderd" in answer.text


def test_signing_out_everywhere(line):
    here = Clerk(line, "loes")
    there = eva_outside(here)
    assert there.sign_in().status_code == 200 and there.get("/console/account").url.endswith("/console/account")
    page = here.get("/console/account").text
    everywhere = next(fields for action, fields in Forms(page).forms if "everywhere" in fields)
    here.post("/console/sign-out", everywhere)
    assert [who.get("/console/", allow_redirects=False).status_code for who in (here, there)] == [303, 303]
    assert "staff loes: signed out everywhere" in audit(line)


def test_signing_in_from_another_site_is_refused(line, anna):
    stranger = eva_outside(anna)
    page = stranger.get("/console/sign-in")
    fields = {**form(page.text, "/console/sign-in"), "name": "anna", "password": PASSWORD}
    answer = stranger.post("/console/sign-in", fields, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert requests.post(line.url + "/console/sign-in", data=fields, timeout=20).status_code == 403  # no cookie


# ---- pages

def test_every_page_says_what_a_browser_may_load(line, anna):
    answer = anna.get("/console/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and "form-action 'self'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert not re.search(r"(https?:)?//(?!www\.w3\.org)[a-z]", answer.text.replace(line.url, "")), "an outside address"
    assert not re.search(r"<style|style=|<script(?! defer src=)|\bon[a-z]+=", answer.text)


def test_where_nothing_is_a_browser_is_told_in_a_page(line, anna):
    for who, words in ((anna, 'action="/console/sign-out"'), (eva_outside(anna), "/console/")):
        answer = who.get("/console/nowhere", headers={"Accept": "text/html,*/*"})
        assert answer.status_code == 404 and 'role="alert"' in answer.text and words in answer.text
    assert "error" in anna.get("/console/nowhere").json()


def test_an_asset_is_kept_for_ever(line, anna):
    address = re.search(r'href="(/assets/[0-9a-f]{16}/console\.css)"', anna.get("/console/").text).group(1)
    answer = requests.get(line.url + address, timeout=20)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    again = requests.get(line.url + address, headers={"If-None-Match": answer.headers["ETag"]}, timeout=20)
    assert (again.status_code, again.content) == (304, b"")
    for wrong in ("/assets/0000000000000000/console.css", "/assets/x/..%2F..%2Fetc%2Fpasswd", address + ".map"):
        assert requests.get(line.url + wrong, timeout=20).status_code == 404


def test_words_of_others_stay_words(line, anna):
    rows(line, "INSERT INTO alarm (what, detail, since) VALUES (?, ?, 1)", "modem " + HOSTILE, HOSTILE)
    rows(line, "INSERT INTO area VALUES (99, ?, 'hostile')", HOSTILE)
    rows(line, "INSERT INTO report (reference, category, area_id, state, state_at, created, promise, language, channel,"
               " contractor) VALUES ('1234567', ?, 99, 'received', ?, ?, ?, 'nl', 'sms', ?)",
         HOSTILE, *[int(time.time())] * 3, HOSTILE)
    rows(line, "UPDATE report SET state = 'solved', state_at = state_at + 60 WHERE reference = '1234567'")
    text = anna.get("/console/").text
    assert "<script>alert" not in text and "<b>" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;&lt;b&gt;") == 6
    rows(line, "DELETE FROM alarm")


def test_a_browser_at_the_front_door_is_led_to_the_console(line):
    answer = requests.get(line.url + "/", headers={"Accept": "text/html,*/*;q=0.8"}, allow_redirects=False, timeout=20)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/")
    assert requests.get(line.url + "/", timeout=20).status_code == 200


# ---- the command

def test_staff_are_listed(line, anna):
    listed = {s["name"]: s for s in json.loads(line.run("staff", "list", "--json"))}
    assert listed["anna"]["role"] == "operator" and listed["anna"]["password"]
    assert "argon2" not in json.dumps(listed)


@pytest.mark.parametrize("args, status", [
    (["add"], 2), (["add", "Anna"], 2), (["add", "a b"], 2), (["add", "x", "--role", "king"], 2), (["add", "anna"], 1),
    (["add", "y", "--language", "tr"], 2), (["add", "z", "--number", "abc"], 2), (["reset", "nobody"], 1),
    (["end", "nobody"], 1), (["fire", "anna"], 2), (["list", "anna"], 2)])
def test_the_command_says_what_is_wrong(line, anna, args, status):
    done = line.run("staff", *args, check=False)
    assert done.returncode == status and done.stderr


def code_of(secret, at):
    """RFC 6238 over RFC 4226, 5.3."""
    mac = hmac.digest(base64.b32decode(secret), int(at // 30).to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 15
    return f"{int.from_bytes(mac[offset:offset + 4], 'big') % 2**31 % 10**6:06d}"


def test_who_has_codes_must_give_one(line):
    path = line.directory / "lies.password"
    path.write_text(PASSWORD)
    made = json.loads(line.run("staff", "add", "lies", "--totp", "--password-file", str(path), "--json"))
    assert re.fullmatch("[A-Z2-7]{32}", made["totp"])  # RFC 4648: 20 octets

    def enter(code):
        session = requests.Session()
        page = session.get(line.url + "/console/sign-in", timeout=20)
        return session.post(line.url + "/console/sign-in", timeout=20, data={
            **form(page.text, "/console/sign-in"), "name": "lies", "password": PASSWORD, "code": code}).status_code

    assert enter("") == 401
    assert enter(code_of(made["totp"], time.time() - 3600)) == 401
    good = code_of(made["totp"], time.time())
    assert enter(good) == 200
    assert enter(good) == 401  # each is taken once
