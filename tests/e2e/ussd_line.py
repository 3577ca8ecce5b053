# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the tests of USSD share: the real binary behind Debian's osmo-hlr, an MSC before it, and tshark beside them."""
import contextlib
import re
import subprocess
import xml.etree.ElementTree as ElementTree

from gateway import Gateway
from hlr import Hlr
from msc import GSM7, UCS2, Msc

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
        said = page.text
        while not page.last and more(page):
            page = self.say("#")
            said += "\n" + page.text
        return said

    def reports(self):
        return [r for r, in self.line.sql(
            "SELECT reference FROM report r JOIN person p ON p.id = r.person_id WHERE p.number = ?"
            " ORDER BY r.id", self.number)]


def more(page):
    """The foot says that pages follow: '# meer', in any language."""
    return re.search(r"(^|\s)#\s\S", page.text) is not None


def key_of(text, option):
    """The number before an option."""
    found = re.search(rf"^(\d+) [^\n]*{option}", text, re.M)
    assert found, f"no option {option!r} in {text!r}"
    return found[1]


class City:
    """The line, its HLR and an MSC."""

    def __init__(self, directory, subscribers=0, hlr_words="", words="", **options):
        self.hlr = Hlr(directory, {imsi(n): number(n)[1:] for n in range(1, subscribers + 1)}, words=hlr_words)
        self.line = gateway(directory, self.hlr.address, words=words, **options)
        self.msc = None
        self.n = 0

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.hlr)
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

def dissected(msc, path):
    """What tshark makes of all that the MSC sent and got: a dictionary for each GSUP message, of its fields' values as
    shown; of a component also the tree itself."""
    msc.write_pcap(path)
    done = subprocess.run(["tshark", "-r", str(path), "-T", "pdml", "-J", "gsup gsm_map tcp _ws.malformed"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    out = []
    for packet in ElementTree.fromstring(done.stdout).iter("packet"):
        assert packet.find(".//proto[@name='_ws.malformed']") is None, ElementTree.tostring(packet)
        to_hlr = packet.find(".//field[@name='tcp.dstport']").get("show") == "4222"
        for message in packet.iter("proto"):
            if message.get("name") == "gsup":
                fields = {f.get("name"): f.get("show") for f in message.iter("field") if f.get("name")}
                strings = [f.get("show") for f in message.iter("field") if f.get("name") == "gsm_map.ussd_string"]
                octets = [f.get("value") for f in message.iter("field")
                          if f.get("name") == "gsm_map.ss.ussd_String"]
                out.append({**fields, "to_hlr": to_hlr, "string": strings[0] if strings else None,
                            "octets": len(octets[0]) // 2 if octets else 0})
    return out
