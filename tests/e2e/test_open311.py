# SPDX-License-Identifier: AGPL-3.0-or-later
"""Our own Open311 address, asked as FixMyStreet asks (Open311.pm): forms in, XML out, updates both ways; and by our
own forwarder, a line that has another line for its contractor."""
import contextlib
import datetime
import html
import http.client
import json
import re
import socket
import sqlite3
import subprocess
import time
import xml.etree.ElementTree as ET

import pytest
import requests
from console import Clerk
from gateway import Gateway
from hostile import memory_kib

KEY = "K3y-of-FixMyStreet"
PHONE = "0612345678"
NASTY = "<script>alert(1)</script>&amp;\"'\x08]]>"


def line_with_open311(folder, **kwargs):
    folder.mkdir(exist_ok=True)
    (folder / "fms").write_text(KEY + "\n")
    (folder / "other").write_text("other-key\n")
    return Gateway(folder, extra=f"open311\n key fixmystreet {folder}/fms\n key other {folder}/other\n"
                   " jurisdiction denhaag.nl\n posts-per-minute 40\n", **kwargs)


@pytest.fixture
def line(tmp_path):
    with line_with_open311(tmp_path / "line") as started:
        yield started


def get(line, what, **params):
    return requests.get(f"{line.url}/open311/v2/{what}", params=params, timeout=10)


def post(line, what="requests.json", headers=None, **form):
    form = {"api_key": KEY, **form}
    return requests.post(f"{line.url}/open311/v2/{what}", data={k: v for k, v in form.items() if v is not None},
                         headers=headers, timeout=10)


def spui(**more):
    return {"service_code": "container-full", "lat": "52.0775", "long": "4.3166", "description": "Vol!", **more}


def filed(answer):
    assert answer.status_code == 201, answer.text
    return answer.json()[0]["service_request_id"]


def tree(answer):
    """The XML, which xmllint takes too."""
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    lint = subprocess.run(["xmllint", "--noout", "-"], input=answer.content, capture_output=True)
    assert lint.returncode == 0, lint.stderr
    return ET.fromstring(answer.content)


def refused(answer, status):
    """An error as the standard has it: a list of code and description."""
    assert answer.status_code == status, answer.text
    if answer.headers["content-type"].startswith("text/xml"):
        error = tree(answer).find("error")
        assert error.findtext("code") == str(status) and error.findtext("description")
    else:
        assert answer.json()[0]["code"] == status and answer.json()[0]["description"]


def test_services_and_their_definitions(line):
    services = get(line, "services.json", jurisdiction_id="denhaag.nl").json()
    codes = {s["service_code"] for s in services}
    assert "container-full" in codes and all(s["type"] == "realtime" and s["service_name"] for s in services)
    root = tree(get(line, "services.xml"))
    assert root.tag == "services" and {s.findtext("service_code") for s in root.findall("service")} == codes
    root = tree(get(line, "services/container-full.xml"))
    assert root.tag == "service_definition" and root.findtext("service_code") == "container-full"
    attributes = {a.findtext("code"): a for a in root.find("attributes").findall("attribute")}
    assert set(attributes) == {"asset_number", "sms"}
    assert [v.findtext("key") for v in attributes["sms"].find("values").findall("value")] == ["no", "yes"]
    assert get(line, "services/container-full.json").json()["attributes"][0]["code"] == "asset_number"
    for form in "json", "xml":
        refused(get(line, f"services/nothing.{form}"), 404)
    root = tree(requests.get(line.url + "/open311/discovery.xml", timeout=5))
    assert root.find("endpoints").find("endpoint").findtext("url") == line.url + "/open311/v2"


def test_a_report_as_fixmystreet_files_it(line):
    form = spui(**{"attribute[title]": "Volle container", "attribute[fixmystreet_id]": "77", "email": "a@example.nl",
                   "first_name": "Jan", "last_name": "Jansen", "phone": PHONE, "address_string": "bij de kerk",
                   "description": "Volle container\n\nBel 06 1234 5678 of a@example.nl " + NASTY,
                   "media_url": "https://fms.example/photo/1.jpeg", "jurisdiction_id": "denhaag.nl"})
    root = tree(post(line, "requests.xml", **form))
    reference = root.find("request").findtext("service_request_id")
    assert re.fullmatch(r"\d{7}", reference)
    report = line.show(reference)
    assert report["category"] == "container-full" and report["channel"] == "open311"
    # no wish to be texted: nobody, and the quarter is that of the nearest address
    assert line.sql("SELECT person_id, lat, area_id NOT NULL FROM report") == [(None, 52.0775, 1)]
    assert line.sql("SELECT count(*) FROM person") == [(0,)]

    for answer in get(line, f"requests/{reference}.xml"), get(line, "requests.xml"):
        request = tree(answer).find("request")
        assert request.findtext("service_request_id") == reference and request.findtext("status") == "open"
        text = request.findtext("description")
        assert text.startswith("Volle container\n\nBel ... of ... <script>alert(1)</script>&amp;")
        assert text.endswith("https://fms.example/photo/1.jpeg")
        assert request.findtext("media_url") == "https://fms.example/photo/1.jpeg"
        assert request.findtext("address") == "bij de kerk" and request.findtext("lat") == "52.077500"
        assert request.findtext("requested_datetime").endswith("Z")
        for secret in "Jansen", "a@example", "1234 5678", "12345678":
            assert secret not in answer.text
    assert get(line, f"tokens/{reference}.json").json() == [{"service_request_id": reference, "token": reference}]
    assert "Jansen" not in line.database.read_bytes().decode("latin-1")


def test_several_pictures_are_kept_and_are_links_for_staff(line):
    pictures = [f"https://fms.example/photo/{i}.jpeg?a=1&b='2'" for i in range(3)]
    reference = filed(post(line, **spui(media_url=pictures)))
    request = get(line, f"requests/{reference}.json").json()[0]
    assert request["media_url"] == pictures[0] and request["description"].splitlines() == ["Vol!", *pictures]
    assert filed(post(line, **spui(media_url=pictures))) == reference
    assert filed(post(line, **spui(media_url=pictures[:2]))) != reference
    later = "http://fms.example/photo/c/9.jpeg"
    word = {"service_request_id": reference, "update_id": "1", "status": "REOPEN", "media_url": [later, pictures[1]]}
    line.run("report", "set", reference, "solved")
    assert post(line, "servicerequestupdates.json", **word).status_code == 201
    assert get(line, "servicerequestupdates.json").json()[-1]["media_url"] == later
    page = Clerk(line, "anna").get(f"/console/reports/{reference}").text
    links = re.findall(r'<a rel="noreferrer" href="([^"]*)">([^<]*)</a>', page)
    assert [html.unescape(a) for a, b in links] == [*pictures, later, pictures[1]] and all(a == b for a, b in links)
    for wrong in pictures * 4, [pictures[0], "javascript:alert(1)"]:
        refused(post(line, **spui(media_url=wrong)), 400)


def test_said_again_is_filed_once(line):
    first = filed(post(line, **spui()))
    assert filed(post(line, **spui())) == first  # the same within a short while
    assert filed(post(line, **spui(description="Anders"))) != first
    keyed = filed(post(line, headers={"Idempotency-Key": "a1"}, **spui(description="Met sleutel")))
    line.advance(86400)
    assert filed(post(line, headers={"Idempotency-Key": "a1"}, **spui(description="Met sleutel"))) == keyed
    refused(post(line, headers={"Idempotency-Key": "a1"}, **spui(description="Iets anders")), 400)
    assert filed(post(line, api_key="other-key", headers={"Idempotency-Key": "a1"}, **spui())) != keyed
    assert filed(post(line, **spui())) != first  # a day later it is full again
    line.kill()
    line.start()
    assert filed(post(line, headers={"Idempotency-Key": "a1"}, **spui(description="Met sleutel"))) == keyed


def test_who_wants_texts_gets_them_and_updates_go_both_ways(line):
    reference = filed(post(line, **spui(phone=PHONE, **{"attribute[sms]": "yes"})))
    line.run("report", "set", reference, "planned", "--expect", "2027-01-11")
    line.run("report", "set", reference, "solved", "--note", "Geleegd, bel 070 353 3000")
    line.until(lambda: len(line.messages(PHONE)) >= 2)
    updates = get(line, "servicerequestupdates.json").json()
    assert [u["status"] for u in updates] == ["ACTION_SCHEDULED", "FIXED"]
    assert "353 3000" not in json.dumps(updates)
    root = tree(get(line, "servicerequestupdates.xml"))
    assert [u.findtext("service_request_id") for u in root.findall("request_update")] == [reference] * 2

    word = {"service_request_id": reference, "update_id": "901", "status": "OPEN", "description": "Nog steeds vol",
            "updated_datetime": "2010-05-24T02:00:00+02:00", "first_name": "Jan"}
    update = tree(post(line, "servicerequestupdates.xml", **word)).find("request_update").findtext("update_id")
    again = post(line, "servicerequestupdates.json", **word)
    assert again.status_code == 201 and again.json() == [{"update_id": update}]
    # said two hours later than it will have been filed, and heard of when they could send it
    began = datetime.datetime.fromisoformat(get(line, f"requests/{reference}.json").json()[0]["requested_datetime"])
    line.advance(6 * 3600)
    spoke = (began + datetime.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    picture = "https://fms.example/photo/c/902.full.jpeg"
    post(line, "servicerequestupdates.json",
         **{**word, "update_id": "902", "status": "REOPEN", "updated_datetime": spoke, "media_url": picture})
    assert line.show(reference)["status"] == "reopened"
    assert line.sql("SELECT count(*) FROM report_event WHERE note LIKE 'Nog steeds vol%'") == [(2,)]
    # the first was said before it was filed here
    assert line.sql("SELECT at - (SELECT created FROM report) FROM report_event WHERE note = 'Nog steeds vol'") == [(0,)]
    assert line.sql("SELECT at - (SELECT created FROM report) FROM report_event WHERE note = ?",
                    "Nog steeds vol\n" + picture) == [(7200,)]
    later = get(line, "servicerequestupdates.json").json()[len(updates):]
    assert [(u["status"], u["description"], u["updated_datetime"], u["media_url"]) for u in later] == [
        ("REOPEN", "", spoke, picture)]
    since = (began + datetime.timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = get(line, "servicerequestupdates.json", start_date=since).json()
    assert [u["status"] for u in asked] == ["REOPEN"] and asked[0]["updated_datetime"] >= since
    for wrong in {"updated_datetime": "gisteren"}, {"media_url": "javascript:alert(1)"}:
        refused(post(line, "servicerequestupdates.json", **{**word, "update_id": "904", **wrong}), 400)
    refused(post(line, "servicerequestupdates.json", api_key="other-key", **{**word, "update_id": "903"}), 403)


def test_lists_are_narrowed_and_have_ceilings(line):
    full = filed(post(line, **spui()))
    lamp = filed(post(line, service_code="street-light", address_string="Spui 70"))
    line.run("report", "set", full, "solved")

    def ids(**params):
        answer = get(line, "requests.json", **params)
        assert answer.status_code == 200, answer.text
        return {r["service_request_id"] for r in answer.json()}

    assert ids() == {full, lamp} and ids(status="open") == {lamp} and ids(status="closed") == {full}
    assert ids(status="open,closed") == {full, lamp} and ids(service_code="container-full") == {full}
    assert ids(service_code="container-full,street-light") == {full, lamp}
    assert ids(service_request_id=f"{full},{lamp},999", status="open") == {full, lamp}
    assert len(ids(page_size=1)) == 1 and ids(page_size=1) | ids(page_size=1, page=2) == {full, lamp}
    line.advance(4 * 3600)
    again = post(line, "servicerequestupdates.json", service_request_id=full, update_id="1", status="REOPEN")
    assert again.status_code == 201, again.text
    (changed,), = line.sql("SELECT updated FROM report WHERE reference = ?", full)
    now, hour = datetime.datetime.fromtimestamp(changed, datetime.timezone.utc), datetime.timedelta(hours=1)
    assert ids(updated_after=(now - hour).isoformat()) == {full}
    assert ids(updated_before=(now - hour).isoformat()) == {lamp}
    assert ids(start_date=(now - hour).isoformat()) == set()
    line.advance(91 * 86400)
    assert ids() == set() and ids(end_date="2026-01-01") == set()
    for wrong in ({"start_date": "gisteren"}, {"start_date": "2026-01-01", "end_date": "2026-06-01"},
                  {"start_date": "2026-06-01", "end_date": "2026-01-01"}, {"status": "half"}, {"page_size": "1001"},
                  {"page_size": "-1"}, {"page": "99999999999"}, {"page": "30", "page_size": "1000"},
                  {"service_code": "x" * 600}):
        refused(get(line, "requests.json", **wrong), 400)
        refused(get(line, "requests.xml", **wrong), 400)


def fill(line, n):
    """Reports of the last hours, filed over Open311, with long words and an update each; every third is closed."""
    numbers = "WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?) "
    now = int(time.time())
    with contextlib.closing(sqlite3.connect(line.database, timeout=20)) as db, db:
        db.execute(numbers + "INSERT INTO report (id, reference, category, description, state, state_at, created, updated,"
                   " promise, language, channel) SELECT n, printf('%07d', n), 'container-full', printf('%3999d', n),"
                   " iif(n % 3, 'received', 'closed'), ?, ? - n / 7, ? - n / 7, 0, 'nl', 'open311' FROM i", (n, now, now, now))
        db.execute("INSERT INTO open311 (report_id, source, content, created) SELECT id, 'fms', id, created FROM report")
        db.execute("INSERT INTO report_event (report_id, at, state, who, channel, note, written) SELECT id, created, 'planned',"
                   " 'contractor a', 'contractor', printf('%400d', id), created FROM report")


def ask_slowly(line, what):
    """A request on a connection that holds little, and is not read yet."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    s.settimeout(20)
    s.connect(("127.0.0.1", line.port))
    s.sendall(f"GET /open311/v2/{what} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return s


def test_a_long_list_is_whole_and_takes_no_memory(tmp_path):
    """Four megabytes a list, asked for by twenty who read nothing yet; meanwhile others are served and reports filed."""
    line = line_with_open311(tmp_path / "line")
    with line:
        pass
    fill(line, 1500)
    with line:
        filed(post(line, **spui()))
        memory = memory_kib(line)
        with contextlib.ExitStack() as crowd:
            slow = [crowd.enter_context(contextlib.closing(ask_slowly(line, f"requests.{form}")))
                    for form in ("json", "xml") for _ in range(10)]
            for s in slow:
                assert s.recv(9) == b"HTTP/1.1 "  # its first piece is on the way
            new = filed(post(line, **spui(description="Daarna")))
            assert memory_kib(line) < memory + 12_000
            listed = json.loads(read_rest(slow[0], b"HTTP/1.1 "))
            root = ET.fromstring(read_rest(slow[10], b"HTTP/1.1 "))
        ids = [r["service_request_id"] for r in listed]
        assert len(ids) == len(set(ids)) == 1000 and new not in ids
        dates = [r["requested_datetime"] for r in listed]
        assert dates == sorted(dates, reverse=True)
        assert [r.findtext("service_request_id") for r in root.findall("request")] == ids
        closed = get(line, "requests.json", status="closed").json()
        assert len(closed) == 500 and {r["status"] for r in closed} == {"closed"}
        rest = get(line, "requests.json", page="2").json()
        assert len(rest) == 502 and not {r["service_request_id"] for r in rest} & set(ids[:-1])  # one was filed since
        assert len(tree(get(line, "servicerequestupdates.xml")).findall("request_update")) == 1000
        named = ",".join(ids[:100] + [new])  # those that were filled in have no check digit
        assert [r["service_request_id"] for r in get(line, "requests.json", service_request_id=named).json()] == [ids[0], new]
        head = requests.head(f"{line.url}/open311/v2/requests.json", timeout=10)
        assert head.status_code == 200 and not head.content
        with contextlib.closing(ask_slowly(line, "requests.json")) as left:
            assert left.recv(9) == b"HTTP/1.1 "
            assert line.stop() == 0  # with somebody in the middle of a list


def read_rest(s, had):
    """The body, when its first octets have been read."""
    response = http.client.HTTPResponse(Again(s, had))
    response.begin()
    return response.read()


class Again:
    """A socket whose first octets are said again."""

    def __init__(self, s, had):
        self.file = s.makefile("rb")
        self.had = had

    def makefile(self, mode):
        return self

    def readline(self, limit=-1):
        had, self.had = self.had, b""
        return had + self.file.readline(limit)

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_list_that_cannot_be_read_to_its_end_is_cut(tmp_path, form):
    """Somebody takes a table away while a list is sent: what came is no list, and the line goes on."""
    line = line_with_open311(tmp_path / "line")
    with line:
        pass
    fill(line, 1000)
    with line:
        with contextlib.closing(ask_slowly(line, f"requests.{form}")) as s:
            assert s.recv(9) == b"HTTP/1.1 "
            with contextlib.closing(sqlite3.connect(line.database, timeout=20)) as db:
                db.execute("ALTER TABLE open311 RENAME TO elsewhere")
                with pytest.raises(http.client.IncompleteRead) as cut:
                    read_rest(s, b"HTTP/1.1 ")
                assert cut.value.partial and not cut.value.partial.rstrip().endswith((b"]", b"</service_requests>"))
                refused(get(line, f"requests.{form}"), 503)
                db.execute("ALTER TABLE elsewhere RENAME TO open311")
        assert len(get(line, "requests.json").json()) == 1000
        assert "a list was cut off" in line.log.read_text()


def test_an_address_has_a_ceiling_of_lists(tmp_path):
    line = line_with_open311(tmp_path / "line")
    with line:
        pass
    text = line.config.read_text()
    line.config.write_text(text.replace("posts-per-minute 40", "posts-per-minute 40\n lists-per-minute 5").replace(
        f"listen 127.0.0.1 {line.port}\n", f"listen 127.0.0.1 {line.port}\n trusted-proxy 127.0.0.1\n"))

    def asked(who, what="requests.json", **params):
        return requests.get(f"{line.url}/open311/v2/{what}", params=params, headers={"X-Forwarded-For": who}, timeout=10)

    with line:
        answers = [asked("192.0.2.1", what) for what in ("requests.json", "requests.xml", "servicerequestupdates.json") * 4]
        late = [a for a in answers if a.status_code == 429]
        assert late and {a.status_code for a in answers[:5]} == {200}
        for answer in late:
            refused(answer, 429)
            assert 1 <= int(answer.headers["Retry-After"]) <= 13
        assert asked("192.0.2.2").status_code == 200  # another address
        assert asked("192.0.2.1", api_key=KEY).status_code == 200  # who has a key is known
        for what in "services.json", "tokens/1.json", "requests/1.json":
            assert asked("192.0.2.1", what).status_code in (200, 404)
        # a subscriber has all of a /64
        six = [asked(f"2001:db8:1:2::{i}").status_code for i in range(1, 12)]
        assert six[:5] == [200] * 5 and 429 in six


def test_a_merged_report_is_a_duplicate(line):
    one, two = filed(post(line, **spui())), filed(post(line, **spui(description="Ook vol")))
    clerk = Clerk(line, "anna")
    page = "/console/reports/" + two
    clerk.submit(page, page + "/merge", into=one)
    assert get(line, f"requests/{two}.json").json()[0]["extended_status"] == "DUPLICATE"
    assert [(u["service_request_id"], u["status"]) for u in get(line, "servicerequestupdates.json").json()
            ] == [(two, "DUPLICATE")]


def test_what_staff_only_note_is_not_told(line):
    reference = filed(post(line, **spui()))
    line.run("report", "set", reference, "planned", "--note", "Wij komen")
    line.run("report", "set", reference, "planned", "--note", "Mevrouw De Vries is boos")
    assert [u["description"] for u in get(line, "servicerequestupdates.json").json()] == ["Wij komen"]
    assert get(line, f"requests/{reference}.json").json()[0]["status_notes"] == "Wij komen"
    assert line.show(reference)["note"] == "Mevrouw De Vries is boos"  # they have it


def test_what_residents_text_is_not_told(line):
    said = " ".join(line.say("0613000000", "MELD AFVAL SPUI 70 container vol bij Karel de Vries"))
    reference = re.search(r"\b(\d{3} \d{3} \d)\b", said).group(1).replace(" ", "")
    request = get(line, f"requests/{reference}.json").json()[0]
    assert request["description"] is None and request["address"]
    for what in "requests.json", "requests.xml", "servicerequestupdates.json":
        assert "Karel" not in get(line, what).text and "13000000" not in get(line, what).text


def test_bad_input_is_refused_and_changes_nothing(line):
    refused(post(line, api_key=None, **spui()), 403)
    refused(post(line, api_key="wrong", **spui()), 403)
    refused(post(line, "requests.xml", api_key="wrong", **spui()), 403)
    for wrong in (spui(service_code=None), spui(lat=None), spui(lat="91"), spui(long="nan"), spui(lat="0x10"),
                  {"service_code": "container-full"}, spui(description="é" * 4001), spui(description=b"\xff\xfe"),
                  spui(media_url="javascript:alert(1)"), spui(**{"attribute[sms]": "yes"}),
                  spui(phone="geen", **{"attribute[sms]": "yes"})):
        refused(post(line, **wrong), 400)
    refused(post(line, **spui(service_code=NASTY)), 404)
    refused(post(line, **spui(jurisdiction_id="elders")), 404)
    refused(get(line, "requests.json", jurisdiction_id="elders"), 404)
    refused(post(line, "requests.json", **spui(description="x" * 70000)), 413)
    refused(post(line, "services.json"), 405)
    for method in "put", "delete":
        refused(getattr(requests, method)(f"{line.url}/open311/v2/requests.json", timeout=5), 405)
    for path in "requests", "requests.csv", "..%2frequests.json", "requests/..%2f..%2fetc.json", ".json", "a/b/c.json":
        refused(get(line, path), 404)
    for path in "requests/1.xml", "requests/%3Cb%3E.xml", "tokens/x.json":
        refused(get(line, path), 404)
    url = f"{line.url}/open311/v2/requests.json"
    for body, kind in (("{}", "application/json"), ("service_code=%zz&api_key=" + KEY, "application/x-www-form-urlencoded"),
                       ("service_code=a%00b&api_key=" + KEY, "application/x-www-form-urlencoded")):
        refused(requests.post(url, data=body, headers={"Content-Type": kind}, timeout=5), 400)
    for wrong in ({"service_request_id": "5724000"}, {"update_id": "1"}, {"service_request_id": "5724000", "update_id": "1"}):
        refused(post(line, "servicerequestupdates.json", **wrong), 400)
    refused(post(line, "servicerequestupdates.json", service_request_id="1234567", update_id="1", status="OPEN"), 404)
    assert line.sql("SELECT (SELECT count(*) FROM report), (SELECT count(*) FROM report_event)") == [(0, 0)]


def test_html_stays_text_in_every_field(line):
    form = spui(**{name: NASTY for name in ("description", "address_string", "address_id", "account_id", "device_id",
                                            "phone", "email", "first_name")})
    form["attribute[asset_number]"] = "<b>\"'&amp;]]></b>"  # the longest there is: 32
    reference = filed(post(line, **form))
    request = tree(get(line, f"requests/{reference}.xml")).find("request")
    assert request.findtext("address") == NASTY.replace("\x08", " ")
    assert get(line, f"requests/{reference}.json").json()[0]["description"] == NASTY.replace("\x08", " ")


def test_a_key_has_a_ceiling(line):
    late = next(a for a in (post(line, **spui(description=str(i))) for i in range(400)) if a.status_code == 429)
    refused(late, 429)
    assert int(late.headers["Retry-After"]) >= 1
    filed(post(line, api_key="other-key", **spui()))  # another key has its own


def test_without_open311_nothing_is_served(tmp_path):
    with Gateway(tmp_path) as plain:
        refused(get(plain, "services.xml"), 404)
        refused(post(plain, **spui()), 404)


def test_our_own_forwarder_goes_round(tmp_path):
    """Texted at one line, filed at the next, solved there, told to who texted."""
    with line_with_open311(tmp_path / "b") as b:
        a = Gateway(tmp_path / "a", contractor=f"{b.url}/open311/v2/requests.json", contractor_words=" poll 1")
        (a.directory / "key").write_text(KEY + "\n")
        with a:
            said = " ".join(a.say("0613000000", "MELD AFVAL SPUI 70 container vol"))
            reference = re.search(r"\b(\d{3} \d{3} \d)\b", said).group(1).replace(" ", "")
            theirs = a.until(lambda: a.sql("SELECT contractor_ref FROM report WHERE contractor_ref NOT NULL"))[0][0]
            assert [r["reference"] for r in b.reports()] == [theirs]
            assert b.sql("SELECT category, person_id FROM report") == a.sql("SELECT category, NULL FROM report")
            b.run("report", "set", theirs, "solved", "--note", "Geleegd")
            a.until(lambda: a.show(reference)["status"] == "solved", 20)
            assert sum("Geleegd" in m["text"] or "pgelost" in m["text"] for m in a.messages("0613000000")) == 1
