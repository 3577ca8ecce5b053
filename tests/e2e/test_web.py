# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every address of the line with good and with bad input, over real sockets."""
import json
import re
import socket
import time

import pytest
import requests
from fake_contractor import FakeContractor, sign
from gateway import SECRET, Gateway

NUMBER = "0612345678"
OTHER_SECRET = "whsec_" + "b3RoZXIgc2VjcmV0IG9mIHRoZSBvdGhlciBmaXJtIQ=="


@pytest.fixture(scope="module")
def fake():
    with FakeContractor(secret=SECRET) as it:
        yield it


@pytest.fixture(scope="module")
def line(tmp_path_factory, fake):
    path = tmp_path_factory.mktemp("web")
    path.joinpath("other").write_text(OTHER_SECRET + "\n")
    more = (f"contractor lampen\n url {fake.base}/requests.json\n format open311\n"
            f" callback-secret-file {path}/other\n category lamp-out\n poll 0\n"
            f"contractor stil\n url {fake.base}/requests.json\n format open311\n"
            " category nothing-of-ours\n poll 0\n")
    with Gateway(path, contractor=fake.url, extra=more) as it:
        yield it


@pytest.fixture(scope="module")
def reference(line, fake):
    """A report that contractor haeghe has."""
    said = " ".join(line.say(NUMBER, "MELD AFVAL SPUI 70 container vol"))
    found = re.search(r"\b(\d{3} \d{3} \d)\b", said).group(1).replace(" ", "")
    fake.wait(lambda: fake.order_of(found))
    line.until(lambda: line.show(found)["status"] == "forwarded")
    return found


def get(line, path, **more):
    return requests.get(line.url + path, timeout=10, **more)


def post(line, path, body, **more):
    return requests.post(line.url + path, data=body, timeout=10, **more)


def callback(line, body, name="haeghe", key=None, secret=SECRET, at=None, headers=None):
    key = key or f"msg_{time.time_ns()}"
    at = int(time.time() if at is None else at)
    given = {"webhook-id": key, "webhook-timestamp": str(at),
             "webhook-signature": sign(secret, key, at, body)}
    given.update(headers or {})
    return post(line, f"/contractors/{name}/updates", body,
                headers={k: v for k, v in given.items() if v is not None})


def update(**fields):
    return json.dumps(fields).encode()


# -- how it is


def test_healthz_says_how_it_is(line):
    answer = get(line, "/healthz")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert body["status"] == "ok"
    assert body["alarms"] == []
    assert body["version"]
    assert [l["kind"] for l in body["lines"]] == ["handset"]


def test_head_has_no_body(line):
    answer = requests.head(line.url + "/healthz", timeout=10)
    assert answer.status_code == 200
    assert answer.content == b""


def test_metrics_are_prometheus_text(line):
    answer = get(line, "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert answer.text.endswith("\n")
    helped, typed, seen = set(), {}, set()
    for row in answer.text.splitlines():
        if row.startswith("# HELP "):
            name, words = row[7:].split(" ", 1)
            assert name not in helped and words
            helped.add(name)
        elif row.startswith("# TYPE "):
            name, kind = row[7:].split(" ")
            assert name in helped and kind in ("counter", "gauge", "histogram", "summary")
            typed[name] = kind
        else:
            match = re.fullmatch(r'([a-z_]+)(\{[a-z_]+="[^"\\]*"(,[a-z_]+="[^"\\]*")*\})? '
                                 r'(-?[0-9.e+-]+)', row)
            assert match, row
            name = match.group(1)
            assert name in typed, row
            assert (match.group(1), match.group(2)) not in seen, row
            assert (typed[name] == "counter") == name.endswith("_total"), row
            seen.add((match.group(1), match.group(2)))
    assert ("meldlijn_reports", '{state="received"}') in seen


def test_the_page_says_what_to_try(line):
    answer = get(line, "/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "viewport" in answer.text
    assert "meldlijn phone" in answer.text
    assert str(line.port) in answer.text


@pytest.mark.parametrize("path", ["/nothing", "/healthz/x", "/contractors", "/contractors/haeghe",
                                  "/handset", "/demo/contractor/requests.json", "//healthz"])
def test_unknown_addresses_are_404_in_json(line, path):
    answer = get(line, path)
    assert answer.status_code == 404
    assert answer.json()["error"]


@pytest.mark.parametrize("method,path,allow", [
    ("POST", "/healthz", "GET"), ("DELETE", "/metrics", "GET"), ("PUT", "/", "GET"),
    ("GET", "/contractors/haeghe/updates", "POST"), ("GET", f"/handset/{NUMBER}/sms", "POST"),
    ("POST", f"/handset/{NUMBER}/messages", "GET"), ("DELETE", "/handset/clock", "GET, POST")])
def test_the_wrong_method_is_405_with_allow(line, method, path, allow):
    answer = requests.request(method, line.url + path, data=b"{}", timeout=10)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == allow
    assert allow in answer.json()["error"]


def test_an_address_that_is_wrong_or_too_long(line):
    assert raw(line, b"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert raw(line, b"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert get(line, "/" + "a" * 3000).status_code == 414
    assert get(line, "/a/b/c/d/e/f/g/h/i").status_code == 414


# -- the handset


def test_a_text_is_answered_and_read_back(line):
    before = max([m["id"] for m in line.messages("0611111111")], default=0)
    assert post(line, "/handset/0611111111/sms", update(to="14070", text="HELP")).json() == {"ok": True, "parts": 1}
    message = line.messages("%2B31611111111", before, 10)[0]
    assert message["from"] == "14070"
    assert message["to"] == "+31611111111"
    assert message["text"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", message["at"])
    assert message["id"] > before
    assert line.messages("+31611111111", message["id"]) == []


def test_a_long_poll_ends_by_itself_with_nothing(line):
    start = time.monotonic()
    assert line.messages("0622222222", 0, 1) == []
    assert 0.9 < time.monotonic() - start < 5


def test_many_long_polls_are_answered_by_their_own_text_only(line):
    socks = []
    for i in range(50):
        s = socket.create_connection(("127.0.0.1", line.port), 10)
        s.sendall(f"GET /handset/06330000{i:02}/messages?after=0&wait=20 HTTP/1.1\r\n"
                  "Host: localhost\r\n\r\n".encode())
        socks.append(s)
    line.text("0633000007", "HELP")
    assert b"+31633000007" in socks[7].recv(65536)
    socks[8].setblocking(False)
    with pytest.raises(BlockingIOError):
        socks[8].recv(1)
    for s in socks:
        s.close()
    assert get(line, "/healthz").status_code == 200


@pytest.mark.parametrize("body,status,words", [
    (b"", 400, "line 1"), (b"{", 400, "line 1, column"), (b"[]", 400, "object"),
    (b'{"text":"a","text":"b"}', 400, "duplicate"), (b'{"text":"\\u0000"}', 400, "\\u0000"),
    (b'{"text":"\xff"}', 400, "not JSON"), (b"{}", 422, "needs"), (b'{"text":7}', 422, "needs"),
    (b'{"text":"a","to":7}', 422, "needs"), (b'{"text":"a","to":"someone"}', 422, '"to"'),
    (b'{"text":"a","to":""}', 422, '"to"'), (b"[" * 5000, 400, "not JSON")])
def test_a_wrong_text_is_told_where(line, body, status, words):
    answer = post(line, f"/handset/{NUMBER}/sms", body)
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_a_body_over_the_ceiling_is_413(line):
    assert post(line, f"/handset/{NUMBER}/sms", b" " * 70000).status_code == 413
    assert callback(line, b" " * 70000).status_code == 413


@pytest.mark.parametrize("number", ["abc", "KPN", "%20", "0", "1" * 30, "06-12x"])
def test_what_is_no_number_is_400(line, number):
    answer = post(line, f"/handset/{number}/sms", update(to="14070", text="HELP"))
    if number != "0":
        assert answer.status_code == 400
        assert "number" in answer.json()["error"]


@pytest.mark.parametrize("query", ["after=x", "after=-1", "wait=1s", "after=" + "9" * 19, "after="])
def test_after_and_wait_are_numbers(line, query):
    assert get(line, f"/handset/{NUMBER}/messages?{query}").status_code == 400


@pytest.mark.parametrize("headers", [
    {"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"},
    {"X-Forwarded-For": "10.0.0.1"}, {"Forwarded": "for=10.0.0.1"}, {"Via": "1.1 proxy"},
    {"Host": "127.0.0.1.evil.example"}, {"Origin": "http://localhost.evil.example"}])
def test_the_handset_is_for_this_machine_only(line, headers):
    assert get(line, f"/handset/{NUMBER}/messages", headers=headers).status_code == 403
    answer = post(line, f"/handset/{NUMBER}/sms", update(text="HELP"), headers=headers)
    assert answer.status_code == 403


def test_a_page_of_this_machine_may(line):
    answer = get(line, f"/handset/{NUMBER}/messages",
                 headers={"Origin": f"http://localhost:{line.port}", "Host": f"[::1]:{line.port}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["call/1/keys", "call/1/audio", "call/x/keys", "call/0/keys",
                                  "call/18446744073709551617/keys"])
def test_a_call_that_nobody_made_is_404(line, path):
    answer = post(line, f"/handset/{NUMBER}/{path}", b'{"keys":"1"}')
    assert answer.status_code == 404
    assert "no such call" in answer.json()["error"]


@pytest.mark.parametrize("path,methods", [("call/1", "DELETE, GET"), ("call/1/keys", "POST"),
                                          ("call/1/audio", "GET, POST"), ("call", "GET, POST")])
def test_a_call_has_its_methods(line, path, methods):
    answer = requests.put(f"{line.url}/handset/{NUMBER}/{path}", data=b"{}", timeout=10)
    assert answer.status_code == 405
    assert sorted(answer.headers["Allow"].split(", ")) == methods.split(", ")


@pytest.mark.parametrize("method,path", [("POST", "call"), ("GET", "call"), ("POST", "call/1/keys"),
                                         ("GET", "call/1"), ("DELETE", "call/1"),
                                         ("POST", "call/1/audio"), ("GET", "call/1/audio")])
def test_a_call_is_for_this_machine_only(line, method, path):
    answer = requests.request(method, f"{line.url}/handset/{NUMBER}/{path}", data=b"{}",
                              headers={"Origin": "http://evil.example"}, timeout=10)
    assert answer.status_code == 403


def test_sound_may_be_large_for_those_who_may_call(line):
    """Two minutes of 48 kHz in two channels are 23 MB."""
    url = f"{line.url}/handset/{NUMBER}/call/1/audio"
    body = bytes(2 * 60 * 48000 * 4)
    assert requests.post(url, data=body, timeout=60).status_code == 404  # read, and no such call
    assert requests.post(url, data=body[:100000], headers={"Via": "1.1 proxy"},
                         timeout=10).status_code in (403, 413)
    assert requests.post(f"{line.url}/handset/{NUMBER}/sms", data=body[:100000],
                         timeout=10).status_code == 413


@pytest.mark.parametrize("body", [b"{}", b'{"advance":"1"}', b'{"advance":-1}', b'{"advance":1.5}',
                                  b'{"advance":999999999999}'])
def test_the_clock_goes_ahead_only(line, body):
    assert post(line, "/handset/clock", body).status_code == 422
    assert get(line, "/handset/clock").json()["ahead"] == 0


def test_without_a_handset_there_is_none(tmp_path):
    with Gateway(tmp_path, handset=False, register=False) as line:
        answer = get(line, f"/handset/{NUMBER}/messages")
        assert answer.status_code == 404
        assert "handset" in answer.json()["error"]


def test_on_an_open_address_the_handset_is_closed(tmp_path):
    line = Gateway(tmp_path, register=False)
    line.config.write_text(line.config.read_text().replace("listen 127.0.0.1 " + str(line.port),
                                                           "listen 0.0.0.0 " + str(line.port)))
    with line:
        assert get(line, f"/handset/{NUMBER}/messages").status_code == 403
        assert get(line, "/healthz").status_code == 200


# -- callbacks


def test_a_forged_callback_is_401_and_changes_nothing(line, reference):
    body = update(reference=reference, status="solved")
    for answer in (callback(line, body, secret=OTHER_SECRET),
                   callback(line, body, headers={"webhook-signature": "v1,AAAA"}),
                   callback(line, body, headers={"webhook-signature": ""}),
                   callback(line, body, headers={"webhook-id": "another"}),
                   callback(line, body, headers={"webhook-signature": None}),
                   callback(line, body, headers={"webhook-id": None}),
                   callback(line, body, headers={"webhook-timestamp": "now"}),
                   callback(line, body, at=time.time() - 400),
                   callback(line, body, at=time.time() + 400)):
        assert answer.status_code == 401, answer.text
    assert line.show(reference)["status"] == "forwarded"


def test_an_update_is_taken_once(line, reference):
    body = update(reference=reference, status="planned", expected="2027-01-04")
    assert callback(line, body, key="msg_once").json() == {"ok": True}
    again = callback(line, body, key="msg_once")
    assert again.status_code == 200
    assert again.json() == {"ok": True, "replayed": True}
    shown = line.show(reference)
    assert shown["status"] == "planned"
    assert sum(e["status"] == "planned" for e in shown["history"]) == 1


def test_several_signatures_as_when_a_key_is_changed(line, reference):
    body = update(reference=reference, note="two keys")
    at = int(time.time())
    both = sign(OTHER_SECRET, "msg_two", at, body) + " " + sign(SECRET, "msg_two", at, body)
    answer = callback(line, body, key="msg_two", at=at, headers={"webhook-signature": both})
    assert answer.status_code == 200, answer.text


def test_a_reference_may_be_spaced(line, reference):
    spaced = f"{reference[:3]} {reference[3:6]} {reference[6:]}"
    assert callback(line, update(reference=spaced, note="spaced")).status_code == 200


@pytest.mark.parametrize("body,status,words", [
    (b"", 400, "not JSON"), (b"{", 400, "line 1"), (b"[]", 422, "object"),
    (b"{}", 422, "reference"), (b'{"reference":"12","status":"solved"}', 422, "7 to 12"),
    (b'{"reference":"1234567","status":"solved"}', 422, "check digit"),
    (b'{"reference":[],"status":"solved"}', 422, "string")])
def test_a_wrong_update_is_told_in_words(line, body, status, words):
    answer = callback(line, body)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"]


@pytest.mark.parametrize("fields,words", [
    ({"status": "done"}, "one of"), ({"status": 7}, "string"), ({}, "missing"),
    ({"status": "planned", "expected": "soon"}, "date"), ({"status": "solved", "at": []}, "string"),
    ({"note": "n" * 2001}, "long")])
def test_a_wrong_field_is_named(line, reference, fields, words):
    answer = callback(line, update(reference=reference, **fields))
    assert answer.status_code == 422
    assert words in answer.json()["error"]


def test_who_may_not_is_told(line, reference):
    body = update(reference=reference, status="solved")
    assert callback(line, body, name="lampen", secret=OTHER_SECRET).status_code == 403
    assert callback(line, body, name="stil").status_code == 403
    assert callback(line, body, name="nobody").status_code == 404
    assert callback(line, body, name="%00").status_code == 400
    unknown = "1000009" if reference != "1000009" else "2000007"
    answer = callback(line, update(reference=damm(unknown[:6]), status="solved"))
    assert answer.status_code == 404


def damm(digits):
    """With its check digit (Damm's table of order 10)."""
    table = ["0317598642", "7092154863", "4206871359", "1750983426", "6123045978", "3674209581",
             "5869720134", "8945362017", "9438617205", "2581436790"]
    check = "0"
    for digit in digits:
        check = table[int(check)][int(digit)]
    return digits + check


def test_an_older_state_never_overwrites_a_newer(line, reference):
    line.until(lambda: line.show(reference)["status"] in ("planned", "forwarded"))
    assert callback(line, update(reference=reference, status="in_progress")).status_code == 200
    answer = callback(line, update(reference=reference, status="planned", expected="2027-02-01"))
    assert answer.status_code == 409
    answer = callback(line, update(reference=reference, status="solved", at="2020-01-01T00:00:00Z"))
    assert answer.status_code == 409
    assert line.show(reference)["status"] == "in_progress"


# -- what no client sends on purpose


def raw(line, octets, shut=False):
    with socket.create_connection(("127.0.0.1", line.port), 10) as s:
        try:
            s.sendall(octets)
            if shut:
                s.shutdown(socket.SHUT_WR)
        except OSError:
            return b""
        said = b""
        try:
            while b"\r\n\r\n" not in said:
                more = s.recv(65536)
                if not more:
                    break
                said += more
        except OSError:
            pass
        return said


@pytest.mark.parametrize("octets", [
    b"\x00" * 100, b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\xff\xfe / x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 100000 + b"\r\n\r\n",
    b"POST /handset/0612345678/sms HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n{}",
    b"POST /handset/0612345678/sms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{}",
    b"POST /handset/0612345678/sms HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00"])
def test_garbage_harms_nobody(line, octets):
    raw(line, octets, shut=True)
    assert get(line, "/healthz").status_code == 200


def test_a_crowd_that_says_nothing_leaves_room_again(line):
    crowd = [socket.create_connection(("127.0.0.1", line.port), 10) for _ in range(600)]
    for s in crowd[::2]:
        try:
            s.sendall(b"GET /hea")
        except OSError:
            pass
    for s in crowd:
        s.close()
    line.until(lambda: answers(line))


def answers(line):
    try:
        return get(line, "/healthz").status_code == 200
    except requests.RequestException:
        return False


def test_pipelined_requests_are_all_answered(line):
    with socket.create_connection(("127.0.0.1", line.port), 10) as s:
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
        said = b""
        while said.count(b"HTTP/1.1 200") < 20:
            more = s.recv(65536)
            assert more
            said += more


def test_the_log_has_no_number_unmasked(line):
    log = line.log.read_text()
    for number in ("612345678", "611111111", "633000007"):
        assert number not in log
    assert SECRET not in log
