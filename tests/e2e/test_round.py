# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole round on each vendor's modem: a resident's text in, the order at a real HTTP server, its callback, the
answer out at the modem; in parts, in other alphabets, through another port."""
import re

import gammu
import pytest
from atsim import PROFILES, AtSim
from fake_contractor import FakeContractor
from gateway import SECRET, Gateway

RESIDENT = "+31611112222"


def reference_in(text):
    """The reference number in a receipt, without its spaces."""
    return re.search(r"\b(\d{3} \d{3} \d)\b", text).group(1).replace(" ", "")


def answers(line, modem, count):
    """All that was sent after the first count parts, once nothing is under way any more."""
    modem.wait("mo", count + 1, 40)
    line.until(lambda: not line.sql(
        "SELECT 1 FROM outbox_part WHERE state IN ('queued', 'sending', 'behind') LIMIT 1"), 20)
    return modem.mo(0)[count:]


def said(line, modem, count):
    """The same as one text."""
    return "".join(m["text"] for m in answers(line, modem, count))


def order_at(fake, description):
    """The order whose description holds these words, once it has come."""
    def look():
        for r in fake.requests:
            if r.path.endswith("/requests.json") and r.method == "POST" and \
                    description in r.form.get("description", ""):
                return r
        return None
    return fake.wait(look, 20)


@pytest.mark.parametrize("profile", PROFILES)
def test_round_on_every_modem(tmp_path, profile):
    with FakeContractor(secret=SECRET) as fake, \
            AtSim(tmp_path, profile, pin="1234", number="+31612340001") as modem, \
            Gateway(tmp_path, [modem.device], fake.url, handset=False,
                    modem_words=" pin 1234") as line:
        modem.text(RESIDENT, "MELD AFVAL SPUI 70 container vol")
        receipt = said(line, modem, 0)
        assert {m["to"] for m in modem.mo()} == {RESIDENT}
        assert "Spui 70, Centrum" in receipt
        reference = reference_in(receipt)

        order = order_at(fake, "container vol")
        assert order.form["service_code"] == "container-full"
        assert order.form["address_string"].startswith("Spui 70")
        assert order.headers["idempotency-key"]
        assert RESIDENT[1:] not in str(order.form)
        assert RESIDENT[3:] not in str(order.form)
        line.until(lambda: line.show(reference)["status"] == "forwarded")

        callback = f"{line.url}/contractors/haeghe/updates"
        count = len(modem.mo())
        status, _ = fake.call_back(callback, reference=reference, status="planned",
                                   expected="2026-12-01", note="morgen legen wij hem")
        assert status == 200
        planned = said(line, modem, count)
        assert "1 dec" in planned and "morgen legen wij hem" in planned

        count = len(modem.mo())
        status, _ = fake.call_back(callback, reference=reference, status="solved")
        assert status == 200
        solved = said(line, modem, count)
        assert "opgelost" in solved and "\n1 " in solved and "\n2 " in solved
        assert "morgen legen" not in solved, "the note of an earlier update"

        for text in ("2", "het ligt er nog"):
            count = len(modem.mo())
            modem.text(RESIDENT, text)
            answers(line, modem, count)
        fake.wait(lambda: [r for r in fake.requests if "servicerequestupdates" in r.path and
                           r.method == "POST"], 20)
        assert line.show(reference)["status"] == "reopened"
        modem.wait("pending", 0)


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """One line on one modem for texts of all kinds."""
    path = tmp_path_factory.mktemp("talk")
    with FakeContractor(secret=SECRET) as fake, AtSim(path, "ec25", number="+31612340001") as modem, \
            Gateway(path, [modem.device], fake.url, handset=False) as line:
        line.lines_up(1)
        yield modem, fake, line


def deliver(sender, text, alphabet, ref=None, number=1, total=1, when=0):
    """A DELIVER as gammu's own encoder makes its user data: hex with an SMSC field."""
    digits = sender[1:]
    address = f"{len(digits):02X}91" + "".join(
        (digits + "F")[i + 1] + (digits + "F")[i] for i in range(0, len(digits), 2))
    header = b"" if ref is None else bytes([5, 0, 3, ref, total, number])
    if alphabet == "ucs2":
        data = header + text.encode("utf-16-be")
        dcs, length = 8, len(data)
    else:
        septets = list(text.encode("ascii"))  # letters that GSM 7-bit has at the same place
        bits, fill = 0, (7 - len(header) * 8 % 7) % 7
        for i, septet in enumerate(septets):
            bits |= septet << (fill + 7 * i)
        data = header + bits.to_bytes((fill + 7 * len(septets) + 7) // 8, "little")
        dcs, length = 0, len(septets) + (len(header) * 8 + fill) // 7
    first = 0x44 if header else 0x04
    stamp = "621142" + f"{when % 24:02d}"[::-1] + "000040"
    return (f"0791{'1326040000F0'}{first:02X}{address}00{dcs:02X}{stamp}{length:02X}" +
            data.hex().upper())


def test_gammu_reads_what_this_file_makes():
    hexed = deliver(RESIDENT, "container 4711", "gsm7")
    sms = gammu.DecodePDU(bytes.fromhex(hexed))
    assert sms["Text"] == "container 4711" and sms["Number"] == RESIDENT


def test_two_parts_that_come_in_the_wrong_order(talk):
    modem, fake, line = talk
    count = len(modem.mo())
    sender = "+31611110002"
    modem.mt(deliver(sender, "container vol en hij stinkt al een week verschrikkelijk", "gsm7", 7, 2, 2, 1))
    modem.mt(deliver(sender, "MELD AFVAL SPUI 70 ", "gsm7", 7, 1, 2, 2))
    assert "Spui 70, Centrum" in said(line, modem, count)
    assert order_at(fake, "stinkt al een week")


def test_a_part_that_came_twice_counts_once(talk):
    modem, _, line = talk
    count = len(modem.mo())
    sender = "+31611110003"
    first = deliver(sender, "MELD lantaarn ", "gsm7", 9, 1, 2, 3)
    modem.mt(first)
    modem.mt(first)
    modem.mt(deliver(sender, "kapot 2511BT 70", "gsm7", 9, 2, 2, 4))
    modem.wait_mo(count + 1, 20)
    modem.wait("pending", 0)
    assert line.sql("SELECT count(*) FROM report r JOIN person p ON p.id = r.person_id "
                    "WHERE p.number = ?", sender) in ([(0,)], [(1,)])
    assert len(line.sql("SELECT 1 FROM inbox WHERE number = ? AND verdict = 'answered'", sender)) == 1


def test_turkish_goes_out_with_a_shift_table(talk):
    modem, _, line = talk
    sender = "+31611110004"
    count = len(modem.mo())
    modem.text(sender, "TÜRKÇE")
    answers(line, modem, count)
    count = len(modem.mo())
    modem.text(sender, "MENU")
    sent = answers(line, modem, count)
    # TS 23.040 9.2.3.24.15 and .16: single and locking shift, language 1
    pdus = " ".join(m["pdu"] for m in sent)
    assert "240101" in pdus or "250101" in pdus, pdus
    assert line.sql("SELECT text FROM outbox WHERE number = ? ORDER BY id DESC LIMIT 1",
                    sender)[0][0].find("ı") > 0


def test_arabic_and_emoji_come_in_and_go_out(talk):
    modem, fake, line = talk
    sender = "+31611110005"
    count = len(modem.mo())
    modem.text(sender, "العربية")
    assert re.search("[\u0600-\u06ff]", said(line, modem, count))
    count = len(modem.mo())
    modem.mt(deliver(sender, "MELD container vol 🗑️😡 spui 70", "ucs2", when=5))
    answer = said(line, modem, count)
    assert re.search("[\u0600-\u06ff]", answer)
    if "\n2 " in answer:  # a neighbour reported it: file another
        modem.text(sender, "2")
    assert "🗑️😡" in order_at(fake, "😡").form["description"]


def test_an_emoji_cut_by_the_phone_is_whole_again(talk):
    modem, fake, line = talk
    sender = "+31611110006"
    whole = "MELD lantaarn kapot weimarstraat 40 😡 nu".encode("utf-16-be")
    cut = whole.index("😡".encode("utf-16-be")) + 2

    def part(data, number):
        hexed = deliver(sender, "", "ucs2", 11, number, 2, 6 + number)
        body = bytes.fromhex("050003") + bytes([11, 2, number]) + data
        return hexed[:hexed.rindex("06050003")] + f"{len(body):02X}" + body.hex().upper()

    count = len(modem.mo())
    modem.mt(part(whole[:cut], 1))
    modem.mt(part(whole[cut:], 2))
    while not line.sql("SELECT 1 FROM report r JOIN person p ON p.id = r.person_id "
                       "WHERE p.number = ?", sender):
        asked = said(line, modem, count)
        count = len(modem.mo())
        modem.text(sender, "2" if "volgen" in asked or "\n2 " in asked else "weimarstraat 40")
    assert "😡" in order_at(fake, "😡 nu").form["description"]


def test_an_alphanumeric_sender_gets_no_answer(talk):
    modem, _, line = talk
    # TS 23.040 9.1.2.5: "KPN", 6 semi-octets of packed septets, type of number alphanumeric
    modem.mt("07911326040000F0" + "04" + "06D04BA813" + "0000" + "62114201000040" + "05E8329BFD06")
    modem.wait("pending", 0)
    assert line.until(lambda: line.sql("SELECT number FROM inbox WHERE verdict = 'silent'")) == [("KPN",)]
    assert line.sql("SELECT 1 FROM outbox WHERE number = 'KPN'") == []


def test_stop_is_heard_before_any_dialogue(talk):
    modem, _, line = talk
    sender = "+31611110007"
    for text in ("MELD container vol", "STOP"):
        count = len(modem.mo())
        modem.text(sender, text)
        answers(line, modem, count)
    assert line.sql("SELECT stopped FROM person WHERE number = ?", sender) == [(1,)]


def test_the_port_comes_back_under_another_name(tmp_path):
    with AtSim(tmp_path, "ec25", imei="356938035643809") as modem, \
            Gateway(tmp_path, [], handset=False,
                    extra=f"modem 1\n imei 356938035643809\n search {tmp_path}/modem* {tmp_path}/other*\n no shutdown\n") as line:
        modem.text(RESIDENT, "STATUS")
        modem.wait_mo(1, 30)
        modem.cmd("vanish")
        line.until(lambda: line.health()["lines"][0]["state"] != "up", 20)
        modem.text(RESIDENT, "HELP")
        modem.cmd(f"appear {tmp_path}/other0")
        texts = [m["text"] for m in modem.wait_mo(2, 60)]
        assert len(texts) >= 2
        assert line.sql("SELECT count(*) FROM inbox") == [(2,)]
