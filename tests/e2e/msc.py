# SPDX-License-Identifier: AGPL-3.0-or-later
"""An MSC with its phones, as an HLR sees them: GSUP over IPA, written here from the standards alone.

    msc = Msc(hlr.address)
    phone = msc.phone("901700000000001")
    page = phone.dial("*140#")
    page = phone.say("1")
    phone.hang_up()

The network runs in a thread of its own, so a test reads from top to bottom; what must be many at once is a
coroutine: msc.run(session.dialled("*140#")).  The octets in both directions are kept, and write_pcap()
gives them to other people's dissectors.

IPA: GSM A-bis/IP as Osmocom's manual "GSUP" describes it; GSUP: the same.  Components: 3GPP TS 24.080 3.6
and 4.5, in BER (X.690).  Strings: TS 23.038 6.2.1 and 6.1.2.3.
"""
import asyncio
import dataclasses
import itertools
import socket
import struct
import threading
import time

# -- TS 23.038 6.2.1: the default alphabet; 6.2.1.1: behind the escape

BASIC = ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
         "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
EXTENSION = {0x0a: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2f: "\\", 0x3c: "[", 0x3d: "~", 0x3e: "]",
             0x40: "|", 0x65: "€"}
assert len(BASIC) == 128
CR = 13


def septets_of(text):
    out = []
    for letter in text:
        if letter in BASIC and letter != "\x1b":
            out.append(BASIC.index(letter))
        else:
            out += [0x1b, {v: k for k, v in EXTENSION.items()}[letter]]
    return out


def pack(septets):
    """6.1.2.3.1: seven bits left over would read as '@': they are a CR, and a CR of the text there is doubled."""
    septets = list(septets)
    if len(septets) % 8 == 7 or (septets and len(septets) % 8 == 0 and septets[-1] == CR):
        septets.append(CR)
    bits = sum(s << 7 * i for i, s in enumerate(septets))
    return bits.to_bytes((7 * len(septets) + 7) // 8, "little")


def unpack(octets):
    bits = int.from_bytes(octets, "little")
    septets = [bits >> 7 * i & 127 for i in range(len(octets) * 8 // 7)]
    if septets and len(septets) % 8 == 0 and septets[-1] == CR:
        septets.pop()
    out, escaped = "", False
    for s in septets:
        if escaped:
            out += EXTENSION.get(s, BASIC[s])
        elif s != 0x1b:
            out += BASIC[s]
        escaped = s == 0x1b and not escaped
    return out


GSM7, UCS2 = 0x0f, 0x48


def encode(text, dcs=GSM7):
    return pack(septets_of(text)) if dcs == GSM7 else text.encode("utf-16-be")


def decode(dcs, octets):
    if dcs == GSM7:
        return unpack(octets)
    assert dcs == UCS2, f"a data coding scheme that no phone of ours knows: {dcs:#x}"
    return octets.decode("utf-16-be")


# -- X.690: BER, definite lengths

def length(n, one_octet=False):
    if n < 128 or one_octet:
        return bytes([n])
    return bytes([0x81, n])


def ber(tag, value, one_octet=False):
    return bytes([tag]) + length(len(value), one_octet) + value


def read_ber(octets):
    """[(tag, value)], strictly."""
    out, at = [], 0
    while at < len(octets):
        tag, n, head = octets[at], octets[at + 1], 2
        if n & 0x80:
            count = n & 0x7f
            n, head = int.from_bytes(octets[at + 2:at + 2 + count], "big"), 2 + count
        assert at + head + n <= len(octets), f"a length beyond the end: {octets.hex()}"
        out.append((tag, octets[at + head:at + head + n]))
        at += head + n
    return out


def read_one_octet(octets):
    """The same with every length one bare octet, as libosmocore 1.7.0 has it."""
    out, at = [], 0
    while at < len(octets):
        tag, n = octets[at], octets[at + 1]
        assert at + 2 + n <= len(octets), f"a length beyond the end: {octets.hex()}"
        out.append((tag, octets[at + 2:at + 2 + n]))
        at += 2 + n
    return out


# -- TS 24.080: components

INVOKE, RESULT, ERROR, REJECT = 0xa1, 0xa2, 0xa3, 0xa4
USSD_REQUEST, USSD_NOTIFY, PROCESS_USSD = 60, 61, 59


def ussd_arg(dcs, octets, one_octet=False):
    return ber(0x30, ber(4, bytes([dcs])) + ber(4, octets, one_octet), one_octet)


def invoke(invoke_id, operation, dcs, octets, one_octet=False):
    return ber(INVOKE, ber(2, bytes([invoke_id])) + ber(2, bytes([operation]))
               + ussd_arg(dcs, octets, one_octet), one_octet)


def result(invoke_id, operation, dcs=None, octets=b"", one_octet=False):
    """No dcs: a result without parameters, an empty answer."""
    inner = b"" if dcs is None else ber(0x30, ber(2, bytes([operation])) + ussd_arg(dcs, octets, one_octet),
                                        one_octet)
    return ber(RESULT, ber(2, bytes([invoke_id])) + inner, one_octet)


def error(invoke_id, code):
    return ber(ERROR, ber(2, bytes([invoke_id])) + ber(2, bytes([code])))


@dataclasses.dataclass
class Component:
    kind: int
    invoke_id: int = -1
    operation: int = -1
    dcs: int = -1
    octets: bytes = b""
    code: int = -1  # of an error or a reject
    linked: int = -1


def read_component(octets, one_octet=False):
    read = read_one_octet if one_octet else read_ber
    [(kind, value)] = read(octets)
    c = Component(kind)
    parts = read(value)
    if parts[0] != (5, b""):
        assert parts[0][0] == 2, f"no invoke id: {octets.hex()}"
        c.invoke_id = parts[0][1][0]
    parts = parts[1:]
    if kind == REJECT:
        c.code = parts[0][0] << 8 | parts[0][1][0]
        return c
    if kind == RESULT and parts:
        [(tag, value)] = parts
        assert tag == 0x30
        parts = read(value)
    for tag, value in parts:
        if tag == 0x80:
            c.linked = value[0]
        elif tag == 2 and kind == ERROR:
            c.code = value[0]
        elif tag == 2:
            c.operation = value[0]
        elif tag == 0x30 and kind != ERROR:
            [(_, dcs), (_, c.octets)] = [t for t in read(value) if t[0] == 4]
            c.dcs = dcs[0]
    return c


# -- GSUP

PROC_SS_REQ, PROC_SS_ERR, PROC_SS_RES = 0x20, 0x21, 0x22
UPDATE_REQ, UPDATE_ERR, UPDATE_RES, INSERT_REQ, INSERT_RES = 0x04, 0x05, 0x06, 0x10, 0x12
IMSI, CAUSE, MSISDN, CN_DOMAIN, SESSION_ID, SESSION_STATE, SS_INFO = 0x01, 0x02, 0x08, 0x28, 0x30, 0x31, 0x35
BEGIN, CONTINUE, END = 1, 2, 3


def bcd(digits):
    digits += "f" * (len(digits) % 2)
    return bytes(int(digits[i + 1] + digits[i], 16) for i in range(0, len(digits), 2))


def unbcd(octets):
    return "".join(f"{o & 15:x}{o >> 4:x}" for o in octets).rstrip("f")


def gsup(kind, *ies):
    """ies: (tag, value) in order."""
    return bytes([kind]) + b"".join(bytes([tag, len(value)]) + value for tag, value in ies)


def read_gsup(octets):
    """(kind, {tag: value})."""
    out, at = {}, 1
    while at < len(octets):
        tag, n = octets[at], octets[at + 1]
        assert at + 2 + n <= len(octets), f"GSUP element beyond the end: {octets.hex()}"
        out[tag] = octets[at + 2:at + 2 + n]
        at += 2 + n
    return octets[0], out


def msisdn_ie(number):
    """Called party BCD number without its tag and length, TS 24.008 10.5.4.7: international, ISDN."""
    return b"\x91" + bcd(number.lstrip("+"))


def proc_ss(kind, imsi, session_id, state, component=None, msisdn=None, extra=()):
    ies = [(IMSI, bcd(imsi))]
    if msisdn:
        ies.append((MSISDN, msisdn_ie(msisdn)))
    ies += [(SESSION_ID, struct.pack(">I", session_id)), (SESSION_STATE, bytes([state]))]
    if component is not None:
        ies.append((SS_INFO, component))
    return gsup(kind, *ies, *extra)


# -- IPA

CCM, OSMO, EXT_GSUP = 0xfe, 0xee, 0x05
PING, PONG, ID_GET, ID_RESP, ID_ACK = 0x00, 0x01, 0x04, 0x05, 0x06
SERNR, UNITNAME, UNIT = 0x00, 0x01, 0x08


def ipa(protocol, payload):
    return struct.pack(">HB", len(payload), protocol) + payload


def ipa_gsup(message):
    return ipa(OSMO, bytes([EXT_GSUP]) + message)


def id_resp(*tags):
    """tags: (tag, text): each a length of two octets that counts the tag, the text and a NUL."""
    return ipa(CCM, bytes([ID_RESP]) + b"".join(
        struct.pack(">HB", len(text) + 2, tag) + text.encode() + b"\0" for tag, text in tags))


class Deframer:
    """Octets in, (protocol, payload) out."""

    def __init__(self):
        self.rest = b""

    def feed(self, octets):
        rest, at, out = self.rest + octets, 0, []
        while len(rest) - at >= 3:
            n = rest[at] << 8 | rest[at + 1]
            if len(rest) - at < 3 + n:
                break
            out.append((rest[at + 2], rest[at + 3:at + 3 + n]))
            at += 3 + n
        self.rest = rest[at:]
        return out


# -- the MSC

@dataclasses.dataclass
class Page:
    """What came back."""
    text: str = ""
    last: bool = False
    octets: int = 0  # of the string, packed
    dcs: int = -1
    took_s: float = 0.0
    error: int = -1  # code of the return error, or reject (tag and code), that came instead
    cause: int = -1  # of GSUP, in a PROC_SS_ERROR
    state: int = 0
    component: bytes = b""  # as it came

    def __str__(self):
        return self.text


class Gone(Exception):
    """The HLR closed the connection, or nothing came in time."""


class Session:
    """One dialled code, until it ends.  Coroutines; Phone has the same for tests that do one thing at a time."""

    def __init__(self, msc, imsi, msisdn=None, one_octet=False):
        self.msc, self.imsi, self.msisdn, self.one_octet = msc, imsi, msisdn, one_octet
        self.id = next(msc.ids)
        self.open = False
        self.waiting = None
        self.asked = self.sent_s = 0
        self.early = []  # what came while nobody asked

    def send(self, state, component=None, msisdn=None):
        message = proc_ss(PROC_SS_REQ if state != END else PROC_SS_RES, self.imsi, self.id, state, component,
                          msisdn)
        self.sent_s = time.monotonic()
        self.msc.send(message)

    async def page(self, timeout=10):
        if self.early:
            return self.early.pop(0)
        self.waiting = self.msc.loop.create_future()
        try:
            async with asyncio.timeout(timeout):
                return await self.waiting
        except TimeoutError:
            raise Gone(f"nothing in {timeout} s") from None
        finally:
            self.waiting = None

    async def dialled(self, code, timeout=10, dcs=GSM7):
        self.begin(code, dcs)
        return await self.page(timeout)

    def begin(self, code, dcs=GSM7, component=None):
        self.open = True
        self.msc.sessions[self.imsi, self.id] = self
        self.send(BEGIN, component or invoke(1, PROCESS_USSD, dcs, encode(code, dcs)), self.msisdn)

    async def said(self, text, timeout=10, dcs=GSM7):
        self.answer(text, dcs)
        return await self.page(timeout)

    def answer(self, text, dcs=GSM7, component=None):
        if not self.open:
            raise Gone("the session is over")
        self.send(CONTINUE, component or result(self.asked, USSD_REQUEST, dcs,
                                                encode(text, dcs), self.one_octet))

    def hang_up(self):
        """As osmo-msc does: END without a component."""
        self.send(END)
        self.close()

    def close(self):
        self.open = False
        self.msc.sessions.pop((self.imsi, self.id), None)

    def heard(self, kind, ies, now):
        page = Page(took_s=now - self.sent_s, state=ies[SESSION_STATE][0] if SESSION_STATE in ies else 0)
        if CAUSE in ies:
            page.cause = ies[CAUSE][0]
        if ies.get(SS_INFO):
            page.component = ies[SS_INFO]
            c = read_component(page.component, self.one_octet)
            page.dcs, page.octets, page.error = c.dcs, len(c.octets), c.code
            if c.dcs >= 0:
                page.text = decode(c.dcs, c.octets)
            if c.kind == INVOKE:
                self.asked = c.invoke_id
        page.last = kind == PROC_SS_ERR or page.state == END
        self.msc.pages.append(page)
        if page.last:
            self.close()
        self.tell(page)

    def tell(self, page):
        if self.waiting and not self.waiting.done():
            self.waiting.set_result(page)
        else:
            self.early.append(page)

    def lost(self):
        self.open = False
        if self.waiting and not self.waiting.done():
            self.waiting.set_exception(Gone("the HLR closed the connection"))


class Phone:
    """A Session for a test that waits for each page."""

    def __init__(self, msc, imsi, msisdn=None, one_octet=False):
        self.msc, self.imsi, self.msisdn, self.one_octet = msc, imsi, msisdn, one_octet
        self.session, self.pages = None, []

    def dial(self, code, timeout=10, dcs=GSM7):
        self.session = Session(self.msc, self.imsi, self.msisdn, self.one_octet)
        return self.keep(self.session.dialled(code, timeout, dcs))

    def say(self, text, timeout=10, dcs=GSM7):
        return self.keep(self.session.said(text, timeout, dcs))

    def keep(self, coroutine):
        page = self.msc.run(coroutine)
        self.pages.append(page)
        return page

    def hang_up(self):
        self.msc.do(self.session.hang_up)

    @property
    def open(self):
        return bool(self.session and self.session.open)


class Msc(asyncio.Protocol):
    """One connection to an HLR."""

    def __init__(self, address, port=4222, name="MSC-1"):
        self.address, self.port, self.name = address, port, name
        self.sessions, self.ids = {}, itertools.count(1)
        self.stray = []  # (kind, elements) of messages that no session of ours waits for
        self.record = []  # (seconds, from us, octets)
        self.pages = []  # all that came, in order
        self.located = {}
        self.pongs = []
        self.transport = None
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.connect()

    # life

    def run(self, coroutine, timeout=180):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout)

    def do(self, what, *args):
        async def call():
            return what(*args)
        return self.run(call())

    def connect(self):
        self.run(self.connected())

    async def connected(self, timeout=20):
        """Connect, as often as it takes: the HLR may be starting.  Until it has asked who we are and was told."""
        deadline = time.monotonic() + timeout
        while True:
            self.deframer, self.named = Deframer(), self.loop.create_future()
            try:
                await self.loop.create_connection(lambda: self, self.address, self.port)
                async with asyncio.timeout(5):
                    await self.named
                return
            except (OSError, Gone, TimeoutError):
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.01)

    def close(self):
        if self.transport:
            self.do(self.transport.abort)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()

    def phone(self, imsi, msisdn=None, one_octet=False):
        return Phone(self, imsi, msisdn, one_octet)

    # the wire

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exception):
        self.transport = None
        if not self.named.done():
            self.named.set_exception(Gone("closed before it asked who we are"))
        for session in list(self.sessions.values()):
            session.lost()
        self.sessions.clear()
        self.pongs.clear()

    def write(self, octets):
        if not self.transport:
            raise Gone("not connected")
        self.record.append((time.time(), True, octets))
        self.transport.write(octets)

    def send(self, message):
        self.write(ipa_gsup(message))

    def data_received(self, octets):
        now = time.monotonic()
        self.record.append((time.time(), False, octets))
        for protocol, payload in self.deframer.feed(octets):
            if protocol == CCM:
                self.heard_ccm(payload)
            elif protocol == OSMO and payload[0] == EXT_GSUP:
                self.heard_gsup(payload[1:], now)

    def heard_ccm(self, payload):
        if payload[0] == PING:
            self.write(ipa(CCM, bytes([PONG])))
        elif payload[0] == PONG:
            self.pongs.pop(0).set_result(True)
        elif payload[0] == ID_GET:
            self.write(id_resp((SERNR, self.name), (UNIT, "0/0/0")))
            if not self.named.done():
                self.named.set_result(True)

    def heard_gsup(self, message, now):
        kind, ies = read_gsup(message)
        imsi = unbcd(ies[IMSI]) if IMSI in ies else ""
        if kind in (PROC_SS_REQ, PROC_SS_ERR, PROC_SS_RES) and SESSION_ID in ies:
            session = self.sessions.get((imsi, int.from_bytes(ies[SESSION_ID], "big")))
            if session:
                session.heard(kind, ies, now)
                return
        elif kind == INSERT_REQ:
            self.send(gsup(INSERT_RES, (IMSI, ies[IMSI])))
            return
        elif kind in (UPDATE_RES, UPDATE_ERR) and imsi in self.located:
            self.located.pop(imsi).set_result(kind == UPDATE_RES)
            return
        self.stray.append((kind, ies))

    def locate(self, imsi):
        """The phone shows up in this MSC's area: the HLR learns where it is."""
        return self.run(self.does_locate(imsi))

    async def does_locate(self, imsi):
        self.located[imsi] = self.loop.create_future()
        self.send(gsup(UPDATE_REQ, (IMSI, bcd(imsi)), (CN_DOMAIN, b"\x02")))
        async with asyncio.timeout(10):
            return await self.located[imsi]

    def flush(self):
        """Until all that the HLR had for us when this was called is here."""
        for _ in range(2):  # it may have read the first ping before what others sent it
            self.run(self.ping())

    async def ping(self):
        self.pongs.append(self.loop.create_future())
        pong = self.pongs[-1]
        self.write(ipa(CCM, bytes([PING])))
        async with asyncio.timeout(10):
            await pong

    # for other people's dissectors

    def write_pcap(self, path):
        """What went over the connection, a message a packet of TCP (LINKTYPE_RAW: IPv4 without a link layer)."""
        sequence, deframers = {True: 1, False: 1}, {True: Deframer(), False: Deframer()}
        with open(path, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
            for when, ours, octets in list(self.record):
                for frame in deframers[ours].feed(octets):
                    packet = tcp(ours, sequence, ipa(*frame))
                    out.write(struct.pack("<IIII", int(when), int(when % 1 * 1e6), len(packet), len(packet)))
                    out.write(packet)


def tcp(ours, sequence, octets):
    msc, hlr = socket.inet_aton("192.0.2.1"), socket.inet_aton("192.0.2.2")
    a, b = (40000, 4222) if ours else (4222, 40000)
    header = struct.pack(">HHIIBBHHH", a, b, sequence[ours], sequence[not ours], 5 << 4, 0x18, 65535, 0, 0)
    sequence[ours] += len(octets)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(octets), 0, 0, 64, 6, 0,
                     *((msc, hlr) if ours else (hlr, msc)))
    return ip + header + octets
