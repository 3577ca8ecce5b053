# SPDX-License-Identifier: AGPL-3.0-or-later
"""The configuration: what is refused and how it is said, what is kept, what is never shown, and the life of a line."""
import contextlib
import itertools
import pathlib
import re
import signal
import sqlite3
import subprocess

import pytest
import requests
from atsim import AtSim
from fake_contractor import FakeContractor
from gateway import BINARY, ROOT, SECRET, Gateway, free_port

OLD_WORD, NEW_WORD = "Mijn meldingen", "Mijn verhalen"
CITY = f"city Den Haag\n short-code 14070\nmenus {ROOT}/menus\nprompts {ROOT}/prompts\n"

# design.md's own sample, but for its smpp and sip, with folders and ports of the test
DESIGN = """city Den Haag
 short-code 14070
 country-code 31
 languages nl en tr pl ar
 time-zone Europe/Amsterdam
database meldlijn.db
menus menus
prompts prompts
modem 1
 device /dev/ttyUSB2
 audio serial /dev/ttyUSB4        ! or: audio alsa hw:1   or: no audio
 pin 0000
 number +31612340001
 no shutdown
euse meldlijn
 hlr 127.0.0.1 4222
 code *140#
 no shutdown
handset
 no shutdown
contractor haeghe
 url http://127.0.0.1:9001/requests.json
 format open311                    ! or: webhook, signalen
 api-key-file keys/haeghe
 callback-secret-file keys/haeghe.callback
 category container-full container-broken
 area centrum escamp
http
 listen 127.0.0.1 8070
vty
 listen 127.0.0.1 4270
"""


def run(folder, text):
    """Run a line with this configuration, that is expected to refuse it."""
    file = folder / "line.cfg"
    file.write_text(text) if isinstance(text, str) else file.write_bytes(text)
    return subprocess.run([str(BINARY), "run", "-c", str(file)], capture_output=True, text=True,
                          timeout=20, cwd=folder)


def lines_about_us(path):
    """The configuration without libosmovty's own log, stats and vty login."""
    text = pathlib.Path(path).read_text()
    return text[text.index("database "):]


@contextlib.contextmanager
def at_level(line, level):
    line.start(level)
    try:
        yield line
    finally:
        if line.process:
            line.kill()


class Started(Gateway):
    """A line on a configuration that the test wrote itself."""

    def __init__(self, directory, text):
        super().__init__(directory, register=False)
        text = re.sub(r"^http\n listen .*", f"http\n listen 127.0.0.1 {self.port}", text, flags=re.M)
        text = re.sub(r"^vty\n listen .*", f"vty\n listen 127.0.0.1 {self.vty_port}", text,
                      flags=re.M)
        self.config.write_text(text)


# ---- what is refused


@pytest.mark.parametrize("text, number, word", [
    ("city Den Haag\n short-cod 14070\n", 2, "short-cod"),
    ("# one\n\n! three\ncity Den Haag\n short-code 14070\nsmpp kpn\n remote 127.0.0.1 2775\n", 6, "smpp"),
    ("city Den Haag\n short-code abc\n", 2, "short-code"),
    ("city Den Haag\n time-zone Mars/Olympus\n", 2, "time-zone"),
    ("http\n listen nowhere 8070\n", 2, "listen"),
    ("sip office\n listen 192.0.2.1 5060\n no shutdown\n", 3, "no shutdown"),
    ("euse meldlijn\n code 140\n", 2, "code"),
    ("euse meldlijn\n code *140*#\n", 2, "code"),
    ("euse meldlijn\n code **140#\n", 2, "code"),
    ("euse meldlijn\n hlr localhost 4222\n", 2, "hlr"),
    ("euse meldlijn\n hlr 127.0.0.1\n", 2, "hlr"),
    ("euse meldlijn\n ctrl 127.0.0.1 0\n", 2, "ctrl"),
    ("euse meldlijn\n page-limit 161\n", 2, "page-limit"),
    ("euse meldlijn\n component-length long\n", 2, "component-length"),
    ("euse meldlijn\n no shutdown\n", 2, "no shutdown"),
    ("euse " + 49 * "m" + "\n", 1, "euse"),
    ("city Den Haag\nsmpp office\n", 2, "smpp"),
    ("sip office\n no shutdown\n", 2, "no shutdown"),
    ("sip office\n listen 0.0.0.0 5060\n", 2, "listen"),
    ("sip office\n tls listen 0\n", 2, "tls"),
    ("sip office\n srtp maybe\n", 2, "srtp"),
    ("calls\n callback tries 0\n", 2, "callback"),
    ("calls\n speech-cache-size 0\n", 2, "speech-cache-size"),
    ("calls\n callback hours 21:00-08:00\n", 2, "callback"),
    ("calls\n person nobody\n", 2, "person"),
    ("calls\n person hours mo-fr 8-17\n", 2, "person"),
    ("sip office\n proxy sip.example.nl 5060 udp\n", 2, "proxy"),
    ("sip office\n register sip:example.nl;lr\n", 2, "register"),
    ("sip office\n user me@example.nl\n", 2, "user"),
    ("sip office\n number 0201234567\n", 2, "number"),
    ("sip office\n expires 59\n", 2, "expires"),
    ("sip office\n session-timer 89\n", 2, "session-timer"),
    ("sip office\n listen 127.0.0.1 5060\n trunk 127.0.0.1\n register example.nl\n no shutdown\n", 5, "no shutdown"),
    ("city Den Haag\n texts-per-hour 0\n", 2, "texts-per-hour"),
    ("city Den Haag\n short-code\n", 2, "short-code"),
    ("city Den Haag\nshort-code 14070\n", 2, "short-code"),
    ("city Den Haag\n  short-code 14070\n time-zone UTC\n", 3, "time-zone"),
    ("city Den Haag\n country-code 0x31\n", 2, "country-code"),
    ("contractor x\n format fax\n", 2, "format"),
    ("contractor a/b\n", 1, "contractor"),
    ("contractor a\n mail-to jan@x,piet@x\n", 2, "mail-to"),
    ("mail\n server http://127.0.0.1:25\n", 2, "server"),
    ("mail\n server smtp://me:secret@127.0.0.1:25\n", 2, "server"),
    ("mail\n from meldlijn\n", 2, "from"),
    ("mail\n starttls no\n", 2, "starttls"),
    ("modem 1\n no shutdown\n", 2, "no shutdown"),
    ("modem 65\n", 1, "modem"),
    ("http\n listen 127.0.0.1 65536\n", 2, "listen"),
    ("open311\n key a/b keys/a\n", 2, "key"),
    ("open311\n posts-per-minute 0\n", 2, "posts-per-minute"),
    ("city Den Haag\n nonsense", 2, "nonsense"),
])
def test_a_line_that_is_not_understood_is_named_by_its_number(tmp_path, text, number, word):
    done = run(tmp_path, text)
    assert done.returncode == 1
    assert done.stdout == ""
    said = done.stderr.splitlines()
    assert len(said) == 1
    assert said[0].startswith(f'meldlijn: {tmp_path}/line.cfg:{number}: "{word}": ')
    assert not (tmp_path / "meldlijn.db").exists()


def test_what_stands_behind_a_refused_word_is_not_shown(tmp_path):
    done = run(tmp_path, "modem 1\n pinn 4711\n")
    assert done.returncode == 1
    assert "pinn" in done.stderr and "4711" not in done.stderr


@pytest.mark.parametrize("text, lacks", [
    ("", "city"),
    ("city Den Haag\n", "short-code"),
    (CITY + "contractor x\n", "url"),
    (CITY + "contractor x\n format link\n", "mail-to"),
    (CITY + "contractor x\n format link\n mail-to a@b\n", "mail server"),
    (CITY + "mail\n server smtp://h:25\n from a@b\n user u\n", "password-file"),
    (CITY + "mail\n server smtp://h:25\n from a@b\n user u\n password-file p\n starttls if-offered\n", "starttls"),
])
def test_what_is_missing_is_said(tmp_path, text, lacks):
    done = run(tmp_path, text)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and lacks in done.stderr


def test_a_file_that_is_no_text_is_refused(tmp_path):
    assert "not a text" in run(tmp_path, b"city Den\0Haag\n").stderr
    assert "not a text" in run(tmp_path, "! long\n" * 200000).stderr
    folder = subprocess.run([str(BINARY), "run", "-c", str(tmp_path)], capture_output=True,
                            text=True, timeout=20)
    assert folder.returncode == 1 and "directory" in folder.stderr.lower()
    absent = subprocess.run([str(BINARY), "run", "-c", str(tmp_path / "absent")],
                            capture_output=True, text=True, timeout=20)
    assert absent.returncode == 1 and "No such file" in absent.stderr


def test_menus_that_do_not_check_are_refused_at_start(tmp_path):
    (tmp_path / "menus").mkdir()
    (tmp_path / "menus/main.yaml").write_text("main: [\n")
    done = run(tmp_path, CITY.replace(f"{ROOT}/menus", "menus"))
    assert done.returncode == 1
    assert re.search(r"main\.yaml:\d+", done.stderr)


def test_an_unknown_language_is_refused(tmp_path):
    done = run(tmp_path, CITY.replace("14070\n", "14070\n languages nl xx\n"))
    assert done.returncode == 1 and "xx" in done.stderr


# ---- what is taken


def filled(tmp_path, text):
    (tmp_path / "keys").mkdir(parents=True)
    (tmp_path / "keys/haeghe").write_text("key\n")
    (tmp_path / "keys/haeghe.callback").write_text(SECRET + "\n")
    text = text.replace("keys/haeghe", f"{tmp_path}/keys/haeghe")
    text = re.sub(r"^database .*", f"database {tmp_path}/line.db", text, flags=re.M)
    text = re.sub(r"^ (recordings|speech-cache) (\w+)", rf" \1 {tmp_path}/\2", text, flags=re.M)
    text = re.sub(r"^menus menus", f"menus {ROOT}/menus", text, flags=re.M)
    return re.sub(r"^prompts prompts", f"prompts {ROOT}/prompts", text, flags=re.M)


def test_the_sample_of_the_design_is_taken(tmp_path):
    text = filled(tmp_path, DESIGN).replace("/dev/ttyUSB2", f"{tmp_path}/absent")
    with Started(tmp_path / "line", text) as line:
        lines = {l["name"]: l["state"] for l in line.health()["lines"]}
        assert lines["handset"] == "up"
        assert lines["modem 1"] != "up"
        shown = line.vty("terminal length 0", "show running-config").replace("\r", "")
        assert " audio serial /dev/ttyUSB4\n" in shown
        assert " category container-full container-broken\n area centrum escamp\n" in shown


def example():
    """meldlijn.cfg.example, its port filled in."""
    return (ROOT / "meldlijn.cfg.example").read_text().replace(
        "/dev/serial/by-path/CHANGE-ME", "/dev/absent-modem   ")


def all_words_on(text):
    """The words that are off, too; but for TLS, which is test_tls.py's."""
    text = re.sub(r"^!([ a-z])", r"\1", text, flags=re.M)
    text = re.sub(r"^ (certificate|key) .*\n", "", text, flags=re.M)
    return text.replace("/etc/meldlijn/haeghe.key", "keys/haeghe").replace(
        "/etc/meldlijn/haeghe.secret", "keys/haeghe.callback")


def test_the_shipped_example_is_taken(tmp_path):
    with Started(tmp_path / "line", filled(tmp_path, example())) as line:
        assert line.health()["status"] in ("ok", "degraded")
        assert [l["name"] for l in line.health()["lines"]] == ["modem 1"]


def test_the_shipped_example_is_taken_with_every_word_on(tmp_path):
    with Started(tmp_path / "line", filled(tmp_path, all_words_on(example()))) as line:
        shown = line.vty("terminal length 0", "show running-config")
        assert " imei 490154203237518" in shown and " rung-after 3600" in shown
        assert {l["name"] for l in line.health()["lines"]} == {
            "modem 1", "euse meldlijn", "sip trunk1", "handset"}


# What the top of the configuration knows: ours by node, with a name where one is wanted, ours of one line, and libosmovty's.
NODES = ("city x", "sms", "modem 1", "euse x", "sip x", "calls", "notices", "handset", "contractor x", "mail", "http",
         "open311", "vty")
OF_ONE_LINE = {"database", "menus", "prompts", "timer"}
OSMOVTY = {"help", "list", "show", "write", "exit", "end", "hostname", "password", "enable", "banner", "service", "line",
           "log", "stats", "stats-tcp"}


def words_of(line, *node):
    """Each command's words up to its first value, as its terminal lists them: ("callback", "tries")."""
    listed = line.vty("terminal length 0", "configure terminal", *node, "list").replace("\r", "")
    found = set()
    for command in re.findall(r"^  (?:no )?([a-z].*)$", listed[listed.rindex("# list\n"):], re.M):
        words = itertools.takewhile(lambda w: re.fullmatch("[a-z][a-z0-9-]*", w), command.split())
        found.add(tuple(words))
    return {words for words in found if words and words[0] not in OSMOVTY}


def test_the_example_and_the_readme_have_every_word(tmp_path):
    """What the binary knows, as its own terminal lists it: each command stands in the example as it is written, and
    its word in the README too."""
    with Gateway(tmp_path, register=False) as line:
        assert {words[0] for words in words_of(line)} == {node.split()[0] for node in NODES} | OF_ONE_LINE
        for node in NODES:
            commands = words_of(line, node)
            assert commands
            for words in commands:
                assert re.search(rf"[ !]{' '.join(words)}\b", example()), f"{node}: {words}"
                assert re.search(rf"[ `!|/]{words[0]}\b", (ROOT / "README.md").read_text()), f"{node}: {words}"


# ---- what is kept


def test_write_file_keeps_what_was_changed_and_reads_back_the_same(tmp_path):
    extra = ("modem 2\n device /dev/absent-modem\n imei 490154203237518\n pin 4711\n baud 9600\n"
             " receive stored\n replies-only\n no audio\n smsc +31653131313\n"
             "notices\n no headroom\n quiet-hours 22:00-07:30\n cost-per-part 0.085 EUR\n report-age 90\n land-lines +3170 +3110\n"
             " cap-sender meldlijn@denhaag.nl\n cap-feed http://127.0.0.1:1/feed.atom\n cap-poll 90\n cap-send\n"
             "open311\n key fms keys/fms\n key app keys/app\n jurisdiction denhaag.nl\n posts-per-minute 7\n"
             " lists-per-minute 9\n"
             "contractor lampen\n url http://127.0.0.1:1/a\n second-url http://127.0.0.1:1/b\n"
             " sms-number +31612345678\n format webhook\n category lamp-out\n area centrum\n"
             "contractor jan\n format link\n mail-to planning@bedrijf.example\n"
             "mail\n server smtps://mail.example:465\n from meldlijn@denhaag.example\n user m\n password-file keys/mail\n"
             " ca-file keys/ca.pem\n starttls required\n"
             "calls\n speech-cache-size 40\n callback tries 5\n callback hours 09:00-20:30\n callback pause 7\n"
             " person 070-3530000\n person hours mo-th 08:00-17:00\n person hours fr,su 08:00-12:00\n"
             "sip office\n listen 127.0.0.1 5060\n proxy 192.0.2.7 5061 tcp\n register sip.example.nl\n"
             " user me-1\n password-file keys/office\n expires 120\n number +31201234567\n session-timer 900\n")
    line = Gateway(tmp_path, contractor="http://127.0.0.1:1/x", extra=extra, register=False)
    with line:
        line.vty("configure terminal", "city Delft", "texts-per-hour 77", "staff-shift 8", "staff-code-wait 20",
                 "staff-texts-per-hour 99", "exit", "sms",
                 "in-doubt resend after 9", "no shift-tables", "validity notice 3", "exit",
                 "http", "public-url https://meldlijn.example",
                 "trusted-proxy 192.0.2.9", "trusted-proxy 2001:db8::9 forwarded", "request-time 61",
                 "answer-time 301", "exit",
                 "contractor lampen", "poll 17", "exit", "no contractor haeghe", "modem 3",
                 "imei 356938035643809", "search /dev/absent* /dev/none*", "end", "write file")
        assert line.stop() == 0
    first = lines_about_us(line.config)
    for word in ("city Delft\n", " texts-per-hour 77\n", " staff-shift 8\n", " staff-code-wait 20\n", " staff-texts-per-hour 99\n", " in-doubt resend after 9\n",
                 " no shift-tables\n", " validity notice 3\n", " poll 17\n", " pin 4711\n",
                 " baud 9600\n", " receive stored\n", " replies-only\n", " no headroom\n", " second-url http://127.0.0.1:1/b\n",
                 " search /dev/absent* /dev/none*\n", " callback tries 5\n", " callback pause 7\n", " speech-cache-size 40\n",
                 " callback hours 09:00-20:30\n", " person +31703530000\n",
                 " person hours mo-th 08:00-17:00\n person hours fr,su 08:00-12:00\n",
                 " proxy 192.0.2.7 5061 tcp\n",
                 "open311\n key fms keys/fms\n key app keys/app\n jurisdiction denhaag.nl\n posts-per-minute 7\n"
                 " lists-per-minute 9\n", " request-time 61\n", " answer-time 301\n",
                 " register sip.example.nl\n", " user me-1\n", " password-file keys/office\n",
                 " quiet-hours 22:00-07:30\n", " cost-per-part 0.085 EUR\n", " report-age 90\n",
                 " land-lines +3170 +3110\n", " cap-sender meldlijn@denhaag.nl\n",
                 " cap-feed http://127.0.0.1:1/feed.atom\n", " cap-poll 90\n", " cap-send\n",
                 " public-url https://meldlijn.example\n",
                 " trusted-proxy 192.0.2.9\n trusted-proxy 2001:db8::9 forwarded\n",
                 "contractor jan\n", " format link\n", " mail-to planning@bedrijf.example\n",
                 "mail\n server smtps://mail.example:465\n from meldlijn@denhaag.example\n user m\n"
                 " password-file keys/mail\n ca-file keys/ca.pem\n starttls required\n",
                 " expires 120\n", " session-timer 900\n", " number +31201234567\n"):
        assert word in first, word
    assert "haeghe" not in first
    with line:
        shown = line.vty("terminal length 0", "show running-config").replace("\r", "")
        line.vty("write file")
        tls = line.vty("configure terminal", "http", "certificate keys/a.crt", "key keys/a.pem", "end",
                       "terminal length 0", "show running-config").replace("\r", "")
        assert " certificate keys/a.crt\n key keys/a.pem\n public-url https://meldlijn.example\n" in tls
        assert line.stop() == 0
    assert lines_about_us(line.config) == first
    for word in first.splitlines():
        assert "pin" in word or word in shown.splitlines(), word


def test_a_change_takes_effect_at_once(tmp_path):
    with AtSim(tmp_path, "ec25") as modem, Gateway(tmp_path / "line", register=False) as line:
        line.vty("configure terminal", "modem 1", f"device {modem.device}", "no shutdown")
        line.lines_up(2)
        line.vty("configure terminal", "modem 1", "shutdown")
        assert {l["name"]: l["state"] for l in line.health()["lines"]}.get("modem 1") != "up"
        refused = line.vty("configure terminal", "no modem 9")
        assert "there is no modem 9" in refused


# ---- what is never shown


def test_secrets_are_neither_shown_nor_logged(tmp_path):
    key, pin = "key-8c1f0a27", "6392"
    with FakeContractor(secret=SECRET) as fake, AtSim(tmp_path, "ec25", pin=pin) as modem:
        line = Gateway(tmp_path / "line", [modem.device], fake.url, modem_words=f" pin {pin}",
                       register=False)
        (line.directory / "key").write_text(key + "\n")
        with at_level(line, "debug"):
            line.lines_up(2)
            line.text("+31612345678", "MELD AFVAL SPUI 70 container vol")
            shown = line.vty("terminal length 0", "show running-config", "show modem",
                             "show contractors")
            served = requests.get(line.url + "/metrics", timeout=5).text + str(line.health())
            assert line.stop() == 0
        said = line.log.read_text() + shown + served
        assert f"pin {pin}" not in said and f'"{pin}"' not in said
        assert key not in said and SECRET not in said and SECRET[6:] not in said


def test_a_contractor_without_its_secret_takes_no_part(tmp_path):
    line = Gateway(tmp_path, contractor="http://127.0.0.1:1/x", register=False)
    for broken in (lambda f: f.unlink(), lambda f: f.write_text("\n")):
        broken(line.directory / "key")
        line.log.write_text("")
        with line:
            assert line.stop() == 0
        log = line.log.read_text()
        assert f"{line.directory}/key: " in log
        assert "contractor haeghe takes no part" in log


# ---- reload, stop, start


def own_words(tmp_path):
    """A line with menus and prompts of its own, that a test may spoil."""
    for name in ("menus", "prompts"):
        (tmp_path / name).mkdir()
        for file in (ROOT / name).glob("*.yaml"):
            (tmp_path / name / file.name).write_text(file.read_text())
    line = Gateway(tmp_path / "line", languages="nl")
    line.config.write_text(line.config.read_text().replace(f"{ROOT}/menus", f"{tmp_path}/menus")
                           .replace(f"{ROOT}/prompts", f"{tmp_path}/prompts"))
    return line


def reload(line, said):
    before = len(line.log.read_text())
    line.process.send_signal(signal.SIGHUP)
    line.until(lambda: said in line.log.read_text()[before:])
    return line.log.read_text()[before:]


def test_hangup_reads_menus_and_prompts_again_and_keeps_the_old_ones_if_they_do_not_check(tmp_path):
    line = own_words(tmp_path)
    words = tmp_path / "prompts/nl.yaml"
    menu = tmp_path / "menus/main.yaml"
    good_words, good_menu = words.read_text(), menu.read_text()
    with line:
        asked = line.say("+31612345678", "MENU")

        menu.write_text(good_menu + "\nbroken: [\n")
        log = reload(line, "the old menus and prompts stay")
        assert re.search(r"main\.yaml:\d+", log)
        assert line.say("+31612345679", "MENU") == asked
        assert line.health()["status"] == "ok"

        menu.write_text(good_menu)
        words.write_text(good_words.replace(OLD_WORD, NEW_WORD))
        reload(line, "menus and prompts read again")
        changed = line.say("+31612345670", "MENU")
        assert changed != asked
        assert [text.replace(NEW_WORD, OLD_WORD) for text in changed] == asked
        assert line.stop() == 0


def test_terminate_and_interrupt_stop_with_status_0(tmp_path):
    line = Gateway(tmp_path, register=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        line.start()
        line.process.send_signal(number)
        assert line.process.wait(20) == 0
        line.process = None
        line.out.close()
        assert not pathlib.Path(f"{line.database}-wal").exists()
    with contextlib.closing(sqlite3.connect(line.database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_terminate_waits_for_what_a_modem_is_sending(tmp_path):
    with AtSim(tmp_path, "ec25") as modem:
        line = Gateway(tmp_path / "line", [modem.device], handset=False)
        with line:
            line.lines_up(1)
            modem.text("+31611112222", "HELP")
            line.until(lambda: line.sql("SELECT 1 FROM outbox_part WHERE state = 'sending'")
                       or modem.mo())
            assert line.stop() == 0
        assert line.sql("SELECT count(*) FROM outbox_part WHERE state = 'sending'") == [(0,)]


@pytest.mark.parametrize("word", ["http", "vty"])
def test_a_port_that_is_taken_says_what_to_change(tmp_path, word):
    with Gateway(tmp_path / "a", register=False) as first:
        second = Gateway(tmp_path / "b", register=False)
        taken = first.port if word == "http" else first.vty_port
        text = second.config.read_text()
        own = second.port if word == "http" else second.vty_port
        done = run(tmp_path / "b", text.replace(f"127.0.0.1 {own}", f"127.0.0.1 {taken}"))
        assert done.returncode == 1
        said = done.stderr.splitlines()[-1]
        assert f"port {taken} is in use" in said and f'change "{word}"' in said
        assert first.health()["status"] == "ok"


def test_a_second_line_on_the_same_database_is_refused(tmp_path):
    with Gateway(tmp_path, register=False) as first:
        text = first.config.read_text()
        for port in (first.port, first.vty_port):
            text = text.replace(str(port), str(free_port()))
        second = tmp_path / "second"
        second.mkdir()
        done = run(second, text)
        assert done.returncode == 1
        assert done.stderr.strip() == (f"meldlijn: {first.database} is in use: another line runs, "
                                       "stop that one first")
        first.kill()
        first.start()  # what was killed holds nothing
        assert first.stop() == 0


def test_a_database_of_a_newer_program_is_left_alone(tmp_path):
    line = Gateway(tmp_path, register=False)
    with line:
        assert line.stop() == 0
    with contextlib.closing(sqlite3.connect(line.database)) as db:
        db.execute("PRAGMA user_version = 999")
    before = line.database.read_bytes()
    done = subprocess.run([str(BINARY), "run", "-c", str(line.config)], capture_output=True,
                          text=True, timeout=20)
    assert done.returncode == 1
    assert "newer meldlijn" in done.stderr and str(line.database) in done.stderr
    assert line.database.read_bytes() == before


def test_a_level_on_the_command_line_goes_before_the_one_that_was_kept(tmp_path):
    line = Gateway(tmp_path, register=False)
    with at_level(line, "debug"):
        line.vty("write file")
        assert line.stop() == 0
    line.log.write_text("")
    with at_level(line, "error"):
        assert line.stop() == 0
    assert "NOTICE" not in line.log.read_text().split("http on")[-1]
