# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much, how slowly and how many: bodies without end, lengths that lie, those who say something now and then, and more
connections than there are.  Others are served meanwhile, and the memory stays where it was."""
import contextlib
import os
import re
import resource
import select
import socket
import time

import pytest
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


@pytest.mark.soak
def test_a_slow_form_is_hung_up_on_within_its_time(world, line):
    """An octet a second, to a handler and to nothing: a minute for the whole of it."""
    sockets = [connect(line) for _ in range(40)]
    for s in sockets:
        s.sendall(b"POST /console/staff HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n")
    began, open_ = time.monotonic(), set(sockets)
    while open_ and time.monotonic() - began < 90:
        for s in list(open_):
            try:
                s.sendall(b"x")
            except OSError:
                open_.discard(s)
        assert ask(line, "GET", "/healthz").status == 200
        select.select([], [], [], 1)  # the pace is what is tried
    assert not open_ and 55 < time.monotonic() - began < 70
    assert re.search(r"hung up on \d+ that took over 60 s", line.log.read_text())


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
