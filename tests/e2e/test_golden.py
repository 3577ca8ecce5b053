# SPDX-License-Identifier: AGPL-3.0-or-later
"""Golden transcripts: the conversation as residents see it, on the real engine, desk and store."""
import json
import os
import pathlib
import shutil
import subprocess
import wave

import pytest

from play import Play, octets

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MELDLIJN = os.environ.get("MELDLIJN", str(ROOT / "build" / "meldlijn"))
GOLDEN = ROOT / "tests" / "golden"
FILES = sorted(p for p in GOLDEN.glob("*/*.txt") if not p.parent.name.startswith("voice-"))
IDS = [f"{p.parent.name}/{p.stem}" for p in FILES]
PAGE_OCTETS = 112
BACK = ("0", "back", "terug")


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_transcript_reads_as_written(path):
    done = subprocess.run(
        [MELDLIJN, "menu", "play", "--registers", GOLDEN, path],
        cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def where(last):
    """The question that waits and what is known; how it is paged and by what way it came is left out.
    A session shows the main menu where a text finds no question, which is the same: nothing is known."""
    state = last["state"] or {}
    if not state.get("node") or (state["node"] == "main" and not state["slots"]):
        return None, {}
    return state["node"], state["slots"]


def turn_pages(ussd):
    """Read on to the last page: the answer comes from there.  All of the text was shown."""
    whole = (ussd.last["state"] or {}).get("pages", "")
    shown = ""
    while whole:
        rows = ussd.last["answers"][-1]["text"].splitlines()
        hints = [row for row in rows if row[:2] in ("#=", "0=")]
        shown += "".join(row for row in rows if row not in hints)
        if not any(hint.startswith("#") for hint in hints):
            assert "".join(shown.split()) == "".join(whole.split())
            return
        ussd.line("> #")


def answer_back(sms, ussd, line, before):
    """Going back is the one thing that pages change.  On a later page it is the page before, so it is
    said once more for each page that was turned.  And behind the first question of a text is nothing,
    but of a session the main menu, from which the same answer leads forward again."""
    while (ussd.last["state"] or {}).get("page", 0) > 0:
        ussd.line(line)
    stood = where(sms.last)
    sms.line(line)
    ussd.line(line)
    if where(sms.last) == stood and where(ussd.last) == (None, {}):
        ussd.line(before)


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_transcript_comes_to_the_same_in_a_session(path):
    sms, ussd = (Play(MELDLIJN, channel, GOLDEN, ROOT) for channel in ("sms", "ussd"))
    before = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.startswith((">", "@")):
            continue
        if line[2:] in BACK:
            answer_back(sms, ussd, line, before)
        else:
            sms.line(line)
            ussd.line(line)
        if line.startswith(">"):
            turn_pages(ussd)
            assert where(ussd.last) == where(sms.last), f"{path}:{number}: {line}"
        before = line
    assert ussd.end() == sms.end()
    pages = [a["text"] for a in ussd.heard if a["channel"] == "ussd"]
    assert pages or not any(a["channel"] == "sms" for a in sms.heard)
    for page in pages:
        assert 0 < octets(page) <= PAGE_OCTETS, page


def test_menus_and_words_are_whole():
    done = subprocess.run([MELDLIJN, "menu", "check"], cwd=ROOT,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def check_aloud(**env):
    done = subprocess.run([MELDLIJN, "menu", "check", "--json", "--language", "en"], cwd=ROOT,
                          capture_output=True, text=True, timeout=60, env=os.environ | env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["costs"], done.stderr


def test_seconds_are_those_of_the_voice(tmp_path):
    cost = next(c for c in check_aloud()[0] if c["node"] == "language.done")
    assert not cost["guessed"]
    subprocess.run([MELDLIJN, "say", "-l", "en", "-o", tmp_path / "it.wav", cost["aloud"]], check=True,
                   cwd=tmp_path, timeout=60, capture_output=True)
    with wave.open(str(tmp_path / "it.wav")) as wav:
        # what the voice said before moves the end of a word by some samples
        assert cost["voice_s"] == cost["key_s"] == pytest.approx(wav.getnframes() / 8000, abs=0.002)


def test_seconds_are_guessed_where_there_is_no_voice(tmp_path):
    costs, told = check_aloud(ESPEAK_DATA_PATH=str(tmp_path))
    assert "guessed from letters" in told
    assert all(c["guessed"] and c["voice_s"] > 0 for c in costs)


def test_who_is_asked_again_hears_other_words():
    done = subprocess.run([MELDLIJN, "menu", "check", "--json"], cwd=ROOT,
                          capture_output=True, text=True, timeout=60)
    advice = [f["text"] for f in json.loads(done.stdout)["findings"]]
    assert not [text for text in advice if "in the same words" in text]


def test_the_same_words_again_are_found(tmp_path):
    """What the test above rests upon."""
    menus = tmp_path / "menus"
    shutil.copytree(os.path.join(ROOT, "menus"), menus)
    report = menus / "report.yaml"
    report.write_text(report.read_text().replace("again: report.lamp.again", "again: report.lamp"))
    done = subprocess.run([MELDLIJN, "menu", "check", "--json", "--menus", menus], cwd=ROOT,
                          capture_output=True, text=True, timeout=60)
    advice = [f["text"] for f in json.loads(done.stdout)["findings"]]
    same = [text for text in advice if "in the same words" in text]
    assert len(same) == 6 and all("report.lamp" in text for text in same)


def test_play_on_standard_input_ends_well():
    done = subprocess.run([MELDLIJN, "menu", "play", "--language", "en"],
                          cwd=ROOT, capture_output=True, text=True, timeout=60, input="MENU\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n< ") >= 4


def test_pages_of_a_long_list_are_turned_and_chosen_from():
    """Every option of the list that texts page too, by turning all its pages."""
    play = Play(MELDLIJN, "ussd", GOLDEN, ROOT)
    shown = []
    for line in ["> *140*1*7*1#"] + 9 * ["> #"]:
        last = play.line(line)
        page = last["answers"][0]["text"]
        assert octets(page) <= PAGE_OCTETS, page
        shown += [int(row.split()[0]) for row in page.splitlines()
                  if row.split()[0].isdigit() and int(row.split()[0]) > 0]
        if "#=meer" not in page:
            break
    assert shown == list(range(1, 19))
    assert play.line("> 16")["state"]["node"] == "report.where"
    play.end()


def test_lost_session_goes_on_by_text_and_by_dialling():
    play = Play(MELDLIJN, "ussd", GOLDEN, ROOT)
    play.line("> container vol")
    play.line("@ hang")
    again = play.line("> *140#")
    assert again["state"]["node"] == "report.where"
    assert "verder" in again["answers"][0]["text"]
    texted = play.line("@ +3m")["answers"]
    assert [a["channel"] for a in texted] == ["sms"]
    assert "per sms" in texted[0]["text"]
    filed = play.line("> Spui 70")["answers"]
    assert [a["channel"] for a in filed] == ["sms"]
    assert len(play.end()["reports"]) == 1
