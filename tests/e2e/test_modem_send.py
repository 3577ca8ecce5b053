# SPDX-License-Identifier: AGPL-3.0-or-later
"""The modem line as a whole, the serial port and what goes out: the real binary on a simulated modem, which counts what
it was asked and what it let go.

What a clause of the line promises is looked at from the network's side: a text is lost or kept, acknowledged or not,
sent once or twice by the count of the simulator, not by what the line says of itself."""
import os
import sqlite3

import gammu
import pytest
from modem_line import (alarms, answer_to, gateway, heard, metric, modem_state,
                         new_number, parts, sim, states)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    path = tmp_path_factory.mktemp("line")
    with sim(path) as modem, gateway(path, [modem], sms=" in-doubt fail after 600") as line:
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


def test_one_imei_for_two_lines_is_refused(tmp_path):
    """Else they would take each other's modem, and now one then the other."""
    line = gateway(tmp_path, [], extra="".join(
        f"modem {n}\n imei {imei}\n no shutdown\n" for n, imei in ((1, "356938035643809"),
                                                                (2, "35693803564380"))))
    done = line.run("run", check=False)
    assert done.returncode == 1
    assert "modem 1" in done.stderr and "IMEI" in done.stderr, done.stderr


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
