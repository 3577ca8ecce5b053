# SPDX-License-Identifier: AGPL-3.0-or-later
"""The modem line as a whole: the real binary on a simulated modem, which counts what it was asked and what it let go.

What a clause of the line promises is looked at from the network's side: a text is lost or kept, acknowledged or not,
sent once or twice by the count of the simulator, not by what the line says of itself."""
import datetime
import os
import re
import resource

import gammu
import pytest
import requests
from atsim import AtSim
from gateway import Gateway

# Waits of the line that a test need not sit out.
QUICK = "".join(f"timer modem X{n} {s}\n" for n, s in
                ((1, 1), (5, 1), (8, 2), (9, 1), (10, 1), (11, 1), (12, 1), (14, 2)))
OURS = "+31612340001"


def gateway(path, modems, **options):
    options.setdefault("handset", True)  # its clock can be set ahead
    options["extra"] = options.get("extra", "") + QUICK
    return Gateway(path, [m.device for m in modems], register=False, languages="nl en tr", **options)


def sim(path, profile="ec25", **options):
    options.setdefault("number", OURS)
    options.setdefault("noise_ms", 0)
    options.setdefault("report_ms", 20)
    return AtSim(path, profile, **options)


class Numbers:
    """A new resident with every call, so that no test sees another's."""

    def __init__(self):
        self.n = 0

    def __call__(self):
        self.n += 1
        return f"+316500{self.n:05d}"


new_number = Numbers()


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    path = tmp_path_factory.mktemp("line")
    with sim(path) as modem, gateway(path, [modem], sms=" in-doubt fail after 600\n part-wait 2") as line:
        line.lines_up(2)
        yield modem, line


@pytest.fixture
def pair(running):
    """The modem and the line that most tests share, in order again afterwards."""
    modem, line = running
    yield modem, line
    modem.fault("clear")
    line.lines_up(2)


@pytest.fixture(scope="module")
def ahead(tmp_path_factory):
    """Another, whose clock is set ahead: no report of its network fits the time any more."""
    path = tmp_path_factory.mktemp("ahead")
    with sim(path) as modem, gateway(path, [modem], sms=" in-doubt fail after 600") as line:
        line.lines_up(2)
        yield modem, line


@pytest.fixture
def later(ahead):
    modem, line = ahead
    yield modem, line
    modem.fault("clear")
    line.lines_up(2)


def answer_to(modem, line, text="STATUS", number=None, timeout=10):
    """A resident texts; the submits of the answer."""
    number = number or new_number()
    before = modem.stats()["mo"]
    modem.text(number, text)
    modem.wait("mo", before + 1, timeout)
    return [m for m in modem.mo(before) if m["to"] == number]


def parts(line, number):
    return line.sql("SELECT p.state, p.cause, p.tries, p.mr, p.id FROM outbox_part p JOIN outbox o "
                    "ON o.id = p.outbox_id WHERE o.number = ? ORDER BY p.id", number)


def states(line, number):
    return [p[0] for p in parts(line, number)]


def heard(line, number):
    return [t for t, in line.sql("SELECT text FROM inbox WHERE number = ? AND verdict NOT IN "
                                 "('part', 'dropped') ORDER BY id", number)]


def alarms(line):
    return {a["what"]: a["detail"] for a in line.health()["alarms"]}


def modem_state(line, n=1):
    return next(l["state"] for l in line.health()["lines"] if l["name"] == f"modem {n}")


def metric(line, name, n=1):
    page = requests.get(line.url + "/metrics", timeout=5).text
    return int(re.search(rf'^meldlijn_{name}{{line="modem {n}"}} (-?\d+)$', page, re.M).group(1))


def swapped(digits):
    digits += "F" * (len(digits) % 2)
    return "".join(digits[i + 1] + digits[i] for i in range(0, len(digits), 2))


def address(number):
    return f"{len(number) - 1:02X}91{swapped(number[1:])}"


def stamp(at=None):
    at = at or datetime.datetime.now(datetime.timezone.utc)
    return swapped(at.strftime("%y%m%d%H%M%S")) + "00"


def packed(septets, fill=0):
    bits = 0
    for i, septet in enumerate(septets):
        bits |= septet << (fill + 7 * i)
    return bits.to_bytes((fill + 7 * len(septets) + 7) // 8, "little")


def deliver(number, septets=None, octets=None, udh=b"", dcs=0, pid=0, at=None):
    """A DELIVER by the words of TS 23.040, 9.2.2.1: hex with its SMSC field."""
    header = bytes([len(udh)]) + udh if udh else b""
    if septets is not None:
        fill = -len(header) * 8 % 7
        data = header + packed(septets, fill)
        length = (len(header) * 8 + fill) // 7 + len(septets)
    else:
        data = header + octets
        length = len(data)
    return (f"07911326040000F0{0x44 if udh else 0x04:02X}{address(number)}{pid:02X}{dcs:02X}"
            f"{stamp(at)}{length:02X}{data.hex().upper()}")


def concat(ref, total, number, wide=False):
    if wide:
        return bytes([8, 4, ref >> 8, ref & 255, total, number])
    return bytes([0, 3, ref, total, number])


def report(number, mr, status, submitted=None):
    """A STATUS-REPORT, 9.2.2.3."""
    return (f"07911326040000F006{mr:02X}{address(number)}{stamp(submitted)}{stamp()}{status:02X}")


def ascii_part(number, text, *concat_args, **options):
    return deliver(number, list(text.encode()), udh=concat(*concat_args), **options)


# -- PIN and PUK


def test_the_pin_is_entered_once(tmp_path):
    with sim(tmp_path, pin="1234") as modem, gateway(tmp_path, [modem], modem_words=" pin 1234") as line:
        line.lines_up(2)
        assert answer_to(modem, line)
        stats = modem.stats()
        assert (stats["pin_tried"], stats["pin_wrong"]) == (1, 0)
        assert alarms(line) == {}
        assert "1234" not in line.log.read_text()


def test_a_wrong_pin_is_tried_once_whatever_happens(tmp_path):
    with sim(tmp_path, "cinterion", pin="1234") as modem:
        line = gateway(tmp_path, [modem], modem_words=" pin 9999")
        for _ in range(3):  # killed and started anew
            with modem.events() as events:
                line.start()
                line.until(lambda: modem_state(line) == "stopped")
                assert "refused" in alarms(line)["modem 1 pin"]
                assert "modem 1 pin" in line.vty("show alarm")
                modem.reset()
                for _ in range(3):  # it goes on looking whether a person has helped
                    events.next("command", line="AT+CPIN?")
                assert modem.stats()["pin_tried"] == 1
                line.kill()
        line.start()
        line.until(lambda: modem_state(line) == "stopped")
        line.vty("configure terminal", "modem 1", "pin 1234", "no shutdown")
        line.lines_up(2)
        assert answer_to(modem, line)
        assert modem.stats()["pin_tried"] == 2 and modem.stats()["pin_wrong"] == 1
        assert alarms(line) == {}
        line.kill()


def test_a_pin_whose_answer_nobody_saw_is_not_tried_again(tmp_path):
    with sim(tmp_path, pin="1234") as modem, modem.events() as events:
        modem.fault("slow", 100)
        line = gateway(tmp_path, [modem], modem_words=" pin 9999").start()
        events.next("command", line='AT+CPIN="9999"')
        line.kill()
        modem.fault("clear")
        line.start()
        line.until(lambda: modem_state(line) == "stopped")
        assert modem.stats()["pin_tried"] <= 1
        assert "tried" in alarms(line)["modem 1 pin"]
        # The operator puts the right one into the file: that is another PIN.
        line.kill()
        line.config.write_text(line.config.read_text().replace("pin 9999", "pin 1234"))
        line.start()
        line.lines_up(2)
        assert alarms(line) == {}
        line.kill()


def test_a_locked_sim_stops_its_line_and_no_other(tmp_path):
    with sim(tmp_path, pin="1234") as locked, \
            sim(tmp_path, "sim800", name="other", seed=2, number="+31612340002") as other:
        with locked.open() as port:
            port.until(b"+QUSIM: 1\r\n")
            port.command("ATE0")
            for _ in range(3):
                port.write(b'AT+CPIN="0000"\r')
                port.until(b"ERROR")
        tried = locked.stats()["pin_tried"]
        with gateway(tmp_path, [locked, other], modem_words=" pin 1234") as line:
            line.until(lambda: modem_state(line) == "stopped")
            line.until(lambda: modem_state(line, 2) == "up")
            assert "PUK" in alarms(line)["modem 1 puk"]
            assert "PUK" in line.vty("show alarm")
            assert answer_to(other, line)
            assert locked.stats()["pin_tried"] == tried
            assert modem_state(line) == "stopped"


# -- what lies in the memories


def fill_memories(modem, number):
    """Texts in SM, ME and, where there is one, SR, with a gap in the indexes."""
    want = 0
    modem.wait("sim_ready", 1)
    with modem.open() as port:
        port.command("ATE0")
        for memory in ("ME", "SM"):
            port.command(f'AT+CPMS="{memory}","{memory}","{memory}"')
            port.command("AT+CNMI=1,1,0,2,0" if modem.profile == "huawei" else "AT+CNMI=1,1")
            for n in range(5):
                modem.text(number, f"{memory} {n}")
            base = modem.storage()[memory]["messages"][0]["index"]
            port.command(f"AT+CMGD={base}")
            port.command(f"AT+CMGD={base + 2}")
            want += 3
        modem.mt(deliver(number, list(b"class 2"), dcs=0xF2))
        if modem.profile == "huawei":
            modem.mt(report(number, 200, 0))
    return want + 1


@pytest.mark.parametrize("profile", ["huawei", "ec25", "cinterion"])
def test_what_was_stored_before_is_read_and_deleted(tmp_path, profile):
    number = new_number()
    with sim(tmp_path, profile) as modem:
        want = fill_memories(modem, number)
        if profile == "huawei":
            assert modem.storage()["SR"]["messages"]
        with gateway(tmp_path, [modem]) as line:
            modem.wait("used", 0)
            line.lines_up(2)
            assert sorted(heard(line, number)) == sorted(
                [f"{m} {n}" for m in ("ME", "SM") for n in (1, 3, 4)] + ["class 2"])
            assert len(heard(line, number)) == want
            if profile == "huawei":
                assert line.sql("SELECT mr FROM report_early") == [(200,)]


def test_a_text_that_comes_while_the_list_is_read(tmp_path):
    number, late = new_number(), new_number()
    with sim(tmp_path, "sim800") as modem:
        modem.text(number, "stored")
        modem.fault("mt-in-list", deliver(late, list(b"in between")))
        with gateway(tmp_path, [modem]) as line:
            modem.wait("deleted", 2)
            assert heard(line, number) == ["stored"] and heard(line, late) == ["in between"]
            assert modem.stats()["used"] == 0


def test_a_full_memory_is_drained_and_the_network_gives_the_rest(tmp_path):
    number = new_number()
    with sim(tmp_path, "sim800", storage_size=4) as modem:
        for n in range(15):
            modem.text(number, f"text {n}")
        assert modem.stats()["pending"] >= 7
        with gateway(tmp_path, [modem]) as line:
            modem.wait("pending", 0, 20)
            modem.wait("used", 0)
            assert sorted(heard(line, number)) == sorted(f"text {n}" for n in range(15))
            modem.fault("full")
            other = new_number()
            modem.text(other, "waits")
            modem.fault("full", "off")
            line.until(lambda: heard(line, other) == ["waits"])


def drafts(modem, n):
    """What somebody left in both memories: it is not from the network, so not ours to delete."""
    with modem.open() as port:
        port.command("ATE0")
        for memory in ("ME", "SM"):
            port.command(f'AT+CPMS="{memory}","{memory}","{memory}"')
            port.command("AT+CMGD=1,4")
            for _ in range(n):
                port.write(b"AT+CMGW=18\r")
                port.until(b"> ")
                port.write(b"0021000B911316325476F8000005E8329BFD06\x1a")
                port.until(b"OK\r\n")


def test_a_memory_that_fills_up_is_told(tmp_path):
    with sim(tmp_path, "ec25", storage_size=5) as modem:
        modem.wait("sim_ready", 1)
        drafts(modem, 4)
        line = gateway(tmp_path, [modem]).start()
        line.until(lambda: "modem 1 storage" in alarms(line))
        assert metric(line, "modem_storage_used") == 4 and metric(line, "modem_storage_size") == 5
        line.lines_up(2)
        assert answer_to(modem, line)
        assert len(modem.storage()["ME"]["messages"]) == 4
        line.kill()
        drafts(modem, 1)
        line.start()
        line.lines_up(2)
        line.until(lambda: alarms(line) == {})
        line.kill()


# -- acknowledged after the commit, not before


def unwritable(line, on):
    """No file of the line may grow: every write to its database fails."""
    resource.prlimit(line.process.pid, resource.RLIMIT_FSIZE,
                     (1 if on else resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@pytest.mark.parametrize("profile", ["ec25", "sim800"])
def test_nothing_is_acknowledged_that_could_not_be_written(tmp_path, profile):
    numbers = [new_number() for _ in range(6)]
    with sim(tmp_path, profile, retry_ms=50) as modem, gateway(tmp_path, [modem]) as line:
        line.lines_up(2)
        assert answer_to(modem, line)
        modem.wait("sr_acked", 1)
        before = modem.stats()
        unwritable(line, True)
        with modem.events() as events:
            for number in numbers:
                modem.text(number, "STATUS")
            if profile == "ec25":
                modem.wait("redelivered", before["redelivered"] + 3)
                assert modem.stats()["acked"] == before["acked"]
            else:
                for _ in range(2):
                    events.next("command", line="AT+CMGL=4")
                assert modem.stats()["deleted"] == before["deleted"]
        assert modem.stats()["mo"] == before["mo"]
        unwritable(line, False)
        modem.wait("mo", before["mo"] + len(numbers), 20)
        modem.wait("pending", 0)
        modem.wait("used", 0)
        for number in numbers:
            assert heard(line, number) == ["STATUS"]
        assert modem.stats()["mo"] == before["mo"] + len(numbers)


def test_an_outcome_that_could_not_be_written_is_not_forgotten(tmp_path):
    number = new_number()
    with sim(tmp_path, net_delay_ms=300) as modem, gateway(tmp_path, [modem]) as line:
        line.lines_up(2)
        with modem.events() as events:
            modem.text(number, "STATUS")
            while not events.next("command")["line"].startswith("AT+CMGS="):
                pass
            unwritable(line, True)
            events.next("mo")
            modem.wait("sr", 1)
        unwritable(line, False)
        line.until(lambda: states(line, number) == ["delivered"], 20)
        assert modem.stats()["mo"] == 1


def test_killed_between_the_text_and_its_acknowledgement(tmp_path):
    numbers = [new_number() for _ in range(4)]
    with sim(tmp_path, retry_ms=50) as modem:
        line = gateway(tmp_path, [modem])
        for i, number in enumerate(numbers):
            line.start()
            line.lines_up(2)
            offered = modem.stats()["offered"]
            with modem.events() as events:
                if i % 2:
                    modem.text(number, "STATUS")
                    modem.wait("offered", offered + 1)
                    line.kill()
                    continue
                modem.fault("slow", 200)  # CNMA is on its way and not yet obeyed
                modem.text(number, "STATUS")
                events.next("command", line="AT+CNMA")
                line.kill()
                modem.fault("slow", 0)
        line.start()
        modem.wait("pending", 0, 20)
        # Where the kill fell between the mark and the modem, the answer is in doubt for good.
        line.until(lambda: all(states(line, n)[0] in ("delivered", "doubt") for n in numbers), 20)
        assert [heard(line, n) for n in numbers] == [["STATUS"]] * len(numbers)
        sent = [m["to"] for m in modem.mo()]
        assert sorted(sent) == sorted(n for n in numbers if states(line, n) == ["delivered"])
        line.kill()


def test_a_text_that_the_network_sends_twice_is_answered_once(pair):
    modem, line = pair
    number = new_number()
    modem.fault("dup-mt")
    answers = answer_to(modem, line, number=number)
    modem.wait("pending", 0)
    last = new_number()
    answer_to(modem, line, number=last)
    assert heard(line, number) == ["STATUS"]
    assert len([m for m in modem.mo() if m["to"] == number]) == len(answers) == 1


def test_an_acknowledgement_that_is_refused_stops_nothing(pair):
    modem, line = pair
    number = new_number()
    modem.fault("cnma-refuse")
    answer_to(modem, line, number=number)
    modem.wait("pending", 0)
    assert heard(line, number) == ["STATUS"]
    assert answer_to(modem, line)
    assert len([m for m in modem.mo() if m["to"] == number]) == 1


# -- long texts


def test_long_texts_with_both_kinds_of_reference(pair):
    modem, line = pair
    number = new_number()
    text = " ".join(f"woord{n}" for n in range(60))
    modem.text(number, text)
    modem.text(number, text.upper(), wide=True)
    line.until(lambda: heard(line, number) == [text, text.upper()])


def test_parts_in_any_order_twice_and_two_texts_at_once(pair):
    modem, line = pair
    number = new_number()
    a, b = [f"a{n} " * 20 for n in range(4)], [f"b{n} " * 20 for n in range(4)]
    order = [3, 1, 1, 0, 3, 2]
    for n in order:
        modem.mt(ascii_part(number, a[n], 77, 4, n + 1))
        modem.mt(ascii_part(number, b[n], 77, 4, n + 1, True))
    line.until(lambda: sorted(heard(line, number)) == ["".join(a), "".join(b)])
    modem.wait("pending", 0)
    assert len(heard(line, number)) == 2
    assert line.sql("SELECT count(*) FROM inbox_part WHERE number = ?", number) == [(0,)]


def test_a_part_that_never_comes_leaves_a_gap(pair):
    modem, line = pair
    number = new_number()
    for n in (1, 3):
        modem.mt(ascii_part(number, f"deel {n} ", 5, 3, n))
    line.until(lambda: line.sql("SELECT count(*) FROM inbox_part WHERE number = ?", number) == [(2,)])
    assert heard(line, number) == []
    line.until(lambda: heard(line, number), 10)
    assert heard(line, number) == ["deel 1 [...]deel 3 "]
    # It comes after all: another text by then, and nothing breaks.
    modem.mt(ascii_part(number, "deel 2 ", 5, 3, 2))
    modem.wait("pending", 0)


def test_a_reference_used_again_is_another_text(pair):
    modem, line = pair
    number = new_number()
    for text in ("een", "twee"):
        for n in (1, 2):
            modem.mt(ascii_part(number, f"{text} {n} ", 9, 2, n))
    line.until(lambda: heard(line, number) == ["een 1 een 2 ", "twee 1 twee 2 "])


# -- alphabets


def test_turkish_with_a_single_shift_table(pair):
    modem, line = pair
    number = new_number()
    # TS 23.038 A.2.1: ESC and g ğ, i ı, s ş, I İ, G Ğ, S Ş, c ç, e €
    septets = [c for letter in b"gisIGSce" for c in (0x1B, letter)]
    modem.mt(deliver(number, septets, udh=bytes([0x24, 1, 1])))
    line.until(lambda: heard(line, number) == ["ğışİĞŞç€"])


def test_turkish_with_a_locking_shift_table(pair):
    modem, line = pair
    number = new_number()
    # A.3.1: what the default alphabet has at 04 07 0B 0C 1C 1D 40 60 and of it the letters
    modem.mt(deliver(number, [4, 7, 0x0B, 0x0C, 0x1C, 0x1D, 0x40, 0x60, 0x61],
                     udh=bytes([0x25, 1, 1])))
    line.until(lambda: heard(line, number) == ["€ıĞğŞşİça"])


def test_both_tables_at_once_and_in_parts(pair):
    modem, line = pair
    number = new_number()
    shifts = bytes([0x24, 1, 1, 0x25, 1, 1])
    for n in (2, 1):
        modem.mt(deliver(number, [0x0C, 0x1B, 0x73, 0x30 + n], udh=shifts + concat(3, 2, n)))
    line.until(lambda: heard(line, number) == ["ğş1ğş2"])


def test_a_surrogate_pair_is_one_character_even_when_cut(pair):
    modem, line = pair
    number = new_number()
    octets = "kapot 😡🗑️".encode("utf-16-be")
    modem.mt(deliver(number, octets=octets, dcs=8))
    cut = 6 * 2 + 2
    for n, piece in ((2, octets[cut:]), (1, octets[:cut])):
        modem.mt(deliver(number, octets=piece, dcs=8, udh=concat(4, 2, n)))
    line.until(lambda: heard(line, number) == ["kapot 😡🗑️"] * 2)


@pytest.mark.parametrize("dcs", [0x10, 0xF0, 0x18, 0x11, 0xF2, 0xC0, 0xD0, 0xE0])
def test_texts_of_every_class_are_texts(pair, dcs):
    """Class 0 to 2, and the message-waiting groups that carry a text."""
    modem, line = pair
    number = new_number()
    if dcs & 0x0C == 8 and dcs < 0xC0 or dcs >> 4 == 0xE:
        modem.mt(deliver(number, octets="flits".encode("utf-16-be"), dcs=dcs))
    else:
        modem.mt(deliver(number, list(b"flits"), dcs=dcs))
    line.until(lambda: heard(line, number) == ["flits"])
    modem.wait("pending", 0)
    modem.wait("used", 0)


def test_gammu_and_this_file_agree_on_a_deliver():
    got = gammu.DecodePDU(bytes.fromhex(deliver("+31612345678", list(b"hello"))))
    assert got["Text"] == "hello" and got["Number"] == "+31612345678"


def test_a_silent_text_is_acknowledged_and_nothing_else(pair):
    modem, line = pair
    number = new_number()
    modem.mt(deliver(number, list(b"ping"), pid=0x40))
    modem.wait("pending", 0)
    assert answer_to(modem, line)
    assert heard(line, number) == []


# -- status reports


def test_a_delivered_text_is_known_to_be_delivered(pair):
    modem, line = pair
    number = new_number()
    answer_to(modem, line, number=number)
    line.until(lambda: states(line, number) == ["delivered"])


def test_a_status_report_that_is_too_early(pair):
    modem, line = pair
    number = new_number()
    modem.fault("sr-early")
    answer_to(modem, line, number=number)
    line.until(lambda: states(line, number) == ["delivered"])
    assert line.sql("SELECT count(*) FROM report_early WHERE number = ?", number) == [(0,)]


def test_a_text_that_the_network_gave_up(pair):
    modem, line = pair
    for status in (0x46, 0x43, 0x65):
        number = new_number()
        modem.fault("sr-status", status)
        answer_to(modem, line, number=number)
        line.until(lambda n=number: states(line, n) == ["failed"])
        assert parts(line, number)[0][1] == status


def test_a_text_that_the_network_still_tries(pair):
    modem, line = pair
    number = new_number()
    modem.fault("sr-status", 0x20)
    acked = modem.stats()["sr_acked"]
    sent = answer_to(modem, line, number=number)
    modem.wait("sr_acked", acked + 1)
    line.until(lambda: states(line, number) == ["sent"])
    modem.mt(report(number, sent[0]["mr"], 0))
    line.until(lambda: states(line, number) == ["delivered"])


def test_a_report_of_another_recipient_or_reference_changes_nothing(pair):
    modem, line = pair
    number = new_number()
    modem.fault("sr-none")
    sent = answer_to(modem, line, number=number)
    line.until(lambda: states(line, number) == ["sent"])
    mr = sent[0]["mr"]
    modem.mt(report("+31699999999", mr, 0))
    modem.mt(report(number, (mr + 100) % 256, 0))
    modem.wait("pending", 0)
    assert states(line, number) == ["sent"]
    modem.mt(report(number, mr, 0))
    line.until(lambda: states(line, number) == ["delivered"])


# -- the serial line


def test_lines_between_any_two_bytes(pair):
    modem, line = pair
    modem.fault("urc-prompt", "+CREG: 1")
    assert answer_to(modem, line)
    modem.fault("urcstorm", 2000)
    assert answer_to(modem, line)
    modem.fault("split", 1)
    modem.fault("urc-prompt")
    assert answer_to(modem, line)
    modem.fault("split", 3)
    modem.fault("urcstorm", 50)
    assert answer_to(modem, line)


@pytest.mark.parametrize("n", [1, 64, 5000])
def test_garbage_is_survived(pair, n):
    modem, line = pair
    modem.fault("garbage", n)
    assert answer_to(modem, line, timeout=20)


@pytest.mark.parametrize("fault", ["lost-ok", "lost-cmgs-ok"])
def test_a_lost_ok_costs_no_text(pair, fault):
    modem, line = pair
    number = new_number()
    modem.fault(fault)
    answer_to(modem, line, number=number)
    line.until(lambda: states(line, number) == ["delivered"], 20)
    assert answer_to(modem, line, timeout=20)
    modem.wait("pending", 0)
    assert len([m for m in modem.mo() if m["to"] == number]) == 1


def test_an_answer_that_never_came_is_doubt_that_its_report_settles(pair):
    modem, line = pair
    number = new_number()
    modem.set("report", 4000)
    modem.fault("lost-cmgs-answer")
    answer_to(modem, line, number=number)
    line.until(lambda: states(line, number) == ["doubt"])
    assert metric(line, "modem_doubt_total") >= 1
    modem.set("report", 20)
    # The reference is not known: the report is matched by recipient and time.
    line.until(lambda: states(line, number) == ["delivered"])
    assert len([m for m in modem.mo() if m["to"] == number]) == 1


def test_an_answer_and_a_report_that_never_came_stay_in_doubt(later):
    modem, line = later
    number = new_number()
    modem.fault("lost-cmgs-answer")
    modem.fault("sr-none")
    answer_to(modem, line, number=number)
    line.until(lambda: states(line, number) == ["doubt"])
    line.advance(601)
    line.until(lambda: line.sql("SELECT 1 FROM outbox_part p JOIN outbox o ON o.id = p.outbox_id WHERE "
                                "o.number = ? AND p.state = 'doubt' AND settle IS NULL", number))
    assert answer_to(modem, line)
    assert len([m for m in modem.mo() if m["to"] == number]) == 1


def test_a_modem_that_restarts_by_itself(pair):
    modem, line = pair
    modem.reset()
    number = new_number()
    assert answer_to(modem, line, number=number, timeout=20)
    line.until(lambda: states(line, number) == ["delivered"])
    assert modem.state()["echo"] is False


def test_one_command_at_a_time(pair):
    modem, line = pair
    before = modem.stats()["overlaps"]
    modem.fault("slow", 20)
    modem.set("delay", 50)
    numbers = [new_number() for _ in range(10)]
    mo = modem.stats()["mo"]
    for number in numbers:
        modem.text(number, "STATUS")
    modem.wait("mo", mo + len(numbers), 20)
    modem.wait("pending", 0)
    modem.set("delay", 0)
    assert modem.stats()["overlaps"] == before


# -- a modem that hangs, a port that goes away


def test_a_modem_that_hangs_is_brought_back(pair):
    modem, line = pair
    reopens = metric(line, "modem_reopens_total")
    modem.fault("hang")
    number = new_number()
    assert answer_to(modem, line, number=number, timeout=40)
    line.until(lambda: states(line, number) == ["delivered"])
    assert metric(line, "modem_reopens_total") > reopens
    since = metric(line, "modem_healthy_since_seconds")
    assert since > 0


def test_the_port_goes_in_the_middle_of_a_text(pair):
    modem, line = pair
    number = new_number()
    opened = modem.stats()["opened"]
    modem.fault("drop-midpdu", 300)
    modem.text(number, "STATUS")
    modem.wait("opened", opened + 1, 20)
    line.lines_up(2)
    assert answer_to(modem, line, timeout=20)
    line.until(lambda: states(line, number)[0] in ("doubt", "delivered"))
    assert len([m for m in modem.mo() if m["to"] == number]) <= 1
    assert heard(line, number) == ["STATUS"]


def test_the_port_goes_when_the_network_has_the_text(pair):
    modem, line = pair
    number = new_number()
    modem.set("report", 3000)  # after the modem is set up again
    modem.fault("drop-accepted", 300)
    answer_to(modem, line, number=number)
    line.until(lambda: states(line, number) == ["doubt"])
    line.lines_up(2)
    line.until(lambda: states(line, number) == ["delivered"])
    modem.set("report", 20)
    assert len([m for m in modem.mo() if m["to"] == number]) == 1


def test_a_link_that_is_made_anew_is_followed(pair):
    """As /dev/serial/by-path: the link stays, what it points to changes."""
    modem, line = pair
    opened = modem.stats()["opened"]
    modem.vanish()
    line.until(lambda: modem_state(line) == "down")
    number = new_number()
    modem.text(number, "STATUS")
    modem.appear()
    modem.wait("opened", opened + 1)
    line.until(lambda: states(line, number) == ["delivered"], 20)


def test_by_imei_the_port_may_have_any_name(tmp_path):
    with sim(tmp_path, imei="356938035643809", name="tty0") as modem, \
            sim(tmp_path, name="tty1", seed=7) as other, \
            gateway(tmp_path, [], extra=f"modem 1\n imei 356938035643809\n search {tmp_path}/tty*\n"
                    " no shutdown\n") as line:
        line.lines_up(2)
        assert answer_to(modem, line)
        modem.vanish()
        line.until(lambda: modem_state(line) == "down")
        modem.appear(tmp_path / "tty7")
        line.lines_up(2)
        assert answer_to(modem, line)
        said = line.vty("show modem")
        assert f"READY, direct on {os.path.realpath(tmp_path / 'tty7')}" in said, said
        assert other.stats()["mo"] == 0 and other.state()["cfun"] == 1


# -- what the network says no to


def refused(modem, line, code, n=1):
    number = new_number()
    errors = modem.stats()["cms_errors"]
    modem.fault("cms", code, n)
    modem.text(number, "STATUS")
    modem.wait("cms_errors", errors + 1)
    return number


@pytest.mark.parametrize("code", [41, 42, 47, 192, 194, 331])
def test_a_passing_trouble_is_tried_again(later, code):
    modem, line = later
    number = refused(modem, line, code)
    line.until(lambda: parts(line, number)[0][1:3] == (code, 1))
    line.advance(30)
    line.until(lambda: states(line, number) == ["delivered"])
    assert len([m for m in modem.mo() if m["to"] == number]) == 1


@pytest.mark.parametrize("code", [38, 332, 500])
def test_what_may_have_been_sent_is_in_doubt(pair, code):
    modem, line = pair
    number = refused(modem, line, code)
    line.until(lambda: states(line, number) == ["doubt"])
    assert answer_to(modem, line)
    assert modem.mo()[-1]["to"] != number


@pytest.mark.parametrize("code", [1, 28, 30, 69, 97])
def test_what_will_never_be_sent_is_refused_at_once(pair, code):
    modem, line = pair
    number = refused(modem, line, code)
    line.until(lambda: states(line, number) == ["failed"])
    assert parts(line, number)[0][1] == code
    assert answer_to(modem, line)


def test_a_rejection_without_a_reason_is_tried_twice_more(later):
    modem, line = later
    number = refused(modem, line, 21, 3)
    for tries in (1, 2):
        line.until(lambda t=tries: parts(line, number)[0][2] == t)
        line.advance(301)
    line.until(lambda: states(line, number) == ["failed"])
    assert modem.stats()["mo"] == len(modem.mo())
    assert not [m for m in modem.mo() if m["to"] == number]


def test_a_full_memory_does_not_count_as_a_try(later):
    modem, line = later
    number = refused(modem, line, 322)
    line.until(lambda: parts(line, number)[0][:3] == ("queued", 322, 0))
    line.advance(31)
    line.until(lambda: states(line, number) == ["delivered"])


def test_an_error_without_a_number(tmp_path):
    """Telit without CMEE: the line asks for numbers again, and the text is not sent twice."""
    with sim(tmp_path, "telit") as modem, gateway(tmp_path, [modem]) as line:
        line.lines_up(2)
        number = new_number()
        with modem.events() as events:
            modem.reset()  # CMEE is off again, and it says so by nothing
            modem.fault("cms", 500)
            modem.text(number, "STATUS")
            modem.wait("cms_errors", 1, 20)
            events.next("command", line="AT+CMEE=1")
        line.until(lambda: states(line, number)[0] in ("doubt", "delivered"))
        assert answer_to(modem, line)
        assert len([m for m in modem.mo() if m["to"] == number]) <= 1


def test_a_barred_sim_stops_sending_and_says_so(tmp_path):
    with sim(tmp_path) as modem, gateway(tmp_path, [modem]) as line:
        line.lines_up(2)
        modem.fault("cms", 8, "all")
        numbers = [new_number() for _ in range(5)]
        for number in numbers:
            modem.text(number, "STATUS")
        modem.wait("cms_errors", 3)
        line.until(lambda: modem_state(line) == "stopped")
        assert "contract" in alarms(line)["modem 1 barred"]
        assert modem.stats()["cms_errors"] == 3
        modem.wait("pending", 0)  # what comes in is still heard
        assert all(heard(line, n) for n in numbers)
        modem.fault("clear")
        line.vty("configure terminal", "modem 1", "shutdown", "no shutdown")
        line.lines_up(2)
        assert alarms(line) == {}
        line.advance(61)
        line.until(lambda: all(states(line, n) == ["delivered"] for n in numbers))
        assert modem.stats()["mo"] == len(numbers)


def test_a_lost_service_centre_is_set_again(tmp_path):
    with sim(tmp_path) as modem, gateway(tmp_path, [modem], modem_words=" smsc +31624000000") as line:
        line.lines_up(2)
        number = new_number()
        modem.fault("cms", 330)
        with modem.events() as events:
            modem.text(number, "STATUS")
            events.next("command", line='AT+CSCA="+31624000000",145')
        line.advance(6)
        line.until(lambda: states(line, number) == ["delivered"])
        assert alarms(line) == {}


# -- what is sent, and in which order


def test_the_pdu_asks_for_a_report_and_has_a_validity_period(tmp_path):
    with sim(tmp_path) as modem, gateway(tmp_path, [modem], sms=" validity reply 24") as line:
        line.lines_up(2)
        [sent] = answer_to(modem, line)
        pdu = bytes.fromhex(sent["pdu"])
        first = pdu[1 + pdu[0]]
        assert first & 0x03 == 1  # SUBMIT
        assert first & 0x20  # TP-SRR
        assert first & 0x18 == 0x10  # TP-VPF relative
        decoded = gammu.DecodePDU(pdu, True)
        assert decoded["Number"] == sent["to"] and decoded["Text"] == sent["text"]
        at = 1 + pdu[0] + 2
        at += 2 + (pdu[at] + 1) // 2 + 2  # address, PID, DCS
        assert pdu[at] == 167  # 24 hours, 9.2.3.12.1


def wait_in_the_outbox(line, like, n, lane=1, wanted=""):
    """n texts of the status lane, as copies of one that was sent; the line does not run."""
    import sqlite3
    with sqlite3.connect(line.database) as db:
        for i in range(n):
            outbox = db.execute(
                "INSERT INTO outbox (number, lane, line, text, created, expires, state) SELECT ?, ?, ?, "
                "text, created, expires, 'queued' FROM outbox WHERE number = ?",
                (f"+316990{i:05d}", lane, wanted, like)).lastrowid
            db.execute("INSERT INTO outbox_part (outbox_id, lane, wanted, part, total, piece, due) "
                       "SELECT ?, ?, ?, 1, 1, p.piece, 0 FROM outbox_part p JOIN outbox o ON "
                       "o.id = p.outbox_id WHERE o.number = ?", (outbox, lane, wanted, like))


def until_closed(events):
    """The commands until the line lets go of the port."""
    while True:
        event = events.next()
        if event["event"] == "closed":
            return
        if event["event"] == "command":
            yield event


def test_a_reply_overtakes_status_texts_and_the_link_stays_open(tmp_path):
    with sim(tmp_path, net_delay_ms=10) as modem:
        line = gateway(tmp_path, [modem], handset=False).start()
        line.lines_up(1)
        like = new_number()
        answer_to(modem, line, number=like)
        modem.wait("sr_acked", 1)
        assert line.stop() == 0
        wait_in_the_outbox(line, like, 200)
        modem.fault("sr-none", "all")  # the simulated network would give 20 reports before the text
        with modem.events() as events, modem.events() as commands:
            line.start()
            for _ in range(20):
                events.next("mo")
            number = new_number()
            modem.text(number, "STATUS")
            modem.wait("mo", 201, 30)
            order = [m["to"] for m in modem.mo()]
            assert order.index(number) < 60
            modem.wait("mo", 202, 30)
            line.kill()
            seen = [e["line"] for e in until_closed(commands)]
        assert "AT+CMMS=2" in seen
        first = seen.index("AT+CMMS=2")
        sends = [i for i, c in enumerate(seen) if c.startswith("AT+CMGS=")]
        assert first < sends[2]
        assert "AT+CMMS=0" not in seen[first:sends[-3]]
        everyone = [m["to"] for m in modem.mo()]
        assert len(everyone) == len(set(everyone)) == 202


def test_two_modems_share_the_load(tmp_path):
    with sim(tmp_path, net_delay_ms=20) as one, \
            sim(tmp_path, "sim800", name="other", seed=2, number="+31612340002", net_delay_ms=20) as two:
        line = gateway(tmp_path, [one, two], handset=False).start()
        line.lines_up(2)
        like = new_number()
        answer_to(one, line, number=like)
        # An answer goes out by the line that heard the question.
        number = new_number()
        assert answer_to(two, line, number=number)
        assert not [m for m in one.mo() if m["to"] == number]
        assert line.stop() == 0
        before = one.stats()["mo"] + two.stats()["mo"]
        wait_in_the_outbox(line, like, 60)
        line.start()
        line.until(lambda: one.stats()["mo"] + two.stats()["mo"] == before + 60, 20)
        assert one.stats()["mo"] > 15 and two.stats()["mo"] > 15
        everyone = [m["to"] for m in one.mo() + two.mo()]
        assert len(everyone) == len(set(everyone))
        line.kill()


def test_what_the_operator_sees(pair):
    modem, line = pair
    modem.signal(20)
    answer_to(modem, line)
    line.until(lambda: metric(line, "modem_signal_dbm") == -73)
    said = line.vty("show modem")
    for word in ("modem 1: READY, direct on " + str(modem.device), "Quectel EC25", "signal -73 dBm",
                 "home", "IMEI", "memory       ME 0 of", "healthy      since 20"):
        assert word in said, said
    assert metric(line, "modem_sent_total") >= 1
    assert metric(line, "modem_heard_total") >= 1
    assert metric(line, "modem_up") == 1
    health = next(l for l in line.health()["lines"] if l["name"] == "modem 1")
    assert health["vendor"] == "Quectel" and health["signal_dbm"] == -73
    assert health["registration"] == "home"
    assert "X14" in line.vty("show timer")


def test_without_a_network_the_line_is_down_and_sends_nothing(pair):
    modem, line = pair
    number = new_number()
    with modem.events() as events:
        modem.fault("slow", 100)
        modem.text(number, "STATUS")
        events.next("command", line="AT+CNMA")
        modem.creg(2)
        modem.fault("slow", 0)
    line.until(lambda: modem_state(line) == "down")
    modem.wait("pending", 0)
    before = modem.stats()["mo"]
    modem.creg(5)
    line.until(lambda: states(line, number)[0] in ("delivered", "doubt"))
    modem.creg(1)
    assert modem.stats()["mo"] - before <= 1
