# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of the console at ten million reports, and a thousand who look at what changes.

The database is made by the line itself, then filled past it: what keeps tallies and indexes is taken away, ten years of
reports are written, and the schema's own statements make the rest again.  Each page is asked for over one kept connection by
somebody who is signed in; beside it an asset, which costs no query: what the server and the client take by themselves.
"""
import hashlib
import http.client
import os
import pathlib
import re
import selectors
import shutil
import socket
import sqlite3
import statistics
import time
from urllib.parse import urlencode

from atsim import AtSim
from console import Clerk, form
from gateway import BINARY, ROOT, Gateway

DAYS = 3650
PLACES, TEXTS = 4096, 65536
CONTRACTORS = ("haeghe", "lampen", "groen", "riool")
EVENTS_EACH = 2
LONG = 300  # events of the report with the longest history
DAMM = ("0317598642", "7092154863", "4206871359", "1750983426", "6123045978", "3674209581", "5869720134", "8945362017",
        "9438617205", "2581436790")


def words():
    """Words that people write of the street, the commonest first."""
    text = (ROOT / "menus/categories.yaml").read_text()
    seen = dict.fromkeys(re.findall(r"\b[a-z]{3,14}\b", text))
    return list(seen)


def texts():
    """Descriptions whose words are as unevenly common as those of a language are (Zipf)."""
    known, state = words(), 1
    for n in range(TEXTS):
        said = []
        for _ in range(3 + n % 8):
            state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
            said.append(known[int(len(known) ** ((state >> 33) / 2 ** 31)) - 1])
        yield n, " ".join(said) + (f" nr {n}" if n % 5 == 0 else "")


def reference(n):
    """A number that a resident may be given: it does not begin with 0 and ends with its check digit."""
    digits, check = str(100_000_000 + n), "0"
    for digit in digits:
        check = DAMM[int(check)][int(digit)]
    return digits + check


def asked_for(n):
    """Ids of the reports whose own pages are asked for; the newest is among them, and the one with a long history is the last."""
    return [*range(n // 400, n + 1, n // 400), n, n - 1]


def fill(database, n):
    """n reports of ten years, with their events, up to now."""
    db = sqlite3.connect(database, isolation_level=None)
    db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1500000;"
                     "PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY; PRAGMA locking_mode = EXCLUSIVE; PRAGMA threads = 2;")
    later = db.execute("SELECT type, name, sql FROM sqlite_master WHERE sql NOT NULL AND type IN ('index', 'trigger') AND"
                       " tbl_name IN ('report', 'report_event', 'person')").fetchall()
    for kind, name, _ in later:
        db.execute(f"DROP {kind} {name}")
    slugs = re.findall(r"^  - slug: (\S+)", (ROOT / "menus/categories.yaml").read_text().split("\ncategories:")[1], re.M)
    db.executescript("CREATE TEMP TABLE said (id INTEGER PRIMARY KEY, text TEXT);"
                     "CREATE TEMP TABLE kind (id INTEGER PRIMARY KEY, slug TEXT);"
                     "CREATE TEMP TABLE spot (id INTEGER PRIMARY KEY, address_id INT, area_id INT, place TEXT, lat REAL, lon REAL);")
    db.executemany("INSERT INTO said VALUES (?, ?)", texts())
    # the commonest kind is eight times as common as the rarest
    db.executemany("INSERT INTO kind VALUES (?, ?)",
                   enumerate(s for i, s in enumerate(slugs) for _ in range(1 + 7 * (len(slugs) - i) // len(slugs))))
    kinds = db.execute("SELECT count(*) FROM kind").fetchone()[0]
    addresses = db.execute("SELECT a.id, a.area_id, s.name || ' ' || a.number, a.lat, a.lon FROM address a JOIN street s"
                           " ON s.id = a.street_id").fetchall()
    # a city is larger than the demo's register: its places are moved about within ten kilometres
    db.executemany("INSERT INTO spot VALUES (?, ?, ?, ?, ?, ?)",
                   ((i, a[0], a[1], a[2], a[3] + (i * 37 % 101 - 50) / 1000, a[4] + (i * 61 % 103 - 51) / 700)
                    for i, a in ((i, addresses[i % len(addresses)]) for i in range(PLACES))))
    began, step = int(time.time()) - DAYS * 86400, DAYS * 86400 / n
    people = max(n // 8, 1)
    numbers = "WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?) "
    db.execute("BEGIN")
    db.execute(numbers + "INSERT INTO person (id, number, first_seen) SELECT n, printf('+316%08d', n), ? FROM i", (people, began))
    contractor = "CASE abs(random()) % 8 WHEN 5 THEN 'lampen' WHEN 6 THEN 'groen' WHEN 7 THEN 'riool' ELSE 'haeghe' END"
    # what is older than two months is done, but for one in a thousand
    state = ("CASE WHEN d > ? - 5184000 OR abs(r) % 1000 = 0 THEN CASE abs(r / 1000) % 8 WHEN 0 THEN 'received' WHEN 1 THEN"
             " 'planned' WHEN 2 THEN 'in_progress' WHEN 3 THEN 'forwarded' ELSE 'solved' END"
             " WHEN abs(r) % 100 < 4 THEN 'rejected' WHEN abs(r) % 100 < 50 THEN 'closed' ELSE 'solved' END")
    db.execute(
        numbers + ", drawn AS MATERIALIZED (SELECT n, random() AS r, random() AS q, CAST(? + n * ? AS INTEGER) AS d FROM i) "
        "INSERT INTO report (id, reference, person_id, category, area_id, address_id, place, lat, lon, description, state,"
        " state_at, created, promise, language, channel, contractor, solved) "
        "SELECT n, printf('%08d', n), 1 + abs(q) % ?, kind.slug, area_id, address_id, place, lat, lon, said.text, st,"
        " d + took, d, d + 259200 + abs(q) % 604800, 'nl', 'sms', by, CASE WHEN st IN ('solved', 'closed') THEN d + took END "
        f"FROM (SELECT *, {state} AS st, {contractor} AS by, 3600 + abs(q / 7) % 864000 AS took FROM drawn) "
        "JOIN kind ON kind.id = abs(r / 77) % ? JOIN spot ON spot.id = abs(q / 13) % ? JOIN said ON said.id = abs(r / 31) % ?",
        (n, began, step, people, began + DAYS * 86400, kinds, PLACES, TEXTS))
    for event in range(EVENTS_EACH):
        db.execute("INSERT INTO report_event (report_id, at, state, who, channel) SELECT id, created, "
                   + ("'received', 'resident', channel FROM report" if event == 0
                      else "state, 'contractor ' || contractor, 'contractor' FROM report WHERE state <> 'received'"))
    db.executemany("UPDATE report SET reference = ? WHERE id = ?", ((reference(i), i) for i in asked_for(n)))
    db.execute(numbers + "INSERT INTO report_event (report_id, at, state, who, channel, note) SELECT ?, ? + n, 'received', 'staff"
               " anna', 'console', 'gebeld, nog niets gehoord, ' || n FROM i", (LONG, n - 1, began + DAYS * 86400))
    for kind, _, sql in later:
        if kind == "index":
            db.execute(sql)
    db.execute("DELETE FROM tally WHERE what = 'person' OR what LIKE 'report %'")
    db.execute("INSERT INTO tally SELECT 'report ' || state, count(*) FROM report GROUP BY state")
    db.execute("INSERT INTO tally SELECT 'person', count(*) FROM person")
    for statement in (ROOT / "sql/009_report_tally.sql").read_text().split(";\n"):
        made = re.sub(r"^--.*\n", "", statement.strip(), flags=re.M)
        if made.startswith(("INSERT INTO report_day (", "INSERT INTO report_took (")):
            db.execute(made)
    for table, in db.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%USING fts5%content=''report_text''%'").fetchall():
        db.execute(f"INSERT INTO {table} ({table}) VALUES ('rebuild')")
    for kind, _, sql in later:
        if kind == "trigger":
            db.execute(sql)
    db.execute("COMMIT")
    db.close()


class Browser:
    """One connection that is kept, and somebody's cookie."""

    def __init__(self, line, cookie):
        self.conn = http.client.HTTPConnection("127.0.0.1", line.port, timeout=60)
        self.conn.connect()
        self.conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.headers = {"Cookie": f"meldlijn={cookie}", "Accept-Language": "nl"}

    def get(self, path, status=200):
        began = time.perf_counter()
        self.conn.request("GET", path, headers=self.headers)
        answer = self.conn.getresponse()
        body = answer.read()
        took = 1000 * (time.perf_counter() - began)
        assert answer.status == status, (path, answer.status, body[:500])
        return took, body


def pages(line, n):
    """What each page is asked for: name -> addresses in turn."""
    known = words()
    reports = "/console/reports?"
    slugs = [s for s, in line.sql("SELECT DISTINCT name FROM report_day WHERE what = 'category' ORDER BY 1")]
    areas = [s for s, in line.sql("SELECT slug FROM area ORDER BY 1")]
    asked = {
        "today": ["/console/"],
        "reports, open": ["/console/reports"],
        "reports, all": [reports + "state="],
        "reports, a page in the middle": [reports + urlencode({"state": "", "before": n * i // 50}) for i in range(1, 50)],
        "reports by category": [reports + urlencode({"category": s}) for s in slugs],
        "reports by category, all": [reports + urlencode({"state": "", "category": s}) for s in slugs],
        "reports by area": [reports + urlencode({"area": s}) for s in areas],
        "reports by area, all": [reports + urlencode({"state": "", "area": s}) for s in areas],
        "reports by contractor": [reports + urlencode({"contractor": s, "state": state}) for s in CONTRACTORS
                                  for state in ("open", "", "rejected")],
        "reports by state": [reports + urlencode({"state": s}) for s in
                             ("received", "planned", "in_progress", "forwarded", "solved", "closed", "rejected")],
        "reports by state and area": [reports + urlencode({"state": s, "area": a}) for s in ("received", "closed", "rejected")
                                      for a in areas],
        "reports by category and area": [reports + urlencode({"state": "", "category": s, "area": a})
                                         for s in slugs[::9] for a in areas],
        "reports by a common word": [reports + urlencode({"state": s, "q": w}) for w in known[:20] for s in ("open", "")],
        "reports by a rare word": [reports + urlencode({"state": s, "q": w}) for w in known[-20:] for s in ("open", "")],
        "reports by the beginning of a word": [reports + urlencode({"state": s, "q": w[:4]}) for w in known[:20]
                                               for s in ("open", "")],
        "reports by two words and a category": [reports + urlencode({"state": "", "q": f"{a} {b}", "category": slugs[0]})
                                                for a, b in zip(known[:20], known[20:40])],
        "reports near a place": [reports + urlencode({"near": f"Spui {i}"}) for i in (10, 70, 68)],
        "reports by a number in them": [reports + urlencode({"state": "", "q": f"nr {i}"}) for i in range(5, TEXTS, 655)],
        "one report": [f"/console/reports/{reference(i)}" for i in asked_for(n)[:-1]],
        "one report with a history of 300": [f"/console/reports/{reference(n - 1)}"],
        "contractors": ["/console/contractors"],
        "staff": ["/console/staff"],
        "audit": ["/console/audit"],
        "notices": ["/console/notices"],
        "people": ["/console/people"],
        "menus": ["/console/menus"],
    }
    asked["people, one number"] = ["/console/people?" + urlencode({"number": f"06{i * 37:08d}"}) for i in range(1, 50)]
    return asked


def timed(browser, addresses, times):
    for address in addresses[:3]:
        browser.get(address)
    took = sorted(browser.get(addresses[i % len(addresses)])[0] for i in range(times))
    return {"p50_ms": statistics.median(took), "p99_ms": took[min(len(took) - 1, int(len(took) * 0.99))]}


def measure_pages(line, clerk, n, times):
    browser, out = Browser(line, clerk.session.cookies["meldlijn"]), {}
    asset = re.search(r'href="(/assets/[^"]+)"', browser.get("/console/")[1].decode())[1]
    out["an asset"] = timed(browser, [asset], times)
    for name, addresses in pages(line, n).items():
        out[name] = timed(browser, addresses, times)
    return out


# -- who look

def rss_kb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


class Viewers:
    """Many connections to /console/live, read as they come."""

    def __init__(self, line, cookie, many):
        self.poll, self.socks = selectors.DefaultSelector(), []
        ask = (f"GET /console/live HTTP/1.1\r\nHost: x\r\nCookie: meldlijn={cookie}\r\n\r\n").encode()
        for _ in range(many):
            sock = socket.create_connection(("127.0.0.1", line.port), 10)
            sock.sendall(ask)
            sock.setblocking(False)
            self.poll.register(sock, selectors.EVENT_READ)
            self.socks.append(sock)

    def wait(self, what, timeout=30):
        """Until each has read a text that fits: seconds until the first and the last of them had it."""
        began, first, seen, rest = time.perf_counter(), None, {}, set(self.socks)
        while rest:
            for key, _ in self.poll.select(1):
                got = key.fileobj.recv(262144)
                assert got, "a viewer was hung up on"
                seen[key.fileobj] = seen.get(key.fileobj, b"") + got
                if key.fileobj in rest and re.search(what, seen[key.fileobj]):
                    rest.discard(key.fileobj)
                    first = first or time.perf_counter() - began
            if time.perf_counter() - began > timeout:
                raise TimeoutError(f"{len(rest)} viewers did not hear of it")
        return first, time.perf_counter() - began

    def close(self):
        for sock in self.socks:
            self.poll.unregister(sock)
            sock.close()


def answered(modem, n):
    """Texts of a resident, one after the other, until each answer has left by the modem."""
    took = []
    for _ in range(n):
        count, began = modem.stats()["mo"], time.perf_counter()
        modem.text("+31620000000", "STATUS")
        modem.wait("mo", count + 1, 10)
        took.append(1000 * (time.perf_counter() - began))
    took.sort()
    return {"p50_ms": statistics.median(took), "p99_ms": took[int(len(took) * 0.99)]}


def live(line, clerk, modem, many, times):
    """A note at a report of the newest: its event is what each of them hears of."""
    texts = 50 if times < 20 else 300
    alone = answered(modem, texts)
    pid, memory = line.process.pid, rss_kb(line.process.pid)
    where = line.sql("SELECT '/console/reports/' || reference FROM report ORDER BY id DESC LIMIT 1")[0][0]
    viewers = Viewers(line, clerk.session.cookies["meldlijn"], many)
    try:
        viewers.wait(rb"event: reports")
        memory = rss_kb(pid) - memory
        first, last, used = [], [], 0
        event = line.sql("SELECT max(id) FROM report_event")[0][0]
        for i in range(times):
            fields = {**form(clerk.get(where).text, where + "/note"), "words": f"gezien, {i}"}
            cpu, began = cpu_s(pid), time.perf_counter()
            assert clerk.post(where + "/note", fields, allow_redirects=False).status_code == 303
            written, event = time.perf_counter() - began, event + 1
            one, all_of_them = viewers.wait(rb'"event":%d\b' % event)
            first.append(1000 * (written + one))
            last.append(1000 * (written + all_of_them))
            used += cpu_s(pid) - cpu
        return {"alone": alone, "beside": answered(modem, texts), "viewers": many, "first_ms": statistics.median(first), "last_ms": statistics.median(last),
                "worst_ms": max(last), "spread_ms": statistics.median(b - a for a, b in zip(first, last)),
                "cpu_us": 1e6 * used / times / many, "kb_each": memory / many}
    finally:
        viewers.close()


def filled(n, device):
    """A line with n reports, kept beside the binary until the schema or what fills it is another; how long that took."""
    made_of = hashlib.sha256(pathlib.Path(__file__).read_bytes())
    for path in sorted((ROOT / "sql").glob("*.sql")):
        made_of.update(path.read_bytes())
    directory = BINARY.parent / f"bench-console-{n}"
    mark, is_of = directory / "made", made_of.hexdigest()
    old = mark.read_text().split() if mark.exists() else [""]
    if old[0] != is_of:
        shutil.rmtree(directory, ignore_errors=True)
    extra = "".join(f"contractor {c}\n url http://127.0.0.1:9/\n format open311\n poll 0\n category none-of-ours\n"
                    for c in CONTRACTORS)
    line = Gateway(directory, [device], extra=extra, register=old[0] != is_of)
    if old[0] != is_of:
        began = time.monotonic()
        fill(line.database, n)
        old = [is_of, f"{time.monotonic() - began:.0f}"]
        mark.write_text(" ".join(old))
    return line, float(old[1])


def measure(directory, quick, reports=None):
    n, times = reports or (200_000 if quick else 10_000_000), 100 if quick else 400
    with AtSim(directory, "ec25", name="console-modem", noise_ms=0, number="+31612340001") as modem:
        modem.wait("sim_ready", 1)
        line, made = filled(n, modem.device)
        with line:
            line.lines_up(1)
            clerk = Clerk(line, f"bench{time.time_ns()}", role="operator")
            return {"reports": n, "made_s": made, "mb": line.database.stat().st_size / 1e6, "load": os.getloadavg()[0],
                    "pages": measure_pages(line, clerk, n, times), "rss_mb": rss_kb(line.process.pid) / 1024,
                    "live": live(line, clerk, modem, 200 if quick else 1000, 5 if quick else 20)}


def rows(t):
    bare = t["pages"]["an asset"]
    yield f"console at {t['reports']:,} reports", (f"{t['mb']:.0f} MB, made in {t['made_s']:.0f} s; the line has "
                                                   f"{t['rss_mb']:.0f} MB; load {t['load']:.1f}")
    for name, page in t["pages"].items():
        yield f"  {name}", (f"half under {page['p50_ms']:.1f} ms, 99 in 100 under {page['p99_ms']:.1f} ms"
                            + ("" if page is bare else f"; {page['p50_ms'] / bare['p50_ms']:.1f} times an asset"))
    v = t["live"]
    yield (f"a report changed, {v['viewers']:,} viewers", f"the first has it after {v['first_ms']:.0f} ms, the last after "
           f"{v['last_ms']:.0f} ms (at worst {v['worst_ms']:.0f}; {v['spread_ms']:.0f} ms between them); "
           f"{v['cpu_us']:.0f} us of CPU and {v['kb_each']:.1f} KB a viewer")
    for name, texts in (("nobody looking", v["alone"]), (f"{v['viewers']:,} viewers", v["beside"])):
        yield f"text in to answer out, {name}", f"half under {texts['p50_ms']:.1f} ms, 99 in 100 under {texts['p99_ms']:.1f} ms"
