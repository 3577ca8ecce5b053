# SPDX-License-Identifier: AGPL-3.0-or-later
"""Synthesis that really fails, by a folder of voices in which one language or all of them are missing: callers
hear the next language, a recording or a tone, and never silence."""
import os
import pathlib
import subprocess

import numpy
import pytest
from gateway import ROOT, Gateway
from voice import RATE, Caller, samples, spoken, was_said

FIRST = "The city keeps your number and what you say, to answer you."  # to whom it never spoke to


def voices():
    """Where libespeak-ng has its voices, as its own program tells."""
    told = subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True, check=True).stdout
    return pathlib.Path(told.split("Data at:")[1].strip())


def voices_without(tmp_path, language):
    """All but those of one language."""
    real, folder = voices(), tmp_path / "espeak-ng-data"
    for path in real.rglob("*"):
        here = folder / path.relative_to(real)
        if path.name == language + "_dict" or ("lang" in path.parts and path.name == language):
            continue
        if path.is_dir():
            here.mkdir(parents=True, exist_ok=True)
        else:
            here.parent.mkdir(parents=True, exist_ok=True)
            here.symlink_to(path)
    return folder


def without_voices(tmp_path, folder, prompts=None):
    return Gateway(tmp_path, languages="nl en", wrap=("env", f"ESPEAK_DATA_PATH={folder}"),
                   extra=f"prompts {prompts}\n" if prompts else "")


def loud(heard):
    """Seconds in which something is heard."""
    frames = heard[:len(heard) // 160 * 160].reshape(-1, 160)
    return numpy.count_nonzero(numpy.abs(frames).max(axis=1) > 300) / 50


def test_a_language_without_a_voice_is_said_in_the_next(tmp_path):
    with without_voices(tmp_path, voices_without(tmp_path, "nl")) as line:
        caller = Caller(line, "0613200001").call()
        heard = caller.hear()
        was_said(line, heard, [FIRST], "en")
        assert "speech in nl" in line.log.read_text()
        assert "speech in en" not in line.log.read_text()
        caller.press("1")
        assert loud(caller.hear()) > 5  # the menu goes on
        caller.hang_up()


@pytest.fixture
def nothing(tmp_path):
    """A folder in which there are no voices at all."""
    folder = tmp_path / "no-voices"
    folder.mkdir()
    return folder


def test_without_any_voice_a_tone_is_heard_before_it_is_hung_up(tmp_path, nothing):
    with without_voices(tmp_path, nothing) as line:
        caller = Caller(line, "0613200002").call()
        heard = caller.hear()
        assert 0.9 < loud(heard) < 1.1  # four beeps of a quarter of a second
        line.until(lambda: caller.state()["state"] != "up")
        assert "only recordings are said" in line.log.read_text()
        assert line.log.read_text().count("install espeak-ng-data") == 1


def test_without_any_voice_a_recording_is_heard(tmp_path, nothing):
    with Gateway(tmp_path / "other") as other:
        said = spoken(other, "Dit is een opname.")
    prompts = tmp_path / "prompts"
    (prompts / "nl").mkdir(parents=True)
    for path in pathlib.Path(ROOT, "prompts").glob("*.yaml"):
        os.symlink(path, prompts / path.name)
    for key in ("voice.by_text", "voice.bye"):
        (prompts / "nl" / f"{key}.wav").write_bytes(said)
    with without_voices(tmp_path, nothing, prompts) as line:
        caller = Caller(line, "0613200003").call()
        heard = caller.hear()
        left = was_said_as(heard, samples(said))
        assert len(left) < RATE // 50
        line.until(lambda: caller.state()["state"] != "up")


def was_said_as(heard, reference):
    assert len(heard) >= len(reference)
    assert numpy.array_equal(heard[:len(reference)], reference)
    return heard[len(reference):]
