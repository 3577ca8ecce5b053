# SPDX-License-Identifier: AGPL-3.0-or-later
"""USSD pages over GSUP beside an independent decoder, tshark; and what it makes of refusals.

The coders are called as a library, made here from the folder they are in, since no command of meldlijn
writes a page without an HLR.
"""
import ctypes
import json
import os
import random
import shutil
import struct
import subprocess
import unicodedata

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
IMSI = "262420000000001"
GSUP_PORT = 4222
DEFAULT = ("abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 .,:;!?'\"()/*#+-=<>%&@$_"
           "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¡ÄÖÑÜ§¿äöñüà")
EXTENSION = "€^{}\\[~]|"
ACCENTS = "şığİŞĞçâîûżółąęśćźńŻŁáíóőűčšžřůýďťňêëïô"  # of Turkish, Polish and their neighbours
PLAIN = {"ı": "i", "ł": "l", "Ł": "L"}
OTHERS = "مدينة أبلغ عن مشكلة في الشارع Привет Ελλάδα你好"
BER, ONE_OCTET = 0, 1

pytestmark = pytest.mark.skipif(not shutil.which("tshark"), reason="no tshark")


class Page(ctypes.Structure):
    _fields_ = [("imsi", ctypes.c_char_p), ("session_id", ctypes.c_uint32),
                ("text", ctypes.c_char_p), ("last", ctypes.c_bool),
                ("invoke_id", ctypes.c_uint8), ("length", ctypes.c_int)]


@pytest.fixture(scope="module")
def wire(tmp_path_factory):
    """gateway/wire as a shared library."""
    library = tmp_path_factory.mktemp("wire") / "libwire.so"
    packages = ["libosmocore", "libosmogsm", "icu-uc", "icu-i18n"]
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", *packages], check=True,
                           capture_output=True, text=True).stdout.split()
    names = ["gsup_ussd", "ussd_text", "utf8", "sms_text", "sms_join", "sms_plain", "sms_tables",
             "sms_indic"]
    sources = [os.path.join(ROOT, "gateway", "wire", n + ".c") for n in names]
    subprocess.run(["cc", "-std=gnu11", "-D_GNU_SOURCE", "-fPIC", "-shared", "-O1", "-I",
                    os.path.join(ROOT, "gateway"), "-o", library, *sources, *flags], check=True,
                   timeout=300)
    return ctypes.CDLL(str(library))


def write_page(wire, session_id, text, last, invoke_id, length=BER):
    out = ctypes.create_string_buffer(512)
    page = Page(IMSI.encode(), session_id, text.encode(), last, invoke_id, length)
    n = wire.gsup_ussd_write_page(out, ctypes.byref(page))
    assert n > 0, (text, n)
    return out.raw[:n]


# ---- random pages

def plain(text):
    """Without accents: what the default alphabet has of a letter."""
    out = ""
    for letter in text:
        if letter in DEFAULT + EXTENSION:
            out += letter
        else:
            out += PLAIN.get(letter) or unicodedata.normalize("NFD", letter)[0]
    return out


def septets(text):
    return sum(2 if letter in EXTENSION else 1 for letter in text)


def random_page(rng):
    """A text, and what a phone is to show of it."""
    kind = rng.choice(["default", "default", "accents", "ucs2", "full"])
    if kind == "full":
        text = "".join(rng.choices(DEFAULT, k=182))
        return text, text
    if kind == "ucs2":
        text = "".join(rng.choices(OTHERS + DEFAULT + ACCENTS, k=rng.randrange(79))) + "ع"
        return text, text
    letters = DEFAULT + EXTENSION + (ACCENTS if kind == "accents" else "")
    text = "".join(rng.choices(letters, k=rng.randrange(1, 183)))
    while septets(plain(text)) > 182:
        text = text[:-1]
    return text, plain(text)


# ---- tshark

def dissect(directory, messages, fields):
    """Each message behind an IPA header, on a connection to an HLR."""
    hexdump, capture = directory / "gsup.txt", directory / "gsup.pcap"
    with open(hexdump, "w") as out:
        for message in messages:
            packet = struct.pack(">HBB", len(message) + 1, 0xee, 5) + message
            out.write("000000 " + packet.hex(" ") + "\n\n")
    subprocess.run(["text2pcap", "-q", "-T", "%d,40000" % GSUP_PORT, hexdump, capture], check=True,
                   capture_output=True, timeout=60)
    command = ["tshark", "-r", capture, "-T", "json", "-o", "tcp.desegment_tcp_streams:FALSE"]
    for field in fields:
        command += ["-e", field]
    run = subprocess.run(command, capture_output=True, check=True, timeout=300)
    packets = json.loads(run.stdout)
    assert len(packets) == len(messages)
    return [packet["_source"]["layers"] for packet in packets]


PAGE_FIELDS = ["gsup.msg_type", "gsup.session_id", "gsup.session_state", "gsm_old.localValue",
               "gsm_old.invokeID", "e212.imsi", "gsm_map.ss.ussd_DataCodingScheme",
               "gsm_map.ss.ussd_String", "gsm_map.ussd_string", "_ws.malformed"]


def field(layer, name):
    values = layer.get(name, [None])
    assert len(values) == 1, (name, values)
    return values[0]


def test_tshark_reads_our_pages(wire, tmp_path):
    rng = random.Random(140)
    pages, messages = [], []
    for _ in range(600):
        page = random_page(rng) + (rng.randrange(2 ** 32), rng.random() < 0.5, rng.randrange(128))
        text, _, session_id, last, invoke_id = page
        pages.append(page)
        messages.append(write_page(wire, session_id, text, last, invoke_id))
    assert max(len(m) for m in messages) > 200 and min(len(m) for m in messages) < 60
    layers = dissect(tmp_path, messages, PAGE_FIELDS)
    for (text, shown, session_id, last, invoke_id), layer in zip(pages, layers):
        assert "_ws.malformed" not in layer, text
        # it shows the CR with which seven bits are filled up, which a phone drops (23.038 6.1.2.3.1)
        padded = "ع" not in text and septets(shown) % 8 == 7
        assert field(layer, "gsm_map.ussd_string") == shown + ("\r" if padded else "")
        assert field(layer, "gsm_map.ss.ussd_DataCodingScheme") == ("48" if "ع" in text else "0f")
        assert field(layer, "e212.imsi") == IMSI
        assert int(field(layer, "gsup.msg_type"), 0) == 0x22
        assert int(field(layer, "gsup.session_id"), 0) == session_id
        assert int(field(layer, "gsup.session_state"), 0) == (3 if last else 2)
        assert int(field(layer, "gsm_old.localValue"), 0) == (59 if last else 60)
        assert int(field(layer, "gsm_old.invokeID"), 0) == invoke_id


def test_short_pages_are_the_same_in_both_forms_of_length(wire):
    rng = random.Random(141)
    same = 0
    for _ in range(300):
        text, _ = random_page(rng)
        ber, one = (write_page(wire, 7, text, True, 1, form) for form in (BER, ONE_OCTET))
        # up to 112 octets of text: 128 septets, 56 characters of UCS-2
        short = len(text) <= 56 if "ع" in text else septets(plain(text)) <= 128
        assert (ber == one) == short, text
        same += short
    assert 50 < same < 250


def test_tshark_reads_our_refusals(wire, tmp_path):
    out, messages = ctypes.create_string_buffer(512), []
    for error in (34, 35, 36, 71, 72):
        n = wire.gsup_ussd_write_error(out, IMSI.encode(), 9, 3, error)
        messages.append(out.raw[:n])
    for layer, error in zip(dissect(tmp_path, messages, PAGE_FIELDS), (34, 35, 36, 71, 72)):
        assert "_ws.malformed" not in layer
        assert int(field(layer, "gsm_old.localValue"), 0) == error
        assert int(field(layer, "gsup.session_state"), 0) == 3
