# SPDX-License-Identifier: AGPL-3.0-or-later
"""Figures of the line: the whole binary on the simulated modem, and two peers on the same one.

    make bench                       a table
    bench.py --json                  the same for programs
    bench.py --quick                 a tenth of the work
    bench.py --only wire,peers       some of it: disk, ready, turns, bank, wire, latency, ussd, calls, notices,
                             console, open311, peers

What is measured, all in one run and on one disk:
  disk     commits a second of a bare SQLite loop with the settings of the store (WAL, synchronous
           FULL): what a turn can cost at least if it has a commit of its own
  turns    texts of many numbers are given to the network at once; the time until the last answer has
           left and is written down. A turn is one text and its whole answer
  bank     the same on eight modems at once: their steps share commits
  wire     the same on a port paced at 115200 baud. Its limit: octets in both directions divided by
           11520 a second, since AT is a dialogue and seldom uses both directions at once
  latency  one text at a time: from the network having it until the network has the answer
  ussd     the same by USSD, through an HLR: see ussd.py
  calls    calls through a SIP trunk, and speech: see calls.py
  notices  answers to residents while a notice leaves, beside those with none: see notices.py
  console  pages of the console at ten million reports, and a thousand viewers: see console_pages.py
  open311  lists of a thousand records and filings among a million reports: see open311.py
  ready    from exec to the first answer of /healthz, and to the modem being up
  peers    N texts in, each answered by one text out (see responder.py, whose CPU time counts)
CPU time is user and system of the process under test, never the simulator's.
"""
import argparse
import contextlib
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from atsim import AtSim  # noqa: E402
from gateway import BINARY, Gateway  # noqa: E402

import calls  # noqa: E402
import console_pages  # noqa: E402
import notices  # noqa: E402
import open311  # noqa: E402
import ussd  # noqa: E402

BAUD = 115200
TICK = os.sysconf("SC_CLK_TCK")
SCRIPT = ["STATUS", "MELD AFVAL SPUI 70 container vol", "1", "STATUS 4829153"]
OURS = "+31612340001"


# -- looking at processes

def cpu_s(pid):
    """User and system time of a process and its children that have ended."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(f) for f in fields[11:15]) / TICK


def peak_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def family(pid):
    """A process and all below it."""
    out = [pid]
    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        out += family(int(child))
    return out


def metric(line, name):
    """One figure of GET /metrics; 0 if it has none."""
    with socket.create_connection(("127.0.0.1", line.port), 5) as s:
        s.sendall(b"GET /metrics HTTP/1.0\r\nHost: x\r\n\r\n")
        said = b""
        while chunk := s.recv(65536):
            said += chunk
    found = re.search(rf"^meldlijn_{name} (\d+)", said.decode(), re.M)
    return int(found[1]) if found else 0


# -- the network

def number(i):
    return f"+316{20000000 + i:08d}"


def give(modem, texts):
    """Many texts at once: [(number, text)]."""
    for at in range(0, len(texts), 200):
        some = texts[at:at + 200]
        modem.connection.sock.sendall("".join(f"mttext {n} {t}\n" for n, t in some).encode())
        for _ in some:
            assert modem.connection.receive(30)["ok"]


class Idle:
    """Nothing of n texts is under way any more: all are in the inbox and no part waits."""

    def __init__(self, line):
        self.db = sqlite3.connect(f"file:{line.database}?mode=ro", uri=True, timeout=10)

    def wait(self, heard, timeout=120):
        deadline = time.monotonic() + timeout
        query = ("SELECT (SELECT count(*) FROM inbox), EXISTS (SELECT 1 FROM outbox_part WHERE"
                 " state IN ('behind', 'queued', 'sending'))")
        while True:
            inbox, waiting = self.db.execute(query).fetchone()
            if inbox >= heard and not waiting:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{inbox} of {heard} texts were answered")
            time.sleep(0.01)


@contextlib.contextmanager
def running(directory, profile, reports=True, **options):
    options = {"noise_ms": 0, "report_ms": 200, "number": OURS, **options}
    words = None if reports else " in-doubt fail after 5\n no status-reports"
    directory.mkdir(exist_ok=True)
    with AtSim(directory, profile, **options) as modem:
        modem.wait("sim_ready", 1)
        with Gateway(directory, [modem.device], handset=False, sms=words) as line:
            line.lines_up(1)
            yield modem, line


def play(modem, line, numbers, first):
    """All numbers text the script; what it took."""
    idle = Idle(line)
    give(modem, [(number(first + i), "HELP") for i in range(numbers)])
    idle.wait(numbers)
    modem.wait("pending", 0, 60)

    pid = line.process.pid
    before, cpu = modem.stats(), cpu_s(pid)
    commits, us = metric(line, "commits_total"), metric(line, "commit_microseconds_total")
    turns = numbers * len(SCRIPT)
    began = time.monotonic()
    give(modem, [(number(first + i), text) for text in SCRIPT for i in range(numbers)])
    idle.wait(numbers + turns)
    took = time.monotonic() - began
    after, cpu = modem.stats(), cpu_s(pid) - cpu
    commits = metric(line, "commits_total") - commits
    us = metric(line, "commit_microseconds_total") - us
    parts = after["mo"] - before["mo"]
    return {
        "turns": turns, "parts": parts, "seconds": took,
        "turns_s": turns / took, "texts_s": (turns + parts) / took,
        "cpu_s_per_1000": 1000 * cpu / turns, "peak_mb": peak_mb(pid),
        "commits_s": commits / took,
        "turns_per_commit": turns / max(commits, 1),
        "commit_share": us / 1e6 / took,
        "to_modem": after["rx_bytes"] - before["rx_bytes"],
        "from_modem": after["tx_bytes"] - before["tx_bytes"],
    }


# -- what is measured

def disk(directory, quick):
    """Commits a second, one row each, in the store's own mode."""
    with sqlite3.connect(directory / "disk.db", isolation_level=None) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT)")
        end = time.monotonic() + (0.5 if quick else 2)
        n, began = 0, time.monotonic()
        while time.monotonic() < end:
            db.execute("INSERT INTO row (text) VALUES (?)", ("x" * 300,))
            n += 1
        return {"commits_s": n / (time.monotonic() - began)}


def turns(directory, quick):
    out = {}
    for profile, mode in (("ec25", "direct"), ("sim800", "stored")):
        with running(directory / profile, profile) as (modem, line):
            out[mode] = play(modem, line, 100 if quick else 600, 0)
            out[mode]["profile"] = profile
    return out


def bank(directory, quick, modems=8):
    with contextlib.ExitStack() as stack:
        sims = [stack.enter_context(AtSim(directory, "ec25", name=f"bank{i}", noise_ms=0, report_ms=200,
                                          number=f"+3161234000{i}")) for i in range(modems)]
        for sim in sims:
            sim.wait("sim_ready", 1)
        line = stack.enter_context(Gateway(directory / "bank", [s.device for s in sims],
                                           handset=False))
        line.lines_up(modems)
        idle, each = Idle(line), 50 if quick else 400
        pid, cpu = line.process.pid, cpu_s(line.process.pid)
        commits = metric(line, "commits_total")
        began = time.monotonic()
        for i, sim in enumerate(sims):
            give(sim, [(number(i * each + n), "STATUS") for n in range(each)])
        idle.wait(modems * each)
        took = time.monotonic() - began
        commits = metric(line, "commits_total") - commits
        turns_n = modems * each
        return {"modems": modems, "turns": turns_n, "turns_s": turns_n / took,
                "cpu_s_per_1000": 1000 * (cpu_s(pid) - cpu) / turns_n, "peak_mb": peak_mb(pid),
                "turns_per_commit": turns_n / max(commits, 1), "commits_s": commits / took}


def wire(directory, quick):
    out = {}
    for profile, mode in (("ec25", "direct"), ("sim800", "stored")):
        with running(directory / f"wire-{profile}", profile, baud=BAUD) as (modem, line):
            got = play(modem, line, 10 if quick else 25, 0)
        octets_s, took = BAUD / 10, got["seconds"]
        got["profile"] = profile
        got["share"] = (got["to_modem"] + got["from_modem"]) / octets_s / took
        got["share_busier"] = max(got["to_modem"], got["from_modem"]) / octets_s / took
        out[mode] = got
    return out


def latency(directory, quick):
    """Half of the texts are answered faster than median_ms, 99 in 100 faster than p99_ms."""
    took = []
    with running(directory / "latency", "ec25", reports=False) as (modem, _):
        for i in range(100 if quick else 500):
            count = modem.stats()["mo"]
            began = time.monotonic()
            modem.text(number(0), "STATUS")
            modem.wait("mo", count + 1, 10)
            took.append(1000 * (time.monotonic() - began))
    return {"median_ms": statistics.median(took), "p99_ms": statistics.quantiles(took, n=100)[98]}


def answers(port):
    """GET /healthz once; None if nobody listens yet."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as s:
            s.sendall(b"GET /healthz HTTP/1.0\r\nHost: x\r\n\r\n")
            said = b""
            while chunk := s.recv(65536):
                said += chunk
            return said.decode()
    except OSError:
        return None


def until(what, timeout=20):
    """Ask again and again until there is an answer."""
    deadline = time.monotonic() + timeout
    while not (got := what()):
        if time.monotonic() > deadline:
            raise TimeoutError("the line did not start")
        time.sleep(0.001)
    return got


def ready(directory, quick):
    first, up = [], []
    with AtSim(directory, "ec25", name="modem", number=OURS, noise_ms=0) as modem:
        modem.wait("sim_ready", 1)
        line = Gateway(directory / "ready", [modem.device], handset=False)
        for _ in range(3 if quick else 7):
            began = time.monotonic()
            with open(directory / "ready.log", "wb") as log:
                process = subprocess.Popen([str(BINARY), "run", "-c", str(line.config),
                                            "--log-level", "error"], stderr=log)
            try:
                until(lambda: answers(line.port))
                first.append(1000 * (time.monotonic() - began))
                until(lambda: '"up"' in (answers(line.port) or ""))
                up.append(1000 * (time.monotonic() - began))
            finally:
                process.terminate()
                process.wait(10)
    return {"healthz_ms": statistics.median(first), "modem_up_ms": statistics.median(up)}


# -- peers

def folders(base, *names):
    base.mkdir(parents=True)
    for name in names:
        (base / name).mkdir()
    return [base / name for name in names]


def gammu_smsd(base, device):
    inbox, outbox, *_ = folders(base, "inbox", "outbox", "sent", "error")
    config = base / "smsdrc"
    config.write_text(f"""[gammu]
device = {device}
connection = at{BAUD}
[smsd]
service = files
logfile = {base}/log
inboxpath = {inbox}/
outboxpath = {outbox}/
sentsmspath = {base}/sent/
errorsmspath = {base}/error/
inboxformat = standard
transmitformat = auto
loopsleep = 0
commtimeout = 0
receivefrequency = 1
statusfrequency = 0
checksecurity = 0
checkbattery = 0
checksignal = 0
checknetwork = 0
""")
    return ["gammu-smsd", "-c", str(config)], inbox, outbox


def smstools(base, device):
    inbox, outbox, *_ = folders(base, "incoming", "outgoing", "checked", "failed", "sent")
    config = base / "smsd.conf"
    config.write_text(f"""devices = GSM1
outgoing = {outbox}
checked = {base}/checked
failed = {base}/failed
incoming = {inbox}
sent = {base}/sent
logfile = {base}/log
infofile = {base}/working
pidfile = {base}/pid
loglevel = 4
delaytime = 1
delaytime_mainprocess = 1
receive_before_send = no
stats_interval = 0
[GSM1]
device = {device}
baudrate = {BAUD}
incoming = yes
report = no
pin = ignore
check_network = 0
check_memory_method = 1
""")
    return ["/usr/sbin/smsd", "-t", "-c", str(config)], inbox, outbox


def peer(directory, name, setup, n, limit_s):
    """The texts wait at the network while the daemon starts: its start does not count."""
    base = directory / name
    with AtSim(directory, "ec25", name=f"{name}-modem", number=OURS, noise_ms=0) as modem:
        modem.wait("sim_ready", 1)
        command, inbox, outbox = setup(base, modem.device)
        kind = "gammu" if name.startswith("gammu") else "smstools"
        with open(base / "out", "wb") as out:
            helper = subprocess.Popen([sys.executable, str(ROOT / "tests/bench/responder.py"), kind,
                                       str(inbox), str(outbox)], stdout=subprocess.PIPE)
            helper.stdout.readline()
            daemon = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
            try:
                return drive(modem, daemon.pid, helper.pid, n, limit_s)
            finally:
                end(daemon)
                helper.kill()
                helper.wait()
                helper.stdout.close()


def end(daemon):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(daemon.pid, signal.SIGTERM)
    try:
        daemon.wait(5)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait(5)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(daemon.pid, signal.SIGKILL)


def drive(modem, pid, helper, n, limit_s):
    def cpu():
        return sum(cpu_s(p) for p in family(pid)) + cpu_s(helper)

    give(modem, [(number(0), "STATUS")])
    modem.wait("mo", 1, 60)
    began, used = time.monotonic(), cpu()
    give(modem, [(number(i + 1), "STATUS") for i in range(n)])
    with contextlib.suppress(TimeoutError):
        modem.wait("mo", n + 1, limit_s)
    took, used = time.monotonic() - began, cpu() - used
    done = modem.stats()["mo"] - 1
    return {"turns": done, "of": n, "seconds": took, "turns_s": done / took,
            "cpu_s_per_1000": 1000 * used / max(done, 1),
            "peak_mb": sum(peak_mb(p) for p in family(pid)) + peak_mb(helper)}


def peers(directory, quick):
    n, limit = (20, 15) if quick else (100, 40)
    out = {}
    with running(directory / "ours", "ec25", reports=False) as (modem, line):
        idle, pid = Idle(line), line.process.pid
        give(modem, [(number(i), "START") for i in range(n)])
        idle.wait(n)
        used, began = cpu_s(pid), time.monotonic()
        give(modem, [(number(i), "STATUS") for i in range(n)])
        idle.wait(2 * n)
        took = time.monotonic() - began
        out["meldlijn"] = {"turns": n, "of": n, "seconds": took, "turns_s": n / took,
                           "cpu_s_per_1000": 1000 * (cpu_s(pid) - used) / n,
                           "peak_mb": peak_mb(pid)}
    for name, program, setup in (("gammu-smsd", "gammu-smsd", gammu_smsd),
                                 ("smstools", "/usr/sbin/smsd", smstools)):
        if shutil.which(program):
            out[name] = peer(directory, name, setup, n, limit)
    return out


# -- telling

def rows(got):
    if d := got.get("disk"):
        yield "bare SQLite, WAL, synchronous FULL", f"{d['commits_s']:.0f} commits/s"
    for mode, t in got.get("turns", {}).items():
        name = f"unpaced, {mode} ({t['profile']})"
        yield name, (f"{t['turns_s']:.0f} turns/s ({t['texts_s']:.0f} texts/s in and out; "
                     f"{t['turns']} turns, {t['parts']} parts out)")
        yield "", (f"{t['cpu_s_per_1000']:.2f} s CPU for 1,000 turns; peak {t['peak_mb']:.1f} MB; "
                   f"{t['turns_per_commit']:.1f} turns a commit, {t['commits_s']:.0f} commits/s, "
                   f"{t['commit_share']:.0%} of the time in commits")
    if t := got.get("bank"):
        yield (f"unpaced, {t['modems']} modems direct",
               f"{t['turns_s']:.0f} turns/s, {t['cpu_s_per_1000']:.2f} s CPU for 1,000; peak "
               f"{t['peak_mb']:.1f} MB; {t['turns_per_commit']:.1f} turns a commit, "
               f"{t['commits_s']:.0f} commits/s")
    for mode, t in got.get("wire", {}).items():
        yield (f"{BAUD} baud, {mode} ({t['profile']})",
               f"{t['share']:.1%} of the wire's limit ({t['share_busier']:.1%} of the busier "
               f"direction); {t['turns_s']:.1f} turns/s, {t['cpu_s_per_1000']:.2f} s CPU for 1,000")
    if t := got.get("latency"):
        yield "text in to answer out, idle line", \
            f"{t['median_ms']:.1f} ms, 99 in 100 under {t['p99_ms']:.1f} ms"
    if t := got.get("ussd"):
        yield from ussd.rows(t)
    if t := got.get("calls"):
        yield from calls.rows(t)
    if t := got.get("notices"):
        yield from notices.rows(t)
    if t := got.get("console"):
        yield from console_pages.rows(t)
    if t := got.get("open311"):
        yield from open311.rows(t)
    if t := got.get("ready"):
        yield "exec to first answer of /healthz", f"{t['healthz_ms']:.0f} ms"
        yield "exec to modem up", f"{t['modem_up_ms']:.0f} ms"
    for name, t in got.get("peers", {}).items():
        yield (f"the same texts: {name}",
               f"{t['turns_s']:.1f} turns/s, {t['cpu_s_per_1000']:.2f} s CPU for 1,000, "
               f"peak {t['peak_mb']:.1f} MB" + ("" if t["turns"] == t["of"] else
                                                f" ({t['turns']} of {t['of']} in time)"))


MEASURES = {"disk": disk, "ready": ready, "latency": latency, "turns": turns, "bank": bank, "wire": wire,
            "ussd": ussd.measure, "calls": calls.measure, "notices": notices.measure, "console": console_pages.measure,
            "open311": open311.measure, "peers": peers}


def main():
    parser = argparse.ArgumentParser(description="Figures of the line.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work")
    parser.add_argument("--only", default=",".join(MEASURES), help="some, with commas between")
    parser.add_argument("--reports", type=int, help="of the console's pages, else ten million")
    args = parser.parse_args()
    measures = {**MEASURES, "console": functools.partial(console_pages.measure, reports=args.reports)}
    base = BINARY.parent if os.access(BINARY.parent, os.W_OK) else None
    got = {}
    with tempfile.TemporaryDirectory(prefix="bench-", dir=base) as directory:
        for name in args.only.split(","):
            print(f"{name}...", end="\r", file=sys.stderr, flush=True)
            got[name] = measures[name](pathlib.Path(directory), args.quick)
    print(" " * 20, end="\r", file=sys.stderr, flush=True)
    if args.json:
        print(json.dumps(got, indent=1))
        return
    for name, value in rows(got):
        print(f"{name:36} {value}")


if __name__ == "__main__":
    main()
