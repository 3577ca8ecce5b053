# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers to residents while a notice leaves by the same modems, beside answers with no notice: the delay of each.

Four modems, whose network takes NET_MS to accept a text.  Residents text one after the other; the delay is from the network
having the text until it has the answer.  The notice is longer than the measuring.
"""
import contextlib
import json
import statistics
import time

from atsim import AtSim
from gateway import Gateway

MODEMS, NET_MS = 4, 20
WORDS = "Er is tot 18 uur geen water."


def delays(sims, many):
    took = []
    with contextlib.ExitStack() as stack:
        events = [stack.enter_context(sim.events()) for sim in sims]
        for i in range(many):
            number = f"+316{70000000 + i % 100:08d}"
            at = i % MODEMS
            began = time.monotonic()
            sims[at].text(number, "HELP")
            events[at].next("mo", timeout=30, to=number)
            took.append(1000 * (time.monotonic() - began))
    return took


def figures(took):
    return {"median_ms": statistics.median(took), "p99_ms": statistics.quantiles(took, n=100)[98]}


def measure(directory, quick):
    many, people = (200, 3000) if quick else (1000, 100_000)
    base = directory / "notices"
    base.mkdir()
    with contextlib.ExitStack() as stack:
        sims = [stack.enter_context(AtSim(base, "ec25", name=f"notice{i}", noise_ms=0, report_ms=200,
                                          net_delay_ms=NET_MS, number=f"+3161234000{i + 1}"))
                for i in range(MODEMS)]
        for sim in sims:
            sim.wait("sim_ready", 1)
        line = stack.enter_context(Gateway(base / "line", [s.device for s in sims], handset=False,
                                           extra="notices\n quiet-hours none\n"))
        line.lines_up(MODEMS)
        delays(sims, 100)  # each number is known, and has its modem
        without = figures(delays(sims, many))
        numbers = base / "numbers.csv"
        numbers.write_text("".join(f"+316{30000000 + i:08d}\n" for i in range(people)))
        began = time.monotonic()
        notice = json.loads(line.run("notice", "send", "--json", "--numbers", str(numbers), WORDS))["notice"]
        queued_s = time.monotonic() - began
        during = figures(delays(sims, many))
        out = line.sql("SELECT sent + delivered, state FROM notice WHERE id = ?", notice)[0]
        return {"without": without, "during": during, "people": people, "queued_s": queued_s, "left": out[0],
                "state": out[1], "ratio": during["p99_ms"] / without["p99_ms"]}


def rows(t):
    yield (f"answers beside a notice to {t['people']:,}, {MODEMS} modems, {NET_MS} ms a text",
           f"99 in 100 under {t['during']['p99_ms']:.1f} ms, {t['ratio']:.2f} times that without "
           f"({t['without']['p99_ms']:.1f} ms); half under {t['during']['median_ms']:.1f} / "
           f"{t['without']['median_ms']:.1f} ms; {t['left']} texts of it left meanwhile")
