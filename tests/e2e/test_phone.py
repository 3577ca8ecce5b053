# SPDX-License-Identifier: AGPL-3.0-or-later
"""meldlijn phone: by a script, and by a person at a terminal (a pty)."""
import fcntl
import http.server
import json
import os
import pty
import re
import select
import signal
import stat
import struct
import subprocess
import termios
import threading
import time
import wave

import pytest
import requests
from gateway import BINARY, Gateway, free_port


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("phone")) as it:
        yield it


def phone(line, *args, text=""):
    return subprocess.run([str(BINARY), "phone", "--url", line.url, *args], input=text, text=True,
                          capture_output=True, timeout=60)


# -- by a script


def test_once_sends_and_prints_the_answer(line):
    start = time.monotonic()
    done = phone(line, "-n", "0611000001", "--once", "HELP")
    assert done.returncode == 0, done.stderr
    assert "14070" in done.stdout or "Meldlijn" in done.stdout
    assert ", BEL," in done.stdout  # this line can call back
    assert time.monotonic() - start < 2


def test_old_texts_are_not_answers(line):
    phone(line, "-n", "0611000002", "--once", "HELP")
    done = phone(line, "-n", "0611000002", "--once", "ENGLISH", "--json")
    said = [json.loads(l) for l in done.stdout.splitlines()]
    assert [m["direction"] for m in said] == ["out", "in"]
    assert said[0]["text"] == "ENGLISH"
    assert said[1]["from"] == "14070" and said[1]["to"] == "+31611000002"


def test_each_line_waits_for_the_answer_before(line):
    done = phone(line, "-n", "0611000003", "--json", text="ENGLISH\nHELP\n/n 0611000004\nHELP")
    assert done.returncode == 0, done.stderr
    said = [json.loads(l) for l in done.stdout.splitlines()]
    assert [m["direction"] for m in said] == ["out", "in"] * 3
    assert said[4]["from"] == "+31611000004"


def test_a_call_is_heard_in_files_and_keys_are_typed(line, tmp_path):
    done = subprocess.run([str(BINARY), "phone", "--url", line.url, "-n", "0611000006"],
                          input="/call\n1\n1\n/hangup\nHELP\n", text=True, capture_output=True,
                          timeout=60, env={**os.environ, "TMPDIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said[0] == "(answered)"
    for i, row in enumerate(said[1:4]):
        seconds, path = re.fullmatch(r"\(sound, (\d+\.\d) s\) (.*)", row).groups()
        assert path.startswith(str(tmp_path)) and path.endswith(f"+31611000006-00{i + 1}.wav")
        with wave.open(path) as sound:
            assert abs(sound.getnframes() / sound.getframerate() - float(seconds)) < 0.06
    assert said[4] == "Wat is er met de container?"  # by text, where the call was
    assert requests.get(f"{line.url}/handset/0611000006/call", timeout=5).json() == {"calls": []}


def test_the_line_calls_and_a_script_picks_up(line, tmp_path):
    done = subprocess.run([str(BINARY), "phone", "--url", line.url, "-n", "0611000007"],
                          input="BEL\n/answer\n1\n/hangup\n", text=True, capture_output=True,
                          timeout=60, env={**os.environ, "TMPDIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert "Wij bellen u nu. U ziet nummer 14070." in said
    assert "(it rings)" in said and "(answered)" in said
    assert said[-1].startswith("(sound, ")


def test_nothing_to_say_ends(line):
    assert phone(line, text="").returncode == 0
    assert phone(line, text="\n\n/quit\nHELP\n").stdout == ""


def test_without_a_line_it_says_what_to_start():
    done = subprocess.run([str(BINARY), "phone", "--url", f"http://127.0.0.1:{free_port()}",
                           "--once", "x"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert "start it with: meldlijn demo" in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_a_handset_its_words_are_shown(tmp_path):
    with Gateway(tmp_path, handset=False, register=False) as line:
        done = phone(line, "--once", "x")
        assert done.returncode == 1
        assert "handset" in done.stderr


@pytest.mark.parametrize("args,status", [
    (["-n", "abc"], 2), (["--wait", "0"], 2), (["--nothing"], 2), (["more"], 2),
    (["--url", "ftp://x", "--once", "x"], 2), (["--help"], 0)])
def test_wrong_usage(args, status):
    done = subprocess.run([str(BINARY), "phone", *args], capture_output=True, text=True, timeout=20,
                          input="")
    assert done.returncode == status


def test_a_line_without_end_is_refused(line):
    done = phone(line, text="x" * 20000)
    assert done.returncode == 1
    assert "octets" in done.stderr


# -- by a person


class Terminal:
    """The phone in a pty of 80 by 24."""

    def __init__(self, url, state, *args):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        env = dict(os.environ, XDG_STATE_HOME=str(state), TERM="xterm")
        self.process = subprocess.Popen([str(BINARY), "phone", "--url", url, *args], stdin=slave,
                                        stdout=slave, stderr=slave, env=env, close_fds=True)
        self.said = ""

    def type(self, text):
        os.write(self.master, text.encode())

    def expect(self, words, timeout=10):
        """Read until words have appeared since the last time; what came."""
        deadline = time.monotonic() + timeout
        while not re.search(words, self.said):
            left = deadline - time.monotonic()
            assert left > 0, f"no {words!r} in {self.said!r}"
            if select.select([self.master], [], [], left)[0]:
                self.said += os.read(self.master, 65536).decode(errors="replace")
        said, self.said = self.said, ""
        return said

    def resize(self, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    def end(self, keys="\x03"):
        if keys:
            self.type(keys)
        status = self.process.wait(10)
        assert termios.tcgetattr(self.slave)[:4] == self.before[:4]
        assert not fcntl.fcntl(self.slave, fcntl.F_GETFL) & os.O_NONBLOCK
        os.close(self.slave)
        os.close(self.master)
        return status


def test_a_person_texts_and_is_answered(line, tmp_path):
    t = Terminal(line.url, tmp_path, "-n", "0612000001")
    t.expect("/help")
    t.type("HELX\x7f")
    t.expect("3 characters GSM, 1 text, 157 left")
    t.type("P")
    t.expect("4 characters GSM, 1 text, 156 left")
    t.type("\r")
    said = t.expect("│.*│(.|\n)*\x1b\\[32m╰")
    assert "HELP" in said
    assert t.end() == 0
    past = tmp_path / "meldlijn" / "phone-+31612000001.jsonl"
    assert stat.S_IMODE(past.stat().st_mode) == 0o600
    assert [json.loads(l)["direction"] for l in past.read_text().splitlines()][:2] == ["out", "in"]


def test_a_person_refuses_a_call_and_takes_the_next(line, tmp_path):
    t = Terminal(line.url, tmp_path, "-n", "0612000009")
    t.expect("/help")
    t.type("BEL\r")
    t.expect("14070 calls .31612000009: /answer or /hangup")
    t.type("/hangup\r")
    t.expect("hung up")
    line.until(lambda: line.sql("SELECT cause FROM callout WHERE number = '+31612000009'") == [("busy",)])
    line.advance(70)
    t.expect("/answer or /hangup")
    t.type("/answer\r")
    t.expect("answered")
    t.type("1\r")
    t.expect("sound, ")
    assert t.end() == 0


def test_what_was_said_is_there_again(line, tmp_path):
    t = Terminal(line.url, tmp_path, "-n", "0612000002")
    t.expect("/help")
    t.type("ENGLISH\r")
    t.expect("14070 [^\n]*\n(.|\n)*╰")
    assert t.end("/quit\r") == 0
    t = Terminal(line.url, tmp_path, "-n", "0612000002")
    t.expect("ENGLISH")
    t.type("\x1b[A")
    t.expect("> ENGLISH")
    t.type("\x1b[B")
    t.expect("> \x1b")
    assert t.end() == 0


def test_letters_of_all_kinds_are_typed_and_counted(line, tmp_path):
    t = Terminal(line.url, tmp_path)
    t.expect("/help")
    t.type("é€")
    t.expect("3 characters GSM")
    t.type("ع😀")
    t.expect("5 characters Unicode, 1 text, 65 left")
    t.type("\x7f")
    t.expect("3 characters Unicode")
    t.type("\x01\x1b[3~\x1b[C\x1b[D\x05\x17")
    t.expect("> \x1b")
    assert t.end("\x04") == 0


def test_several_numbers(line, tmp_path):
    t = Terminal(line.url, tmp_path, "-n", "0612000003", "-n", "0612000004")
    t.expect("31612000003")
    t.type("\x1bOQ")
    t.expect("\x1b\\[1m.31612000004")
    t.type("/n 0612000005\r")
    t.expect("\x1b\\[1m.31612000005")
    t.type("HELP\r")
    t.expect("→ .31612000005")
    t.type("\t")
    t.expect("\x1b\\[1m.31612000003")
    t.type("/n abc\r")
    t.expect("no telephone number")
    assert t.end() == 0


def test_narrow_windows_and_odd_keys(line, tmp_path):
    t = Terminal(line.url, tmp_path)
    t.expect("/help")
    t.resize(20)
    t.type("x" * 200)
    t.expect("200 characters GSM, 2 texts")
    t.resize(200)
    t.type("\x1b[99~\x1b[1;5D\x1b\x1b\xff\x00\x0b\x15")
    t.type("\x0c")
    t.expect("> \x1b")
    assert t.end() == 0


def test_a_signal_leaves_the_terminal_as_it_was(line, tmp_path):
    t = Terminal(line.url, tmp_path)
    t.expect("/help")
    t.process.send_signal(signal.SIGTERM)
    assert t.end(None) == 0


def test_the_line_may_go_and_come_back(tmp_path):
    with Gateway(tmp_path, register=False) as line:
        t = Terminal(line.url, tmp_path)
        t.expect("/help")
        t.type("HELP\r")
        t.expect("\x1b\\[32m╰")
        line.kill()
        t.expect("trying again")
        t.type("HELP\r")
        t.expect("not sent")
        line.start()
        t.type("HELP\r")
        t.expect("\x1b\\[32m╰", 20)
        assert t.end() == 0


# -- codes, on the real line


def test_the_menus_are_dialled_by_a_script(line):
    assert "Den Haag" in phone(line, "-n", "0611000010", "--once", "*140#").stdout
    done = phone(line, "-n", "0611000011", "--json", text="*140*1*1*1#\nWeimarstraat 42\n")
    said = [json.loads(l) for l in done.stdout.splitlines()]
    assert [p["type"] for p in said] == ["ussd"] * 2, done.stderr
    assert said[0]["last"] is False
    assert "Weimarstraat 42" in said[1]["text"]


def test_another_code_is_told_which_works(line):
    done = phone(line, "--once", "*199#")
    assert (done.returncode, done.stdout) == (1, "")
    assert "dial *140#" in done.stderr


def test_the_menus_are_dialled_by_a_person(line, tmp_path):
    t = Terminal(line.url, tmp_path, "-n", "0612000010")
    t.expect("/help")
    t.type("*140*1*1*1#\r")
    t.expect("╔═ \\*140\\*1\\*1\\*1# ═(.|\n)*Container is vol(.|\n)*answer> ")
    t.type("العربية\r")
    t.expect("[\u0621-\u064a]{3}(.|\n)*answer> ")
    t.type("00\r")
    t.expect("answer> ")
    t.type("\x1b")
    t.expect("hung up: \\*140# goes on")
    assert t.end() == 0


# -- codes and their pages, before a line that says what the test wants


class FakeLine:
    """The handset API: answers what is dialled or answered with the next of its pages."""

    def __init__(self, *pages):
        self.pages = list(pages)
        self.asked = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.over = threading.Event()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, what):
                body = json.dumps(what).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                if "wait" in self.path:
                    fake.over.wait(20)
                self.answer(200, {"messages": []})

            def do_POST(self):
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                number, what = self.path.split("/")[2:]
                fake.asked.append((number.replace("%2B", "+"), said.get("text") or said))
                if what == "sms":
                    self.answer(200, {"ok": True})
                    return
                fake.may_answer.wait(20)
                page = fake.pages.pop(0)
                if isinstance(page, tuple):
                    self.answer(page[0], {"error": page[1]})
                else:
                    self.answer(200, {"text": page, "last": not fake.pages})

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *args: None  # a phone that was switched off
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def said(self):
        return [what for _, what in self.asked]

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.may_answer.set()
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


A, B = "+31612345678", "+31687654321"


def test_once_dials_a_code_and_prints_the_page():
    with FakeLine("1 melden\n2 status", "x") as fake:
        done = phone(fake, "--once", "*140*1*3#")
        assert (done.returncode, done.stdout) == (0, "1 melden\n2 status\n"), done.stderr
        assert fake.said() == [{"code": "*140*1*3#"}]


def test_lines_answer_the_pages_until_the_last():
    with FakeLine("een", "twee", "drie") as fake:
        done = phone(fake, "--wait", "1", text="*140#\n#\n98\n*140\n")
        assert (done.returncode, done.stdout) == (0, "een\ntwee\ndrie\n"), done.stderr
        assert fake.said() == [{"code": "*140#"}, {"reply": "#"}, {"reply": "98"}, "*140"]


def test_a_page_is_an_object_of_its_own():
    with FakeLine("سلام\n1 x", "dank") as fake:
        done = phone(fake, "--json", text="*140#\n1\n")
        assert [json.loads(l) for l in done.stdout.splitlines()] == [
            {"type": "ussd", "text": "سلام\n1 x", "last": False},
            {"type": "ussd", "text": "dank", "last": True}]


def test_a_code_is_dialled_in_a_session_too():
    with FakeLine("een", "twee", "drie") as fake:
        assert phone(fake, text="*140#\n*140*2#\n1\n").stdout == "een\ntwee\ndrie\n"
        assert fake.said() == [{"code": "*140#"}, {"code": "*140*2#"}, {"reply": "1"}]


def test_a_session_is_left():
    with FakeLine("een", "twee") as fake:
        assert phone(fake, "--wait", "1", text="*140#\n/hangup\nHELP\n/hangup\n").returncode == 0
        assert fake.said() == [{"code": "*140#"}, "HELP"]


def test_each_number_has_a_session_of_its_own():
    with FakeLine("een", "twee", "drie", "vier") as fake:
        done = phone(fake, "-n", A, text=f"*140#\n/n {B}\n*140*1#\n/n {A}\n5\n/n {B}\n6\n")
        assert done.returncode == 0, done.stderr
        assert fake.asked == [(A, {"code": "*140#"}), (B, {"code": "*140*1#"}), (A, {"reply": "5"}),
                              (B, {"reply": "6"})]


@pytest.mark.parametrize("status,words", [(422, "nobody answers: dial *140#"), (503, "dial again")])
def test_why_there_is_no_page_is_said(status, words):
    with FakeLine((status, words)) as fake:
        for args, text in (("--once", "*199#"), ""), ((), "*199#\n"):
            fake.pages = [(status, words)]
            done = phone(fake, *args, text=text)
            assert (done.returncode, done.stdout) == (1, "")
            assert words in done.stderr


def test_a_person_dials_and_answers(tmp_path):
    with FakeLine("Meldlijn\n1 melden\n2 status", "سلام", "Dank") as fake:
        t = Terminal(fake.url, tmp_path)
        t.expect("dialled")
        t.type("*140#")
        t.expect("a code, is dialled")
        t.type("\r")
        said = t.expect("answer> ")
        assert re.search(r"╔═ \*140# ═+╗", said)
        assert re.search("║(\x1b\\[0m)? 2 status +(\x1b\\[33m)?║", said)
        assert "→ *140#" in said
        assert "session open: type the answer · Esc leaves" in said
        t.type("\x1b[D\x1b[C1\r")  # a key that begins with an escape is not the escape
        t.expect("║[^║]* سلام [^║]*║(.|\n)*answer> ")
        t.type("اثنان\r")
        said = t.expect("═ end ═(.|\n)*→ 14070")
        assert "answer> " not in said[said.index("═ end"):]
        assert fake.said() == [{"code": "*140#"}, {"reply": "1"}, {"reply": "اثنان"}]
        t.type("\x1b[A")
        t.expect("> \\*140#")
        assert t.end() == 0


@pytest.mark.parametrize("leave", ["\x1b", "/hangup\r"])
def test_a_person_leaves_a_session(tmp_path, leave):
    with FakeLine("een", "twee") as fake:
        t = Terminal(fake.url, tmp_path)
        t.expect("dialled")
        t.type("*140#\r")
        t.expect("answer> ")
        t.type(leave)
        said = t.expect("hung up(.|\n)*→ 14070")
        assert "answer> " not in said[said.index("hung up"):]
        t.type("HELP\r")
        t.expect("╭(.|\n)*HELP(.|\n)*╯")
        assert t.end() == 0
        assert fake.said() == [{"code": "*140#"}, "HELP"]


def test_a_page_that_comes_too_late_is_not_seen(tmp_path):
    with FakeLine("een", "twee") as fake:
        fake.may_answer.clear()
        t = Terminal(fake.url, tmp_path)
        t.expect("dialled")
        t.type("*140#\r")
        t.expect("waits for the page")
        t.type("1\r")  # stays: an answer to nothing
        t.expect("> 1")
        t.type("\x1b")
        t.expect("hung up")
        t.type("*140#\r")
        t.expect("still on its way")
        fake.may_answer.set()
        t.type("HELP\r")
        said = t.expect("╭(.|\n)*HELP(.|\n)*╯")
        assert "een" not in said
        assert t.end() == 0
        assert fake.said()[0] == {"code": "*140#"} and {"reply": "1"} not in fake.said()


def test_why_there_is_no_page_is_shown(tmp_path):
    with FakeLine((422, "dial something else"), "een", (409, "no session is open")) as fake:
        t = Terminal(fake.url, tmp_path)
        t.expect("dialled")
        t.type("*199#\r")
        t.expect("\\*199#: dial something else(.|\n)*→ 14070")
        t.type("*140#\r")
        t.expect("answer> ")
        t.type("1\r")
        t.expect("no session is open(.|\n)*→ 14070")
        assert t.end() == 0


def test_several_numbers_dial(tmp_path):
    with FakeLine("een", "twee", "drie") as fake:
        fake.may_answer.clear()
        t = Terminal(fake.url, tmp_path, "-n", A, "-n", B)
        t.expect("dialled")
        t.type("*140#\r")
        t.expect("waits for the page")
        t.type("\t")
        t.expect(f"{re.escape(B)}.*→ 14070")
        fake.may_answer.set()
        t.expect(f"╔═ {re.escape(A)} \\*140# ═(.|\n)*\\(new\\)")
        t.type("\x1bOP")
        t.expect("answer> ")
        t.type("7\r")
        t.expect("twee(.|\n)*answer> ")
        assert t.end() == 0
        assert fake.asked == [(A, {"code": "*140#"}), (A, {"reply": "7"})]


def test_a_page_in_a_narrow_window(tmp_path):
    with FakeLine("Waar is het? Straat en nummer, of postcode", "x") as fake:
        t = Terminal(fake.url, tmp_path)
        t.expect("dialled")
        t.resize(20)
        t.type("*140*2*4829153*1*2*3*4#\r")
        said = t.expect("answer> ")
        rows = [r for r in re.split("[\r\n]+", re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", said))
                if r[:1] in ("╔", "║", "╚")]
        assert len(rows) >= 5 and {len(r) for r in rows} == {20}, rows
        assert t.end() == 0
