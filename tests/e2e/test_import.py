# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registers in, a copy out, and the check: the real binary on real files."""
import csv
import json
import os
import pty
import sqlite3
import subprocess
import time

import pytest

from gateway import BINARY

HEADER = ["postcode", "number", "suffix", "street", "place", "area", "lat", "lon"]
ROWS = 20000
DEADLINE_S = 60


def meldlijn(*words, status=0, **more):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True,
                          timeout=DEADLINE_S, **more)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def address(i):
    """Row i of a made-up city: 25 numbers a postcode, one street a postcode."""
    block, number = divmod(i, 25)
    letters = chr(65 + block // 26 % 26) + chr(65 + block % 26)
    return [f"{2491 + block // 676}{letters}", number + 1, "A" if i % 7 == 0 else "",
            f"Straat nummer {block}", "Den Haag", f"Wijk {block % 40}",
            f"{52 + i / 1e6:.6f}", f"{4.2 + i / 1e6:.6f}"]


def write_csv(path, rows, header=HEADER, delimiter=","):
    with open(path, "w", newline="") as f:
        out = csv.writer(f, delimiter=delimiter)
        out.writerow(header)
        out.writerows(rows)
    return path


def dump(database):
    with sqlite3.connect(database) as db:
        return {t: db.execute(f"SELECT * FROM {t} ORDER BY 1").fetchall()
                for t in ("address", "street", "area", "asset")}


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("city")
    return write_csv(folder / "city.csv", map(address, range(ROWS)))


def test_every_row_is_taken_as_it_is(city, tmp_path):
    db = tmp_path / "line.db"
    done = meldlijn("import", "addresses", city, "--database", db, "--json")
    account = json.loads(done.stdout)
    assert (account["taken"], account["refused"], account["reasons"]) == (ROWS, 0, {})
    assert "\r" not in done.stderr, "a progress bar where there is no terminal"
    with sqlite3.connect(db) as c:
        rows = c.execute("SELECT a.postcode, a.number, a.suffix, s.name, s.place, r.name, "
                         "printf('%.6f', a.lat), printf('%.6f', a.lon) FROM address a JOIN street s ON "
                         "s.id = a.street_id JOIN area r ON r.id = a.area_id ORDER BY a.id").fetchall()
    assert [list(r) for r in rows] == [address(i) for i in range(ROWS)]
    meldlijn("check", "--database", db)


def test_importing_again_changes_nothing(city, tmp_path):
    db = tmp_path / "line.db"
    meldlijn("import", "addresses", city, "--database", db)
    before = dump(db)
    meldlijn("import", "addresses", city, "--database", db)
    assert dump(db) == before


def test_dutch_headers_in_any_order_with_semicolons(tmp_path):
    db = tmp_path / "line.db"
    file = write_csv(tmp_path / "bag.csv",
                     [["4,3166", "52,0775", "Centrum", "Spui", "70", "a", "2", "Den Haag", "2511 BT"]],
                     ["lon", "lat", "wijk", "openbare_ruimte", "huisnummer", "huisletter",
                      "toevoeging", "woonplaats", "Postcode"], ";")
    meldlijn("import", "addresses", file, "--database", db)
    found = dump(db)
    assert found["address"] == [(1, "2511BT", 70, "A2", 1, 1, 52.0775, 4.3166)]
    assert found["area"] == [(1, "Centrum", "centrum")]


def test_refused_rows_are_named_and_counted(tmp_path):
    good = address(0)
    rows = [good] + [["bad"] + good[1:] for _ in range(30)] + [good[:6] + ["81000", "455000"]]
    file = write_csv(tmp_path / "mixed.csv", rows)
    done = meldlijn("import", "addresses", file, "--database", tmp_path / "line.db", "--json")
    account = json.loads(done.stdout)
    assert account["taken"] == 1
    assert account["refused"] == 31
    assert account["reasons"] == {"postcode is not four digits and two letters": 30,
                                  "lat is no number of degrees": 1}
    named = [line for line in done.stderr.splitlines() if line.startswith(str(file))]
    assert len(named) == 20
    assert named[0] == f"{file}:3: postcode is not four digits and two letters"
    assert account["lines"][0] == {"line": 3, "why": "postcode is not four digits and two letters"}


def test_assets_are_imported(city, tmp_path):
    db = tmp_path / "line.db"
    file = write_csv(tmp_path / "assets.csv",
                     [["container", "4711", "restafval", "Straat nummer 3", "5", "Wijk 3", "52.1", "4.3"],
                      ["lamp", "c-12", "", "", "", "", "52.1", "4.3"],
                      ["", "13", "", "", "", "", "52.1", "4.3"]],
                     ["kind", "number", "detail", "street", "house_number", "area", "lat", "lon"])
    meldlijn("import", "addresses", city, "--database", db)
    done = meldlijn("import", "assets", file, "--database", db, "--json")
    assert json.loads(done.stdout)["reasons"] == {"kind is missing": 1}
    with sqlite3.connect(db) as c:
        assert c.execute("SELECT kind, number, detail, house_number FROM asset").fetchall() == [
            ("container", "4711", "restafval", 5), ("lamp", "C-12", "", None)]
        assert c.execute("SELECT s.name FROM asset a JOIN street s ON s.id = a.street_id").fetchall() == [
            ("Straat nummer 3",)]


EVENTS = ["kenmerk", "soort", "titel", "titel_en", "van", "tot", "uitvoerder", "straat", "huisnummer"]
WORKS = ["W1", "werkzaamheden", "Riolering", "Sewer works", "20-11-2099", "2099-12-04 16:00", "Haeghe BV",
         "Straat nummer 3", "5-9"]


def test_events_come_and_go_with_their_file(city, tmp_path):
    db = tmp_path / "line.db"
    market = ["E1", "evenement", "Markt", "", "2099-11-28 10:00", "2099-11-28 17:00", "", "Straat nummer 4", ""]
    file = write_csv(tmp_path / "events.csv", [WORKS, market, ["X", "feest"] + market[2:]], EVENTS, ";")
    meldlijn("import", "addresses", city, "--database", db)
    account = json.loads(meldlijn("import", "events", file, "--database", db, "--json").stdout)
    assert (account["taken"], account["ended"], account["lines"]) == (
        2, 0, [{"line": 4, "why": "kind is not event or closure"}])
    rows = "SELECT code, kind, titles, place, by_whom, starts, ends FROM agenda ORDER BY code"
    with sqlite3.connect(db) as c:
        before = c.execute(rows).fetchall()
        # date -d 'TZ="Europe/Amsterdam" 2099-11-20' +%s, and of the end
        assert before[1] == ("W1", "closure", '{"":"Riolering","en":"Sewer works"}', "Straat nummer 3 5-9",
                             "Haeghe BV", 4098812400, 4100079600)
        meldlijn("import", "events", file, "--database", db)
        assert c.execute(rows).fetchall() == before
        write_csv(file, [market], EVENTS)
        assert json.loads(meldlijn("import", "events", file, "--database", db, "--json").stdout)["ended"] == 1
        ended = c.execute("SELECT ends <= unixepoch() FROM agenda ORDER BY code").fetchall()
        assert ended == [(0,), (1,)]


@pytest.mark.parametrize("text, words", [
    ("postcode,number,street,place,lat\n", "a column is missing: lon"),
    ("", "is empty"),
    ("postcode,number,street,place,lat,lon\n2511BT,1,\"Spui,Den Haag,52,4\n", ":2:"),
])
def test_wrong_file_says_what_is_wrong(tmp_path, text, words):
    file = tmp_path / "wrong.csv"
    file.write_text(text)
    done = meldlijn("import", "addresses", file, "--database", tmp_path / "line.db", status=1)
    assert words in done.stderr


def test_wrong_usage_is_status_2(tmp_path):
    meldlijn("import", "addresses", status=2)
    meldlijn("import", "moons", tmp_path / "x.csv", "--database", tmp_path / "line.db", status=2)
    meldlijn("backup", status=2)
    meldlijn("check", "x", status=2)
    done = meldlijn("import", "addresses", tmp_path / "no.csv", "--database", tmp_path / "line.db",
                    status=1)
    assert "No such file" in done.stderr


def on_terminal(*words):
    """Run with stderr on a terminal; \\returns what it showed there."""
    ours, theirs = pty.openpty()
    run = subprocess.Popen([BINARY, *map(str, words)], stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # the last writer is gone
        pass
    os.close(ours)
    assert run.wait(DEADLINE_S) == 0
    return shown.decode()


def test_terminal_shows_progress(tmp_path):
    big = write_csv(tmp_path / "big.csv", map(address, range(120000)))
    shown = on_terminal("import", "addresses", big, "--database", tmp_path / "line.db")
    assert "%" in shown and "rows" in shown and "/s" in shown
    assert shown.endswith("\r\x1b[K"), "the bar stays behind"


def test_line_can_write_between_the_chunks(tmp_path):
    db = tmp_path / "line.db"
    big = write_csv(tmp_path / "big.csv", map(address, range(120000)))
    asset = write_csv(tmp_path / "a.csv", [["lamp", "1", "52.1", "4.3"]], ["kind", "number", "lat", "lon"])
    meldlijn("import", "assets", asset, "--database", db)
    first = subprocess.Popen([BINARY, "import", "addresses", big, "--database", db],
                             stdout=subprocess.DEVNULL)
    written = 0
    deadline = time.monotonic() + DEADLINE_S
    while first.poll() is None and time.monotonic() < deadline:
        meldlijn("import", "assets", asset, "--database", db)
        written += 1
    assert first.wait(DEADLINE_S) == 0
    assert written >= 2
    with sqlite3.connect(db) as c:
        assert c.execute("SELECT count(*) FROM address").fetchone() == (120000,)


def test_copy_is_whole_while_another_writes(city, tmp_path):
    db, copy = tmp_path / "line.db", tmp_path / "copy.db"
    meldlijn("import", "addresses", city, "--database", db)
    with sqlite3.connect(db, isolation_level=None) as c:
        c.execute("INSERT INTO audit (at, who, what) VALUES (1, 'a', 'committed')")
        c.execute("BEGIN IMMEDIATE")
        c.execute("INSERT INTO audit (at, who, what) VALUES (2, 'a', 'not committed')")
        about = json.loads(meldlijn("backup", copy, "--database", db, "--json").stdout)
        c.execute("ROLLBACK")
    assert about["bytes"] == copy.stat().st_size
    assert dump(copy) == dump(db)
    with sqlite3.connect(copy) as c:
        assert c.execute("SELECT what FROM audit").fetchall() == [("committed",)]
        assert c.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not list(tmp_path.glob("copy.db.part*"))

    done = meldlijn("backup", copy, "--database", db, status=1)
    assert "--force" in done.stderr
    meldlijn("backup", copy, "--database", db, "--force")
    done = meldlijn("backup", db, "--database", db, "--force", status=1)
    assert "the database itself" in done.stderr
    meldlijn("backup", tmp_path / "no" / "copy.db", "--database", db, status=1)


def test_check_finds_what_is_broken(city, tmp_path):
    db = tmp_path / "line.db"
    meldlijn("import", "addresses", city, "--database", db)
    assert json.loads(meldlijn("check", "--database", db, "--json").stdout)["whole"] is True
    with sqlite3.connect(db) as c:
        c.execute("DELETE FROM street WHERE id = 5")
    done = meldlijn("check", "--database", db, "--json", status=1)
    account = json.loads(done.stdout)
    assert account["whole"] is False
    assert any("street" in f for f in account["findings"])


def test_check_finds_damaged_pages(city, tmp_path):
    db = tmp_path / "line.db"
    meldlijn("import", "addresses", city, "--database", db)
    with open(db, "r+b") as f:
        for page in range(60, 120):
            f.seek(page * 4096)
            f.write(b"\xff" * 4096)
    done = meldlijn("check", "--database", db, status=1)
    assert "database" in done.stdout + done.stderr


def test_check_makes_no_database(tmp_path):
    done = meldlijn("check", "--database", tmp_path / "none.db", status=1)
    assert "No such file" in done.stderr
    assert not (tmp_path / "none.db").exists()
