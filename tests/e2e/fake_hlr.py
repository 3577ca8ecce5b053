# SPDX-License-Identifier: AGPL-3.0-or-later
"""An HLR that says what a test wants, when it wants: for what the real one never does.

    with FakeHlr() as hlr, gateway(tmp_path, hlr.address, hlr.port) as line:
        link = hlr.accept()
        link.send(ipa_gsup(...))
        kind, ies = link.gsup()
"""
import collections
import socket
import time

from msc import CCM, EXT_GSUP, ID_GET, ID_RESP, OSMO, PING, PONG, Deframer, ipa, read_gsup

# what osmo-hlr 1.5.0 asks: unit id, MAC, two locations, equipment version, software, name, serial number
ASKS = bytes([ID_GET]) + b"".join(bytes([1, tag]) for tag in (8, 7, 2, 3, 4, 5, 1, 0))


class Link:
    """One connection of the gateway."""

    def __init__(self, sock):
        self.sock, self.deframer, self.frames = sock, Deframer(), collections.deque()

    def send(self, octets):
        self.sock.sendall(octets)

    def frame(self, timeout=10):
        """The next (protocol, payload); None if the gateway closed the connection."""
        deadline = time.monotonic() + timeout
        while not self.frames:
            self.sock.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                octets = self.sock.recv(65536)
            except ConnectionResetError:
                return None
            if not octets:
                return None
            self.frames.extend(self.deframer.feed(octets))
        return self.frames.popleft()

    def need_frame(self, deadline):
        frame = self.frame(deadline - time.monotonic())
        if frame is None:
            raise ConnectionError("the gateway closed the connection")
        return frame

    def ccm(self, kind, timeout=10):
        """Its identity message of a kind; what comes before it is passed over."""
        deadline = time.monotonic() + timeout
        while True:
            protocol, payload = self.need_frame(deadline)
            if protocol == CCM and payload[0] == kind:
                return payload[1:]

    def gsup(self, timeout=10):
        """Its next GSUP message; a ping on the way is answered."""
        deadline = time.monotonic() + timeout
        while True:
            protocol, payload = self.need_frame(deadline)
            if protocol == OSMO and payload[0] == EXT_GSUP:
                return read_gsup(payload[1:])
            if protocol == CCM and payload[0] == PING:
                self.send(ipa(CCM, bytes([PONG])))

    def quiet(self):
        """What it has sent and nobody read, once it has answered a ping: none can come later."""
        self.send(ipa(CCM, bytes([PING])))
        out = []
        while True:
            protocol, payload = self.need_frame(time.monotonic() + 10)
            if protocol == CCM and payload[0] == PONG:
                return out
            if protocol == OSMO:
                out.append(read_gsup(payload[1:]))

    def closed(self, timeout=10):
        """Wait until the gateway has closed it."""
        deadline = time.monotonic() + timeout
        while self.frame(deadline - time.monotonic()) is not None:
            pass
        return True

    def close(self):
        self.sock.close()


class FakeHlr:
    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that it is full soon
        self.address, self.port = self.server.getsockname()
        self.links = []

    def accept(self, timeout=20, ask=True):
        """The next connection; ask: once it has told who it is."""
        self.server.settimeout(timeout)
        link = Link(self.server.accept()[0])
        self.links.append(link)
        if ask:
            link.send(ipa(CCM, ASKS))
            link.identity = link.ccm(ID_RESP)
        return link

    def __enter__(self):
        return self

    def __exit__(self, *why):
        for link in self.links:
            link.close()
        self.server.close()

    def link(self):
        """The last connection if it still is one and nothing waits on it, else the next."""
        if self.links:
            try:
                self.links[-1].quiet()
                return self.links[-1]
            except OSError:  # closed on either side
                self.links[-1].close()
        while True:
            try:
                return self.accept()
            except ConnectionError:  # it had waited too long for us
                pass
