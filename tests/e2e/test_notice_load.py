# SPDX-License-Identifier: AGPL-3.0-or-later
"""A notice to many over modems, with residents who text meanwhile and a line that is killed: each answer comes, each person
has the notice once, and whoever may not have it is known.

What no gateway can close is the moment of a kill: a text that a modem was given and whose outcome was not heard.  It is not
sent again, and stays in doubt until its status report comes; at most one a modem and a kill.
"""
import collections
import contextlib
import json

import pytest
from atsim import AtSim
from gateway import Gateway

WORDS = "Er is tot 18 uur geen water."
MODEMS = 2


def mobile(i):
    return f"+316{30000000 + i:08d}"


def resident(i):
    return f"+316{70000000 + i:08d}"


@contextlib.contextmanager
def city(directory):
    with contextlib.ExitStack() as stack:
        sims = [stack.enter_context(AtSim(directory, "ec25", name=f"sim{i}", noise_ms=0, report_ms=50,
                                          number=f"+3161234000{i + 1}")) for i in range(MODEMS)]
        for sim in sims:
            sim.wait("sim_ready", 1)
        line = stack.enter_context(Gateway(directory / "line", [s.device for s in sims], handset=False,
                                           extra="notices\n quiet-hours none\n"))
        line.lines_up(MODEMS)
        yield sims, line


def start(line, many):
    numbers = line.directory / "numbers.csv"
    numbers.write_text("".join(mobile(i) + "\n" for i in range(many)))
    return json.loads(line.run("notice", "send", "--json", "--numbers", str(numbers), WORDS))["notice"]


def counts(line, notice):
    row = line.sql("SELECT state, sent + delivered + failed, queued FROM notice WHERE id = ?", notice)[0]
    return dict(zip(("state", "out", "queued"), row))


def sent(sims):
    """Who got which words, over all modems."""
    return collections.Counter((m["to"], m["text"]) for sim in sims for m in sim.mo())


@pytest.mark.parametrize("many, kills, texts", [
    (1500, 3, 60), pytest.param(100_000, 10, 2000, marks=pytest.mark.soak)])
def test_each_has_it_once_and_each_answer_comes(tmp_path, many, kills, texts):
    with city(tmp_path) as (sims, line):
        notice = start(line, many)
        for k in range(kills + 1):
            for i in range(k * texts // (kills + 1), (k + 1) * texts // (kills + 1)):
                sims[i % MODEMS].text(resident(i), "HELP")
            goal = many * (k + 1) // (kills + 1)
            line.until(lambda: counts(line, notice)["out"] >= goal or counts(line, notice)["state"] == "done", 1800)
            if k < kills:
                line.kill()
                line.start()
                line.lines_up(MODEMS)
        line.until(lambda: counts(line, notice)["state"] == "done", 1800)
        for sim in sims:
            sim.wait("pending", 0, 60)
        line.until(lambda: not line.sql("SELECT 1 FROM outbox_part WHERE state IN ('queued', 'behind', 'sending')"
                                        " OR (state = 'doubt' AND settle NOT NULL) LIMIT 1"), 60)
        got = sent(sims)
        mine = {to: n for (to, text), n in got.items() if text == WORDS}
        assert set(mine.values()) == {1}
        missed = {mobile(i) for i in range(many)} - set(mine)
        doubt = {n for n, in line.sql("SELECT number FROM outbox WHERE notice_id = ? AND state = 'doubt'", notice)}
        assert missed <= doubt and len(doubt) <= kills * MODEMS
        answers = collections.Counter(to for (to, text), n in got.items() if text != WORDS)
        silent = {resident(i) for i in range(texts)} - set(answers)
        unsure = {n for n, in line.sql("SELECT number FROM outbox WHERE lane = 0 AND state = 'doubt'")}
        assert silent <= unsure and len(unsure) <= kills * MODEMS


def test_the_number_that_residents_know_carries_no_notice_until_it_is_said(tmp_path):
    with city(tmp_path) as (sims, line):
        for words, carries in ((), False), (("configure terminal", "notices", "no headroom", "end"), True):
            line.vty(*words)
            notice = start(line, 30)
            line.until(lambda: counts(line, notice)["state"] == "done", 60)
            assert bool(sims[0].mo()) == carries
        assert len(sims[0].mo()) + len(sims[1].mo()) == 60
