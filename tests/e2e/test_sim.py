# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the simulator promises to the tests that stand on it."""
import fcntl
import os
import random
import re
import termios
import time

import pytest

from atsim import PROFILES, AtSim

# SMSC field 00; SUBMIT with a status report asked, to +31612345678, "hello", GSM 7-bit
SUBMIT = "0021000B911316325476F8000005E8329BFD06"
SUBMIT_LEN = 18
# From +31612345678, "hello", class 2: for the SIM
CLASS_2 = "07911326040000F0040B911316325476F8001242301291134500" "05E8329BFD06"
DIRECT = ["ec25", "ublox", "telit", "cinterion"]


@pytest.fixture
def modem(tmp_path):
    with AtSim(tmp_path, "ec25", noise_ms=0, report_ms=30, cnma_ms=150, retry_ms=30) as sim:
        sim.wait("sim_ready", 1)
        yield sim


def set_up(port, cnmi="2,1,0,0,0", csms=0):
    port.command("ATE0")
    port.command("AT+CMEE=1")
    if csms:
        port.command("AT+CSMS=1")
    port.command(f"AT+CNMI={cnmi}")


def send(port, pdu=SUBMIT, length=SUBMIT_LEN):
    port.write(b"AT+CMGS=%d\r" % length)
    port.until(b"\r\n> ")
    port.write(pdu.encode() + b"\x1a")


def start(tmp_path, profile, **options):
    sim = AtSim(tmp_path, profile, noise_ms=0, **options)
    sim.start()
    sim.wait("sim_ready", 1)
    return sim


# -- the port


def test_the_port_is_raw_and_exclusive_use_works(modem):
    with modem.open() as port:
        lflag = termios.tcgetattr(port.fd)[3]
        assert not lflag & (termios.ECHO | termios.ICANON)
        fcntl.ioctl(port.fd, termios.TIOCEXCL)
        termios.tcsetattr(port.fd, termios.TCSANOW, termios.tcgetattr(port.fd))
        assert port.command("AT") == "AT\r\r\nOK\r\n"
        port.command("ATE0")
        assert port.command("AT") == "\r\nOK\r\n"
        fcntl.ioctl(port.fd, termios.TIOCNXCL)


def test_the_port_closed_and_opened_is_seen_and_costs_no_cpu(modem):
    with modem.events() as events:
        for _ in range(4):
            with modem.open() as port:
                events.next("opened")
                port.command("AT")
            events.next("closed")
    with open(f"/proc/{modem.process.pid}/stat") as stat:
        before = stat.read().split()[13:15]
    with pytest.raises(TimeoutError):
        modem.wait("mo", 1, 0.5)
    with open(f"/proc/{modem.process.pid}/stat") as stat:
        after = stat.read().split()[13:15]
    assert sum(map(int, after)) - sum(map(int, before)) <= 2


def test_it_comes_back_under_another_name_with_its_settings_lost(modem, tmp_path):
    with modem.open() as port:
        set_up(port, "2,2,0,1,0", 1)
        assert modem.state()["cnmi"] == [2, 2, 0, 1, 0]
        modem.vanish()
        assert not os.path.lexists(modem.device)
        with pytest.raises((OSError, TimeoutError)):
            port.write(b"AT\r")
            port.until(b"OK", 0.1)
    other = tmp_path / "other"
    modem.appear(other)
    with modem.open() as port:
        port.until(b"RDY")
        modem.wait("sim_ready", 1)
        assert modem.state()["cnmi"] == [2, 1, 0, 0, 0]
        assert modem.state()["echo"]
        assert os.readlink(other).startswith("/dev/pts/")
        port.command("AT")


def test_a_spontaneous_reset_says_its_boot_lines(modem):
    with modem.open() as port:
        set_up(port)
        modem.reset()
        said = port.until(b"+QIND: PB DONE\r\n")
        for line in (b"RDY", b"+CFUN: 1", b"+CPIN: READY", b"+QIND: SMS DONE"):
            assert line in said


@pytest.mark.parametrize("baud", [9600, 115200])
def test_the_wire_is_paced(tmp_path, baud):
    with start(tmp_path, "ec25", baud=baud) as modem, modem.open() as port:
        set_up(port)
        lines = baud // 1000
        before = modem.stats()
        begin = time.monotonic()
        for _ in range(lines):
            port.command("AT+CGMI;+CGMM;+CGMR;+CPMS=?")
        took = time.monotonic() - begin
        stats = modem.stats()
        wire = sum(stats[k] - before[k] for k in ("rx_bytes", "tx_bytes")) * 10 / baud
        assert took > wire * 0.9  # a slow machine may be slower, no machine faster


# -- texts in


@pytest.mark.parametrize("profile", PROFILES)
def test_a_stored_text_is_announced_read_and_deleted(tmp_path, profile):
    with start(tmp_path, profile) as modem, modem.open() as port:
        set_up(port, "1,1,0,0,1")
        [sent] = modem.text("+31612345678", "hello")
        port.until(b"+CMTI: ")
        memory, index = re.match(r'"(\w\w)",(\d+)', port.until(b"\n").decode()).groups()
        port.command(f'AT+CPMS="{memory}","{memory}","{memory}"')
        listed = port.command("AT+CMGL=4")
        pdu = modem.storage()[memory]["messages"][0]["pdu"]
        assert f"+CMGL: {index},0,," in listed and pdu in listed
        assert f"+CMGR: 1,," in port.command(f"AT+CMGR={index}")
        with modem.events() as events:
            port.command(f"AT+CMGD={index}")
            assert events.next("deleted")["id"] == sent
        assert modem.stats()["used"] == 0


@pytest.mark.parametrize("profile", DIRECT)
def test_a_routed_text_is_offered_until_cnma(tmp_path, profile):
    with start(tmp_path, profile, cnma_ms=100, retry_ms=20) as modem, modem.open() as port:
        set_up(port, "2,2,0,0,1", 1)
        modem.text("+31612345678", "hello")
        assert b"+CMT: ," in port.until(b"E8329BFD06\r\n")
        assert modem.pending()[0]["offered"]
        modem.wait("redelivered", 1)
        if modem.state()["cnmi"][1] == 0:  # a maker whose modems then give up routing
            modem.wait("stored", 1)
            return
        port.until(b"E8329BFD06\r\n")
        port.command("AT+CNMA")
        assert modem.wait("cnma", 1) == modem.stats()["acked"] == 1
        assert modem.pending() == []
        port.write(b"AT+CNMA\r")
        port.until(b"+CMS ERROR: 340")


@pytest.mark.parametrize("profile", ["huawei", "sim800"])
def test_cnma_is_refused_where_the_maker_refuses_it(tmp_path, profile):
    with start(tmp_path, profile, cnma_ms=5000) as modem, modem.open() as port:
        set_up(port, "2,2,0,0,0", 1)
        modem.text("+31612345678", "hello")
        port.until(b"E8329BFD06")
        port.write(b"AT+CNMA\r")
        port.until(b"COMMAND NOT SUPPORT" if profile == "huawei" else b"+CMS ERROR: 302")
        assert len(modem.pending()) == 1


def test_cnmi_that_qualcomm_offers_is_refused(tmp_path):
    with start(tmp_path, "zte") as modem, modem.open() as port:
        set_up(port, "1,1,0,2,0")
        assert "(0,1,2),(0,1,2,3)" in port.command("AT+CNMI=?")
        port.write(b"AT+CNMI=2,1\r")
        port.until(b"+CMS ERROR: 303")
        port.write(b"AT+CSMS=1\r")
        port.until(b"+CMS ERROR: 303")


def test_a_killed_client_loses_nothing(modem):
    with modem.open() as port:
        set_up(port, "2,2,0,0,0", 1)
        modem.text("+31612345678", "one")
        port.until(b"+CMT")
    modem.wait("closed", 1)
    modem.text("+31612345678", "two")
    modem.wait("redelivered", 1)
    assert [m["offered"] for m in modem.pending()] == [False, False]
    with modem.open() as port:
        for text in (b"6F7719", b"F4FB1B"):
            port.until(text)
            port.command("AT+CNMA")
    modem.wait("pending", 0)
    assert modem.stats()["cnma"] == 2


def test_a_full_memory_makes_the_network_wait(tmp_path):
    with start(tmp_path, "sim800", storage_size=2) as modem, modem.open() as port:
        set_up(port)
        for n in range(5):
            modem.text("+31612345678", f"text {n}")
        port.until(b"SMS FULL")
        assert modem.stats()["pending"] == 3
        assert '"SM",2,2' in port.command("AT+CPMS?")
        port.command("AT+CMGD=1")
        assert modem.stats()["pending"] == 2
        port.command("AT+CMGD=1,4")
        modem.wait("pending", 0)


def test_a_class_2_text_goes_to_the_sim(modem):
    with modem.open() as port:
        set_up(port, "2,2,0,0,0", 1)
        pdu = CLASS_2.replace("F80012", "F80012", 1)
        modem.mt(pdu)
        port.until(b'+CMTI: "SM",0')
        assert modem.storage()["SM"]["messages"][0]["pdu"] == pdu


def test_a_text_can_come_within_a_list_and_twice(modem):
    with modem.open() as port:
        set_up(port)
        modem.text("+31612345678", "first")
        port.until(b'+CMTI: "ME",0')
        modem.fault("mt-in-list", CLASS_2)
        listed = port.command("AT+CMGL=4")
        assert listed.index("+CMGL: 0") < listed.index("+CMTI")
        port.command("AT+CSMS=1;+CNMI=2,2")
        modem.fault("dup-mt")
        modem.text("+31612345679", "again")
        for _ in range(2):
            port.until(b"E17338ED06")
            port.command("AT+CNMA")
        assert modem.stats()["acked"] == 3


def test_the_memories_and_the_reference_survive_a_restart(tmp_path):
    state = tmp_path / "state.json"
    with start(tmp_path, "telit", state=state) as modem, modem.open() as port:
        modem.text("+31612345678", "kept")
        modem.wait("stored", 1)
        set_up(port)
        send(port)
        port.until(b"+CMGS: 0")
    with start(tmp_path, "telit", state=state) as modem, modem.open() as port:
        set_up(port)
        assert "+CMGL: 1,0" in port.command("AT+CMGL=4")
        send(port)
        port.until(b"+CMGS: 1")


# -- texts out


def test_a_submit_is_counted_once_and_reported(modem):
    with modem.open() as port:
        set_up(port, "2,1,0,1,0")
        send(port)
        said = port.until(b"\r\nOK\r\n")
        assert b"+CMGS: 0" in said
        report = port.until(b"00\r\n").decode()
        assert re.search(r"\+CDS: 25\r\n07911326040000F006000B911316325476F8", report)
        [message] = modem.wait_mo(1)
        assert (message["to"], message["text"]) == ("+31612345678", "hello")
        assert message["pdu"] == SUBMIT


def test_the_extra_comma_of_one_maker(tmp_path):
    with start(tmp_path, "zte", report_ms=1) as modem, modem.open() as port:
        set_up(port, "1,1,0,1,0")
        send(port)
        assert b"+CDS: ,25\r\n" in port.until(b"00\r\n")


def test_a_wrong_length_and_an_escape_send_nothing(modem):
    with modem.open() as port:
        set_up(port)
        send(port, length=SUBMIT_LEN - 1)
        port.until(b"+CMS ERROR: 304")
        send(port, pdu="zz")
        port.until(b"+CMS ERROR: 304")
        port.write(b"AT+CMGS=18\r")
        port.until(b"> ")
        port.write(SUBMIT[:10].encode() + b"\x1b")
        port.until(b"OK")
        assert modem.mo() == []


def test_faults_of_sending(modem):
    with modem.open() as port:
        set_up(port, "2,1,0,1,0")
        modem.fault("cms", 38)
        send(port)
        port.until(b"+CMS ERROR: 38")
        modem.fault("lost-cmgs-answer")
        send(port)
        modem.wait_mo(1)
        port.command("AT")
        modem.fault("sr-early")
        send(port)
        assert re.search(rb"\+CDS.*\+CMGS: 1", port.until(b"OK"), re.S)
        modem.fault("urc-prompt", "+CREG: 1")
        port.write(b"AT+CMGS=18\r")
        assert b"+CREG: 1" in port.until(b"> ")
        port.write(b"\x1b")
        port.until(b"OK")
        modem.fault("hang")
        port.write(b"AT\r")
        with pytest.raises(TimeoutError):
            port.until(b"OK", 0.2)
    modem.wait("closed", 1)
    with modem.open() as port:
        port.command("AT")
        modem.fault("drop-midpdu", 50)
        with modem.events() as events:
            send(port)
            events.next("vanished")
    assert len(modem.mo()) == 2


def test_what_it_says_can_come_in_pieces(modem):
    with modem.open() as port:
        port.command("ATE0")
        modem.fault("split", 1)
        assert "Quectel" in port.command("AT+CGMI")
        modem.fault("split", 0)
        port.command("AT+CFUN=4")
        assert modem.state()["cfun"] == 4 and modem.stats()["resets"] == 0
        port.command("AT+CFUN=1,1")
        port.until(b"RDY")
        assert modem.stats()["resets"] == 1


def test_the_time_of_the_network_is_kept(tmp_path):
    with start(tmp_path, "ublox", net_delay_ms=120) as modem, modem.open() as port:
        set_up(port)
        begin = time.monotonic()
        for _ in range(3):
            send(port)
            port.until(b"OK")
        assert time.monotonic() - begin >= 0.36


# -- PIN


def test_pin_and_puk(tmp_path):
    state = tmp_path / "state.json"
    options = {"pin": "1234", "state": state, "noise_ms": 0}
    with AtSim(tmp_path, "cinterion", **options) as modem, modem.open() as port:
        port.until(b"^SYSSTART")
        port.command("ATE0;+CMEE=1")
        assert "+CPIN: SIM PIN" in port.command("AT+CPIN?")
        port.write(b"AT+CMGF=0\r")
        port.until(b"+CMS ERROR: 311")
        port.write(b'AT+CPIN="0000"\r')
        port.until(b"+CME ERROR: 16")
        assert "^SPIC: 2" in port.command("AT^SPIC")
    with AtSim(tmp_path, "cinterion", **options) as modem, modem.open() as port:
        port.until(b"^SYSSTART")
        assert "^SPIC: 2" in port.command("AT^SPIC")
        port.command('AT+CMEE=1;+CPIN="1234"')
        port.write(b"AT+CMGF=0\r")
        port.until(b"+CMS ERROR: 314")
        port.until(b"+CIEV: simstatus,5")
        port.command("AT+CMGF=0")
        modem.reset()
        port.until(b"^SYSSTART")
        port.command("ATE0;+CMEE=1")
        for _ in range(3):
            port.write(b'AT+CPIN="0000"\r')
            port.until(b"+CME ERROR: 16")
        assert "+CPIN: SIM PUK" in port.command("AT+CPIN?")
        assert modem.stats()["pin_wrong"] == 3
        port.command('AT+CPIN="12345678","4321"')
        assert "+CPIN: READY" in port.command("AT+CPIN?")


# -- nonsense and load


@pytest.mark.parametrize("profile", PROFILES)
def test_nonsense_is_survived(tmp_path, profile):
    rng = random.Random(7)
    words = ["AT", "+CMGS=", "+CMGL", "=4", ";", "\r", "\n", "\x1a", "\x1b", "?", "=?", '"', ",",
             "+CNMI=", "+CPMS=", "+CMGR=", "+CMGD=", "99999999999", "-1", "1", "+CMGW=", SUBMIT,
             "A/", "ATD", "&F", "S0=", "+CUSD=1,", "+CSCA=", "\x00", "\xff", "+CFUN=1", "#QSS=2"]
    with start(tmp_path, profile) as modem, modem.open() as port:
        for _ in range(3000):
            line = "".join(rng.choice(words) for _ in range(rng.randrange(1, 12)))
            try:
                port.write(line.encode("latin-1"))
                if rng.random() < 0.3:
                    modem.text("+316", "x" * rng.randrange(1, 400))
                os.read(port.fd, 65536)
            except BlockingIOError:
                pass
        port.write(b"\x1b\r\rAT\r")
        modem.stats()


def test_thousands_of_texts_at_once(tmp_path):
    with start(tmp_path, "ec25", report_ms=1) as modem, modem.open() as port:
        set_up(port, "2,2,0,0,0", 1)
        for _ in range(2000):
            modem.connection.send("mttext +31612345678 hello")
        for _ in range(2000):
            port.until(b"E8329BFD06\r\n")
            port.command("AT+CNMA")
        for _ in range(2000):
            send(port)
            port.until(b"OK\r\n")
        for _ in range(2000):
            modem.connection.receive(5)
        assert modem.stats()["acked"] == modem.stats()["mo"] == 2000


@pytest.mark.parametrize("profile", PROFILES)
def test_what_the_network_says_is_shown_once_cusd_is_on(tmp_path, profile):
    with AtSim(tmp_path, profile, noise_ms=0) as modem, modem.open() as port:
        modem.wait("sim_ready", 1)
        port.command("ATE0")
        assert "+CUSD: 0" in port.command("AT+CUSD?")
        modem.ussd_notify("unseen")
        assert "+CUSD: 1" in port.command("AT+CUSD=1") + port.command("AT+CUSD?")
        modem.ussd_notify("hello")
        hello = {"huawei": '"E8329BFD06",15', "zte": '"00680065006C006C006F",72'}.get(profile, '"hello",15')
        assert port.until(b",15" if profile != "zte" else b",72").decode().endswith(f"+CUSD: 0,{hello}")
