"""The arrows of the source tree: who may include whom."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
GATEWAY = ROOT / "gateway"

# folder -> folders that it may include; gateway/ itself and its commands wire all
MAY = {
    "wire": set(),
    "talk": {"wire"},
    "store": {"talk", "wire"},
    "desk": {"store", "talk", "wire"},
    "voice": {"wire"},
    "contractor": {"wire"},
    "line": {"wire", "voice"},
    "flow": {"wire", "talk", "store", "desk", "line", "contractor", "voice"},
    "web": {"wire", "talk", "store", "desk", "line", "contractor", "flow", "voice"},
}
EVERYWHERE = {"log.h", "clock.h", "migrations.h", "web_assets.h"}  # the last two are made, by the Makefile
WIRING = "command"
PURE = {"wire", "talk"}  # no clock, no log category of another


def includes(path):
    return re.findall(r'^#include "([^"]+)"', path.read_text(), re.M)


def folder(name):
    return name.split("/")[0] if "/" in name else ""


def test_no_include_points_upward():
    wrong = []
    for path in sorted(GATEWAY.glob("*/*.[ch]")):
        own = path.parent.name
        for name in includes(path):
            if own == WIRING:
                continue
            if name in EVERYWHERE and not (own in PURE and name == "clock.h"):
                continue
            target = folder(name)
            if not target:
                wrong.append(f"{own}/{path.name} includes {name} without its folder")
            elif target != own and target not in MAY[own]:
                wrong.append(f"{own}/{path.name} includes {name}")
    assert wrong == []


def test_only_the_store_speaks_sql():
    wrong = [str(p) for p in GATEWAY.rglob("*.[ch]")
             if p.parent.name != "store" and "sqlite3.h" in p.read_text()]
    assert wrong == []


def test_pure_folders_read_no_clock_and_open_no_socket():
    banned = re.compile(r"\b(time|clock_gettime|gettimeofday|socket|connect|recv|send|poll)\(")
    wrong = []
    for own in PURE:
        for path in sorted((GATEWAY / own).glob("*.c")):
            code = re.sub(r"/\*.*?\*/|//[^\n]*|\"(\\.|[^\"\\])*\"", "", path.read_text(), flags=re.S)
            wrong += [f"{own}/{path.name}: {m.group(0)}" for m in banned.finditer(code)]
    assert wrong == []


def test_calls_that_the_house_does_not_use():
    banned = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|sscanf|strtok|gets)\(")
    wrong = []
    for path in sorted(GATEWAY.rglob("*.c")):
        code = re.sub(r"/\*.*?\*/|//[^\n]*|\"(\\.|[^\"\\])*\"", "", path.read_text(), flags=re.S)
        wrong += [f"{path.name}: {m.group(0)}" for m in banned.finditer(code)]
    assert wrong == []


def test_every_source_names_its_licence():
    wrong = [str(p.relative_to(ROOT)) for p in GATEWAY.rglob("*.c")
             if "SPDX-License-Identifier: AGPL-3.0-or-later" not in p.read_text()[:200]]
    assert wrong == []
