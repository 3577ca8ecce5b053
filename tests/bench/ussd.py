# SPDX-License-Identifier: AGPL-3.0-or-later
"""Figures of USSD, at the MSC's side of Debian's osmo-hlr.

  idle     one session at a time: from the dialled code to its first page, beside the same through the package's
           osmo-euse-demo, which does nothing but answer
  paced    500 sessions at once, six round trips each with a whole report, thinking as long as the air takes
  burst    as many without thinking, beside the demo
  memory   what an open session costs
"""
import asyncio
import contextlib
import pathlib
import re
import statistics
import subprocess
import time

from hlr import Hlr
from msc import Msc, Session
from ussd_line import CODE, City, crowd, imsi, number, register

THINK_S = (0.5, 1.5)
DEMO = "foobar-00-00-00-00-00-00"  # the name by which osmo-euse-demo is known to an HLR


@contextlib.contextmanager
def demo(directory):
    """An MSC before an HLR behind which the demo answers."""
    with Hlr(directory / "demo", euse=DEMO, log="error") as hlr:
        process = subprocess.Popen(["osmo-euse-demo", hlr.address, str(hlr.port)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            hlr.wait_for(f"EUSE-{DEMO}")
            with Msc(hlr.address) as msc:
                yield msc
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def city(directory, people):
    directory.mkdir(exist_ok=True)
    path, places = register(directory, people)
    with City(directory, words=" ctrl {hlr} 4259", quiet=True, handset=False, register=False) as it:
        it.line.run("import", "addresses", str(path))
        yield it, places


def rss_kb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def dials(msc, n, first=1):
    """One after another, each hung up at once; seconds."""
    async def all_of_them():
        took = []
        for i in range(n):
            session = Session(msc, imsi(first + i), number(first + i))
            page = await session.dialled(CODE)
            assert page.text
            took.append(page.took_s)
            if session.open:
                session.hang_up()
        return took

    return msc.run(all_of_them(), 300)


def dials_at_once(msc, n, first):
    """All at once; the sessions that stay open."""
    async def one(i):
        session = Session(msc, imsi(first + i), number(first + i))
        page = await session.dialled(CODE, timeout=60)
        assert page.text
        return session

    async def all_of_them():
        return await asyncio.gather(*(one(i) for i in range(n)))

    return msc.run(all_of_them(), 300)


def ms(seconds):
    cuts = statistics.quantiles(seconds, n=100)
    return {"p50_ms": 1000 * cuts[49], "p99_ms": 1000 * cuts[98]}


def idle(directory, n):
    with demo(directory) as msc:
        dials(msc, 20)
        alone = ms(dials(msc, n))
    with city(directory / "idle", 0) as (it, _):
        dials(it.msc, 20)
        return {**ms(dials(it.msc, n, 1000)), "demo": alone}


def paced(directory, n):
    with city(directory / "paced", n) as (it, places):
        took = [t for c in crowd(it, places, THINK_S) for t in c.took]
        return {**ms(took), "sessions": n, "round_trips": len(took), "longest_ms": 1000 * max(took)}


def burst(directory, n):
    with demo(directory / "burst") as msc:
        began = time.monotonic()
        dials_at_once(msc, 4 * n, 1)
        alone = 4 * n / (time.monotonic() - began)
    with city(directory / "burst", n) as (it, places):
        began = time.monotonic()
        turns = sum(len(c.took) for c in crowd(it, places, (0, 0)))
        return {"sessions": n, "turns": turns, "turns_s": turns / (time.monotonic() - began), "demo_s": alone}


def memory(directory, n):
    with city(directory / "memory", 0) as (it, _):
        dials(it.msc, 100)  # what is there once is there
        before = rss_kb(it.line.process.pid)
        dials_at_once(it.msc, n, 1000)
        return {"sessions": n, "kb_each": (rss_kb(it.line.process.pid) - before) / n}


def measure(directory, quick):
    directory = directory / "ussd"
    directory.mkdir()
    return {"idle": idle(directory, 50 if quick else 500), "paced": paced(directory, 100 if quick else 500),
            "burst": burst(directory, 50 if quick else 500), "memory": memory(directory, 200 if quick else 2000)}


def rows(got):
    i, p, b, m = (got[k] for k in ("idle", "paced", "burst", "memory"))
    yield ("ussd: code dialled to first page, idle",
           f"{i['p50_ms']:.1f} ms, 99 in 100 under {i['p99_ms']:.1f} ms; {i['p50_ms'] / i['demo']['p50_ms']:.1f} times "
           f"the {i['demo']['p50_ms']:.1f} ms of osmo-euse-demo, which does nothing")
    yield (f"ussd: {p['sessions']} sessions at once, paced",
           f"99 in 100 of {p['round_trips']} round trips under {p['p99_ms']:.1f} ms, half under {p['p50_ms']:.1f} ms")
    yield (f"ussd: {b['sessions']} sessions at once, unpaced",
           f"{b['turns_s']:.0f} turns/s, {b['turns_s'] / b['demo_s']:.0%} of what phones and HLR do with osmo-euse-demo")
    yield "ussd: an open session", f"{m['kb_each']:.1f} KB ({m['sessions']} at once)"
