# SPDX-License-Identifier: AGPL-3.0-or-later
"""USSD of a modem's own SIM: codes that the operator dials over HTTP, on his terminal and with `meldlijn ussd`, what
the network says by itself, and the balance.  What the network heard is the simulator's word, not the line's."""
import concurrent.futures
import json
import os
import pty
import re
import select
import socket
import subprocess

import pytest
import requests
from atsim import PROFILES
from gateway import BINARY
from modem_line import alarms, answer_to, gateway, new_number, sim

MENU = 'Kies "een":\n1 saldo\n2 café {€}'
BALANCE = "Saldo: EUR 5,00\ngeldig tot 31-12"
ARABIC = "رصيدك 5 يورو"
RULES = ' ussd answer "*akkoord*" 1\n ussd answer "say \\"yes\\"" "yes, \\\\ok"\n'


def ask(line, n=1, timeout=30, **body):
    return requests.post(f"{line.url}/modems/{n}/ussd", json=body, timeout=timeout)


def said(line, n=1, **body):
    answer = ask(line, n, **body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(status, answer):
    assert answer.status_code == status, answer.text
    return answer.json()["error"]


def logged(line, words):
    return line.until(lambda: words in line.log.read_text())


def heard(modem, n):
    """What the network heard from the n-th word on."""
    return modem.ussd_heard()[n:]


# -- every maker, on one line


@pytest.fixture(scope="module")
def makers(tmp_path_factory):
    path = tmp_path_factory.mktemp("makers")
    modems = [sim(path, p, name=p, seed=i + 1) for i, p in enumerate(PROFILES)]
    for modem in modems:
        modem.start()
        modem.ussd("*101#", 1, MENU)
        modem.ussd("*101#>2", 1, "Welke?")
        modem.ussd("*101#>2>Utrecht", 0, "Gevonden: 1")
        modem.ussd("*102#", 0, ARABIC)
        modem.ussd("*103#", 2, "Tot ziens")
        modem.ussd("*104#", 2)
        modem.ussd("net>1", 0, "Dank u")
    with gateway(path / "line", modems, modem_words=RULES, extra="timer modem X19 1\n") as line:
        line.lines_up(len(PROFILES) + 1)
        yield dict(zip(PROFILES, modems)), line
    for modem in modems:
        modem.stop()


@pytest.fixture(params=PROFILES)
def maker(makers, request):
    modems, line = makers
    modem = modems[request.param]
    yield modem, line, PROFILES.index(request.param) + 1
    modem.fault("clear")


def test_code_is_dialled_and_its_answer_read(maker):
    modem, line, n = maker
    before = len(modem.ussd_heard())
    assert said(line, n, code="*100#") == {"text": BALANCE, "more": False}
    assert heard(modem, before) == [("code", "*100#")]


def test_menu_is_answered_to_its_end(maker):
    modem, line, n = maker
    before = len(modem.ussd_heard())
    assert said(line, n, code="*101#") == {"text": MENU, "more": True}
    assert said(line, n, reply="2") == {"text": "Welke?", "more": True}
    assert said(line, n, reply="Utrecht") == {"text": "Gevonden: 1", "more": False}
    assert heard(modem, before) == [("code", "*101#"), ("reply", "2"), ("reply", "Utrecht")]
    assert "dial a code first" in refused(409, ask(line, n, reply="1"))


def test_arabic_is_read(maker):
    _, line, n = maker
    assert said(line, n, code="*102#")["text"] == ARABIC


def test_last_words_of_a_network_that_ends_it_are_shown(maker):
    _, line, n = maker
    assert said(line, n, code="*103#") == {"text": "Tot ziens", "more": False}
    assert "is it right" in refused(502, ask(line, n, code="*104#"))
    assert "does not know" in refused(502, ask(line, n, code="*199#"))


def test_answer_may_come_before_the_ok_or_in_the_answer(maker):
    modem, line, n = maker
    for fault in ("ussd-early", "ussd-inside"):
        modem.fault(fault)
        assert said(line, n, code="*100#")["text"] == BALANCE
    modem.fault("split", 1)
    assert said(line, n, code="*100#")["text"] == BALANCE


def test_what_the_network_asks_is_answered_by_rule(maker):
    modem, line, n = maker
    before = len(modem.ussd_heard())
    with modem.events() as events:
        modem.ussd_request("Nieuwe voorwaarden.\nAkkoord? 1 = ja")
        assert events.next("ussd")["text"] == "1"
    assert logged(line, f"modem {n}: the network says by itself: Dank u")
    assert heard(modem, before) == [("reply", "1")]


def test_what_the_network_says_is_logged(maker):
    modem, line, n = maker
    modem.ussd_notify(f"Uw bundel {n} is op.\nKoop een nieuwe.")
    assert logged(line, f"modem {n}: the network says by itself: Uw bundel {n} is op. Koop een nieuwe.")


def test_busy_modem_is_freed(maker):
    modem, line, n = maker
    before = len(modem.ussd_heard())
    modem.fault("ussd-busy", 256)
    assert said(line, n, code="*100#")["text"] == BALANCE
    assert heard(modem, before) == [("cancel", ""), ("code", "*100#")]


def test_new_code_takes_the_place_of_an_open_session(maker):
    modem, line, n = maker
    before = len(modem.ussd_heard())
    assert said(line, n, code="*101#")["more"]
    assert said(line, n, code="*100#")["text"] == BALANCE
    assert heard(modem, before) == [("code", "*101#"), ("cancel", ""), ("code", "*100#")]


def test_texts_flow_while_the_network_waits(maker):
    modem, line, n = maker
    assert said(line, n, code="*101#")["more"]
    assert answer_to(modem, line)
    assert said(line, n, reply="2")["text"] == "Welke?"
    assert said(line, n, reply="Utrecht")["text"] == "Gevonden: 1"


# -- one modem


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    path = tmp_path_factory.mktemp("one")
    with sim(path, "sim800") as modem, gateway(path, [modem], modem_words=RULES,
                                               extra="timer modem X15 1\ntimer modem X16 1\n"
                                                     "timer modem X17 1\ntimer modem X18 2\n"
                                                     "timer modem X19 1\n") as line:
        line.lines_up(2)
        modem.ussd("*101#", 1, MENU)
        modem.ussd("*101#>1", 0, BALANCE)
        yield modem, line


@pytest.fixture
def pair(running):
    modem, line = running
    yield modem, line
    modem.fault("clear")
    modem.set("delay", 0)
    line.lines_up(2)


@pytest.mark.parametrize("manner", ["packed", "text", "ucs2-out", "cscs"])
def test_other_manner_than_the_profile_says_is_found_and_remembered(tmp_path, manner):
    with sim(tmp_path, "sim800") as modem:
        modem.ussd_manner(manner)
        line = gateway(tmp_path / "line", [modem])
        line.start()
        line.lines_up(2)
        assert said(line, code="*100#")["text"] == BALANCE
        line.kill()
        before = len(modem.ussd_heard())
        line.start()
        line.lines_up(2)
        assert said(line, code="*100#")["text"] == BALANCE
        assert heard(modem, before) == [("code", "*100#")]
        line.stop()


def test_silent_network_is_said_and_the_modem_freed(pair):
    modem, line = pair
    modem.fault("ussd-none")
    before = len(modem.ussd_heard())
    assert "no answer" in refused(504, ask(line, code="*100#"))
    assert said(line, code="*100#")["text"] == BALANCE
    assert heard(modem, before) == [("code", "*100#"), ("cancel", ""), ("code", "*100#")]


def test_lost_ok_costs_no_answer(pair):
    modem, line = pair
    modem.fault("lost-ok")
    assert said(line, code="*100#")["text"] == BALANCE


def test_second_code_at_once_is_busy(pair):
    modem, line = pair
    modem.set("delay", 300)
    with concurrent.futures.ThreadPoolExecutor(1) as pool, modem.events() as events:
        first = pool.submit(ask, line, code="*100#")
        events.next("ussd", text="*100#")
        assert "try again" in refused(409, ask(line, code="*101#"))
        assert first.result().json()["text"] == BALANCE


def test_unplugged_modem_ends_it(pair):
    modem, line = pair
    modem.set("delay", 60000)
    with concurrent.futures.ThreadPoolExecutor(1) as pool, modem.events() as events:
        first = pool.submit(ask, line, code="*100#")
        events.next("ussd", text="*100#")
        modem.vanish()
        assert "went down" in refused(503, first.result())
    assert "is down" in refused(503, ask(line, code="*100#"))
    modem.set("delay", 0)
    modem.appear()
    line.lines_up(2)
    assert said(line, code="*100#")["text"] == BALANCE


def test_client_that_goes_away_leaves_nothing_behind(pair):
    modem, line = pair
    modem.set("delay", 200)
    with pytest.raises(requests.exceptions.ReadTimeout):
        ask(line, code="*101#", timeout=0.1)
    line.until(lambda: "the network asks" in line.vty("show modem"))
    before = len(modem.ussd_heard())
    line.until(lambda: heard(modem, before) == [("cancel", "")])
    assert said(line, code="*100#")["text"] == BALANCE


def test_question_without_a_rule_is_cancelled(pair):
    modem, line = pair
    before = len(modem.ussd_heard())
    modem.ussd_request("Geen regel past hier")
    assert logged(line, "cancelled in 1 s if nobody answers: Geen regel past hier")
    line.until(lambda: heard(modem, before) == [("cancel", "")])


@pytest.mark.parametrize("status,path,body", [
    (404, "/modems/2/ussd", {"code": "*100#"}),
    (404, "/modems/0/ussd", {"code": "*100#"}),
    (404, "/modems/1x/ussd", {"code": "*100#"}),
    (404, "/modems/99999999999999999999/ussd", {"code": "*100#"}),
    (422, "/modems/1/ussd", {}),
    (422, "/modems/1/ussd", {"code": 100}),
    (422, "/modems/1/ussd", {"code": ""}),
    (422, "/modems/1/ussd", {"code": "*100#", "reply": "1"}),
    (422, "/modems/1/ussd", {"code": "*1" + "0" * 200 + "#"}),
])
def test_wrong_request_is_told(pair, status, path, body):
    _, line = pair
    assert refused(status, requests.post(line.url + path, json=body, timeout=10))


def test_only_this_machine_may(pair):
    modem, line = pair
    before = len(modem.ussd_heard())
    for headers in ({"Host": "line.example"}, {"Origin": "https://page.example"},
                    {"X-Forwarded-For": "192.0.2.1"}, {"Forwarded": "for=192.0.2.1"}, {"Via": "1.1 proxy"}):
        answer = requests.post(line.url + "/modems/1/ussd", json={"code": "*100#"}, headers=headers, timeout=10)
        assert answer.status_code == 403, headers
    assert requests.get(line.url + "/modems/1/ussd", timeout=10).status_code == 405
    assert requests.post(line.url + "/modems/1/ussd", data="no json", timeout=10).status_code == 400
    assert heard(modem, before) == []


# -- the operator's terminal


class Terminal:
    def __init__(self, line):
        self.sock = socket.create_connection(("127.0.0.1", line.vty_port), 5)
        self.seen = ""
        self.say("enable")

    def say(self, words):
        self.sock.sendall(words.encode() + b"\r\n")

    def until(self, words, timeout=10):
        self.sock.settimeout(timeout)
        while words not in self.seen:
            self.seen += self.sock.recv(4096).decode(errors="replace")
        at = self.seen.index(words) + len(words)
        out, self.seen = self.seen[:at], self.seen[at:]
        return out

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


def test_terminal_gets_the_answer_when_it_comes(pair):
    modem, line = pair
    modem.set("delay", 200)
    with Terminal(line) as vty:
        vty.say('modem 1 ussd "*100#"')
        assert "Saldo" not in vty.until("asked, the answer follows")
        vty.until("modem 1, *100#: Saldo: EUR 5,00\r\ngeldig tot 31-12\r\n")
        vty.say("modem 1 ussd *101#")
        vty.until("the network waits: answer with modem 1 ussd TEXT")
        vty.say("show modem")
        vty.until("the network asks: Kies")
        vty.say("modem 1 ussd 1")
        vty.until("modem 1, 1: Saldo: EUR 5,00")
        vty.say("configure terminal")
        vty.say("modem 1")
        vty.say("ussd *100#")
        vty.until("modem 1, *100#: Saldo: EUR 5,00")
        vty.say('ussd "*100#"')
        vty.until("modem 1, *100#: Saldo: EUR 5,00")


def test_terminal_is_told_what_is_wrong(pair):
    modem, line = pair
    with Terminal(line) as vty:
        vty.say("modem 2 ussd *100#")
        vty.until("% this modem does not run")
        modem.fault("ussd-none")
        vty.say("modem 1 ussd *100#")
        vty.until("asked")
        vty.say("modem 1 ussd *101#")
        vty.until("% not asked: another code is being asked")
        vty.until("no answer from the network in time")


def test_closed_terminal_has_its_answer_in_the_log(pair):
    modem, line = pair
    modem.set("delay", 300)
    modem.ussd("*105#", 0, "gesloten")
    with Terminal(line) as vty:
        vty.say("modem 1 ussd *105#")
        vty.until("asked")
    assert logged(line, "modem 1, *105#: the terminal that asked is closed: gesloten")
    assert said(line, code="*100#")["text"] == BALANCE


def test_rules_are_written_as_they_are_read(pair):
    _, line = pair
    running = line.vty("show running-config")
    assert ' ussd answer "*akkoord*" "1"\r\n' in running
    assert ' ussd answer "say \\"yes\\"" "yes, \\\\ok"\r\n' in running
    words = line.vty("configure terminal", "modem 1", 'no ussd answer "say \\"yes\\""', "no ussd answer x",
                     'ussd answer "open', "ussd answer alone", "balance code 100", "balance low 5.001",
                     "balance low x", "show running-config")
    assert words.count("% no answer has this pattern") == 1
    assert words.count("% say: ussd answer") == 2
    assert words.count("% a code is like *100#") == 1
    assert words.count("% an amount is like 5.00") == 2
    assert "yes, " not in words[words.rindex("show running-config"):]


# -- the command


def command(line, *args):
    return subprocess.run([str(BINARY), "ussd", *args], capture_output=True, text=True, timeout=30,
                          stdin=subprocess.DEVNULL, check=False, cwd=line.directory)


def test_command_prints_the_answer(pair):
    _, line = pair
    done = command(line, "-c", str(line.config), "*100#")
    assert (done.returncode, done.stdout, done.stderr) == (0, BALANCE + "\n", "")
    done = command(line, "--url", line.url, "-m", "1", "--json", "*101#")
    assert json.loads(done.stdout) == {"text": MENU, "more": True}
    done = command(line, "--url", line.url, "--json", "--reply", "1")
    assert json.loads(done.stdout) == {"text": BALANCE, "more": False}


def test_command_tells_what_is_wrong(pair):
    _, line = pair
    for args, status, words in ((("--url", line.url, "-m", "2", "*100#"), 1, "no modem of this number"),
                                (("--url", line.url, "--reply", "1"), 1, "dial a code first"),
                                (("--url", line.url, "*199#"), 1, "does not know this code"),
                                (("--url", "http://127.0.0.1:1", "*100#"), 1, "does the line run?"),
                                (("--url", line.url, "-m", "65", "*100#"), 2, "1 to 64"),
                                (("--url", line.url), 2, "see meldlijn ussd --help"),
                                (("-c", "no.such.file", "*100#"), 1, "no.such.file")):
        done = command(line, *args)
        assert (done.returncode, done.stdout) == (status, ""), args
        assert words in done.stderr, done.stderr
    assert "usage:" in command(line, "--help").stdout


def test_command_asks_on_a_terminal(pair):
    _, line = pair
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(str(BINARY), [str(BINARY), "ussd", "--url", line.url, "*101#"])
    got = b""

    def until(words):
        nonlocal got
        while words not in got:
            assert select.select([fd], [], [], 10)[0], got
            got += os.read(fd, 4096)

    until(b"2 caf\xc3\xa9 {\xe2\x82\xac}\r\n> ")
    os.write(fd, b"1\n")
    until(b"geldig tot 31-12\r\n")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(fd)


# -- the balance


def balance_metric(line, n=1):
    page = requests.get(line.url + "/metrics", timeout=5).text
    found = re.search(rf'^meldlijn_modem_balance{{line="modem {n}"}} (\S+)$', page, re.M)
    return found and found.group(1)


def test_balance_is_asked_kept_and_watched(tmp_path):
    with sim(tmp_path, "ec25") as modem:
        line = gateway(tmp_path / "line", [modem],
                       modem_words=" balance code *100#\n balance every 24\n balance low 5.00")
        modem.ussd("*100#", 0, "Uw saldo is EUR 12,50.")
        line.start()
        line.lines_up(2)
        line.until(lambda: balance_metric(line) == "12.50")
        asked = re.search(r"balance +12\.50, asked (\d{4}-\d\d-\d\d \d\d:\d\d)", line.vty("show modem")).group(1)
        assert alarms(line) == {}

        # killed and started while the network says nothing: it is still known
        modem.ussd("*100#", -1)
        line.kill()
        line.start()
        line.lines_up(2)
        assert f"balance      12.50, asked {asked}" in line.vty("show modem")
        line.stop()

        modem.ussd("*100#", 0, "Uw saldo is EUR 4,99.")
        line.start()
        line.until(lambda: balance_metric(line) == "4.99")
        assert "4.99: top it up" in line.until(lambda: alarms(line).get("modem 1 balance"))
        modem.ussd("*100#", 0, "Uw saldo is EUR 25,00.")
        line.advance(24 * 3600)
        line.until(lambda: balance_metric(line) == "25.00")
        line.until(lambda: alarms(line) == {})
        assert answer_to(modem, line, number=new_number())
        line.stop()


def test_balance_that_is_never_told_is_an_alarm(tmp_path):
    with sim(tmp_path, "huawei") as modem, gateway(tmp_path / "line", [modem],
                                                   modem_words=" balance code *100#\n balance every 1") as line:
        modem.ussd("*100#", 0, "Probeer het later.")
        line.lines_up(2)
        for n in range(1, 4):
            assert alarms(line) == {}
            line.until(lambda: len(modem.ussd_heard()) == n)
            line.until(lambda: line.log.read_text().count("no amount in the answer to *100#") == n)
            if n < 3:
                line.advance(3600)
        assert "has no amount" in line.until(lambda: alarms(line).get("modem 1 balance"))
        line.vty("configure terminal", "modem 1", "no balance", "no shutdown")
        line.until(lambda: alarms(line) == {})
        assert balance_metric(line) is None
