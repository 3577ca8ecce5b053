# SPDX-License-Identifier: AGPL-3.0-or-later
"""The far side of a trunk that the line registers at and calls through: digests by hashlib (RFC 7616, RFC 8760), SIP by UDP or
by Python's TLS, sound by Debian's libsrtp with keys in SDP (RFC 4568).

    with Trunk(challenges=["SHA-256", "MD5"], password="geheim") as trunk:
        ... the line registers and calls ...
        trunk.until(lambda: len(trunk.heard) > 8000)
"""
import array
import base64
import hashlib
import os
import re
import select
import socket
import ssl
import struct
import time

from pylibsrtp import Policy, Session
from secure_phone import SUITES
from sip_phone import ALAW, FRAME, SILENCE

HASHES = {"MD5": "md5", "SHA-256": "sha256"}
REALM = "stad"


def header(message, name):
    found = re.search(rf"(?im)^{name}: *([^\r]*)", message)
    return found[1] if found else None


def is_proved(value, method, user, password, nonce):
    """Whether an Authorization is what hashlib makes of the password."""
    got = {k: v.strip('"') for k, v in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', value)}
    def digest(text):
        return hashlib.new(HASHES[got["algorithm"]], text.encode()).hexdigest()
    expected = digest(":".join([digest(f"{user}:{REALM}:{password}"), nonce, got["nc"], got["cnonce"], "auth",
                                digest(f"{method}:{got['uri']}")]))
    return got["username"] == user and got["nonce"] == nonce and got["response"] == expected


class Trunk:
    """challenges: digests that are asked for, in this order; None: nobody is asked.  encrypts: whether its SDP does."""

    def __init__(self, user="meldlijn", password="geheim", challenges=None, certificate=None, encrypts=False):
        self.user, self.password, self.challenges, self.encrypts = user, password, challenges, encrypts
        self.nonce = os.urandom(8).hex()
        self.requests, self.proofs, self.packets = [], [], {}
        self.far_rtp, self.due, self.over = None, None, False
        self.seq, self.clock, self.rest = 7, 0, b""
        self.context = self.link = None
        if certificate:
            self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.context.load_cert_chain(certificate)
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_STREAM if certificate else socket.SOCK_DGRAM)
        self.sip.bind(("127.0.0.1", 0))
        if certificate:
            self.sip.listen()
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind(("127.0.0.1", 0))
        for s in (self.sip, self.rtp):
            s.setblocking(False)
        self.port = self.sip.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for s in (self.link, self.sip, self.rtp):
            if s:
                s.close()

    # -- messages

    def _read(self):
        """One message, or None."""
        try:
            if not self.context:
                data, self.line = self.sip.recvfrom(65536)
                return data.decode()
            if not self.link:
                plain, _ = self.sip.accept()
                plain.settimeout(5)
                self.link = self.context.wrap_socket(plain, server_side=True)
                self.link.setblocking(False)
            self.rest += self.link.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        head, end, body = self.rest.partition(b"\r\n\r\n")
        length = int(header(head.decode(), "Content-Length")) if end else 0
        if not end or len(body) < length:
            return None
        self.rest = body[length:]
        return (head + end + body[:length]).decode()

    def _tell(self, text):
        if self.context:
            self.link.setblocking(True)
            try:
                self.link.sendall(text.encode())
            except OSError:  # its last word is not waited for
                assert self.over or "Expires: 0" in self.requests[-1]
            self.link.setblocking(False)
        else:
            self.sip.sendto(text.encode(), self.line)

    def answer(self, request, status, headers="", body=""):
        head = "".join(l + "\r\n" for l in request.split("\r\n\r\n")[0].split("\r\n")[1:]
                       if re.match("(Via|From|Call-ID|CSeq):", l))
        to = header(request, "To")
        to += "" if ";tag=" in to else ";tag=trunk"
        way = ";transport=tls" if self.context else ""
        self._tell(f"SIP/2.0 {status}\r\n{head}To: {to}\r\nContact: <sip:trunk@127.0.0.1:{self.port}{way}>\r\n"
                   f"{headers}Content-Length: {len(body)}\r\n\r\n{body}")

    def _proved(self, request, method):
        name = "WWW-Authenticate" if method == "REGISTER" else "Proxy-Authenticate"
        shown = header(request, "Authorization" if method == "REGISTER" else "Proxy-Authorization")
        if not self.challenges:
            return True
        if shown:
            proved = is_proved(shown, method, self.user, self.password, self.nonce)
            self.proofs.append((method, re.search(r"algorithm=([\w-]+)", shown)[1], proved))
            if proved:
                return True
        asks = "".join(f'{name}: Digest realm="{REALM}", nonce="{self.nonce}", algorithm={a}, qop="auth"\r\n'
                       for a in self.challenges)
        self.answer(request, "401 Unauthorized" if method == "REGISTER" else "407 Proxy Authentication Required", asks)
        return False

    def _take(self, request):
        method = request.split(" ", 1)[0]
        self.requests.append(request)
        self.over = self.over or method == "BYE"
        if method in ("SIP/2.0", "ACK") or not self._proved(request, method):
            return
        if method == "REGISTER":
            self.answer(request, "200 OK", f"Expires: {header(request, 'Expires')}\r\n")
        elif method == "INVITE":
            self._pick_up(request)
        else:
            self.answer(request, "200 OK")

    # -- sound

    def _pick_up(self, invite):
        offer, attributes, profile = invite.split("\r\n\r\n", 1)[1], "", "RTP/AVP"
        if self.encrypts:
            tag, suite, key = re.search(r"\r\na=crypto:(\S+) (\S+) inline:([^|\s]+)", offer).groups()
            profile = re.search(r"\r\nm=audio \d+ (\S+)", offer)[1]
            own = os.urandom(30)
            attributes = f"a=crypto:{tag} {suite} inline:{base64.b64encode(own).decode()}\r\n"
            self.receiver = Session(Policy(base64.b64decode(key), Policy.SSRC_ANY_INBOUND, srtp_profile=SUITES[suite]))
            self.sender = Session(Policy(own, Policy.SSRC_ANY_OUTBOUND, srtp_profile=SUITES[suite]))
        port = self.rtp.getsockname()[1]
        self.far_rtp = (re.search(r"c=IN IP4 (\S+)", offer)[1], int(re.search(r"m=audio (\d+)", offer)[1]))
        self.answer(invite, "200 OK", "Content-Type: application/sdp\r\n",
                    f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                    f"m=audio {port} {profile} 8 96\r\n{attributes}a=rtpmap:96 telephone-event/8000\r\n")
        self.due = time.monotonic()

    def _send(self, payload_type, timestamp, payload):
        packet = struct.pack(">BBHII", 0x80, payload_type, self.seq, timestamp, 0x5150) + payload
        self.seq += 1
        self.rtp.sendto(self.sender.protect(packet) if self.encrypts else packet, self.far_rtp)

    def press(self, event):
        """RFC 4733 2.5.1"""
        for i in range(1, 8):
            self._send(96, self.clock, struct.pack(">BBH", event, (0x80 if i >= 5 else 0) | 10, FRAME * min(i, 5)))
        self.clock += 8 * FRAME

    def _listen(self):
        while True:
            try:
                packet = self.rtp.recv(2048)
            except BlockingIOError:
                return
            if self.encrypts:
                packet = self.receiver.unprotect(packet)
            self.packets.setdefault(struct.unpack(">I", packet[4:8])[0], packet[12:])

    @property
    def heard(self):
        out = array.array("h")
        for timestamp in range(min(self.packets, default=0), max(self.packets, default=-1) + 1, FRAME):
            out.extend(ALAW[o] for o in self.packets.get(timestamp, SILENCE))
        return out

    def until(self, what, seconds=20):
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, f"the trunk waits for nothing: {self.requests[-1:]}"
            select.select([self.link or self.sip, self.rtp], [], [], 0.02)
            if self.due and time.monotonic() >= self.due and not self.over:
                self._send(8, self.clock, SILENCE)
                self.clock += FRAME
                self.due += 0.02
            if self.far_rtp:
                self._listen()
            while message := self._read():
                self._take(message)
