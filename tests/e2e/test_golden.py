# SPDX-License-Identifier: AGPL-3.0-or-later
"""Golden transcripts: the conversation as residents see it, on the real engine, desk and store."""
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MELDLIJN = os.environ.get("MELDLIJN", str(ROOT / "build" / "meldlijn"))
GOLDEN = ROOT / "tests" / "golden"
FILES = sorted(GOLDEN.glob("*/*.txt"))


@pytest.mark.parametrize("path", FILES, ids=[f"{p.parent.name}/{p.stem}" for p in FILES])
def test_transcript_reads_as_written(path):
    done = subprocess.run(
        [MELDLIJN, "menu", "play", "--registers", GOLDEN, path],
        cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_menus_and_words_are_whole():
    done = subprocess.run([MELDLIJN, "menu", "check"], cwd=ROOT,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_play_on_standard_input_ends_well():
    done = subprocess.run([MELDLIJN, "menu", "play", "--language", "en"],
                          cwd=ROOT, capture_output=True, text=True, timeout=60, input="MENU\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n< ") >= 4
