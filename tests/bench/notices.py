# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers to residents while a notice leaves, beside answers with none; how soon a notice is queued; how soon it is out.

beside   cities with 1, 2 and 4 modems, two of each and all at once, whose networks take SEND_MS for a text (LTE; UMTS two to three
         seconds, GSM four to six).  Residents text the number that they know, that of the first modem, one after the other with
         pauses.  A notice longer than the measuring is paused and goes on by turns, a few texts each, so what else
         the machine does is in all the figures alike; in a third of the turns it leaves by all modems ("no headroom").  The
         delay is from the network having the text until it has the answer, whole.
queued   `notice send` of a file beside a running line without modems: time and the most memory of both
out      a notice over unpaced modems, from the command to its last text being taken: what our own work costs
"""
import concurrent.futures
import contextlib
import json
import random
import statistics
import subprocess
import threading
import time

from atsim import AtSim
from gateway import BINARY, Gateway

SEND_MS, PAUSE_MS, TURN, PEOPLE = 1000, 900, 8, 100_000
WORDS = "Er is tot 18 uur geen water."
OFF, ON, ALL = "paused", "running", "by all"


def mobile(i):
    return f"+316{30000000 + i:08d}"


def numbers(directory, many):
    path = directory / f"{many}.csv"
    path.write_text("".join(mobile(i) + "\n" for i in range(many)))
    return path


@contextlib.contextmanager
def city(base, modems, net_ms):
    base.mkdir()
    with contextlib.ExitStack() as stack:
        sims = [stack.enter_context(AtSim(base, "ec25", name=f"modem{i}", noise_ms=0, report_ms=200, cnma_ms=15000,
                                          net_delay_ms=net_ms, number=f"+3161234000{i + 1}"))
                for i in range(modems)]
        for sim in sims:
            sim.wait("sim_ready", 1)
        line = stack.enter_context(Gateway(base / "line", [s.device for s in sims], handset=False,
                                           extra="notices\n quiet-hours none\n"))
        line.lines_up(modems)
        yield sims, line


def send(line, path):
    return json.loads(line.run("notice", "send", "--json", "--numbers", str(path), WORDS))["notice"]


def out(line, notice):
    return line.sql("SELECT sent + delivered + failed FROM notice WHERE id = ?", notice)[0][0]


# -- beside answers

def turn_to(line, notice, how, first):
    """The notice stands still, or a part of it is on the air; what a turn before left on the first modem's air is gone."""
    line.vty("configure terminal", "notices", "no headroom" if how == ALL else "headroom", "end")
    state = line.sql("SELECT state FROM notice WHERE id = ?", notice)[0][0]
    if (state == "paused") != (how == OFF):
        line.run("notice", "pause" if how == OFF else "resume", str(notice))
    on_air = "SELECT 1 FROM outbox_part WHERE state = 'sending' AND lane = 2"
    line.until(lambda: bool(line.sql(on_air)) == (how != OFF), 30)
    if how == ON and first:
        line.until(lambda: not line.sql(on_air + " AND line = ?", first), 30)


def answer_to(sim, events, sender, number):
    began = time.monotonic()
    sim.text(number, "STATUS")
    events.next("mo", timeout=60, to=number)
    took = time.monotonic() - began
    time.sleep(sender.uniform(0, PAUSE_MS) / 1000)
    return 1000 * took


def beside(base, modems, many, path, seed, all_queued):
    """{how: (delays, texts of the notice that left, seconds)}"""
    sender = random.Random(seed)
    got = {how: [[], 0, 0.0] for how in (OFF, ON, ALL)}
    plan = [OFF, ON, ALL, ON, OFF] if modems > 1 else [OFF, ON, ON, OFF]
    with city(base, modems, SEND_MS) as (sims, line), sims[0].events() as events:
        residents = [f"+316{70000000 + i:08d}" for i in range(TURN)]
        for number in residents:  # each is known
            answer_to(sims[0], events, sender, number)
        kept_free = line.sql("SELECT line FROM outbox_part LIMIT 1")[0][0] if modems > 1 else None
        notice = send(line, path)
        all_queued.wait(120)  # taking a list is work for the machine that they share
        for how in plan * (-(-many // (2 * TURN))):
            turn_to(line, notice, how, kept_free)
            before, began = out(line, notice), time.monotonic()
            got[how][0] += [answer_to(sims[0], events, sender, number) for number in residents]
            got[how][1] += out(line, notice) - before
            got[how][2] += time.monotonic() - began
    return got


def figures(cities, how):
    delays = sorted(d for got in cities for d in got[how][0])
    seconds = sum(got[how][2] for got in cities)
    return {"n": len(delays), "median_ms": statistics.median(delays),
            "p99_ms": statistics.quantiles(delays, n=100, method="inclusive")[98],
            "parts_minute": 60 * sum(got[how][1] for got in cities) / seconds}


def all_beside(base, quick):
    many, modems, each = (8, (1, 2, 4), 1) if quick else (80, (1, 2, 4), 2)
    path = numbers(base, PEOPLE)
    all_queued = threading.Barrier(len(modems) * each)
    with concurrent.futures.ThreadPoolExecutor(len(modems) * each) as pool:
        work = {m: [pool.submit(beside, base / f"city{m}-{i}", m, many, path, 10 * m + i, all_queued) for i in range(each)]
                for m in modems}
        done = {m: [f.result() for f in some] for m, some in work.items()}
    result = {}
    for m, cities in done.items():
        result[m] = {how: figures(cities, how) for how in (OFF, ON) + ((ALL,) if m > 1 else ())}
        for how in result[m].values():
            how["ratio"] = how["p99_ms"] / result[m][OFF]["p99_ms"]
    return result


# -- how soon

def peak_mb(pid):
    """0 once it has ended."""
    with open(f"/proc/{pid}/status") as status:
        return next((int(row.split()[1]) / 1024 for row in status if row.startswith("VmHWM")), 0)


def queued(base, many):
    path = numbers(base, many)
    with Gateway(base / f"queue{many}", handset=False, extra="notices\n quiet-hours none\n") as line:
        began = time.monotonic()
        command = subprocess.Popen([str(BINARY), "notice", "send", "--json", "--numbers", str(path), WORDS, "-c",
                                    str(line.config)], stdout=subprocess.PIPE)
        command_mb = 0
        while command.poll() is None:  # what wait4() tells is that of this program, if it was larger before exec()
            command_mb = max(command_mb, peak_mb(command.pid))
            time.sleep(0.02)
        notice = json.loads(command.stdout.read())["notice"]
        line.until(lambda: line.sql("SELECT state FROM notice WHERE id = ?", notice)[0][0] == "running", 300)
        took = time.monotonic() - began
        assert command.returncode == 0
        assert line.sql("SELECT recipients FROM notice WHERE id = ?", notice)[0][0] == many
        return {"people": many, "seconds": took, "command_mb": command_mb, "line_mb": peak_mb(line.process.pid)}


def whole(base, quick):
    modems, many = 4, 500 if quick else 5000
    with city(base / "whole", modems, 0) as (_, line):
        line.vty("configure terminal", "notices", "no headroom", "end")
        began = time.monotonic()
        notice = send(line, numbers(base, many))
        line.until(lambda: line.sql("SELECT state FROM notice WHERE id = ?", notice)[0][0] == "done", 600)
        took = time.monotonic() - began
        assert out(line, notice) == many
        return {"modems": modems, "people": many, "seconds": took, "people_s": many / took}


def measure(directory, quick):
    base = directory / "notices"
    base.mkdir()
    return {"queued": [queued(base, n) for n in ((PEOPLE,) if quick else (PEOPLE, 1_000_000))],
            "whole": whole(base, quick), "beside": all_beside(base, quick)}


def rows(t):
    for m, hows in t["beside"].items():
        off, on, every = hows[OFF], hows[ON], hows.get(ALL)
        name = f"{m} modems" if int(m) > 1 else "one modem"
        yield (f"an answer while a notice leaves by {name}, beside none ({SEND_MS / 1000:g} s a text)",
               f"99 in 100 {on['p99_ms']:,.0f} / {off['p99_ms']:,.0f} ms, {on['ratio']:.2f} times; half "
               f"{on['median_ms']:,.0f} / {off['median_ms']:,.0f} ms; {on['parts_minute']:.0f} texts of it a minute")
        if every:
            yield ("the same with no headroom",
                   f"99 in 100 {every['p99_ms']:,.0f} ms, {every['ratio']:.2f} times; half {every['median_ms']:,.0f} "
                   f"ms; {every['parts_minute']:.0f} texts of it a minute")
    for q in t["queued"]:
        yield (f"a notice to {q['people']:,} queued",
               f"{q['seconds']:.1f} s; memory of the command {q['command_mb']:.0f} MB, of the line {q['line_mb']:.0f} MB")
    w = t["whole"]
    yield (f"a notice to {w['people']:,} over {w['modems']} modems that take no time",
           f"{w['people_s']:.0f} people a second to its end")
