# SPDX-License-Identifier: AGPL-3.0-or-later
"""meldlijn sms decode and encode beside two independent decoders: gammu and tshark.

The TPDUs are made here octet by octet from random fields, so that neither side of the
comparison has written them.
"""
import datetime
import json
import os
import random
import struct
import subprocess

import pytest

gammu = pytest.importorskip("gammu")

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MELDLIJN = os.environ.get("MELDLIJN", os.path.join(ROOT, "build", "meldlijn"))
EXTENSIONS = bytes.fromhex("14 28 29 2f 3c 3d 3e 40 65")
LETTERS = "abc XYZ 0123 éèù €{}[]~\\^| ÄÖÑÜ§äöñüà ΔΦΓΛΩΠΨΣΘΞ ÆæßÉ ¡¿£$¥@_\n"
# each text is a process of its own; all of them are tried in make soak
SOME = pytest.mark.parametrize("every", [10, pytest.param(1, marks=pytest.mark.soak)])
PDU = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"
FOREIGN = "żółw şığİ مدينة Ελλάδα Привет 你好 😀🚲👍 “’…"


def sms(*args, stdin=None):
    return subprocess.run([MELDLIJN, "sms", *args], input=stdin, capture_output=True,
                          text=True, timeout=120)


def decode(pdus):
    """Our answers, one object a PDU."""
    run = sms("decode", "-", stdin="\n".join(p.hex() for p in pdus) + "\n")
    # not splitlines(), for which U+0085 in a text is a line end too
    answers = [json.loads(line) for line in run.stdout.split("\n") if line]
    assert len(answers) == len(pdus), run.stderr
    return answers


# ---- making TPDUs

def pack(septets, fill=0):
    bits = sum((s & 0x7f) << (7 * i + fill) for i, s in enumerate(septets))
    return bits.to_bytes((7 * len(septets) + fill + 7) // 8, "little")


def bcd(digits):
    digits += "F" * (len(digits) % 2)
    return bytes(int(digits[i + 1] + digits[i], 16) for i in range(0, len(digits), 2))


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def number(self):
        """Address field of 9.1.2.5 and its written form."""
        if self.random.random() < 0.3:
            digits = str(self.random.randrange(10, 10 ** self.random.randrange(2, 8) + 10))
            return bytes([len(digits), 0x81]) + bcd(digits), digits
        digits = "31" + "".join(self.random.choices("0123456789", k=self.random.randrange(7, 12)))
        return bytes([len(digits), 0x91]) + bcd(digits), "+" + digits

    def name(self):
        """An alphanumeric address and the name."""
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-. "
        name = "".join(self.random.choices(letters, k=self.random.randrange(1, 12)))
        name = name.strip() or "KPN"
        packed = pack(name.encode())
        return bytes([(7 * len(name) + 3) // 4, 0xd0]) + packed, name

    def time(self):
        """SCTS and the local time and offset in it."""
        when = datetime.datetime(2000, 1, 1) + datetime.timedelta(
            seconds=self.random.randrange(60 * 365 * 86400))
        quarters = self.random.randrange(-48, 57)
        field = bytearray(bcd(when.strftime("%y%m%d%H%M%S") + "%02d" % abs(quarters)))
        if quarters < 0:
            field[6] |= 8
        return bytes(field), when, quarters

    def septets(self, longest):
        out = []
        for _ in range(self.random.randrange(1, longest + 1)):
            septet = self.random.randrange(128)
            if septet == 0x1b:
                if len(out) + 2 > longest:
                    break
                out += [0x1b, self.random.choice(EXTENSIONS)]
            elif len(out) < longest:
                out.append(septet)
        if out[-1:] == [0x0d]:
            out[-1] = 0x61  # at the end it is padding to some
        return out

    def utf16(self, longest):
        text = ""
        while len(text.encode("utf-16-be")) < longest:
            text += self.random.choice([
                # not '~': gammu reads it as Nokia's mark for a special character
                chr(self.random.randrange(0x20, 0x7e)), chr(self.random.randrange(0xa1, 0x250)),
                chr(self.random.randrange(0x620, 0x64b)), chr(self.random.randrange(0x4e00, 0x9fa0)),
                chr(self.random.randrange(0x1f600, 0x1f640))])
        text = text[:self.random.randrange(1, len(text) + 1)]
        while len(text.encode("utf-16-be")) > longest:
            text = text[:-1]
        return text.encode("utf-16-be")

    def header(self):
        """A user data header and what it says."""
        kind = self.random.choice(["none", "none", "ref8", "ref16", "ports"])
        total = self.random.randrange(2, 256)
        number = self.random.randrange(1, total + 1)
        if kind == "ref8":
            ref = self.random.randrange(256)
            return bytes([5, 0, 3, ref, total, number]), (ref, total, number)
        if kind == "ref16":
            ref = self.random.randrange(65536)
            return bytes([6, 8, 4]) + struct.pack(">HBB", ref, total, number), (ref, total, number)
        if kind == "ports":
            return bytes([6, 5, 4]) + struct.pack(">HH", 0x23f4, 0x23f5), None
        return b"", None

    def user_data(self):
        """DCS, first octet's UDHI, UDL and UD, part, and the 8-bit data if it is that."""
        header, part = self.header()
        alphabet = self.random.choice([0, 0, 0, 8, 8, 4])
        dcs = alphabet | (0x10 | self.random.randrange(4) if self.random.random() < 0.2 else 0)
        udhi = 0x40 if header else 0
        if alphabet == 0:
            lost = (len(header) * 8 + 6) // 7
            septets = self.septets(160 - lost)
            data = header + pack(septets, (7 - len(header) * 8 % 7) % 7)
            return dcs, udhi, bytes([lost + len(septets)]) + data, part, None
        room = 140 - len(header)
        if alphabet == 8:
            data, binary = self.utf16(room), None
        else:
            data = binary = bytes(self.random.choices(range(1, 256), k=self.random.randrange(1, room)))
        return dcs, udhi, bytes([len(header) + len(data)]) + header + data, part, binary

    def deliver(self):
        address, written = self.name() if self.random.random() < 0.2 else self.number()
        scts, when, quarters = self.time()
        dcs, udhi, data, part, binary = self.user_data()
        pid = self.random.choice([0, 0, 0, 0x41, 0x47, 0x20])
        tpdu = bytes([0x04 | udhi]) + address + bytes([pid, dcs]) + scts + data
        return {"type": "deliver", "tpdu": tpdu, "address": written, "when": when, "pid": pid,
                "quarters": quarters, "part": part, "binary": binary, "dcs": dcs}

    def submit(self):
        address, written = self.number()
        dcs, udhi, data, part, binary = self.user_data()
        mr = self.random.randrange(256)
        vp = bytes([self.random.randrange(256)]) if self.random.random() < 0.5 else b""
        first = 0x01 | udhi | (0x10 if vp else 0) | self.random.choice([0, 0x20])
        tpdu = bytes([first, mr]) + address + bytes([0, dcs]) + vp + data
        return {"type": "submit", "tpdu": tpdu, "address": written, "mr": mr, "part": part,
                "binary": binary, "dcs": dcs, "report": bool(first & 0x20), "pid": 0}

    def status_report(self):
        address, written = self.number()
        scts, when, quarters = self.time()
        discharge, _, _ = self.time()
        mr = self.random.randrange(256)
        status = self.random.choice([0, 1, 2, 0x20, 0x21, 0x30, 0x40, 0x41, 0x45, 0x46, 0x60, 0x65])
        tpdu = bytes([0x06, mr]) + address + scts + discharge + bytes([status])
        return {"type": "status-report", "tpdu": tpdu, "address": written, "when": when,
                "quarters": quarters, "mr": mr, "status": status}

    def any(self):
        return self.random.choice([self.deliver, self.deliver, self.submit, self.status_report])()


@pytest.fixture(scope="module")
def made():
    """4000 TPDUs of both directions with our own answers to them."""
    maker = Maker(14070)
    items = [maker.any() for _ in range(4000)]
    for item, answer in zip(items, decode([b"\0" + i["tpdu"] for i in items])):
        item["ours"] = answer
    return items


# ---- what was put in

def test_fields_come_back(made):
    for item in made:
        ours = item["ours"]
        assert ours["type"] == item["type"], item
        assert ours["from" if item["type"] == "deliver" else "to"] == item["address"], item
        if "when" in item:
            zone = datetime.timezone(datetime.timedelta(minutes=15 * item["quarters"]))
            sent = item["when"].replace(tzinfo=zone)
            assert datetime.datetime.fromisoformat(ours["time"].replace("Z", "+00:00")) == sent
            assert ours["time"][-6:] == sent.isoformat()[-6:] or item["quarters"] == 0
        if "mr" in item:
            assert ours["reference"] == item["mr"]
        if "status" in item:
            assert ours["status"] == item["status"]
            continue
        part = ours.get("part")
        assert (part and (part["ref"], part["total"], part["number"])) == item["part"], item
        assert ours.get("class", -1) == (item["dcs"] & 3 if item["dcs"] & 0x10 else -1)
        assert ours["pid"] == item["pid"]
        if item["binary"] is not None:
            try:
                want = item["binary"].decode()
            except UnicodeDecodeError:
                want = item["binary"].decode("latin-1")
            assert ours["text"] == want


# ---- gammu

def gammu_text(message):
    """Its text; it reads on for one character more for each escape that it met."""
    text, n = message["Text"], 0
    if not message["Coding"].startswith("Default"):
        return text
    while n < len(text) - sum(c in "^{}\\[~]|€\f" for c in text[:n]):
        n += 1
    return text[:n]


def test_gammu_agrees(made):
    compared = 0
    for item in made:
        theirs, ours = gammu.DecodePDU(b"\0" + item["tpdu"], True), item["ours"]
        assert theirs["Type"].lower().replace("_", "-") == ours["type"], item
        assert theirs["Number"] == item["address"], item
        if item["type"] == "status-report":
            assert theirs["MessageReference"] == ours["reference"]
            assert theirs["DeliveryStatus"] == ours["status"]
            assert theirs["DateTime"] == item["when"]
            continue
        assert theirs["Class"] == ours.get("class", -1)
        if item["type"] == "deliver":
            assert theirs["DateTime"] == item["when"]
        if item["part"]:
            udh = theirs["UDH"]
            ref = udh["ID16bit"] if udh["ID16bit"] >= 0 else udh["ID8bit"]
            assert (ref, udh["AllParts"], udh["PartNumber"]) == item["part"]
        if item["binary"] is None:
            assert gammu_text(theirs) == ours["text"], item
            compared += 1
    assert compared > 1500


@SOME
def test_gammu_reads_what_we_encode(every):
    rng = random.Random(1)
    for n in range(0, 300, every):
        # in UCS-2 gammu reads '~' as Nokia's mark for a special character
        alphabet = LETTERS if n % 2 else (LETTERS + FOREIGN).replace("~", "")
        text = "".join(rng.choices(alphabet, k=rng.randrange(1, 500)))
        text = text.strip() or "x"
        to = "+3161234%04d" % n if n % 3 else "14070"
        run = sms("encode", "--to", to, "--text", text, "--no-shift", "--ref", str(n), "--report")
        assert run.returncode == 0, run.stderr
        lines = [line.split() for line in run.stdout.splitlines()]
        read = []
        for length, pdu in lines:
            pdu = bytes.fromhex(pdu)
            assert int(length) == len(pdu) - 1 - pdu[0]
            message = gammu.DecodePDU(pdu, True)
            assert message["Number"] == to
            assert message["Type"] == "Submit"
            read.append(message)
        if len(lines) > 1:
            assert [m["UDH"]["PartNumber"] for m in read] == list(range(1, len(lines) + 1))
            assert {m["UDH"]["AllParts"] for m in read} == {len(lines)}
            ids = {m["UDH"]["ID16bit"] if n > 255 else m["UDH"]["ID8bit"] for m in read}
            assert ids == {n}
        assert "".join(gammu_text(m) for m in read) == text


@SOME
def test_we_need_no_more_parts_than_gammu(every):
    rng = random.Random(2)
    for n in range(0, 200, every):
        text = "".join(rng.choices(LETTERS if n % 2 else FOREIGN, k=rng.randrange(1, 900)))
        entry = {"ID": "ConcatenatedTextLong", "Buffer": text}
        counted = len(gammu.EncodeSMS({"Class": -1, "Unicode": n % 2 == 0, "Entries": [entry]}))
        run = sms("encode", "--to", "14070", "--text", text, "--no-shift")
        assert len(run.stdout.splitlines()) <= counted


def test_we_read_what_gammu_encodes():
    rng = random.Random(3)
    template = gammu.DecodePDU(bytes.fromhex(PDU), True)
    texts, pdus = [], []
    for n in range(300):
        unicode = n % 2 == 0
        text = "".join(rng.choices(FOREIGN if unicode else LETTERS, k=rng.randrange(1, 40)))
        message = dict(template, Number="+3161234%04d" % n, Text=text, Class=-1,
                       Length=len(text), Type=["Deliver", "Submit"][n % 4 // 2],
                       UDH=template["UDH"], DateTime=datetime.datetime(2026, 11, 24, 7, 50, 38),
                       Coding="Unicode_No_Compression" if unicode else "Default_No_Compression")
        pdu = gammu.EncodePDU(message, message["Type"])
        texts.append(text)
        pdus.append(pdu)
    for text, n, answer in zip(texts, range(300), decode(pdus)):
        assert answer["text"] == text
        assert answer["from" if n % 4 < 2 else "to"] == "+3161234%04d" % n


# ---- tshark

def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def write_pcapng(path, packets):
    """Packets of the first user link type; inbound is from the phone for this dissector."""
    with open(path, "wb") as out:
        out.write(block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)))
        out.write(block(1, struct.pack("<HHI", 147, 0, 0)))
        for n, (data, inbound) in enumerate(packets):
            body = struct.pack("<IIIII", 0, 0, n, len(data), len(data)) + data
            body += b"\0" * (-len(data) % 4)
            out.write(block(6, body + struct.pack("<HHIHH", 2, 4, 1 if inbound else 2, 0, 0)))


def tshark(tmp_path, packets, fields):
    path = str(tmp_path / "tpdus.pcapng")
    write_pcapng(path, packets)
    command = ["tshark", "-r", path, "-o", "gsm_sms.reassemble:FALSE", "-o",
               'uat:user_dlts:"User 0 (DLT=147)","gsm_sms","0","","0",""', "-T", "json", "-j",
               "gsm_sms"]
    for field in fields:
        command += ["-e", field]
    run = subprocess.run(command, capture_output=True, check=True, timeout=300)
    # a key may come twice; every value is a list already
    return [packet["_source"]["layers"] for packet in json.loads(run.stdout)]


def test_tshark_agrees(made, tmp_path):
    fields = ["gsm_sms.tp-" + f for f in ("mti", "oa", "da", "ra", "mr", "pid", "dcs", "udhi")]
    fields += ["gsm_sms.udh.mm." + f for f in ("msg_id", "msg_parts", "msg_part")]
    fields += ["gsm_sms.scts." + f for f in ("year", "month", "day", "hour", "minutes", "seconds",
                                             "timezone")]
    fields += ["gsm_sms.sms_text", "gsm_sms.vp.validity_period"]
    packets = [(i["tpdu"], i["type"] == "submit") for i in made]
    compared = 0
    for item, layer in zip(made, tshark(tmp_path, packets, fields)):
        ours = item["ours"]

        def field(name):
            return layer.get("gsm_sms." + name, [None])[0]

        which = {"deliver": "tp-oa", "submit": "tp-da", "status-report": "tp-ra"}[item["type"]]
        assert field(which) == item["address"].lstrip("+"), item
        if "mr" in item:
            assert int(field("tp-mr"), 0) == ours["reference"]
        if "when" in item:
            read = [int(field("scts." + f)) for f in ("year", "month", "day", "hour", "minutes",
                                                      "seconds")]
            when = item["when"]
            assert read == [when.year % 100, when.month, when.day, when.hour, when.minute,
                            when.second]
        if item.get("part"):
            assert tuple(int(field("udh.mm." + f), 0)
                         for f in ("msg_id", "msg_parts", "msg_part")) == item["part"]
        if item.get("binary", b"") is None and field("sms_text") is not None:
            assert field("sms_text") == ours["text"], item
            compared += 1
    assert compared > 1500


@SOME
def test_tshark_reads_what_we_encode(tmp_path, every):
    rng = random.Random(4)
    packets, parts = [], []
    for n in range(0, 150, every):
        text = "".join(rng.choices(LETTERS if n % 2 else LETTERS + FOREIGN,
                                   k=rng.randrange(1, 400))).strip() or "x"
        run = sms("encode", "--to", "+31612345678", "--text", text, "--no-shift", "--validity", "24",
                  "--class", "0")
        pdus = [bytes.fromhex(line.split()[1])[1:] for line in run.stdout.splitlines()]
        packets += [(pdu, True) for pdu in pdus]
        parts.append((text, len(pdus)))
    fields = ["gsm_sms.sms_text", "gsm_sms.tp-da", "gsm_sms.vp.validity_period",
              "gsm_sms.dcs.message_class"]
    layers = tshark(tmp_path, packets, fields)
    for text, n in parts:
        mine, layers = layers[:n], layers[n:]
        assert "".join(l["gsm_sms.sms_text"][0] for l in mine) == text
        for layer in mine:
            assert layer["gsm_sms.tp-da"] == ["31612345678"]
            assert layer["gsm_sms.vp.validity_period"] == ["167"]  # 24 hours
            assert int(layer["gsm_sms.dcs.message_class"][0], 0) == 0


# ---- the command itself

def test_decode_takes_hex_in_any_dress():
    want = sms("decode", PDU).stdout
    assert json.loads(want) == {
        "type": "deliver", "smsc": "+31624000000", "from": "+31641600986", "pid": 0,
        "time": "2002-08-26T19:37:41Z", "alphabet": "gsm7", "text": "How are you?"}
    assert sms("decode", PDU.lower()).stdout == want
    assert sms("decode", " ".join(PDU[i:i + 2] for i in range(0, len(PDU), 2))).stdout == want
    assert sms("decode", "-", stdin=PDU + "\r\n\n").stdout == want
    assert sms("decode", PDU, PDU).stdout == want * 2
    assert json.loads(sms("decode", "--no-smsc", PDU[16:]).stdout)["text"] == "How are you?"


def test_lines_that_are_no_pdu_do_not_stop_the_others():
    run = sms("decode", "-", stdin="nonsense\n" + PDU + "\n0011\n")
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert [("error" in a) for a in answers] == [True, False, True]
    assert run.returncode == 1


@pytest.mark.parametrize("args, status", [
    (["decode", "zz"], 1), (["decode", "001"], 1), (["decode", "00"], 1), (["decode", ""], 1),
    (["decode", "00" * 600], 1), (["decode"], 2), (["decode", "--what"], 2), ([], 2), (["x"], 2),
    (["encode", "--to", "KPN", "--text", "x"], 1), (["encode", "--to", "1"], 2),
    (["encode", "--to", "1", "--text", "x", "--class", "4"], 2),
    (["encode", "--to", "1", "--text", "x", "--validity", "x"], 2),
    (["encode", "--to", "1", "--text", "a" * 153 * 256], 1),
])
def test_errors_are_one_line_that_says_what_to_do(args, status):
    run = sms(*args)
    assert run.returncode == status
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1


def test_encode_can_answer_in_json():
    plain = sms("encode", "--to", "14070", "--text", "hoi").stdout.split()
    answer = json.loads(sms("encode", "--to", "14070", "--text", "hoi", "--json").stdout)
    assert answer == {"length": int(plain[0]), "pdu": plain[1]}


def test_shift_tables_go_both_ways():
    text = "Çöp konteyneri dolu, şehir ığİ " * 8
    lines = sms("encode", "--to", "14070", "--text", text).stdout.splitlines()
    plain = sms("encode", "--to", "14070", "--text", text, "--no-shift").stdout.splitlines()
    assert len(lines) < len(plain)
    answers = [json.loads(sms("decode", line.split()[1]).stdout) for line in lines]
    assert "".join(a["text"] for a in answers) == text
    assert {a.get("locking_shift") for a in answers} == {"turkish"}
