# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the tests of USSD share: the real binary behind Debian's osmo-hlr, an MSC before it, and tshark beside them."""
import asyncio
import contextlib
import json
import random
import re
import subprocess
import unicodedata

from gateway import Gateway
from hlr import Hlr
from msc import GSM7, PROCESS_USSD, UCS2, USSD_REQUEST, Gone, Msc, Session

CODE = "*140#"
PAGE_OCTETS = 112
NAME = "EUSE-meldlijn"

# Waits of the line that a test need not sit out: connecting again.
QUICK = "timer euse X2 1\ntimer euse X3 1\n"


def euse_words(address, port=4222, words=""):
    return (f"euse meldlijn\n hlr {address} {port}\n code {CODE}\n page-limit {PAGE_OCTETS}\n"
            f"{words}\n no shutdown\n")


def gateway(directory, address, port=4222, words="", extra="", **options):
    return Gateway(directory, extra=euse_words(address, port, words) + QUICK + extra, **options)


def imsi(n):
    return f"90170{n:010d}"


def number(n):
    return f"+316{70000000 + n:08d}"


class Resident:
    """A phone of the network together with the texts that it gets, of a handset line beside."""

    def __init__(self, city, n, tells=True, one_octet=False):
        self.line, self.imsi, self.number = city.line, imsi(n), number(n)
        self.phone = city.msc.phone(self.imsi, self.number if tells else None, one_octet)

    def dial(self, code=CODE, **options):
        return self.phone.dial(code, **options)

    def say(self, text, **options):
        dcs = UCS2 if re.search("[\u0600-\u06ff]", text) else GSM7
        return self.phone.say(text, dcs=dcs, **options)

    def texts(self):
        return [m["text"] for m in self.line.messages(self.number)]

    def whole(self, page):
        """The text of a page and of all that follow it; each is a page of the phone."""
        said = [page.text]
        while not page.last and more(page):
            page = self.say("#")
            said.append(page.text)
        return Said(said, page.last)

    def reports(self):
        return [r for r, in self.line.sql(
            "SELECT reference FROM report r JOIN person p ON p.id = r.person_id WHERE p.number = ?"
            " ORDER BY r.id", self.number)]


class Said:
    """A text that came in pages."""

    def __init__(self, pages, last):
        self.pages, self.last = pages, last
        # without what stands at the foot of a page
        bodies = [re.sub(r"\n[#0][= ][^\n]*", "", page) for page in pages]
        self.text = "\n".join(bodies)

    def __contains__(self, words):
        """Pages end anywhere and letters may have lost their accents."""
        return plain(words) in plain(self.text)

    def key(self, option):
        """The number before an option."""
        found = re.search(rf"^(\d+) [^\n]*{folded(option)}", folded(self.text), re.M)
        assert found, f"no option {option!r} in {self.text!r}"
        return found[1]

    def reference(self):
        found = Reporter.FILED.search(self.text)
        assert found, f"no reference in {self.text!r}"
        return found[1]

    def __repr__(self):
        return f"Said({self.text!r})"


def folded(text):
    """Without accents, in small letters."""
    text = unicodedata.normalize("NFKD", text.replace("ı", "i").replace("İ", "I"))
    return "".join(c for c in text if not unicodedata.combining(c)).lower()


def plain(text):
    """The same, and all that is blank is a blank."""
    return " ".join(folded(text).split())


def more(page):
    """The foot says that pages follow: '#=meer', in any language."""
    return re.search(r"^#[= ]\S", page.text, re.M) is not None


# -- one who reports what is the matter, by reading

class Reporter:
    """Reads a page as a person does and knows what to answer next, also where a lost dialogue goes on."""

    QUESTIONS = (("main", r"^1 Melden$", "1"), ("what", r"^4 Stoep of straat$", "4"),
                 ("paving", r"^1 Stoep$", "1"), ("where", r"Waar\?", None), ("size", r"Hoe groot is het", None))
    FILED = re.compile(r"\*140\*2\*(\d{7})#")

    def __init__(self, place, size):
        self.answers = {"where": place, "size": size}
        self.place, self.size = place, size
        self.at = -1  # which of the questions is before them
        self.patience = 40  # pages
        self.reference = None

    def read(self, page):
        """What to answer; None once the reference was read."""
        filed = self.FILED.search(page.text)
        if filed:
            self.reference = filed[1]
            return None
        self.patience -= 1
        assert self.patience, f"it never ends: {page.text!r}"
        seen = [i for i, (_, pattern, _) in enumerate(self.QUESTIONS) if re.search(pattern, page.text, re.M)]
        assert len(seen) <= 1, f"two questions on a page: {page.text!r}"
        if seen:
            self.at = seen[0]
        elif more(page):
            return "#"
        assert self.at >= 0, f"what is one to make of {page.text!r}"
        name, _, key = self.QUESTIONS[self.at]
        return key or self.answers[name]


class Caller(Reporter):
    """Dials, answers, and dials again when the session was lost."""

    def __init__(self, city, n, place, think_s):
        super().__init__(place, f"{n} tegels los")
        self.city, self.imsi, self.number, self.think_s = city, imsi(n), number(n), think_s
        self.took, self.pages, self.sessions, self.resumed = [], [], 0, []

    async def lives(self):
        while not self.reference:
            try:
                await self.one_session()
            except Gone:
                await self.city.back()

    async def one_session(self):
        before = self.at
        self.sessions += 1
        session = Session(self.city.msc, self.imsi)  # as osmo-msc, which tells no number
        page = self.keep(await session.dialled(CODE))
        if page.error >= 0 or page.cause >= 0:  # the line has not found the HLR again yet
            await asyncio.sleep(0.1)
            return
        answer = self.read(page)
        if self.sessions > 1:
            self.resumed.append((before, self.at, page))
        while answer:
            assert not page.last, f"over too early: {page.text!r}"
            await asyncio.sleep(random.uniform(*self.think_s))
            page = self.keep(await session.said(answer))
            answer = self.read(page)
        if not page.last:  # the menu stands behind what had not been seen
            session.hang_up()

    def keep(self, page):
        self.took.append(page.took_s)
        self.pages.append(page)
        return page


def crowd(city, places, think_s, during=None):
    """As many as there are places, all begun within the time that they think; during: a coroutine that happens
    meanwhile."""
    callers = [Caller(city, n + 1, place, think_s) for n, place in enumerate(places)]
    city.hlr.subscribe({c.imsi: c.number[1:] for c in callers})

    async def one(caller):
        await asyncio.sleep(random.random() * sum(think_s) / 2)
        await caller.lives()

    async def everything():
        await asyncio.gather(*(one(c) for c in callers), *([during()] if during else []))

    city.msc.run(everything(), 300)
    return callers


def register(directory, places):
    """A register of addresses so far from each other that none is near another: their postcodes with numbers."""
    path = directory / "addresses.csv"
    rows = [f"{1000 + i}AB,{i + 1},,Dorpsweg,Den Haag,Centrum,{52 + i * 0.01:.5f},4.30000"
            for i in range(places)]
    path.write_text("postcode,number,suffix,street,place,area,lat,lon\n" + "\n".join(rows) + "\n")
    return path, [f"{1000 + i}AB {i + 1}" for i in range(places)]


class City:
    """The line, its HLR and an MSC.  quiet: neither writes down what goes well, which costs them time.
    words: of the euse; {hlr} in them is the HLR's address."""

    def __init__(self, directory, words="", quiet=False, **options):
        self.hlr = Hlr(directory, log="error" if quiet else "info")
        self.level = "notice" if quiet else "info"
        self.line = gateway(directory, self.hlr.address, words=words.format(hlr=self.hlr.address), **options)
        self.msc = None
        self.n = 0

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.hlr)
            self.line.start(self.level)
            stack.enter_context(self.line)
            self.msc = stack.enter_context(Msc(self.hlr.address))
            self.hlr.wait_for(NAME)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *why):
        self.stack.__exit__(*why)

    def resident(self, **options):
        """Another one with every call."""
        self.n += 1
        return Resident(self, self.n, **options)


# -- tshark

def flat(tree, out):
    """The fields of a dissection by their names, however deep they are."""
    for name, value in tree.items():
        if isinstance(value, dict):
            flat(value, out)
        else:
            out[name] = value
    return out


def dissected(msc, path):
    """What tshark makes of all that the MSC sent and got: its fields, of each GSUP message."""
    msc.write_pcap(path)
    done = subprocess.run(["tshark", "-r", str(path), "-T", "json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    packets = [flat(p["_source"]["layers"], {}) for p in json.loads(done.stdout)]
    assert not any("_ws.malformed" in name for p in packets for name in p), "malformed, says tshark"
    return [p for p in packets if "gsup.msg_type" in p]


def check_pages(msc, path, page_octets=PAGE_OCTETS):
    """tshark reads the same pages as the MSC did, and none is longer than it may be."""
    shown = [p for p in dissected(msc, path) if p["tcp.srcport"] == "4222" and "gsm_map.ss.ussd_String" in p]
    pages = [p for p in msc.pages if p.dcs >= 0]
    assert len(shown) == len(pages) > 0
    for fields, page in zip(shown, pages):
        octets = fields["gsm_map.ss.ussd_String"].count(":") + 1
        assert octets == page.octets <= page_octets
        assert int(fields["gsm_map.ss.ussd_DataCodingScheme"], 16) == page.dcs
        assert fields["gsup.session_state"] == str(page.state)
        operation = PROCESS_USSD if page.last else USSD_REQUEST
        assert fields["gsm_old.localValue"] == str(operation)
        text = fields["gsm_map.ussd_string"]
        if page.dcs == GSM7 and octets % 7 == 0:
            text = text.removesuffix("\r")  # the CR that fills the last octet (TS 23.038 6.1.2.3.1) is shown
        assert text == page.text
    return shown
