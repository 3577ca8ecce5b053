# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notices as CAP 1.2: taken from a file and from a feed, and given to other systems."""
import collections
import datetime
import http.server
import json
import pathlib
import subprocess
import threading
import xml.etree.ElementTree as ET

import pytest
import requests
from gateway import Gateway

SCHEMA = pathlib.Path(__file__).with_name("cap.xsd")
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
ATOM = "{http://www.w3.org/2005/Atom}"
HERE = "<circle>52.0776,4.3167 0.2</circle>"  # Spui 70
# round Spui 70, and not round Weimarstraat 40
ROUND_SPUI = "<polygon>52.07,4.31 52.085,4.31 52.085,4.325 52.07,4.325 52.07,4.31</polygon>"


def time(hours):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    return at.strftime("%Y-%m-%dT%H:%M:%S+00:00")


SENT = time(-0.1)
# a minute of the other half of the day
FAR = (datetime.datetime.now().hour + 12) % 24
QUIET = f"{FAR:02d}:30-{FAR:02d}:31"


def info(language="nl-NL", event="Storm", text="Blijf binnen.", headline="Storm op komst", area=HERE, more="",
         urgency="Expected", severity="Severe", expires=6):
    return (f"<info><language>{language}</language><category>Met</category><event>{event}</event><urgency>{urgency}"
            f"</urgency><severity>{severity}</severity><certainty>Likely</certainty><expires>{time(expires)}</expires>"
            f"<headline>{headline}</headline><description>{text}</description>{more}"
            f"<area><areaDesc>Centrum</areaDesc>{area}</area></info>")


def alert(name, *infos, kind="Alert", status="Actual", scope="Public", sender="weer@example.nl", refers=None):
    references = f"<references>{' '.join(f'{sender},{r},{SENT}' for r in refers)}</references>" if refers else ""
    return ("<?xml version='1.0' encoding='UTF-8'?>\n<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'>"
            f"<identifier>{name}</identifier><sender>{sender}</sender><sent>{SENT}</sent><status>{status}</status>"
            f"<msgType>{kind}</msgType><scope>{scope}</scope>{references}{''.join(infos or (info(),))}</alert>")


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    extra = f"notices\n quiet-hours {QUIET}\n cap-sender meldlijn@denhaag.nl\n"
    with Gateway(tmp_path_factory.mktemp("cap"), extra=extra) as it:
        for number in ("0622000001", "0622000002"):
            it.say(number, "MELD AFVAL SPUI 70 container vol")
        it.say("0622000002", "1")
        it.say("0622000002", "english")
        it.say("0622000003", "MELD AFVAL WEIMARSTRAAT 40 container vol")
        yield it


def run(line, text, *args, check=True):
    path = line.directory / "alert.xml"
    path.write_text(text)
    return line.run("notice", "send", "--cap", str(path), *args, check=check)


def send(line, text, *args):
    return json.loads(run(line, text, "--json", *args))


def show(line, notice):
    return json.loads(line.run("notice", "show", str(notice), "--json"))


def ends(line, notice):
    return line.until(lambda: show(line, notice)["state"] == "done" and show(line, notice))


def texts(line, number, notice):
    rows = line.sql("SELECT text FROM outbox WHERE number = ? AND notice_id = ?", "+31" + number[1:], notice)
    return [row[0] for row in rows]


def valid(text, directory):
    path = directory / "out.xml"
    path.write_text(text)
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", str(SCHEMA), str(path)], capture_output=True,
                          text=True, timeout=20)
    assert done.returncode == 0, done.stderr + text
    return ET.fromstring(text.encode())


# -- in


def test_who_lives_within_its_circle_reads_it_in_their_language(line):
    sent = send(line, alert("1", info(), info("en-US", "Storm", "Stay inside.", "Storm coming")))
    assert sent["key"] == f"weer@example.nl,1,{SENT}"
    assert sent["title"] == "Storm op komst"
    ends(line, sent["notice"])
    assert texts(line, "0622000001", sent["notice"]) == ["Storm op komst. Blijf binnen."]
    assert texts(line, "0622000002", sent["notice"]) == ["Storm coming. Stay inside."]
    assert texts(line, "0622000003", sent["notice"]) == []
    again = run(line, alert("1"), check=False)
    assert again.returncode == 1 and "was used" in again.stderr


def test_a_polygon_is_what_it_is(line):
    sent = send(line, alert("2", info(area=ROUND_SPUI)))
    assert sent["people"] == 2
    corner = "<polygon>52.07,4.31 52.085,4.31 52.085,4.3125 52.07,4.31</polygon>"
    assert send(line, alert("3", info(area=corner)))["people"] == 0


def test_an_area_of_the_register_goes_by_its_name(line):
    assert send(line, alert("4", info(area="")))["people"] == 2
    code = "<geocode><valueName>area</valueName><value>segbroek</value></geocode>"
    assert send(line, alert("5", info(area=code)))["people"] == 1


def test_an_update_and_a_cancel_go_to_who_got_the_first(line):
    first = send(line, alert("6", info(area=ROUND_SPUI)))
    ends(line, first["notice"])
    update = send(line, alert("7", info(area="", text="Nu ook hagel."), kind="Update", refers=["6"]))
    assert update["kind"] == "update" and update["people"] == 2
    ends(line, update["notice"])
    cancel = send(line, alert("8", info(headline="Storm voorbij", text=""), kind="Cancel", refers=["6", "7"]))
    assert cancel["kind"] == "cancel" and cancel["people"] == 2
    # CAP 1.2 asks for no info, and a Cancel may well have none
    again = send(line, alert("81", info(event="Gas", headline="Gaslek", text="Ga weg.")))
    ends(line, again["notice"])
    bare = send(line, alert("82", "", kind="Cancel", refers=["81"]))
    assert bare["kind"] == "cancel" and bare["people"] == 2
    assert bare["words"]["nl"] == 'Ingetrokken: "Gaslek" geldt niet meer.'
    assert bare["words"]["en"] == 'Withdrawn: "Gaslek" no longer holds.'
    assert "no words" in run(line, alert("83", "", kind="Update", refers=["81"]), check=False).stderr
    stranger = alert("9", kind="Cancel", refers=["6"], sender="boef@example.nl")
    assert "never came" in run(line, stranger, check=False).stderr
    news = send(line, alert("10", kind="Update", refers=["5000"]))
    assert news["kind"] == "alert"


def test_a_long_one_is_cut_to_what_must_be_done(line):
    more = "<instruction>Sluit ramen.</instruction><web>https://example.nl/storm</web>"
    sent = send(line, alert("11", info(text="Veel wind. " * 100, more=more)), "--draft")
    assert sent["words"]["nl"] == "Storm op komst. Sluit ramen. https://example.nl/storm"


def test_only_what_is_extreme_and_immediate_leaves_at_night(line):
    def hours(notice):
        return line.sql("SELECT quiet_from, quiet_to FROM notice WHERE id = ?", notice)[0]

    loud = send(line, alert("12", info(severity="Extreme", urgency="Immediate")), "--draft")
    mild = send(line, alert("13", info(severity="Extreme")), "--draft")
    assert hours(loud["notice"]) == (0, 0)
    assert hours(mild["notice"]) == (FAR * 60 + 30, FAR * 60 + 31)


@pytest.mark.parametrize("text, words", [
    (alert("20", status="Exercise"), "Exercise"),
    (alert("20", status="Test"), "Test"),
    (alert("20", scope="Restricted"), "Restricted"),
    (alert("20", kind="Ack"), "Ack"),
    (alert("20", info("fr-FR")), "language"),
    (alert("20", info(area="").replace("Centrum", "Atlantis")), "Atlantis"),
    (alert("20", info(expires=-1)), "expires"),
    (alert("20", kind="Update"), "references"),
    (alert("20").replace("<category>Met", "<category>Weather"), "category"),
    ("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><alert>&x;</alert>", "DOCTYPE"),
    ("water", "line 1"),
    ("<a>" * 40, "deep"),
    (" " * 300000, "larger"),
], ids=lambda value: value if len(value) < 20 else "alert")
def test_what_is_not_for_residents_or_wrong_is_said_in_a_line(line, text, words):
    before = line.sql("SELECT count(*) FROM notice")
    done = run(line, text, "--yes", check=False)
    assert done.returncode == 1
    assert words in done.stderr and len(done.stderr.splitlines()) == 1
    assert line.sql("SELECT count(*) FROM notice") == before


# -- out


def test_what_came_is_given_on_as_it_came(line):
    text = alert("30", info(more="<instruction>Ga niet naar zee &amp; strand.</instruction>"))
    sent = send(line, text)
    assert line.run("notice", "show", str(sent["notice"]), "--cap") == text
    valid(text, line.directory)


def test_ours_is_valid_and_read_again_is_the_same(line, tmp_path):
    words = "Geen water <tot> 18 uur & \"later\". Haal het op het Spui."
    args = ("--area", "centrum", "--near", "Spui 70", "--radius", "300", "--title", "Water & meer", words,
            "en=No water until 18:00.")
    sent = json.loads(line.run("notice", "send", "--json", *args))
    out = line.run("notice", "show", str(sent["notice"]), "--cap")
    root = valid(out, line.directory)
    assert root.findtext(CAP + "sender") == "meldlijn@denhaag.nl"
    assert root.findtext(CAP + "msgType") == "Alert"
    assert [i.findtext(CAP + "language") for i in root.findall(CAP + "info")] == ["nl", "en"]
    first = root.find(CAP + "info")
    assert first.findtext(CAP + "description") == words
    assert [a.findtext(CAP + "areaDesc") for a in first.findall(CAP + "area")] == ["Centrum", "Spui 70"]
    with Gateway(tmp_path, extra="notices\n quiet-hours none\n") as other:
        other.say("0622000001", "MELD AFVAL SPUI 70 container vol")
        got = send(other, out)
        assert got["words"] == sent["words"]
        assert got["expires"] == sent["expires"] and got["start"] == sent["start"]
        assert got["people"] == 1
        update = json.loads(line.run("notice", "send", "--json", "--update", str(sent["notice"]), "Tot 19 uur."))
        root = valid(line.run("notice", "show", str(update["notice"]), "--cap"), line.directory)
        assert root.findtext(CAP + "references") == got["key"]
        assert root.find(CAP + "info").find(CAP + "area") is not None


def test_what_is_for_some_is_not_given_to_all(line):
    numbers = line.directory / "numbers.csv"
    numbers.write_text("0623000001\n")
    sent = json.loads(line.run("notice", "send", "--json", "--numbers", str(numbers), "Alleen voor u."))
    done = line.run("notice", "show", str(sent["notice"]), "--cap", check=False)
    assert done.returncode == 1 and "not for all" in done.stderr
    assert requests.get(f"{line.url}/cap/{sent['notice']}.xml", timeout=5).status_code == 404


def test_the_feed_has_what_holds_now(line):
    sent = send(line, alert("40", info(headline="Hoog &amp; water")))
    draft = send(line, alert("41"), "--draft")
    held = send(line, alert("42"))
    ends(line, sent["notice"])
    line.run("notice", "cancel", str(held["notice"]), check=False)
    answer = requests.get(line.url + "/cap/", timeout=5)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/atom+xml")
    links = {e.find(ATOM + "link").get("href"): e.findtext(ATOM + "title")
             for e in ET.fromstring(answer.content).findall(ATOM + "entry")}
    assert links[f"/cap/{sent['notice']}.xml"] == "Hoog & water"
    assert f"/cap/{draft['notice']}.xml" not in links
    one = requests.get(f"{line.url}/cap/{sent['notice']}.xml", timeout=5)
    assert one.headers["Content-Type"].startswith("application/cap+xml")
    assert one.text == line.run("notice", "show", str(sent["notice"]), "--cap")
    for path in ("0.xml", "99999999.xml", "x", "1", "-1.xml", "99999999999999999999.xml", f"{draft['notice']}.xml"):
        assert requests.get(f"{line.url}/cap/{path}", timeout=5).status_code == 404, path
    assert requests.post(line.url + "/cap/", timeout=5).status_code == 405


def test_without_a_sender_there_is_no_feed(tmp_path):
    with Gateway(tmp_path, register=False) as line:
        assert requests.get(line.url + "/cap/", timeout=5).status_code == 404


# -- a feed of others


class Feed:
    """An HTTP server: path to (type, body); it knows ETag."""

    def __init__(self):
        outer = self
        self.pages, self.asked = {}, collections.Counter()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                kind, body = outer.pages.get(self.path, (None, ""))
                tag = f'"{hash(body)}"'
                status = 404 if not kind else 304 if self.headers["If-None-Match"] == tag else 200
                outer.asked[self.path, status] += 1
                data = body.encode() if status == 200 else b""
                self.send_response(status)
                self.send_header("ETag", tag)
                self.send_header("Content-Type", kind or "text/plain")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def links(self, *hrefs):
        entries = "".join(f"<entry><id>{h}</id><updated>{SENT}</updated><link type='application/cap+xml' href='{h}'/>"
                          "</entry>" for h in hrefs)
        self.pages["/feed"] = ("application/atom+xml",
                               f"<feed xmlns='http://www.w3.org/2005/Atom'>{entries}</feed>")


@pytest.fixture
def feed():
    it = Feed()
    yield it
    it.server.shutdown()


def notices(line):
    return {n["key"].split(",")[1]: n for n in json.loads(line.run("notice", "list", "--json"))}


def alarms(line):
    return {a["what"]: a["detail"] for a in line.health()["alarms"]}


def test_a_feed_makes_drafts_and_tells_the_operator(tmp_path, feed):
    feed.links("/a.cap", "/b.cap", "http://169.254.169.254/c.cap")
    feed.pages["/a.cap"] = ("application/cap+xml", alert("a"))
    feed.pages["/b.cap"] = ("application/cap+xml", alert("b", status="Test"))
    extra = f"notices\n quiet-hours none\n cap-feed {feed.url}/feed\n cap-poll 10\n"
    with Gateway(tmp_path, extra=extra) as line:
        line.say("0622000001", "MELD AFVAL SPUI 70 container vol")
        draft = line.until(lambda: notices(line).get("a", {}).get("state") == "draft" and notices(line)["a"])
        assert list(notices(line)) == ["a"]
        line.until(lambda: f"notice {draft['notice']}" in alarms(line))
        line.until(lambda: feed.asked["/b.cap", 200] == 1)
        line.advance(10)
        line.until(lambda: feed.asked["/feed", 304] >= 1)
        assert feed.asked["/a.cap", 200] == 1 and feed.asked["/b.cap", 200] == 1
        line.kill()
        line.start()
        line.advance(20)
        line.until(lambda: feed.asked["/feed", 304] >= 2)
        line.run("notice", "resume", str(draft["notice"]))
        line.until(lambda: f"notice {draft['notice']}" not in alarms(line))
        ends(line, draft["notice"])
        feed.pages.clear()
        line.advance(20)
        line.until(lambda: "cap-feed" in alarms(line))
        feed.links("/a.cap")
        line.advance(20)
        line.until(lambda: "cap-feed" not in alarms(line))
        assert len(notices(line)) == 1


def test_one_alert_may_be_sent_at_once(tmp_path, feed):
    feed.pages["/feed"] = ("application/cap+xml", alert("a"))
    extra = f"notices\n quiet-hours none\n cap-feed {feed.url}/feed\n cap-poll 10\n cap-send\n"
    with Gateway(tmp_path, extra=extra) as line:
        got = line.until(lambda: notices(line).get("a"))
        assert got["state"] == "done" and got["people"] == 0
        line.say("0622000001", "MELD AFVAL SPUI 70 container vol")
        feed.pages["/feed"] = ("application/cap+xml", alert("b"))
        line.advance(10)
        got = line.until(lambda: notices(line).get("b", {}).get("state") == "done" and notices(line)["b"])
        assert texts(line, "0622000001", got["notice"]) == ["Storm op komst. Blijf binnen."]
        feed.pages["/feed"] = ("application/cap+xml", "<alert")
        line.advance(10)
        line.until(lambda: "cap-feed" in alarms(line))
