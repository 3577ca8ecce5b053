# SPDX-License-Identifier: AGPL-3.0-or-later
"""The modem line as a whole, what comes in: the real binary on a simulated modem, which counts what it was asked and
what it let go.

What a clause of the line promises is looked at from the network's side: a text is lost or kept, acknowledged or not,
sent once or twice by the count of the simulator, not by what the line says of itself."""
import gammu
import pytest
from modem_line import (alarms, answer_to, ascii_part, concat, deliver, gateway, heard, metric,
                         modem_state, new_number, parts, report, sim, states, unwritable)


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


def test_a_text_of_a_replace_type_takes_the_place_of_the_former(pair):
    """What was answered stays answered; the former counts as replaced, that of another type or sender does not."""
    modem, line = pair
    number, other = new_number(), new_number()
    for sender, pid, text in ((number, 0x41, "een"), (number, 0x42, "twee"), (other, 0x41, "drie"),
                              (number, 0, "vier"), (number, 0x41, "vijf"), (number, 0x41, "zes")):
        modem.mt(deliver(sender, list(text.encode()), pid=pid))
    line.until(lambda: heard(line, number)[-1:] == ["zes"])
    rows = line.sql("SELECT text, verdict FROM inbox WHERE number IN (?, ?) ORDER BY id", number, other)
    assert rows == [("een", "replaced"), ("twee", "answered"), ("drie", "answered"),
                    ("vier", "answered"), ("vijf", "replaced"), ("zes", "answered")]


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
