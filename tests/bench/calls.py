# SPDX-License-Identifier: AGPL-3.0-or-later
"""Figures of calls, at the far side of a SIP trunk: see callers.c.

  idle     few callers: from the answer to the first sound, from a key to the next prompt
  steps    more and more calls at once, the line on one core and the callers on the other: each caller hears whole
           prompts, thinks, and goes on by the keys of a report. When the packets of each call come, against the 20 ms of
           an ideal sender; CPU time and memory of the whole line
  flood    all call in the same moment, and more than there may be
  speech   text to samples by `meldlijn say`, beside the package's own espeak-ng of which the speech is made
"""
import contextlib
import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import time
import wave

from gateway import BINARY, Gateway

KEYS = "1,3,1,251128,70#,1,#"  # a report: a lamp, by postcode, yes, no message
STEPS = (100, 250, 500, 1000, 1500, 2000)
A_SECOND = 100
LATE_MS = 5
TICK = os.sysconf("SC_CLK_TCK")
CALLERS = BINARY.parent / "callers"
TEXT = ("Dit is de meldlijn van Den Haag. Wat wilt u melden? Een lantaarn is kapot: toets 3. Toets de postcode: vier "
        "cijfers, en dan elke letter met de toets waar hij op staat. Uw melding heeft nummer 4 8 2, 9 1 5 3. ") * 5


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def rss_kb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def settled(pid):
    """All that is said to everyone is spoken ahead: nothing is worked at any more."""
    used = -1
    while used != (now := cpu_s(pid)):
        used = now
        time.sleep(1)


@contextlib.contextmanager
def line(directory, at_once=4000):
    """A trunk of the whole line, on the first core."""
    port = free_port()
    words = (f"sip trunk1\n listen 127.0.0.1 {port}\n trunk 127.0.0.1\n at-once {at_once}\n no shutdown\n"
             "calls\n at-once 10000\n")
    with Gateway(directory, handset=False, languages="nl", extra=words) as gateway:
        pid = gateway.process.pid
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(thread), {cores()[0]})
        settled(pid)
        gateway.sip = f"127.0.0.1:{port}"
        yield gateway


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cores():
    return sorted(os.sched_getaffinity(0))


def other_core():
    """The callers' own: nothing that they measure waits for them, but they must be in time to speak."""
    os.sched_setaffinity(0, {cores()[-1]})
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def call(gateway, calls, a_second, seconds, keys=KEYS):
    pid = gateway.process.pid
    before = rss_kb(pid)
    with subprocess.Popen([str(CALLERS), gateway.sip, str(calls), str(a_second), str(seconds), keys],
                          stdout=subprocess.PIPE, text=True, preexec_fn=other_core) as callers:
        up = json.loads(callers.stdout.readline())["up"]
        used = cpu_s(pid)
        got = json.loads(callers.stdout.readline())
        used = cpu_s(pid) - used
        got |= {"calls": calls, "kb_each": (rss_kb(pid) - before) / max(up, 1),
                "cpu_s_per_call_minute": 60 * used / got["seconds"] / max(got["up"], 1),
                "core": used / got["seconds"]}
    assert callers.returncode == 0
    return got


def holds(step):
    return step["jitter"]["p99_ms"] < LATE_MS and step["lost"] == 0 and step["up"] >= step["calls"] * 0.99


def steps(directory, quick):
    out = []
    for calls in STEPS[:2] if quick else STEPS:
        with line(directory / f"step{calls}") as gateway:
            out.append(call(gateway, calls, A_SECOND, 5 if quick else 30))
        if not holds(out[-1]):
            break
    return out


def flood(directory, quick):
    calls = 200 if quick else 1000
    with line(directory / "flood") as gateway:
        out = call(gateway, calls, 0, 5, "-")
    with line(directory / "ceiling", at_once=calls // 2) as gateway:
        over = call(gateway, calls, 0, 5, "-")
    return {"calls": calls, "answer": out["answer"], "answered": out["up"], "over": over["refused"],
            "under": over["up"], "over_answer": over["answer"], "over_jitter": over["jitter"]}


def spoken(command, path):
    """CPU seconds, seconds of speech."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    with wave.open(str(path)) as sound:
        length = sound.getnframes() / sound.getframerate()
    path.unlink()
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, length


def speech(directory, quick):
    path = directory / "said.wav"
    commands = {"meldlijn": [str(BINARY), "say", "-l", "nl", "-o", str(path), TEXT],
                "espeak": ["espeak-ng", "-v", "nl", "-w", str(path), TEXT]}
    out = {}
    for name, command in commands.items():
        took = [spoken(command, path) for _ in range(3 if quick else 10)]
        out[name] = sum(length for _, length in took) / sum(cpu for cpu, _ in took)
    return out


def measure(directory, quick):
    directory = directory / "calls"
    directory.mkdir()
    with line(directory / "idle") as gateway:
        idle = call(gateway, 5 if quick else 20, 2, 20 if quick else 80)
    return {"idle": idle, "steps": steps(directory, quick), "flood": flood(directory, quick),
            "speech": speech(directory, quick)}


def times(figures):
    return f"half under {figures['p50_ms']:.0f} ms, 99 in 100 under {figures['p99_ms']:.0f} ms"


def rows(got):
    idle, flooded, said = got["idle"], got["flood"], got["speech"]
    yield f"calls: {idle['calls']} at once", f"answer to first sound {times(idle['first'])}"
    if idle["next"]["n"]:
        yield "", f"key to next prompt {times(idle['next'])} ({idle['next']['n']} keys)"
    for s in got["steps"]:
        yield (f"calls: {s['calls']} at once, one core",
               f"99 in 100 packets within {s['jitter']['p99_ms']:.1f} ms of their time, half {s['jitter']['p50_ms']:.2f}, "
               f"all {s['jitter']['max_ms']:.0f}; {s['lost']} of {s['packets']} lost")
        yield "", (f"{s['cpu_s_per_call_minute']:.3f} s CPU a call-minute ({s['core']:.0%} of the core), "
                   f"{s['kb_each']:.0f} KB a call")
        yield "", f"INVITE to answer {times(s['answer'])}; answer to first sound {times(s['first'])}"
        if s["next"]["n"]:
            yield "", f"key to next prompt {times(s['next'])} ({s['next']['n']} keys)"
    yield (f"calls: {flooded['calls']} in one moment",
           f"{flooded['answered']} answered, {times(flooded['answer'])}")
    yield (f"the same, {flooded['calls'] // 2} may be at once",
           f"{flooded['under']} answered, {times(flooded['over_answer'])}; {flooded['over']} told to come back")
    yield ("speech, times real time",
           f"{said['meldlijn']:.0f} to 8 kHz with the start of meldlijn say; {said['meldlijn'] / said['espeak']:.0%} of "
           f"espeak-ng's {said['espeak']:.0f}, which does not resample")
