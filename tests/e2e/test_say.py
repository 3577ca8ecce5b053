# SPDX-License-Identifier: AGPL-3.0-or-later
"""meldlijn say, listened to by measuring: the WAV is read by Python, not by us."""
import array
import math
import os
import subprocess
import wave

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MELDLIJN = os.environ.get("MELDLIJN", os.path.join(ROOT, "build", "meldlijn"))
WORDS = {
    "nl": "Goedemiddag. U spreekt met de meldlijn. Waar gaat het over?",
    "en": "Good afternoon. This is the report line. What is it about?",
    "tr": "İyi günler. Bildirim hattına hoş geldiniz. Konu nedir?",
    "pl": "Dzień dobry. To jest linia zgłoszeń. O co chodzi?",
    "ar": "مساء الخير. هذا خط البلاغات. ما هو الموضوع؟",
}


def say(tmp_path, *args, status=0):
    run = subprocess.run([MELDLIJN, "say", *args], capture_output=True, text=True, timeout=60,
                         cwd=tmp_path)
    assert run.returncode == status, run.stderr
    return run


def samples(path):
    with wave.open(str(path)) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (8000, 1, 2)
        return array.array("h", wav.readframes(wav.getnframes()))


def loudness(pcm):
    """dBov over the frames of 20 ms that are louder than -40 dBov."""
    powers = [sum(s * s for s in pcm[i:i + 160]) / 160 / 32768 ** 2
              for i in range(0, len(pcm) - 159, 160)]
    spoken = [p for p in powers if p > 1e-4]
    return 10 * math.log10(sum(spoken) / len(spoken))


@pytest.fixture
def config(tmp_path):
    (tmp_path / "prompts").symlink_to(os.path.join(ROOT, "prompts"))
    path = tmp_path / "line.cfg"
    path.write_text("database %s/line.db\n" % tmp_path)
    return path


def test_every_language_is_heard_and_as_loud(tmp_path):
    levels = []
    for language, text in WORDS.items():
        out = tmp_path / (language + ".wav")
        told = say(tmp_path, "-l", language, "-o", str(out), text).stdout
        pcm = samples(out)
        assert told == "%s: %.1f s\n" % (out, len(pcm) / 8000)
        assert 2.0 < len(pcm) / 8000 < 7.0
        assert max(abs(s) for s in pcm) <= 23198, "above -3 dB"
        assert abs(pcm[0]) <= 3 and pcm[-1] == 0
        levels.append(loudness(pcm))
    assert max(levels) - min(levels) < 1.0, levels
    assert -21.5 < sum(levels) / len(levels) < -18.5


def test_slow_is_slower(tmp_path):
    say(tmp_path, "-l", "nl", "-o", "a.wav", WORDS["nl"])
    say(tmp_path, "-l", "nl", "--slow", "-o", "b.wav", WORDS["nl"])
    ratio = len(samples(tmp_path / "b.wav")) / len(samples(tmp_path / "a.wav"))
    assert 1.2 < ratio < 1.5


def test_cache_gives_the_same_samples(tmp_path):
    for name in ("a", "b"):
        say(tmp_path, "-l", "pl", "-o", name + ".wav", "--cache", "kept/speech", WORDS["pl"])
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    kept = os.listdir(tmp_path / "kept" / "speech")
    assert len(kept) == 1
    # any player plays what is kept
    assert samples(tmp_path / "kept" / "speech" / kept[0]) == samples(tmp_path / "a.wav")


def test_configuration_says_where_it_is_kept_and_recorded(tmp_path, config):
    args = ("-l", "en", "-c", str(config), "-k", "said")
    say(tmp_path, *args, "-o", "a.wav", "Hello.")
    assert len(os.listdir(tmp_path / "speech")) == 1
    (tmp_path / "prompts").unlink()
    (tmp_path / "prompts" / "en").mkdir(parents=True)
    with wave.open(str(tmp_path / "prompts" / "en" / "said.wav"), "wb") as wav:
        wav.setparams((2, 2, 16000, 0, "NONE", None))
        wav.writeframes(array.array("h", [1000, 1000] * 16000).tobytes())
    say(tmp_path, *args, "-o", "b.wav", "Hello.")
    heard = samples(tmp_path / "b.wav")
    assert len(heard) == 8000
    assert all(abs(s - 1000) <= 5 for s in heard[100:7900])


def test_folder_that_the_configuration_names_is_used(tmp_path, config):
    with open(config, "a") as out:
        out.write("calls\n speech-cache %s/elsewhere\n" % tmp_path)
    say(tmp_path, "-l", "en", "-c", str(config), "-o", "a.wav", "Hello.")
    assert len(os.listdir(tmp_path / "elsewhere")) == 1
    assert not (tmp_path / "speech").exists()


@pytest.mark.parametrize("args, status, words", [
    ((), 2, "usage"),
    (("-l", "nl", "Hallo"), 2, "usage"),
    (("-l", "nl", "-o", "x.wav"), 2, "usage"),
    (("-l", "nl", "-o", "x.wav", "Hallo", "daar"), 2, "usage"),
    (("-l", "nl", "-o", "x.wav", "-c", "a", "--cache", "b", "Hallo"), 2, "usage"),
    (("-l", "xx", "-o", "x.wav", "Hallo"), 1, "no voice speaks"),
    (("-l", "nl", "-o", "x.wav", ""), 1, "no sound"),
    (("-l", "nl", "-o", "absent/x.wav", "Hallo"), 1, "absent/x.wav"),
    (("-l", "nl", "-o", "x.wav", "-c", "absent.cfg", "Hallo"), 1, "absent.cfg"),
])
def test_wrong_use_is_told(tmp_path, args, status, words):
    assert words in say(tmp_path, *args, status=status).stderr
    assert not (tmp_path / "x.wav").exists()


def test_no_space_leaves_no_half_file(tmp_path):
    run = subprocess.run(["sh", "-c", "ulimit -f 8; trap '' XFSZ; exec \"$0\" say -l nl -o x.wav "
                          "--cache kept \"$1\"", MELDLIJN, WORDS["nl"]],
                         cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert "x.wav: File too large" in run.stderr
    assert os.listdir(tmp_path) == ["kept"] and os.listdir(tmp_path / "kept") == []
