# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people, robots, disks and cables do to a line: nothing is lost, nothing grows without bound, and it says what is
wrong."""
import os
import pathlib
import random
import re
import select
import sqlite3
import subprocess
import threading
import time

import pytest
from fake_contractor import FakeContractor
from gateway import SECRET, Gateway
from modem_line import (OURS, QUICK, alarms, answer_to, ascii_part, concat, deliver, gateway, heard, modem_state,
                        new_number, report, sim, states)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    path = tmp_path_factory.mktemp("break")
    with FakeContractor(secret=SECRET) as fake, sim(path) as modem, \
            Gateway(path, [modem.device], fake.url, extra=QUICK) as line:
        line.lines_up(2)
        yield modem, line, fake


@pytest.fixture
def city(running):
    modem, line, fake = running
    yield modem, line, fake
    modem.fault("clear")
    line.lines_up(2)
    assert line.run("check", "--json")


def memory_kb(line):
    status = pathlib.Path(f"/proc/{line.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1))


def cpu_s(line):
    fields = pathlib.Path(f"/proc/{line.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def verdicts(line, number):
    return [v for v, in line.sql("SELECT verdict FROM inbox WHERE number = ? ORDER BY id", number)]


# -- texts that no resident writes


HOSTILE = {
    "sql": "'; DROP TABLE report; --",
    "sql2": '" OR 1=1; UPDATE person SET blocked_at=1; --',
    "format": "%s%s%n%x%*d %p",
    "html": "<script>alert(1)</script>",
    "pattern": "{0} {place} '{' {name, plural, other{#}} ''",
    "shell": "$(reboot) `id` ; rm -rf /",
    "rtl": "\u202e\u202dabc\u2066\u2069 \u200f\u200e",
    "marks": "e" + "\u0301" * 60,
    "control": "\x01\x02\x07\x08\x0b\x0c\x0e\x1f\x7f\x9b",
    "escapes": "\x1b[2J\x1b]0;x\x07",
    "nonchars": "\ufffe\uffff\ufdd0\ue000",
    "path": "../../etc/passwd",
    "json": '","status":"solved","x":"',
    "xml": "]]>&lt;!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "blank": " \n\r\n \u00a0\u3000",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_a_text(city, name):
    modem, line, _ = city
    number = new_number()
    modem.mt(deliver(number, octets=HOSTILE[name].encode("utf-16-be"), dcs=8))
    line.until(lambda: verdicts(line, number) == ["answered"])
    assert heard(line, number) == [HOSTILE[name]]
    assert answer_to(modem, line)


def test_a_nul_is_not_the_end_of_a_text(city):
    modem, line, _ = city
    number = new_number()
    modem.mt(deliver(number, octets="voor\0na".encode("utf-16-be"), dcs=8))
    line.until(lambda: verdicts(line, number) == ["answered"])
    [text] = heard(line, number)
    assert text.startswith("voor") and text.endswith("na")


def test_half_a_surrogate_pair_is_marked(city):
    modem, line, _ = city
    number = new_number()
    modem.mt(deliver(number, octets=b"\x00a\xd8\x3d\x00b\xde\x00\x00c", dcs=8))
    line.until(lambda: heard(line, number) == ["a\ufffdb\ufffdc"])


@pytest.mark.parametrize("name", ["sql", "format", "html", "pattern", "rtl", "json"])
def test_a_hostile_report_reaches_the_contractor_as_it_was_written(city, name):
    modem, line, fake = city
    number = new_number()
    modem.mt(deliver(number, octets=f"lantaarn 2511BT 70 stuk {HOSTILE[name]}"[:70].encode("utf-16-be"),
                     dcs=8))
    line.until(lambda: "answered" in verdicts(line, number))

    def order():
        return [r for r in fake.requests if HOSTILE[name].strip() in r.form.get("description", "")]
    for answer in ("2", "1"):  # another one near by: file this too; and add nothing
        answer_to(modem, line, answer, number)
    assert fake.wait(order, 5)


def test_ten_thousand_characters_in_sixty_six_parts(city):
    modem, line, _ = city
    number = new_number()
    text = "".join(chr(97 + n % 26) for n in range(66 * 153))
    pieces = [text[i:i + 153] for i in range(0, len(text), 153)]
    order = list(range(66))
    random.Random(66).shuffle(order)
    for n in order:
        modem.mt(ascii_part(number, pieces[n], 200, 66, n + 1))
    line.until(lambda: heard(line, number) == [text], 20)
    modem.wait("pending", 0)
    assert answer_to(modem, line)


def test_parts_that_never_become_a_text_have_a_ceiling(city):
    modem, line, _ = city
    number = new_number()
    before = memory_kb(line)
    wide = [(n, True) for n in range(744)]
    for ref, is_wide in [(n, False) for n in range(256)] + wide:
        modem.mt(ascii_part(number, "x" * 100, ref, 255, 1 + ref % 255, is_wide))
    modem.wait("pending", 0, 60)
    [(waiting,)] = line.sql("SELECT count(*) FROM inbox_part WHERE number = ?", number)
    assert 0 < waiting <= 512
    assert memory_kb(line) - before < 4096
    assert answer_to(modem, line)
    assert answer_to(modem, line, number=number)  # the sender is not punished


def test_parts_whose_numbers_make_no_sense(city):
    modem, line, _ = city
    number = new_number()
    for total, part in ((0, 0), (0, 1), (2, 0), (2, 3), (1, 1), (255, 255)):
        modem.mt(ascii_part(number, f"{total}/{part}", 50, total, part))
    modem.wait("pending", 0)
    # What is no part of a text is a whole one (TS 23.040, 9.2.3.24.1).
    line.until(lambda: set(heard(line, number)) >= {"0/0", "0/1", "2/0", "2/3", "1/1"})


def test_pdus_with_bits_turned_over(city):
    modem, line, _ = city
    rng = random.Random(3)
    before = memory_kb(line)
    whole = [deliver("+31655500001", list(b"container vol")), report("+31655500001", 3, 0),
             deliver("+31655500001", octets="Ж😡".encode("utf-16-be"), dcs=8, udh=concat(1, 2, 1)),
             deliver("+31655500001", [0x1B, 0x67], udh=bytes([0x24, 1, 1, 0x25, 1, 1]))]
    sent = 0
    while sent < 400:
        pdu = bytearray.fromhex(rng.choice(whole))
        for _ in range(rng.randrange(1, 6)):
            pdu[rng.randrange(8, len(pdu))] ^= 1 << rng.randrange(8)
        if rng.random() < 0.2:
            del pdu[rng.randrange(10, len(pdu)):]
        try:
            modem.mt(pdu.hex().upper())
            sent += 1
        except Exception as error:  # the simulated network itself takes no such thing
            assert "mt" in str(error)
    modem.wait("pending", 0, 40)
    modem.wait("used", 0)
    assert memory_kb(line) - before < 4096
    assert answer_to(modem, line)


# -- who gets no answer


def test_an_alphanumeric_sender_and_our_own_number_get_no_answer(city):
    modem, line, _ = city
    sent = modem.stats()["mo"]
    for sender in ("KPN", OURS, "14070"):
        modem.text(sender, "STATUS")
    modem.wait("pending", 0)
    assert answer_to(modem, line)
    assert modem.stats()["mo"] == sent + 1
    assert verdicts(line, OURS) == ["silent"] and verdicts(line, "14070") == ["silent"]
    assert line.sql("SELECT count(*) FROM person WHERE number IN ('KPN', ?, '14070')", OURS) == [(0,)]


def test_a_robot_is_blocked_shown_and_released(tmp_path):
    with sim(tmp_path) as modem, gateway(tmp_path, [modem], city=" same-texts 3") as line:
        line.lines_up(2)
        robot, person = new_number(), new_number()
        for n in range(3):
            answer_to(modem, line, "Thank you for your message", robot)
        for _ in range(20):
            modem.text(robot, "Thank you for your message")
        modem.wait("pending", 0)
        assert answer_to(modem, line, number=person)
        assert verdicts(line, robot) == ["answered"] * 3 + ["blocked"] * 20
        assert robot in line.vty("show blocked")
        modem.text(robot, "STATUS")  # also when it says something else
        line.until(lambda: len(verdicts(line, robot)) == 24)
        line.vty(f"release {robot}")
        assert robot not in line.vty("show blocked")
        assert answer_to(modem, line, number=robot)
        assert line.sql("SELECT count(*) FROM outbox WHERE number = ?", robot) == [(4,)]


def test_the_hourly_ceiling_says_so_once(tmp_path):
    with sim(tmp_path) as modem, gateway(tmp_path, [modem], city=" texts-per-hour 4") as line:
        line.lines_up(2)
        number = new_number()
        for n in range(9):
            modem.text(number, f"vraag {n}")
        line.until(lambda: len(verdicts(line, number)) == 9)
        assert verdicts(line, number) == ["answered"] * 3 + ["ceiling"] + ["silent"] * 5
        line.until(lambda: set(states(line, number)) == {"delivered"})
        count = len([m for m in modem.mo() if m["to"] == number])
        line.advance(3601)
        assert answer_to(modem, line, number=number)
        assert len([m for m in modem.mo() if m["to"] == number]) > count


# -- the disk and the database


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MB of its own, which can be filled."""
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)],
                          capture_output=True, check=False)
    if done.returncode:
        pytest.skip("mounting is not allowed here; test_modem.py has the same with a limit on files")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk):
    with open(disk / "filler", "wb", 0) as f:
        size = 65536
        while size:
            try:
                f.write(b"x" * size)
            except OSError:
                size //= 2


def test_a_full_disk_loses_nothing(tmp_path, small_disk):
    numbers = [new_number() for _ in range(8)]
    with sim(tmp_path, retry_ms=50) as modem:
        line = gateway(tmp_path, [modem])
        text = line.config.read_text().replace(str(line.database), str(small_disk / "line.db"))
        line.config.write_text(text)
        line.database = small_disk / "line.db"
        with line:
            line.lines_up(2)
            answer_to(modem, line)
            modem.wait("sr_acked", 1)
            fill(small_disk)
            before = modem.stats()
            # What still fits into the pages there are may be taken; the rest must wait.
            for number in numbers:
                for n in range(20):
                    modem.text(number, f"{n} " + "x" * 100)
            modem.wait("redelivered", before["redelivered"] + 3)
            assert modem.stats()["pending"] > 0
            kept = sum(len(heard(line, n)) for n in numbers)
            assert modem.stats()["acked"] - before["acked"] <= kept
            line.until(lambda: line.health()["database"] is False)
            (small_disk / "filler").unlink()
            modem.wait("pending", 0, 30)
            for number in numbers:
                assert sorted(heard(line, number)) == sorted(f"{n} " + "x" * 100 for n in range(20))
            assert line.health()["database"]
            line.until(lambda: all(set(states(line, n)) == {"delivered"} for n in numbers), 20)
            assert len(modem.mo()) == len({(m["to"], m["mr"]) for m in modem.mo()})


def test_a_database_that_another_program_holds(city):
    modem, line, _ = city
    number = new_number()
    acked = modem.stats()["acked"]
    with sqlite3.connect(line.database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        modem.text(number, "STATUS")
        with pytest.raises(TimeoutError):
            modem.wait("acked", acked + 1, 2.5)
        other.execute("ROLLBACK")
    line.until(lambda: states(line, number) == ["delivered"])
    assert heard(line, number) == ["STATUS"]


def damage(database, offset, length):
    size = database.stat().st_size
    with open(database, "r+b") as f:
        f.seek(min(offset, size))
        f.write(random.Random(1).randbytes(min(length, size - min(offset, size))))


@pytest.mark.parametrize("how,words", [
    ("no database", "is not a database"), ("header", "is not a database"),
    ("schema", "damaged|another program|tables are not those"), ("another", "another program"),
    ("newer", "newer meldlijn"), ("folder", "cannot be opened")])
def test_a_database_that_cannot_be_used_is_told_at_start(tmp_path, how, words):
    line = gateway(tmp_path, [])
    line.run("report", "list")  # makes it
    for wal in tmp_path.glob("line.db-*"):
        wal.unlink()
    if how == "no database":
        line.database.write_bytes(b"not a database " * 1000)
    elif how == "header":
        damage(line.database, 0, 64)
    elif how == "schema":
        damage(line.database, 100, 3996)
    elif how == "another":
        line.database.unlink()
        with sqlite3.connect(line.database) as db:
            db.execute("CREATE TABLE mine (x)")
    elif how == "newer":
        with sqlite3.connect(line.database) as db:
            db.execute("PRAGMA user_version = 9999")
    else:
        line.database.unlink()
        line.database.mkdir()
    done = line.run("run", check=False)
    assert done.returncode == 1
    said = [l for l in done.stderr.splitlines() if "line.db" in l]
    assert any(re.search(words, l) for l in said), done.stderr
    assert len(done.stderr.splitlines()) <= 3


def test_a_database_damaged_in_the_middle_is_found_by_check(tmp_path):
    line = gateway(tmp_path, [])
    line.run("import", "addresses", str(pathlib.Path(__file__).parents[2] / "menus/demo/addresses.csv"))
    size = line.database.stat().st_size
    damage(line.database, size // 2 // 4096 * 4096, 40 * 4096)
    done = line.run("check", check=False)
    assert done.returncode == 1
    assert done.stdout + done.stderr


# -- a port that is no modem


class Cable(threading.Thread):
    """A pty that answers nothing, or that babbles as fast as a serial line can."""

    def __init__(self, link, babble):
        super().__init__(daemon=True)
        self.master, slave = os.openpty()
        os.symlink(os.ttyname(slave), link)
        self.slave = slave
        self.babble = babble
        self.ended, self.end = os.pipe()
        self.start()

    def run(self):
        rng = random.Random(5)
        while True:
            ready = select.select([self.master, self.ended], [], [], 0.01 if self.babble else None)[0]
            if self.ended in ready:
                return
            said = os.read(self.master, 4096) if self.master in ready else b""
            if self.babble and select.select([], [self.master], [], 0)[1]:
                os.write(self.master, said + rng.randbytes(115))

    def stop(self):
        os.close(self.end)
        self.join()
        for fd in (self.master, self.slave, self.ended):
            os.close(fd)


@pytest.fixture(scope="module", autouse=True)
def cables(tmp_path_factory):
    """A line with a good modem and three that are none; it runs beside the other tests."""
    path = tmp_path_factory.mktemp("cables")
    silent, babbling = Cable(path / "silent", False), Cable(path / "babbling", True)
    with sim(path) as modem, sim(path, name="hung", seed=5) as hung:
        line = gateway(path, [modem])
        line.config.write_text(line.config.read_text() + "".join(
            f"modem {n}\n device {path}/{name}\n no shutdown\n"
            for n, name in ((2, "silent"), (3, "babbling"), (4, "absent"), (5, "hung"))))
        with line:
            begin = time.monotonic()
            line.until(lambda: modem_state(line, 5) == "up")
            hung.fault("hang", 0, "hard")
            yield modem, hung, line, begin
    silent.stop()
    babbling.stop()


def test_ports_that_are_no_modem(cables):
    modem, _, line, begin = cables
    line.until(lambda: {f"modem {n} silent" for n in (2, 3)} <= set(alarms_rarely(line)), 60)
    share = cpu_s(line) / (time.monotonic() - begin)
    said = alarms(line)
    assert "does not answer" in said["modem 2 silent"]
    assert "plugged in" in said["modem 4 port"]
    assert [modem_state(line, n) for n in (1, 2, 3, 4)] == ["up", "down", "down", "down"]
    assert answer_to(modem, line)
    assert share < 0.1, f"{share:.0%} of a processor"


def test_a_modem_that_only_the_mains_can_help(cables):
    """It hangs, and neither opening its port again nor the reset that it is told helps: a person is told, and it is
    used again when it was switched off and on."""
    _, hung, line, _ = cables
    line.until(lambda: "modem 5 silent" in alarms_rarely(line), 60)
    assert "switch it off and on" in alarms(line)["modem 5 silent"]
    hung.reset()
    line.until(lambda: modem_state(line, 5) == "up", 60)
    assert answer_to(hung, line)
    assert "modem 5 silent" not in alarms(line)


def alarms_rarely(line):
    """Asked a few times a second, so that asking is not what takes the time."""
    select.select([], [], [], 0.25)
    return alarms(line)


def test_a_flood_on_one_port_starves_no_other(tmp_path):
    """A port that babbles without a pause, as no serial line can."""
    master, slave = os.openpty()
    os.symlink(os.ttyname(slave), tmp_path / "flood")
    os.set_blocking(master, False)
    stop = threading.Event()

    def babble():
        noise = random.Random(6).randbytes(4096)
        while not stop.is_set():
            if select.select([], [master], [], 0.05)[1]:
                try:
                    os.write(master, noise)
                except BlockingIOError:
                    pass
    thread = threading.Thread(target=babble, daemon=True)
    with sim(tmp_path) as modem:
        line = gateway(tmp_path, [modem])
        line.config.write_text(line.config.read_text() +
                               f"modem 2\n device {tmp_path}/flood\n no shutdown\n")
        thread.start()
        with line:
            line.lines_up(2)
            before = memory_kb(line)
            for _ in range(5):
                assert answer_to(modem, line, timeout=3)
            assert memory_kb(line) - before < 4096
    stop.set()
    thread.join()
    os.close(master)
    os.close(slave)
