# SPDX-License-Identifier: AGPL-3.0-or-later
"""A telephone behind a SIP trunk, in so much of RFC 3261, 3264, 3550 and 4733 as a caller needs.

    with SipPhone("127.0.0.1", port) as phone:
        phone.call("+31612345678")
        phone.hear(2.0)
        phone.press("1")
        phone.hang_up()

What is heard is kept by RTP timestamp in `heard`, 8 kHz samples; packets of silence go out every 20 ms, on
an absolute schedule, for as long as anything is waited for.
"""
import array
import bisect
import math
import random
import re
import select
import socket
import struct
import time

FRAME = 160
EVENTS = "0123456789*#ABCD"
SILENCE = b"\xd5" * FRAME  # A-law
EVENT_TYPE = 96
LATE = 3  # packets that are caught up with; a test that was busy longer said nothing meanwhile


def _alaw(octet):
    """G.711 table 1a, as 16 bit."""
    octet ^= 0x55
    exponent, mantissa = octet >> 4 & 7, octet & 15
    value = mantissa * 16 + 8 if exponent == 0 else (mantissa * 16 + 264) << exponent - 1
    return value if octet & 0x80 else -value


ALAW = [_alaw(o) for o in range(256)]

NEAREST = sorted(range(256), key=lambda o: ALAW[o])
LEVELS = [ALAW[o] for o in NEAREST]


def coded(sound):
    """Packets of samples."""
    octets = bytes(NEAREST[min(bisect.bisect(LEVELS, s), 255)] for s in sound)
    octets += SILENCE[:-len(octets) % FRAME]
    return [octets[i:i + FRAME] for i in range(0, len(octets), FRAME)]


# ITU-T Q.23
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
PAD = "123A456B789C*0#D"


def tones(keys, on=5, off=5):
    """Packets of keys as tones, so many frames each."""
    packets = []
    for key in keys:
        row, column = divmod(PAD.index(key), 4)
        sound = [6000 * (math.sin(2 * math.pi * LOW[row] * i / 8000) + math.sin(2 * math.pi * HIGH[column] * i / 8000))
                 for i in range(on * FRAME)]
        packets += coded(sound) + [SILENCE] * off
    return packets


class Refused(Exception):
    """The answer to an INVITE: its status and the whole message."""

    def __init__(self, status, message):
        super().__init__(status)
        self.status, self.message = status, message


class SipPhone:
    transport, profile, attributes = "UDP", "RTP/AVP", ""
    event_type, version = EVENT_TYPE, 0

    def __init__(self, address, port, own="127.0.0.1"):
        self.far, self.own = (address, port), own
        self.sip = self._socket()
        self.rtp = self._socket()
        self.call_id = f"{random.getrandbits(64):x}@{own}"
        self.tag = f"{random.getrandbits(32):x}"
        self.to, self.cseq = None, 0
        self.far_rtp, self.over = None, False
        self.seq = random.getrandbits(16)
        self.clock, self.due = random.getrandbits(31), None
        self.packets, self.arrivals = {}, []
        self.to_say = []

    def _socket(self):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((self.own, 0))
        s.setblocking(False)
        return s

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.far_rtp and not self.over:
            self.hang_up()
        self.sip.close()
        self.rtp.close()

    # -- what another kind of phone does otherwise

    def _tell(self, message):
        self.sip.sendto(message.encode(), self.far)

    def _read(self):
        """A message that came, or None."""
        try:
            return self.sip.recv(65536).decode()
        except BlockingIOError:
            return None

    def _agreed(self, answer):
        """The SDP of the line."""

    def _sealed(self, packet):
        return packet

    def _opened(self, packet):
        return packet

    # -- SIP

    def request(self, method, headers="", body="", branch=None):
        if method not in ("ACK", "CANCEL"):
            self.cseq += 1
        to = f"<sip:14070@{self.far[0]}>" if not self.to else self.to
        own = self.sip.getsockname()
        self._tell(
            f"{method} sip:14070@{self.far[0]}:{self.far[1]} SIP/2.0\r\n"
            f"Via: SIP/2.0/{self.transport} {own[0]}:{own[1]};branch=z9hG4bK{branch or random.getrandbits(64):x};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:{self.number}@{own[0]}>;tag={self.tag}\r\nTo: {to}\r\n"
            f"Call-ID: {self.call_id}\r\nCSeq: {self.cseq} {method}\r\n"
            f"Contact: <sip:phone@{own[0]}:{own[1]};transport={self.transport.lower()}>\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n{body}")

    def _message(self):
        """One message of the line, or None; its requests are answered."""
        message = self._read()
        if not message or message.startswith("SIP/2.0 "):
            return message
        if not message.startswith("ACK "):
            self._asked(message)
        return None

    def _asked(self, message):
        """A request of the line's, but an ACK."""
        self._reply(message, "200 OK")
        if message.startswith("BYE "):
            self.over = True

    def _reply(self, message, status, headers="", body="", tag=""):
        head = "\r\n".join(l + (tag if l.startswith("To:") else "") for l in message.split("\r\n\r\n")[0].split("\r\n")
                           if re.match("(Via|From|To|Call-ID|CSeq):", l))
        self._tell(f"SIP/2.0 {status}\r\n{head}\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}")

    def _final(self, seconds=10):
        """The final answer to what was asked last."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = self._turn()
            if message and not message.startswith("SIP/2.0 1") and f"CSeq: {self.cseq} " in message:
                return message
        raise AssertionError("the line does not answer")

    def _sdp(self, codecs="8 0 3", events=True, address=None, direction=""):
        ip, port = self.rtp.getsockname()
        formats = codecs + (f" {self.event_type}" if events else "")
        self.version += 1
        body = (f"v=0\r\no=- 1 {self.version} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {address or ip}\r\nt=0 0\r\n"
                f"m=audio {port} {self.profile} {formats}\r\n{self.attributes}")
        if events:
            body += f"a=rtpmap:{self.event_type} telephone-event/8000\r\na=fmtp:{self.event_type} 0-15\r\n"
        return body + (f"a={direction}\r\n" if direction else "")

    def call(self, number, headers="", codecs="8 0 3", events=True):
        self.number = number
        body = self._sdp(codecs, events)
        self.request("INVITE", "Content-Type: application/sdp\r\n" + headers, body)
        answer = self._final()
        status = int(answer.split()[1])
        if status >= 300:
            raise Refused(status, answer)
        self.to = re.search(r"\r\nTo: ([^\r]*)", answer)[1]
        self.request("ACK")
        self.far_rtp = (re.search(r"\r\nc=IN IP4 (\S+)", answer)[1],
                        int(re.search(r"\r\nm=audio (\d+)", answer)[1]))
        self._agreed(answer)
        self.due = time.monotonic()

    def offer(self, **sdp):
        """A re-INVITE with another SDP; the answer's."""
        self.request("INVITE", "Content-Type: application/sdp\r\n", self._sdp(**sdp))
        answer = self._final()
        self.request("ACK")
        assert answer.startswith("SIP/2.0 200"), answer
        return answer.split("\r\n\r\n")[1]

    def hang_up(self):
        self.over = True
        self.request("BYE")
        assert self._final().startswith("SIP/2.0 200")

    # -- sound

    def _send(self, payload_type, timestamp, payload):
        self.rtp.sendto(self._sealed(struct.pack(">BBHII", 0x80, payload_type, self.seq & 0xffff,
                                                 timestamp & 0xffffffff, 0x5150) + payload), self.far_rtp)
        self.seq += 1

    def _listen(self):
        while True:
            try:
                data = self._opened(self.rtp.recv(2048))
            except BlockingIOError:
                return
            _, payload_type, _, timestamp, _ = struct.unpack(">BBHII", data[:12])
            assert payload_type & 0x7f == 8, "the line sends what was not agreed first"
            self.packets.setdefault(timestamp, data[12:])
            self.arrivals.append(time.monotonic())

    def _turn(self):
        """Wait for something, and send what is due."""
        wait = 0.02 if self.due is None else max(0, self.due - time.monotonic())
        select.select([self.sip, self.rtp], [], [], wait)
        late = 0 if self.due is None else int((time.monotonic() - self.due) / 0.02)
        if late > LATE:
            self.clock += late * FRAME
            self.due += late * 0.02
        while self.due is not None and time.monotonic() >= self.due and not self.over:
            self._send(8, self.clock, self.to_say.pop(0) if self.to_say else SILENCE)
            self.clock += FRAME
            self.due += 0.02
        self._listen()
        return self._message()

    def until(self, what, seconds=20):
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, "the phone waits for nothing"
            self._turn()

    def hear(self, seconds):
        """So much of what the line says."""
        frames = len(self.packets) + int(seconds * 50)
        self.until(lambda: len(self.packets) >= frames or self.over, seconds + 20)

    def hush(self, seconds=1.0):
        """Until the line has said nothing for so long, from now on: longer than between two sentences."""

        def quiet():
            new = [stamp for stamp in sorted(self.packets)[-int(seconds * 50):] if stamp > since]
            return len(new) >= seconds * 50 - 1 and all(abs(ALAW[o]) < 100 for stamp in new for o in self.packets[stamp])

        since = max(self.packets, default=0)
        self.until(quiet, 40)

    def press(self, keys):
        """RFC 4733 2.5.1: while it lasts, and its end three times."""
        for key in keys:
            start = self.clock
            for i in range(1, 8):
                end = 0x80 if i >= 5 else 0
                self._send(self.event_type, start, struct.pack(">BBH", EVENTS.index(key), end | 10,
                                                          FRAME * min(i, 5)))
            self.clock = start + 8 * FRAME

    def speak(self, packets):
        """Say what was heard before, packet by packet."""
        self.to_say.extend(packets)
        self.until(lambda: not self.to_say)

    @property
    def heard(self):
        """All samples; what did not arrive is silence, by its timestamp."""
        if not self.packets:
            return array.array("h")
        first, last = min(self.packets), max(self.packets)
        out = array.array("h")
        for timestamp in range(first, last + FRAME, FRAME):
            out.extend(ALAW[o] for o in self.packets.get(timestamp, SILENCE))
        return out


class CalledPhone(SipPhone):
    """One that the line calls: it rings until it is told what to do.

        together([caller, phone], lambda: phone.invite)
        phone.pick_up()
    """

    def __init__(self, *args):
        super().__init__(*args)
        self.invite, self.cancelled = None, False

    def _asked(self, message):
        if message.startswith("INVITE ") and not self.invite:
            self.invite = message
            self._reply(message, "180 Ringing", tag=f";tag={self.tag}")
            return
        super()._asked(message)
        if message.startswith("CANCEL "):
            self.cancelled = self.over = True
            self._reply(self.invite, "487 Request Terminated", tag=f";tag={self.tag}")

    def pick_up(self):
        header = {name: value for name, value in re.findall(r"\r\n([A-Za-z-]+): ([^\r]*)", self.invite)}
        self.to, self.call_id = header["From"], header["Call-ID"]
        self.number = self.called
        self.event_type = int(re.search(r"a=rtpmap:(\d+) telephone-event/8000", self.invite)[1])
        self.far_rtp = (re.search(r"\r\nc=IN IP4 (\S+)", self.invite)[1],
                        int(re.search(r"\r\nm=audio (\d+)", self.invite)[1]))
        own = self.sip.getsockname()
        self._reply(self.invite, "200 OK", f"Contact: <sip:phone@{own[0]}:{own[1]}>\r\nContent-Type: application/sdp\r\n",
                    self._sdp("8"), f";tag={self.tag}")
        self.due = time.monotonic()

    @property
    def called(self):
        """The number that the line dialled."""
        return re.match(r"INVITE sip:([^@;]*)", self.invite)[1]


def together(phones, what, seconds=30):
    """All of them go on sending until something is so; asked now and then, for it may take longer than a packet."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "the phones wait for nothing"
        for _ in range(5):
            for phone in phones:
                phone._turn()
