# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signalen as its docs/openapi.yaml and workflow.py say: an HTTP server that is strict about types and knows no
idempotency key.

Each request can be met by another answer than the right one: fake.next is a list of "503", "500", "lose" (done, and
hung up before it is said), "401", "page", taken one a POST or PATCH.
"""
import http.server
import json
import re
import threading
import time
import urllib.parse
import uuid

CATEGORY = re.compile(r"https?://[^/]+(/signals/v1/public/terms/categories/[a-z-]+/sub_categories/[a-z-]+)/?")
# what may follow what, of those that are used here
WORKFLOW = {"m": {"m", "i", "b", "h", "ingepland", "o", "a", "closure requested"},
            "b": {"m", "b", "h", "ingepland", "o", "a"}, "ingepland": {"m", "b", "h", "ingepland", "o", "a"},
            "o": {"reopened", "reopen requested"}, "a": {"reopened"},
            "reopened": {"b", "h", "ingepland", "o", "a", "reopened"}}


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".123456+00:00"


class Wrong(Exception):
    """400 with these words by field."""


def need(body, field, kind):
    if field not in body:
        raise Wrong({field: ["Dit veld is vereist."]})
    if type(body[field]) is not kind:
        raise Wrong({field: ["Geen geldige waarde."]})
    return body[field]


def read_time(text):
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text):
        raise Wrong({"incident_date_start": ["Datetime heeft een ongeldig formaat."]})
    return text


def check_signal(body, sources):
    known = {"text", "location", "category", "reporter", "incident_date_start", "source", "priority"}
    if set(body) - known:
        raise Wrong({"non_field_errors": sorted(set(body) - known)})
    text = need(body, "text", str)
    if not 0 < len(text) <= 3000:
        raise Wrong({"text": ["Zorg ervoor dat dit veld niet meer dan 3000 karakters bevat."]})
    point = need(need(body, "location", dict), "geometrie", dict)
    at = need(point, "coordinates", list)
    if need(point, "type", str) != "Point" or [type(x) for x in at] != [float, float]:
        raise Wrong({"location": {"geometrie": ["Geen Point."]}})
    if not (3 < at[0] < 8 and 50 < at[1] < 54):
        raise Wrong({"location": {"geometrie": ["Buiten Nederland: longitude eerst."]}})
    if not CATEGORY.fullmatch(need(need(body, "category", dict), "sub_category", str)):
        raise Wrong({"category": {"sub_category": ["Ongeldige hyperlink."]}})
    if set(need(body, "reporter", dict)) - {"email", "phone", "sharing_allowed"}:
        raise Wrong({"reporter": ["Onbekend veld."]})
    read_time(need(body, "incident_date_start", str))
    if "source" in body and body["source"] not in sources:
        raise Wrong({"source": ["Deze bron bestaat niet."]})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.serve(None)

    def do_POST(self):
        self.serve(self.rfile.read(int(self.headers["Content-Length"])))

    do_PATCH = do_POST

    def serve(self, body):
        fake = self.server.fake
        url = urllib.parse.urlsplit(self.path)
        with fake.changed:
            fake.asked.append((self.command, self.path, body))
            fault = fake.next.pop(0) if body is not None and fake.next else ""
            status, answer = self.answer_to(fake, url, body, fault)
            fake.changed.notify_all()
        if fault == "lose":
            self.close_connection = True
            return
        text = b"<html>Inloggen</html>" if fault == "page" else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def answer_to(self, fake, url, body, fault):
        private = url.path.startswith("/signals/v1/private/signals")
        if fault.isdigit():
            return int(fault), {"detail": "niet nu"}
        if fault == "page":
            return 200, None
        if private and self.headers.get("Authorization") != "Bearer test-key":
            return 401, {"detail": "Authenticatiegegevens zijn niet opgegeven."}
        tail = url.path.split("/signals/v1/")[-1].split("/")[2:]
        try:
            if self.command == "POST" and tail == [""]:
                return 201, fake.create(json.loads(body), private)
            if self.command == "GET" and tail == [""] and private:
                return 200, fake.list(dict(urllib.parse.parse_qsl(url.query)))
            found = fake.find(tail[0], private)
            if found and self.command == "PATCH" and private:
                fake.patch(found, json.loads(body))
            if found:
                return 200, fake.shown(found, private)
        except Wrong as wrong:
            return 400, wrong.args[0]
        return 404, {"detail": "Niet gevonden."}


class FakeSignalen:
    def __init__(self, sources=("Meldlijn",)):
        self.sources, self.signals, self.asked, self.next = sources, [], [], []
        self.page_size_max = 100
        self.changed = threading.Condition(threading.RLock())
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *args: None
        self.server.fake = self
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}/signals/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.server.shutdown()
        self.server.server_close()

    def create(self, body, private):
        check_signal(body, self.sources)
        n = len(self.signals) + 1001
        self.signals.append({"id": n, "id_display": f"SIG-{n}", "uuid": str(uuid.uuid4()), "created_at": now(),
                             "notes": [], **body,
                             "status": {"state": "m", "state_display": "Gemeld", "text": None, "created_at": now()}})
        return self.shown(self.signals[-1], private)

    def shown(self, signal, private):
        if private:
            return signal
        closed = signal["status"]["state"] in ("o", "a", "s")
        return {"_display": signal["id_display"], "id_display": signal["id_display"], "uuid": signal["uuid"],
                "status": {"state": "CLOSED" if closed else "OPEN", "state_display": "?"}}

    def list(self, query):
        found = [s for s in self.signals if s["created_at"] >= query.get("created_after", "")[:19] and
                 s.get("source") == query.get("source", s.get("source"))]
        size, page = min(int(query.get("page_size", 100)), self.page_size_max), int(query.get("page", 1))
        more = page * size < len(found)
        return {"_links": {"next": {"href": "http://x/?page=%d" % (page + 1) if more else None}},
                "count": len(found), "results": found[(page - 1) * size:page * size]}

    def find(self, key, private):
        for signal in self.signals:
            if str(signal["id"] if private else signal["uuid"]) == key:
                return signal
        return None

    def patch(self, signal, body):
        if set(body) - {"notes", "status"}:
            raise Wrong({"non_field_errors": ["?"]})
        for note in body.get("notes", []):
            signal["notes"].insert(0, {"text": need(note, "text", str), "created_by": "meldlijn"})
        if "status" in body:
            self.become(signal, need(body["status"], "state", str), body["status"].get("text"))

    def become(self, signal, state, text=None):
        if state not in WORKFLOW[signal["status"]["state"]]:
            raise Wrong({"status": {"state": ["Invalid state transition"]}})
        signal["status"] = {"state": state, "text": text, "created_at": now()}

    def say(self, signal, state, text=None, **more):
        """What a person of theirs does."""
        with self.changed:
            self.become(signal, state, text)
            signal.update(more)

    def wait(self, true, deadline_s=15):
        with self.changed:
            if not self.changed.wait_for(true, deadline_s):
                raise TimeoutError(f"{len(self.asked)} requests came: {self.asked[-5:]}")
            return true()
