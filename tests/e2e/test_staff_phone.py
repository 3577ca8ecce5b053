# SPDX-License-Identifier: AGPL-3.0-or-later
"""Phones of staff and of a contractor without a system, by the handset: street mode, a notice, answers by text."""
import base64
import hashlib
import hmac
import json
import re
import struct
import time

import pytest
from fake_contractor import FakeContractor
from gateway import SECRET, Gateway

CARETAKER, EDITOR, RESIDENT, LAMPS = "0615000001", "0615000002", "0615000003", "0615000004"
TEXT = "MELD AFVAL SPUI 70 container vol"


def totp(secret, at):
    """RFC 6238, by Python's own SHA-1."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    start = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[start:start + 4])[0] & 0x7fffffff) % 1000000:06d}"


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    with FakeContractor(secret=SECRET) as fake:
        own = (f"contractor lampen\n url {fake.url}\n format open311\n category street-light\n"
               f" sms-number {LAMPS}\n"
               f"contractor haeghe\n url {fake.url}\n format open311\n")
        extra = own + "notices\n quiet-hours none\n cost-per-part 0.085 EUR\n"
        with Gateway(tmp_path_factory.mktemp("phones"), extra=extra) as it:
            it.fake, it.ahead = fake, 0
            it.secrets = {number: add_staff(it, name, role, number)
                          for name, role, number in (("karel", "caretaker", CARETAKER),
                                                     ("anna", "editor", EDITOR))}
            yield it


def add_staff(line, name, role, number):
    shown = json.loads(line.run("staff", "add", name, "--role", role, "--number", number,
                                "--totp", "--make-password", "--json"))
    return shown["totp"]


def later(line, seconds):
    line.advance(seconds)
    line.ahead += seconds


def code(line, number):
    return totp(line.secrets[number], time.time() + line.ahead)


def reference_in(said):
    return re.search(r"\b(\d{3} \d{3} \d)\b", " ".join(said)).group(1).replace(" ", "")


def test_a_caretaker_gives_a_code_once_and_then_works(line):
    reference = reference_in(line.say(RESIDENT, TEXT))
    assert "code" in line.say(CARETAKER, f"{reference} BEZIG")[-1]
    assert line.show(reference)["status"] != "in_progress"
    assert "klopt niet" in line.say(CARETAKER, "000000")[-1]
    assert "bezig" in line.say(CARETAKER, code(line, CARETAKER))[-1]
    assert line.show(reference)["status"] == "in_progress"
    near = line.say(CARETAKER, "BIJ 2511BT 70")[-1]
    assert "haeghe" in near and "Spui 70" in near
    line.say(CARETAKER, f"{reference} NAAR lampen")
    assert line.sql("SELECT contractor FROM report WHERE reference = ?", reference) == [("lampen",)]
    assert "dank" in line.say(CARETAKER, f"{reference} KLAAR")[-1]
    assert line.show(reference)["status"] == "solved"


def test_a_shift_outlasts_a_kill_and_ends(line):
    reference = reference_in(line.say("0615000009", "MELD lantaarn kapot WEIMARSTRAAT 40"))
    line.kill()
    line.start()
    line.ahead = 0
    assert "genoteerd" in line.say(CARETAKER, f"{reference} NOOT ladder nodig")[-1]
    later(line, 11 * 3600)
    assert "code" in line.say(CARETAKER, f"{reference} NOOT nog iets")[-1]


def test_a_notice_needs_a_fresh_code(line):
    line.say("0615000010", TEXT)
    line.say(EDITOR, "BIJ 2511BT 70")
    first = code(line, EDITOR)
    line.say(EDITOR, first)
    estimate = line.say(EDITOR, "BERICHT SPUI Vandaag geen water tot 16 uur")[-1]
    people = int(re.search(r"(\d+) (persoon|mensen)", estimate).group(1))
    assert people >= 1
    assert "klopt niet" in line.say(EDITOR, first)[-1]
    later(line, 60)
    assert "gaat uit" in line.say(EDITOR, code(line, EDITOR))[-1]
    rows = line.until(lambda: line.sql("SELECT number FROM outbox WHERE lane = 2 AND text = ?",
                                       "Vandaag geen water tot 16 uur"))
    line.until(lambda: len(line.sql("SELECT 1 FROM outbox WHERE lane = 2")) == people)
    assert rows and line.sql("SELECT who FROM notice") == [("staff anna",)]


def test_a_notice_without_its_code_lapses_also_over_a_kill(line):
    line.say(EDITOR, "BIJ 2511BT 70")
    line.say(EDITOR, code(line, EDITOR))
    assert "Versturen?" in line.say(EDITOR, "BERICHT SPUI Morgen geen gas")[-1]
    notice, = line.sql("SELECT id FROM notice ORDER BY id DESC LIMIT 1")[0]
    ahead, line.ahead = line.ahead, 0
    line.kill()
    line.start()
    later(line, ahead + 16 * 60)
    line.until(lambda: line.sql("SELECT 1 FROM notice WHERE id = ? AND state = 'lapsed'", notice))
    line.until(lambda: [m for m in line.messages(EDITOR) if f"Bericht {notice} is niet verstuurd" in m["text"]])
    assert "te laat" in line.say(EDITOR, code(line, EDITOR))[-1]
    assert "lapsed" in line.vty("show notices") and "lapsed" in line.run("notice", "list")
    refused = line.run("notice", "resume", str(notice), check=False)
    assert refused.returncode == 1 and "not in a state" in refused.stderr
    assert line.sql("SELECT 1 FROM outbox WHERE text = 'Morgen geen gas'") == []


def test_a_contractor_answers_by_text(line):
    reference = reference_in(line.say("0615000011", "MELD lantaarn kapot LAAN VAN MEERDERVOORT 11"))
    assert line.sql("SELECT contractor FROM report WHERE reference = ?", reference) == [("lampen",)]
    assert "gepland" in line.say(LAMPS, f"{reference} gepland morgen")[-1]
    assert line.show(reference)["status"] == "planned"
    assert line.say(LAMPS, f"klaar {reference}")[-1].endswith("klaar, dank")
    assert line.show(reference)["status"] == "solved"
    assert "0000001" in line.say(LAMPS, "0000001 klaar")[-1]
