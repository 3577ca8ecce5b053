# SPDX-License-Identifier: AGPL-3.0-or-later
"""Staff and the audit log at the console: who may see them, what is shown once, and that an operator is always left."""
import base64
import hmac
import re
import sqlite3
import struct
import time

import pytest
from console import PASSWORD, Clerk, form
from gateway import Gateway
from selenium.webdriver.common.keys import Keys

HOSTILE = "<script>alert(1)</script>\"'&<b>"


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("line"), register=False) as it:
        yield it


@pytest.fixture(scope="module")
def olga(line):
    return Clerk(line, "olga", role="operator", language="en")


def rows(line, sql, *args):
    db = sqlite3.connect(line.database, timeout=20)
    try:
        with db:
            return db.execute(sql, args).fetchall()
    finally:
        db.close()


def staff(line, name):
    found = rows(line, "SELECT role, language, number, ended FROM staff WHERE name = ?", name)
    return found[0] if found else None


def made(page):
    return re.search(r'id="made"[^>]*>([^<]+)<', page.text)[1]


def totp(secret):
    """RFC 6238 with the parameters of every app: SHA-1, six digits, thirty seconds."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), "sha1")
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 10 ** 6:06}"


@pytest.mark.parametrize("role", ["clerk", "editor"])
def test_others_see_neither(line, role):
    other = Clerk(line, "other-" + role, role=role)
    assert "/console/staff" not in other.get("/console/").text
    for path in ("/console/staff", "/console/staff/olga", "/console/audit"):
        assert other.get(path).status_code == 403
    fields = form(other.get("/console/").text, "/console/sign-out")
    for path in ("/console/staff", "/console/staff/olga/end", "/console/staff/olga/password"):
        assert other.post(path, {**fields, "name": "x"}).status_code == 403


def test_one_is_added_and_chooses_a_password(line, olga):
    page = olga.submit("/console/staff", "/console/staff", name="nina", role="editor", language="en",
                       number="06 1234 5678")
    assert page.status_code == 201
    assert page.headers["Cache-Control"] == "no-store"
    password = made(page)
    assert staff(line, "nina") == ("editor", "en", "+31612345678", None)
    assert all(password not in what for what, in rows(line, "SELECT what FROM audit"))
    assert all(password not in (said or "") for said, in rows(line, "SELECT said FROM staff_session"))
    assert ("staff olga", "added nina, editor") in rows(line, "SELECT who, what FROM audit")
    # it is good for choosing another, and for nothing else
    nina = Clerk.__new__(Clerk)
    nina.__dict__.update(olga.__dict__, name="nina", password=password, session=type(olga.session)())
    nina.sign_in()
    assert nina.get("/console/").url.endswith("/console/account")
    # again is refused, and what stands stays
    answer = olga.submit("/console/staff", "/console/staff", name="nina", role="operator", language="nl")
    assert "another" in answer.text and staff(line, "nina")[0] == "editor"


@pytest.mark.parametrize("fields, word", [
    ({"name": HOSTILE}, "small letters"), ({"name": ""}, "small letters"), ({"name": "-x"}, "small letters"),
    ({"name": "x" * 48}, "small letters"), ({"name": "good", "role": HOSTILE}, "role"),
    ({"name": "good", "language": "fr"}, "language"), ({"name": "good", "number": HOSTILE}, "number"),
    ({"name": "good", "number": "KPN"}, "number"), ({"name": "olga"}, "another")])
def test_what_is_wrong_adds_nobody(line, olga, fields, word):
    before = rows(line, "SELECT count(*) FROM staff")
    answer = olga.submit("/console/staff", "/console/staff",
                         **{"role": "clerk", "language": "nl", "number": "", **fields})
    alert = re.search(r'role="alert">([^<]*)<', answer.text)
    assert alert and word in alert[1]
    assert "<script>alert" not in answer.text
    assert rows(line, "SELECT count(*) FROM staff") == before


def test_a_form_counts_once_and_only_with_its_token(line, olga):
    fields = {**form(olga.get("/console/staff").text, "/console/staff"), "name": "twice", "role": "clerk",
              "language": "nl", "number": ""}
    assert olga.post("/console/staff", {**fields, "csrf": "0" * 46}).status_code == 403
    assert olga.post("/console/staff", fields, headers={"Origin": "https://evil.example"}).status_code == 403
    assert staff(line, "twice") is None
    assert olga.post("/console/staff", fields).status_code == 201
    assert "id=\"made\"" not in olga.post("/console/staff", fields).text
    path = "/console/staff/twice/password"
    fields = form(olga.get("/console/staff/twice").text, path)
    first = olga.post(path, fields)
    hashed = rows(line, "SELECT password FROM staff WHERE name = 'twice'")
    assert made(first)
    again = olga.post(path, fields)
    assert "sent before" in again.text and "id=\"made\"" not in again.text
    assert rows(line, "SELECT password FROM staff WHERE name = 'twice'") == hashed


def test_another_phone_has_to_give_a_code_itself(line, olga):
    """A shift that was begun by one phone is not another's."""
    line.run("staff", "add", "karel", "--role", "caretaker", "--number", "0687000001", "--totp", "--make-password")
    with sqlite3.connect(line.database, timeout=10) as db:
        db.execute("UPDATE staff SET shift_until = unixepoch() + 36000 WHERE name = 'karel'")
    where, fields = "/console/staff/karel", {"role": "caretaker", "language": "nl"}
    shift = "SELECT shift_until > unixepoch() FROM staff WHERE name = 'karel'"
    olga.submit(where, where + "/change", **{**fields, "language": "en"}, number="0687000001")
    assert rows(line, shift) == [(1,)]
    olga.submit(where, where + "/change", **fields, number="0687000002")
    assert rows(line, shift) == [(0,)]


def test_changing_and_ending_signs_out(line, olga):
    pia = Clerk(line, "pia", role="editor")
    where = "/console/staff/pia"
    assert "Saved." in olga.submit(where, where + "/change", role="clerk", language="en", number="0687654321").text
    assert staff(line, "pia") == ("clerk", "en", "+31687654321", None)
    assert "/console/sign-in" in pia.get("/console/").url
    pia.sign_in()
    assert pia.get("/console/").status_code == 200
    taken = olga.submit("/console/staff/olga", "/console/staff/olga/change", language="en", number="0687654321")
    assert "another" in taken.text
    assert "Ended." in olga.submit(where, where + "/end").text
    role, _, number, ended = staff(line, "pia")
    assert (role, number) == ("clerk", None) and ended
    assert "/console/sign-in" in pia.get("/console/").url
    assert pia.sign_in().status_code == 401
    page = olga.get(where).text
    assert where + "/change" not in page and where + "/codes" not in page
    # a password brings them back
    assert made(olga.submit(where, where + "/password"))
    assert staff(line, "pia")[3] is None


def test_an_operator_is_always_left(line, olga):
    where = "/console/staff/olga"
    page = olga.get(where).text
    assert where + "/end" not in page and where + "/password" not in page
    fields = form(page, where + "/change")
    assert "own role" in olga.post(where + "/change", {**fields, "role": "clerk", "language": "en"}).text
    fields = form(olga.get(where).text, where + "/change")
    assert "yourself" in olga.post(where + "/end", fields).text
    assert staff(line, "olga")[0] == "operator" and staff(line, "olga")[3] is None
    assert olga.get("/console/staff").status_code == 200


def test_a_secret_of_codes_is_shown_once_and_works(line, olga):
    rob = Clerk(line, "rob")
    where = "/console/staff/rob"
    page = olga.submit(where, where + "/codes")
    secret = made(page)
    assert f"otpauth://totp/meldlijn:rob?secret={secret}&amp;issuer=meldlijn" in page.text
    assert 'class="qr" role="img"' in page.text
    assert secret not in olga.get(where).text
    assert all(secret not in what for what, in rows(line, "SELECT what FROM audit"))
    assert "/console/sign-in" in rob.get("/console/").url
    assert rob.sign_in().status_code == 401
    fields = form(rob.get("/console/sign-in").text, "/console/sign-in")
    answer = rob.post("/console/sign-in", {**fields, "name": "rob", "password": PASSWORD, "code": totp(secret)})
    assert answer.status_code == 200


def test_nobody_is_not_found(line, olga):
    for path in ("/console/staff/nobody", "/console/staff/%3Cscript%3E", "/console/staff/..%2f..%2fetc"):
        answer = olga.get(path)
        assert answer.status_code in (400, 404) and "<script>" not in answer.text


# ---- audit

def test_the_log_is_filtered_and_paged(line, olga):
    with sqlite3.connect(line.database, timeout=20) as db:
        db.executemany("INSERT INTO audit (at, who, what) VALUES (1700000000, ?, ?)",
                       [("staff xena", f"thing {n:03} {HOSTILE}") for n in range(150)])
    db.close()
    page = olga.get("/console/audit").text
    assert "thing 149 " in page and "thing 050 " in page and "thing 049 " not in page
    assert "<script>alert" not in page and "&lt;script&gt;" in page
    older = re.search(r'href="(/console/audit\?[^"]*before=\d+)"', page)[1].replace("&amp;", "&")
    page = olga.get(older).text
    assert "thing 049 " in page and "thing 050 " not in page
    page = olga.get("/console/audit?who=staff+xena&words=thing+07").text
    assert re.findall(r"thing (\d+) ", page) == [f"07{n}" for n in range(9, -1, -1)]
    page = olga.get("/console/audit?who=olga").text
    assert "signed in from 127.0.0.1" in page and "thing" not in page
    for odd in ("before=-1", "before=99999999999999999999", "before=x", "who=%27%3B--", "words=%25",
                "who=" + "x" * 1000):
        assert olga.get("/console/audit?" + odd).status_code == 200
    page = olga.get("/console/audit?words=%3Cscript%3E%22").text
    assert "<script>\"" not in page and "&lt;script&gt;&quot;" in page


# ---- by keyboard

def test_staff_by_keyboard(line, olga, browser):
    browser.enter(olga)
    browser.open(line.url + "/console/staff")
    browser.check("staff")
    browser.tab_to("#name")
    browser.press("quirine")
    browser.tab_to("form[action='/console/staff'] button")
    browser.leave_page(Keys.ENTER)
    assert len(browser.text("#made")) > 20
    browser.check("staff-made")
    browser.tab_to("main a.button")
    browser.leave_page(Keys.ENTER)
    browser.open(line.url + "/console/staff/quirine")
    browser.check("staff-one")
    browser.tab_to("form[action$='/codes'] button")
    browser.leave_page(Keys.ENTER)
    assert browser.all("svg.qr")
    browser.check("staff-codes")
    browser.open(line.url + "/console/staff/quirine")
    browser.tab_to("form[action$='/end'] button")
    browser.leave_page(Keys.ENTER)
    assert "Ended" in browser.text("[role=status]")
    browser.open(line.url + "/console/audit")
    browser.check("audit")
    browser.tab_to("#words")
    browser.press("quirine")
    browser.leave_page(Keys.ENTER)
    assert "ended quirine, clerk" in browser.text("#audit")
