# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much, how slowly and how many: bodies without end, lengths that lie, those who say something now and then, and more
connections than there are.  Others are served meanwhile, and the memory stays where it was."""
import contextlib
import os
import re
import resource
import select
import socket
import sqlite3
import time

import pytest
from console import Clerk
from gateway import Gateway
from hostile import (FORM, NUMBER, ask, connect, dump, fake, is_clear, line, memory_kib, quiet, read, routes,  # noqa: F401
                     world)


def posts(world):
    return sorted({world.path(p) for m, p in routes() if m == "POST" and not p.startswith("demo/")})


def test_a_body_that_is_too_large_is_refused_before_it_is_read(world, line):
    with quiet(line, world.settle) as asked:
        for path in posts(world):
            for length in (70_000_000, 10 ** 10, 9 * 10 ** 18):
                for more in ([], [("Expect", "100-continue")]):
                    head = [world.cookie, FORM, ("Content-Length", length), *more]
                    is_clear(asked(line, "POST", path, b"", head), 413)


def hang_up(line, octets):
    """What comes back when nothing more is sent."""
    with connect(line) as s:
        with contextlib.suppress(OSError):  # it may have hung up already
            s.sendall(octets)
            s.shutdown(socket.SHUT_WR)
        said = b""
        with contextlib.suppress(ConnectionError):
            while more := s.recv(65536):
                said += more
        return said


def test_a_length_that_lies_does_nothing(world, line):
    """Each is a request that would be taken if its body were what its head says."""
    before, host = dump(line), f"Host: 127.0.0.1:{line.port}\r\n"
    start, body = f"POST /handset/{NUMBER}/sms HTTP/1.1\r\n{host}", '{"to":"14070","text":"HELP"}'
    chunk, last = f"1c\r\n{body}\r\n", "0\r\n\r\n"
    for head, rest in (("Content-Length: -1", body), ("Content-Length: +28", body), ("Content-Length: 28x", body),
                       ("Content-Length: " + "9" * 40, body), ("Content-Length: 28\r\nContent-Length: 5", body),
                       ("Content-Length: 28\r\nTransfer-Encoding: chunked", chunk + last),
                       ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", chunk + last),
                       ("Transfer-Encoding: gzip", body), ("Transfer-Encoding: gzip, chunked", chunk + last),
                       ("Transfer-Encoding: chunked", "-" + chunk + last),
                       ("Transfer-Encoding: chunked", "f" * 18 + chunk[2:] + last),
                       ("X: " + "y" * 70000, ""), ("X: 1\r\n" * 9000, ""), ("X\0Y: 1\r\nContent-Length: 28", body)):
        said = hang_up(line, f"{start}{head}\r\n\r\n{rest}".encode())
        assert re.match(rb"HTTP/1\.1 (4\d\d|501) ", said) and b'"ok"' not in said, (head[:99], said)
    for first in (start.replace(host, ""), start.replace("HTTP/1.1", "HTTP/9.9")):
        said = hang_up(line, f"{first}Content-Length: 28\r\n\r\n{body}".encode())
        assert re.match(rb"HTTP/1\.1 (400|505) ", said), (first, said)
    for octets in (f"{start}Content-Length: 9999\r\n\r\n{body}", f"{start}Transfer-Encoding: chunked\r\n\r\n{chunk}",
                   "\0" * 4000, "\r\n" * 4000, "\x16\x03\x01\x02\0"):
        with connect(line) as s:  # there is never all of it
            s.sendall(octets.encode())
            s.settimeout(0.1)
            with contextlib.suppress(TimeoutError):
                assert s.recv(100) == b"", octets
    # two requests where a proxy sees one
    hidden = f"{start}Content-Length: 28\r\n\r\n{body}"
    said = hang_up(line, (f"GET /healthz HTTP/1.1\r\n{host}Content-Length: {len(last + hidden)}\r\n"
                          f"Transfer-Encoding: chunked\r\n\r\n{last}{hidden}").encode())
    assert b" 400 " in said and b'"ok"' not in said
    world.settle()
    assert dump(line) == before


def test_a_body_without_end_is_hung_up_on(world, line):
    """In chunks, as fast as it is taken; the memory stays as it was."""
    before, lines, memory = dump(line), endless(line), memory_kib(line)
    chunk = b"8000\r\n" + b"a=1&" * 8192 + b"\r\n"
    for path in posts(world)[:8]:
        with connect(line) as s:
            s.sendall(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{line.port}\r\nContent-Type: {FORM[1]}\r\n"
                      f"Cookie: {world.cookie[1]}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
            with pytest.raises(OSError):
                for _ in range(4096):  # 128 MiB
                    s.sendall(chunk)
    line.until(lambda: endless(line) == lines + 8)
    world.settle()
    assert dump(line) == before
    assert memory_kib(line) < memory + 20_000


def endless(line):
    return line.log.read_bytes().count(b"body without end")


def test_who_says_something_now_and_then_does_not_keep_others_waiting(world, line):
    """Three hundred that send a form an octet at a time, to all addresses; others are served as ever."""
    paths = posts(world)
    with contextlib.ExitStack() as crowd:
        slow = []
        for i in range(300):
            s = crowd.enter_context(connect(line))
            s.sendall(f"POST {paths[i % len(paths)]} HTTP/1.1\r\nHost: localhost\r\n"
                      "Content-Length: 60000\r\n\r\n".encode())
            slow.append(s)
        for _ in range(20):
            for s in slow:
                s.sendall(b"x")
            began = time.monotonic()
            assert ask(line, "GET", "/healthz").status == 200
            assert time.monotonic() - began < 5
    line.until(lambda: ask(line, "GET", "/healthz").status == 200)


class Slow:
    """Says what it has to say, or takes what it is told, an octet at a time; hung: nobody hears it any more."""

    def __init__(self, line, says, begin=b"", takes=False):
        self.socket, self.says, self.takes, self.hung = socket.socket(), says, takes, False
        # it holds little, and no more is on the way than it holds
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", line.port))
        self.socket.sendall(begin)
        self.taken = 0

    def go_on(self):
        """One octet."""
        try:
            if self.takes:
                self.taken += len(self.socket.recv(1))
            elif not self.hung:
                self.socket.sendall(self.says)
        except OSError:
            self.hung = True

    def rest(self):
        """What was on its way when the line hung up."""
        said = b""
        with contextlib.suppress(ConnectionError):
            while more := self.socket.recv(65536):
                said += more
        return said


TOO_SLOW = r"(?=.*hung up on \d+ that took over 2 s for a request)(?=.*hung up on 1 that took over 2 s for an answer)"


def long_page(line):
    """The page of a report with a long history."""
    reference = re.search(r"\d{3} \d{3} \d", " ".join(line.say(NUMBER, "MELD AFVAL SPUI 70 container vol")))[0].replace(" ", "")
    with contextlib.closing(sqlite3.connect(line.database, timeout=20)) as db, db:
        db.execute("WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 900) INSERT INTO report_event"
                   " (report_id, at, state, who, channel, note) SELECT 1, 1700000000 + n, 'received', 'staff anna', 'console',"
                   " 'gebeld' FROM i")
    return "/console/reports/" + reference


def test_who_is_too_slow_is_hung_up_on(tmp_path):
    """A head, a form and an answer, each an octet at a time; who looks at what changes is told for as long as it likes."""
    line = Gateway(tmp_path)
    text = line.config.read_text()
    line.config.write_text(text.replace(f"listen 127.0.0.1 {line.port}\n",
                                        f"listen 127.0.0.1 {line.port}\n request-time 2\n answer-time 2\n"))
    with line:
        clerk = Clerk(line, "anna")
        cookie = b"Cookie: meldlijn=" + clerk.session.cookies["meldlijn"].encode() + b"\r\nHost: localhost\r\n"
        live = Slow(line, b"", b"GET /console/live HTTP/1.1\r\n" + cookie + b"\r\n")
        tall = long_page(line)
        assert len(clerk.get(tall).content) > 200_000
        slow = [Slow(line, b"x", b"GET /healthz HTTP/1.1\r\nX: "),
                Slow(line, b"x", b"POST /console/staff HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n"),
                Slow(line, b"", b"GET " + tall.encode() + b" HTTP/1.1\r\n" + cookie + b"\r\n", takes=True)]
        line.until(lambda: [s.go_on() for s in slow] and re.search(TOO_SLOW, line.log.read_text(), re.S), 60)
        assert slow[2].taken > 10  # it had some of its answer
        rest = slow[2].rest()
        assert b"</html>" not in rest and b"<td" in rest, rest[-300:]
        line.until(lambda: [s.go_on() for s in slow] and slow[0].hung and slow[1].hung)
        # the viewer has been there for longer than any of them
        told = b""
        while b"event: lines" not in told:
            more = live.socket.recv(65536)
            assert more, told
            told += more
        live.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            while live.socket.recv(65536):
                pass
        for s in slow + [live]:
            s.socket.close()


def test_thousands_of_connections_have_a_ceiling_and_leave_room_again(world, line):
    """More than the line takes: those within are served, those beyond wait or are sent away, and the memory is flat."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    crowd, memory = [], memory_kib(line)
    try:
        for _ in range(2600):
            s = socket.socket()
            crowd.append(s)
            s.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                s.connect(("127.0.0.1", line.port))
        first = crowd[0]
        first.setblocking(True)
        first.settimeout(20)
        first.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert read(first).status == 200
        line.until(lambda: files(line) > 1000, 30)  # it takes them one after another
        assert files(line) < 1536 + 200
        assert memory_kib(line) < memory + 60_000
    finally:
        for s in crowd:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    line.until(lambda: ask(line, "GET", "/healthz").status == 200, 30)
    line.until(lambda: files(line) < 300, 30)


def files(line):
    return len(os.listdir(f"/proc/{line.process.pid}/fd"))
