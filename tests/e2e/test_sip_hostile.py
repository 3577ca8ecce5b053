# SPDX-License-Identifier: AGPL-3.0-or-later
"""What no phone sends, from an address that may call: the line answers what it can, its memory stays flat, and a call
goes through afterwards."""
import socket

from sip_phone import SipPhone
from test_call import ANN
from test_sip import line  # noqa: F401, a fixture
from test_sip import options

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
AUDIO = "m=audio 9000 RTP/AVP 8\r\n"


def message(method="INVITE", call="x", body="", length=None, extra="", to="<sip:14070@127.0.0.1>", port=9, via="UDP"):
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return (f"{method} sip:14070@127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/{via} 127.0.0.1:{port};branch=z9hG4bK{call}{method};rport\r\nMax-Forwards: 70\r\n"
            f"From: <sip:{ANN}@127.0.0.1>;tag=1{call}\r\nTo: {to}\r\nCall-ID: {call}@127.0.0.1\r\nCSeq: 1 {method}\r\n"
            f"Contact: <sip:a@127.0.0.1:{port}>\r\n{kind}{extra}"
            f"Content-Length: {len(body) if length is None else length}\r\n\r\n{body}").encode()


def resident(line):
    """KiB."""
    with open(f"/proc/{line.process.pid}/status") as status:
        return next(int(l.split()[1]) for l in status if l.startswith("VmRSS"))


def lives(line):
    line.until(lambda: options(line.sip_port) == 200)
    line.until(lambda: "now 0" in line.vty("show sip"))  # what was begun fell silent
    with SipPhone("127.0.0.1", line.sip_port) as phone:
        phone.call(ANN)
        phone.hear(1)
    assert line.process.poll() is None


def asked(line, data, seconds=5):
    """The status of the first final answer; None if there is none in time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(seconds)
        udp.sendto(data, ("127.0.0.1", line.sip_port))
        try:
            while (answer := udp.recv(65536)).startswith(b"SIP/2.0 1"):
                pass
            return int(answer.split()[1])
        except TimeoutError:
            return None


def test_requests_that_make_no_sense(line):  # noqa: F811
    many = SDP + AUDIO + "m=video 9002 RTP/AVP 31\r\n" * 99
    assert asked(line, message("CANCEL", "c")) == 481
    assert asked(line, message("BYE", "b", to="<sip:14070@127.0.0.1>;tag=none")) == 481
    assert asked(line, message(call="none", body=SDP)) == 488
    assert asked(line, message(call="text", body=SDP, extra="Content-Type: text/plain\r\n")) is not None
    for i, data in enumerate([
            message(call="short", body=SDP + AUDIO, length=20), message(call="long", body=SDP + AUDIO, length=4000),
            message(call="minus", body=SDP + AUDIO, length=-1), message(call="huge", length=2 ** 64),
            message(call="many", body=many), message(call="head", extra="X-A: " + "a" * 50000 + "\r\n"),
            message(call="heads", extra="X-A: a\r\n" * 6000), message().replace(b"CSeq: 1 ", b"CSeq: x "),
            message().replace(b"Via", b"Vja"), message().replace(b"Call-ID", b"Cull-ID"), b"\r\n" * 1000, b"\0" * 60000,
            message(call="deep", extra="".join(f"Via: SIP/2.0/UDP h{i}:5060;branch=z9hG4bK{i}\r\n" for i in range(999)))]):
        asked(line, data, 0.2)
        assert line.process.poll() is None, i
    lives(line)


def test_an_invite_twice_and_an_ack_that_is_lost(line):  # noqa: F811
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        invite = message(call="twice", body=SDP + AUDIO, port=udp.getsockname()[1])
        for _ in range(3):
            udp.sendto(invite, ("127.0.0.1", line.sip_port))
        line.until(lambda: "begun 1, answered 1" in line.vty("show sip"))
        line.until(lambda: "now 0" in line.vty("show sip"))
    assert "begun 1," in line.vty("show sip")
    lives(line)


def test_tcp_in_pieces_and_without_an_end(line):  # noqa: F811
    far = ("127.0.0.1", line.sip_port)
    with socket.create_connection(far) as tcp:
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in message("OPTIONS", "pieces", via="TCP"):
            tcp.sendall(bytes([octet]))
        tcp.settimeout(10)
        assert tcp.recv(4096).startswith(b"SIP/2.0 200")
    lives(line)
    before = resident(line)
    for _ in range(20):  # 20 MB in all
        with socket.create_connection(far) as tcp:
            try:
                tcp.sendall(message("OPTIONS", "endless", via="TCP")[:-4] + b"\r\nX-A: " + b"a" * 1000000)
            except OSError:
                pass  # it was closed
    slow = [socket.create_connection(far) for _ in range(100)]
    try:
        for part in range(5):
            for tcp in slow:
                tcp.sendall(message("OPTIONS", "slow", via="TCP")[20 * part:20 * part + 20])
        assert options(line.sip_port) == 200
        assert resident(line) < before + 16 * 1024
        lives(line)
    finally:
        for tcp in slow:
            tcp.close()
