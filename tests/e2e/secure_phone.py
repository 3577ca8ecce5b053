# SPDX-License-Identifier: AGPL-3.0-or-later
"""Phones behind a trunk that encrypt: sound by Debian's libsrtp with keys in SDP (RFC 3711, 4568), SIP by Python's TLS."""
import base64
import os
import re
import socket
import ssl

from pylibsrtp import Policy, Session
from sip_phone import SipPhone

SUITES = {"AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
          "AES_CM_128_HMAC_SHA1_32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32}


class SecurePhone(SipPhone):
    profile = "RTP/SAVP"

    def __init__(self, *args, suites=("AES_CM_128_HMAC_SHA1_80",), **options):
        super().__init__(*args, **options)
        self.sent, self.kept = [], b""
        self.new_keys(suites)

    def new_keys(self, suites):
        self.keys = {str(tag): (suite, os.urandom(30)) for tag, suite in enumerate(suites, 3)}
        self.attributes = "".join(f"a=crypto:{tag} {suite} inline:{base64.b64encode(key).decode()}|2^31\r\n"
                                  for tag, (suite, key) in self.keys.items())

    def _agreed(self, answer):
        self.answer = answer
        assert re.search(r"\r\nm=audio \d+ (\S+) ", answer)[1] == self.profile
        (tag, suite, key), = re.findall(r"\r\na=crypto:(\S+) (\S+) inline:([^|\s]+)", answer)
        offered, own = self.keys[tag]
        assert offered == suite
        theirs = base64.b64decode(key)
        if theirs != self.kept:
            self.receiver = Session(Policy(theirs, Policy.SSRC_ANY_INBOUND, srtp_profile=SUITES[suite]))
        self.kept = theirs
        self.sender = Session(Policy(own, Policy.SSRC_ANY_OUTBOUND, srtp_profile=SUITES[suite]))

    def _listen(self):
        if self.kept:  # sound may come before the answer that has its key
            super()._listen()

    def _sealed(self, packet):
        self.sent.append(self.sender.protect(packet))
        return self.sent[-1]

    def _opened(self, packet):
        return self.receiver.unprotect(packet)


class TlsPhone(SipPhone):
    """The same by TLS, on one connection."""
    transport = "TLS"

    def __init__(self, address, port, ca, certificate=None, own="127.0.0.1"):
        self.context = ssl.create_default_context(cafile=ca)
        if certificate:
            self.context.load_cert_chain(certificate)
        self.rest = b""
        super().__init__(address, port, own)
        self.sip.close()
        plain = socket.create_connection((address, port), 5, (own, 0))
        self.sip = self.context.wrap_socket(plain, server_hostname=address)
        self.sip.setblocking(False)

    def _tell(self, message):
        self.sip.setblocking(True)
        self.sip.sendall(message.encode())
        self.sip.setblocking(False)

    def _read(self):
        try:
            data = self.sip.recv(65536)
            if not data:
                raise AssertionError("the line closed the connection")
            self.rest += data
        except (ssl.SSLWantReadError, BlockingIOError):
            pass
        head, end, body = self.rest.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)[1]) if end else 0
        if not end or len(body) < length:
            return None
        self.rest = body[length:]
        return (head + end + body[:length]).decode()


class SecureTlsPhone(TlsPhone, SecurePhone):
    """Both."""
