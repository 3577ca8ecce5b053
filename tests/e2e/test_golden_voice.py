# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calls: transcripts of what is heard, and the transcripts of texts walked by keys as far as keys go."""
import csv
import os
import pathlib
import subprocess

import pytest

from play import Play

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MELDLIJN = os.environ.get("MELDLIJN", str(ROOT / "build" / "meldlijn"))
GOLDEN = ROOT / "tests" / "golden"
HEARD = sorted(GOLDEN.glob("voice-*/*.txt"))
TEXTED = sorted(p for p in GOLDEN.glob("*/*.txt") if p not in HEARD)
# ITU-T E.161
KEY_OF = {letter: key for key, letters in zip("23456789", (
    "ABC", "DEF", "GHI", "JKL", "MNO", "PQRS", "TUV", "WXYZ")) for letter in letters}
PAGE = 5
# words that a text begins with, and the keys from the main menu that lead there
BEGINNINGS = {"meld": "1", "report": "1", "bildir": "1", "zglos": "1", "status": "3", "taal": "4"}
# words of a choice, and of what is wrong behind "report something"
NUMBERS = {"de eerste": "1", "the first one": "1", "optie 1": "1", "option 2": "2", "birinci": "1", "iki": "2"}
WRONG = {"lantaarn kapot": ["3"], "container vol": ["1", "1"], "container full": ["1", "1"],
         "konteyner dolu": ["1", "1"], "zwerfvuil": ["5"]}
# what is said in words is a recording by ear, and is no search for what was meant
SAID = ("said", "description", "recording")


@pytest.mark.parametrize("path", HEARD, ids=[p.stem for p in HEARD])
def test_call_is_heard_as_written(path):
    done = subprocess.run(
        [MELDLIJN, "menu", "play", "--channel", "voice", "--registers", GOLDEN, path],
        cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def where(last):
    """What waits and is known; the main menu, of which nothing is chosen, is nothing."""
    state = last["state"] or {}
    slots = {k: v for k, v in state.get("slots", {}).items() if k not in SAID}
    if not state.get("node") or (state["node"] == "main" and not slots):
        return None, {}
    return state["node"], slots


def addresses():
    with open(GOLDEN / "addresses.csv", newline="") as file:
        return [row for row in csv.DictReader(file) if not row["suffix"]]


def place_keys(text):
    """A place of the registers as it is keyed; None if it is none, or no one of it."""
    words = text.strip().lower()
    with open(GOLDEN / "assets.csv", newline="") as file:
        for row in csv.DictReader(file):
            if words in (row["number"].lower(), f"{row['kind']} {row['number']}".lower()):
                return ["2", row["number"] + "#", "1"]
    found = [row for row in addresses()
             if words in (f"{row['street']} {row['number']}".lower(),
                          f"{row['postcode']} {row['number']}".lower(),
                          f"{row['postcode']}{row['number']}".lower())]
    if len(found) != 1:
        return None
    code = found[0]["postcode"]
    return ["1", code[:4] + "".join(KEY_OF[c] for c in code[4:]), found[0]["number"] + "#", "1"]


def whole_report(text):
    """What is wrong and where, all in one text, from the main menu."""
    words = text.strip().lower()
    if words in BEGINNINGS:
        return [BEGINNINGS[words]]
    for wrong, keys in WRONG.items():
        place = place_keys(words.removeprefix(wrong)) if words.startswith(wrong) else None
        if place:
            return ["1", *keys, *place]
    return None


def keys_for(call, text):
    """What a caller does to say this; None if nothing does."""
    heard = call.last["answers"][-1]["text"].splitlines()
    text = NUMBERS.get(text.strip().lower(), text)
    if where(call.last) == (None, {}):
        return whole_report(text)
    if heard[-1] == "(message)":
        return None if text.isdigit() or text in BEGINNINGS else ["message"]
    node = call.last["state"]["node"]
    if node == "report.what" and text.lower() in WRONG:
        return WRONG[text.lower()]
    if node.endswith("where"):
        return ["9"] if text == "0" else place_keys(text)
    if text == "0":
        return ["9"]
    if text.isdigit() and heard[-1] == "(key)":
        pages, key = divmod(int(text) - 1, PAGE)
        return ["#"] * pages + [str(key + 1)]
    return None


def walk(path):
    """Both ways, as far as keys go. \\returns how many lines, and what is in the database of each"""
    sms, call = (Play(MELDLIJN, channel, GOLDEN, ROOT) for channel in ("sms", "voice"))
    lines = [line for line in path.read_text().splitlines() if line.startswith((">", "@"))]
    walked = 0
    for line in lines:
        if line.startswith("@"):
            if call.last["session"]:
                call.line("@ hang")
            sms.line(line)
            call.line(line)
            continue
        if not call.last["session"]:
            call.line("> call")
        keys = keys_for(call, line[2:])
        if not keys:
            break
        sms.line(line)
        for key in keys:
            call.line(f"> {key}")
        # who says all in one text is not asked for more; a caller is, and has nothing to add
        if where(call.last) != where(sms.last) and call.last["answers"][-1]["text"].endswith("(message)"):
            call.line("> #")
        assert where(call.last) == where(sms.last), f"{path}: {line} {keys}"
        walked += 1
    return walked, sms.end(), call.end()


@pytest.mark.long
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.soak)])
def test_texts_walked_by_keys_come_to_the_same(every):
    walked = reports = 0
    for path in TEXTED[::every]:
        lines, sms, call = walk(path)
        for report in sms["reports"] + call["reports"]:
            # the words that were written, and the language that was guessed from them
            del report["description"], report["language"]
        assert call["reports"] == sms["reports"], path
        walked += lines > 1
        reports += len(call["reports"])
    # that it is no empty walk: most texts are words, of which a caller has none
    assert walked >= 5 and reports >= 3
