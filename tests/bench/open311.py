# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists and filings of Open311 among a million reports, as a multiple of the wire: the same octets from a socket of this
program to the same client."""
import http.client
import multiprocessing
import re
import socket
import statistics
import threading
import time
from urllib.parse import urlencode

from console_pages import cpu_s, fill
from gateway import Gateway

BASE = "/open311/v2/"


class Wire(threading.Thread):
    """Answers each request on one connection with the same octets."""

    def __init__(self, body):
        super().__init__(daemon=True)
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        conn, _ = self.socket.accept()
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with conn:
            asked = conn.makefile("rb")
            while line := asked.readline():
                size = 0
                while line != b"\r\n":
                    if line.lower().startswith(b"content-length:"):
                        size = int(line.split(b":")[1])
                    line = asked.readline()
                asked.read(size)
                conn.sendall(self.answer)


class Client:
    def __init__(self, port):
        self.conn = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.conn.connect()
        self.conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, path, form=None):
        began = time.perf_counter()
        if form is None:
            self.conn.request("GET", path)
        else:
            self.conn.request("POST", path, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
        answer = self.conn.getresponse()
        body = answer.read()
        assert answer.status in (200, 201), (path, answer.status, body[:300])
        return 1000 * (time.perf_counter() - began), body


def timed(ask, times):
    took = sorted(ask(i)[0] for i in range(times))
    return {"p50_ms": statistics.median(took), "p99_ms": took[min(len(took) - 1, int(len(took) * 0.99))]}


def beside_wire(line, client, path, times):
    body = client.ask(path)[1]
    wire = Client(Wire(body).port)
    used = cpu_s(line.process.pid)
    took = timed(lambda i: client.ask(path), times)
    used = cpu_s(line.process.pid) - used
    return {**took, "cpu_ms": 1000 * used / times, "records": len(re.findall(rb'"service_request_id"|<service_request_id>', body)), "kb": len(body) / 1000,
            "wire_p50_ms": timed(lambda i: wire.ask("/"), times)["p50_ms"]}


def list_on(port, path):
    client = Client(port)
    while True:
        client.ask(path)


def beside_lists(line, path, times):
    """How long /healthz takes on a connection of its own, by itself and while another program asks for long lists without a
    pause: what is added is how long the loop is held, and what two clients and a line cost each other on two cores."""
    client = Client(line.port)
    alone = timed(lambda i: client.ask("/healthz"), times)
    lister = multiprocessing.get_context("spawn").Process(target=list_on, args=(line.port, path), daemon=True)
    lister.start()
    try:
        before = cpu_s(line.process.pid)
        while cpu_s(line.process.pid) - before < 0.1:  # it has begun
            client.ask("/healthz")
        return {"alone": alone, "beside": timed(lambda i: client.ask("/healthz"), times)}
    finally:
        lister.kill()
        lister.join()


def filing(i):
    return {"api_key": "bench", "service_code": "container-full", "lat": f"{52.07 + i % 1000 / 1e5:.5f}", "long": "4.3166",
            "description": f"Vol, al {i} dagen"}


def filed_beside_wire(client, times):
    wire = Client(Wire(client.ask(BASE + "requests.json", filing(0))[1]).port)
    return {**timed(lambda i: client.ask(BASE + "requests.json", filing(i + 1)), times),
            "wire_p50_ms": timed(lambda i: wire.ask("/", filing(i)), times)["p50_ms"]}


def measure(directory, quick):
    n, times = (100_000, 30) if quick else (1_000_000, 200)
    base = directory / "open311"
    base.mkdir()
    (base / "key").write_text("bench\n")
    line = Gateway(base / "line", extra=f"open311\n key bench {base / 'key'}\n posts-per-minute 10000\n")
    fill(line.database, n)
    with line:
        client = Client(line.port)
        rare = [c for c, in line.sql("SELECT name FROM report_day WHERE what = 'category' GROUP BY 1 ORDER BY sum(n) LIMIT 3")]
        old = {"end_date": "2020-03-31T00:00:00Z", "status": "open"}
        return {"reports": n, "lists": {
            "the newest": beside_wire(line, client, BASE + "requests.json", times),
            "as XML": beside_wire(line, client, BASE + "requests.xml", times),
            "of three rare categories": beside_wire(line, client, BASE + "requests.json?" + urlencode(
                {"service_code": ",".join(rare)}), times),
            "open ones of a quarter long ago": beside_wire(line, client, BASE + "requests.json?" + urlencode(old), times),
        }, "health": beside_lists(line, BASE + "requests.json", 10 * times), "post": filed_beside_wire(client, times)}


def rows(t):
    for name, got in t["lists"].items():
        yield (f"Open311 among {t['reports']:,} reports: {name}",
               f"{got['records']:,} records, {got['kb']:.0f} KB: half under {got['p50_ms']:.1f} ms, 99 in 100 under "
               f"{got['p99_ms']:.1f} ms, {got['cpu_ms']:.1f} ms of CPU; {got['p50_ms'] / got['wire_p50_ms']:.0f} times the same octets by the wire")
    alone, beside = t["health"]["alone"], t["health"]["beside"]
    yield "  /healthz meanwhile, lists asked for without a pause", (
        f"half under {beside['p50_ms']:.2f} ms, 99 in 100 under {beside['p99_ms']:.2f} ms; without them {alone['p50_ms']:.2f} and "
        f"{alone['p99_ms']:.2f} ms")
    post = t["post"]
    yield "  a report filed", (f"half under {post['p50_ms']:.2f} ms, 99 in 100 under {post['p99_ms']:.1f} ms; "
                               f"{post['p50_ms'] / post['wire_p50_ms']:.0f} times the same octets by the wire")
