"""A contractor that is not ours: a real HTTP server that speaks Open311 and takes webhooks.

As a module: FakeContractor() for tests of the whole line.  As a program it prints "PORT n" and
serves until its input ends, for tests in C.  What it does with a request is said by the first
segment of the path (its mode), or by set_mode(), so that one server plays every kind of peer:

  ok        takes orders (idempotent by key), polls and updates
  noupdates the same, but has no servicerequestupdates
  silent    the same, but its servicerequestupdates stays empty: requests/ID.json alone knows
  token     gives a token first; tokens/T.json knows the number from the second time it is asked
  down      503        busy   429 with Retry-After: 7      error     500
  refuse    400 with an error list      unknown 404 with one
  conflict  409 with the number of the order it has        key 401
  page      200 with a page of HTML     redirect 302
  slow      answers when it is released or the server stops
  huge      2 MiB      close  hangs up in the middle of the body      headers  128 KiB of headers
"""
import argparse
import base64
import hashlib
import hmac
import http.server
import json
import ssl
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request


def sign(secret, key, timestamp, body):
    """Standard Webhooks: v1 signature of a body."""
    raw = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    text = f"{key}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(raw, text, hashlib.sha256).digest()).decode()


class Request:
    """One request as it came."""

    def __init__(self, handler, body):
        self.method = handler.command
        url = urllib.parse.urlsplit(handler.path)
        self.path = url.path
        self.query = dict(urllib.parse.parse_qsl(url.query))
        self.headers = {k.lower(): v for k, v in handler.headers.items()}
        self.body = body
        self.form = dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace")))
        self.port = handler.client_address[1]
        self.at = time.time()
        self.mode = None

    def json(self):
        return json.loads(self.body)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.take()

    def do_POST(self):
        self.take()

    def take(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fake = self.server.fake
        request = Request(self, body)
        parts = request.path.strip("/").split("/")
        mode = fake.mode or (parts[0] if parts[0] in MODES else "ok")
        request.mode = mode
        fake.record(request)
        MODES[mode](self, fake, request, parts[-2:])

    def answer(self, status, value, headers=(), raw=None):
        body = raw if raw is not None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers:
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)


def errors(code, words):
    return [{"code": code, "description": words}]


def ok(h, fake, request, tail, updates=True, token=False):
    name = tail[-1]
    if "webhook-id" in request.headers:
        return webhook(h, fake, request)
    if request.method == "POST" and name == "requests.json":
        return order(h, fake, request, token)
    if request.method == "POST" and name == "servicerequestupdates.json":
        with fake.changed:
            fake.notes.setdefault(request.form.get("update_id"), request.form)
        return h.answer(201, [{"update_id": request.form.get("update_id")}])
    if name == "servicerequestupdates.json" and updates:
        return h.answer(200, fake.updates)
    if tail[0] == "requests":
        found = fake.states.get(name[: -len(".json")])
        return h.answer(200, [found]) if found else h.answer(404, errors(404, "not found"))
    if tail[0] == "tokens":
        return give_number(h, fake, name[: -len(".json")])
    return h.answer(404, errors(404, "no such resource"))


def order(h, fake, request, token):
    key = request.form.get("attribute[idempotency_key]")
    with fake.changed:
        if key not in fake.orders:
            fake.orders[key] = {"id": f"F-{len(fake.orders) + 1}", "form": request.form, "asked": 0}
        found = fake.orders[key]
    if token:
        return h.answer(200, [{"token": "t-" + found["id"]}])
    return h.answer(201, [{"service_request_id": found["id"], "service_notice": ""}])


def give_number(h, fake, token):
    for found in fake.orders.values():
        if "t-" + found["id"] == token:
            found["asked"] += 1
            if found["asked"] < 2:
                return h.answer(200, [{"token": token}])
            return h.answer(200, [{"token": token, "service_request_id": found["id"]}])
    return h.answer(404, errors(404, "no such token"))


def webhook(h, fake, request):
    good = sign(fake.secret, request.headers["webhook-id"], request.headers["webhook-timestamp"],
                request.body)
    if good not in request.headers["webhook-signature"].split() or \
            abs(time.time() - int(request.headers["webhook-timestamp"])) > 300:
        return h.answer(401, {"error": "signature"})
    key = request.headers["webhook-id"]
    with fake.changed:
        fake.orders.setdefault(key, {"id": f"W-{len(fake.orders) + 1}", "event": request.json()})
    return h.answer(200, {"id": fake.orders[key]["id"]})


def slow(h, fake, request, tail):
    fake.released.wait(60)
    h.close_connection = True


def close(h, fake, request, tail):
    h.send_response(200)
    h.send_header("Content-Length", "1000")
    h.end_headers()
    h.wfile.write(b"[{")
    h.close_connection = True


MODES = {
    "ok": ok,
    "silent": lambda h, f, r, t: h.answer(200, []) if t[-1] == "servicerequestupdates.json" else ok(h, f, r, t),
    "noupdates": lambda h, f, r, t: ok(h, f, r, t, updates=False),
    "token": lambda h, f, r, t: ok(h, f, r, t, token=True),
    "down": lambda h, f, r, t: h.answer(503, errors(503, "maintenance")),
    "busy": lambda h, f, r, t: h.answer(429, errors(429, "slower"), [("Retry-After", "7")]),
    "error": lambda h, f, r, t: h.answer(500, errors(500, "out of paper")),
    "refuse": lambda h, f, r, t: h.answer(400, errors(400, "service_code not valid")),
    "unknown": lambda h, f, r, t: h.answer(404, errors(404, "service_code not found")),
    "key": lambda h, f, r, t: h.answer(401, errors(401, "api_key not valid")),
    "conflict": lambda h, f, r, t: h.answer(409, [{"service_request_id": "F-9"}]),
    "page": lambda h, f, r, t: h.answer(200, None, raw=b"<html>Please log in</html>"),
    "redirect": lambda h, f, r, t: h.answer(302, None, [("Location", "/ok/requests.json")], b""),
    "slow": slow,
    "huge": lambda h, f, r, t: h.answer(200, None, raw=b"[" + b" " * (2 * 1024 * 1024) + b"]"),
    "close": close,
    "headers": lambda h, f, r, t: h.answer(200, [], [(f"X-{i}", "x" * 1000) for i in range(128)]),
}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


class FakeContractor:
    """orders: by idempotency key; notes: by update id; requests: all that came, in order."""

    def __init__(self, port=0, secret="whsec_" + base64.b64encode(b"k" * 32).decode(), tls=None):
        self.secret = secret
        self.mode = None
        self.requests, self.orders, self.notes = [], {}, {}
        self.updates, self.states = [], {}
        self.changed = threading.Condition(threading.RLock())
        self.released = threading.Event()
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.fake = self
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.base = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.url = f"{self.base}/requests.json"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.stop()

    def set_mode(self, mode):
        """What every request meets from now on; None: as its path says."""
        with self.changed:
            self.mode = mode
            self.changed.notify_all()

    def record(self, request):
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()

    def wait(self, true, deadline_s=10):
        """Wait until true() of what has come; returns its value."""
        with self.changed:
            if not self.changed.wait_for(true, deadline_s):
                raise TimeoutError(f"{len(self.requests)} requests came, {len(self.orders)} orders")
            return true()

    def order_of(self, reference):
        for found in self.orders.values():
            data = found.get("form") or found["event"]["data"]
            if reference in (data.get("attribute[reference]"), data.get("reference")):
                return found
        return None

    def add_update(self, update_id, service_request_id, status, at=None, **more):
        """For who polls; at in seconds since 1970."""
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at or time.time()))
        self.updates.append({"update_id": update_id, "service_request_id": service_request_id,
                             "status": status, "updated_datetime": when, **more})

    def call_back(self, url, key=None, secret=None, timestamp=None, **update):
        """POST a signed update to the line. Returns (status, answer)."""
        body = json.dumps(update).encode()
        timestamp = int(timestamp if timestamp is not None else time.time())
        key = key or f"msg_{time.time_ns()}"
        headers = {"Content-Type": "application/json", "webhook-id": key,
                   "webhook-timestamp": str(timestamp),
                   "webhook-signature": sign(secret or self.secret, key, timestamp, body)}
        ask = urllib.request.Request(url, data=body, headers=headers)
        try:
            with urllib.request.urlopen(ask, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--updates", help="JSON list that servicerequestupdates.json answers")
    parser.add_argument("--states", help="JSON object: id to what requests/id.json answers")
    args = parser.parse_args()
    with FakeContractor(tls=args.tls) as fake:
        fake.updates = json.loads(args.updates or "[]")
        fake.states = json.loads(args.states or "{}")
        print("PORT", fake.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
