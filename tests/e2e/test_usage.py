# SPDX-License-Identifier: AGPL-3.0-or-later
"""Wrong usage and wrong requests of every command: the exit status, and one line that says what to do."""
import subprocess

import pytest

from gateway import BINARY, ROOT

NAMED = ("run", "demo", "phone", "menu", "report", "call", "notice", "staff", "person", "import", "sms", "ussd", "say",
         "backup", "check")
CONFIG = f"""city Den Haag
 short-code 14070
database %s/line.db
menus {ROOT}/menus
prompts {ROOT}/prompts
http
 listen 127.0.0.1 1
"""


def said(*words, status, cwd):
    done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=30, cwd=cwd)
    assert (done.returncode, done.stdout) == (status, ""), (words, done)
    assert done.stderr.startswith("meldlijn") and done.stderr.count("\n") == 1, (words, done.stderr)
    return done.stderr


@pytest.fixture(name="config")
def config_fixture(tmp_path):
    path = tmp_path / "line.cfg"
    path.write_text(CONFIG % tmp_path)
    return str(path)


def test_wrong_usage_is_2_in_one_line(tmp_path):
    for name in NAMED:
        assert f"see meldlijn {name} --help" in said(name, "--bogus", status=2, cwd=tmp_path)
    for words in (("menu",), ("menu", "bogus"), ("menu", "draw", "x"), ("report",), ("report", "bogus"), ("report", "show"),
                  ("report", "list", "x"), ("report", "list", "-c"), ("report", "set", "4829151"), ("notice",),
                  ("notice", "bogus"), ("notice", "show"), ("notice", "show", "abc"), ("notice", "list", "x"), ("staff", "add"),
                  ("person", "export"), ("person", "bogus", "0612345678"), ("import",), ("import", "addresses"), ("sms",),
                  ("sms", "bogus"), ("sms", "decode"), ("say", "x"), ("call",), ("ussd",), ("backup",), ("check", "x"),
                  ("phone", "x"), ("run", "x")):
        assert f"see meldlijn {words[0]} --help" in said(*words, status=2, cwd=tmp_path)
    for word in ("bogus", "-x"):
        assert "see meldlijn --help" in said(word, status=2, cwd=tmp_path)


def test_run_without_a_configuration(tmp_path):
    assert "-c FILE" in said("run", status=2, cwd=tmp_path)
    assert "no.cfg" in said("run", "-c", "no.cfg", status=1, cwd=tmp_path)


def test_wrong_requests_are_1_in_one_line(config, tmp_path):
    (tmp_path / "columns.csv").write_text("a,b\n1,2\n")
    for words, told in ((("report", "show", "abc"), "abc"), (("report", "show", "4829153"), "a digit is wrong"),
                        (("report", "set", "4829151", "bogus"), "bogus"),
                        (("report", "set", "4829151", "planned", "--expect", "2026-02-30"), "2026-02-30"),
                        (("notice", "show", "9"), "notice list"), (("backup", "no/such/copy.db"), "no/such/copy.db"),
                        (("phone", "--once", "HELP"), "127.0.0.1:1")):
        assert told in said(*words, "-c", config, status=1, cwd=tmp_path), words
    for name in ("abc", "ab+31"):
        assert "digits" in said("sms", "encode", "--to", name, "--text", "x", status=1, cwd=tmp_path)


def test_missing_columns_are_told_in_one_line(config, tmp_path):
    (tmp_path / "columns.csv").write_text("postcode,number,street,place\n")
    done = subprocess.run([BINARY, "import", "addresses", tmp_path / "columns.csv", "-c", config], capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "columns are missing: lat" in done.stderr and "lon" in done.stderr


def test_references_in_groups_and_status_as_people_write_them(config, tmp_path):
    """No report is there: what is asked for is told back as it was understood."""
    (tmp_path / "line.db").touch()
    for ref in (("482", "915", "1"), ("482 915 1",), ("4829151",)):
        for words in (("show", *ref), ("set", *ref, "In-Progress")):
            assert "no report" in said("report", *words, "-c", config, status=1, cwd=tmp_path), words
