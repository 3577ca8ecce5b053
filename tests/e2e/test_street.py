# SPDX-License-Identifier: AGPL-3.0-or-later
"""A caretaker in the street with a plain phone: by a code that is dialled, through Debian's osmo-hlr, and by SMS through a
modem; beside the city's own register of what is closed and what is on."""
import datetime
import time
import zoneinfo

import pytest
from fake_contractor import FakeContractor
from gateway import REGISTER, SECRET
from modem_line import answer_to, gateway, sim, states
from test_staff_phone import add_staff, reference_in, totp
from ussd_line import City

SPOT = "SPUI 70"
NOW = datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Amsterdam"))
DAYS = ("ma", "di", "wo", "do", "vr", "za", "zo")
MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")


def day(ahead):
    return NOW + datetime.timedelta(days=ahead)


def said(ahead):
    """As people there write it: "do 26 nov"."""
    at = day(ahead)
    return f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]}"


def import_events(line):
    """A street that is dug up, a market to come, one that is over and one far away."""
    rows = [("W-1", "afsluiting", "Riolering", f"{day(-3):%Y-%m-%d}", f"{day(3):%Y-%m-%d}", "Van Dijk", "Spui", "66-70"),
            ("E-1", "evenement", "Boekenmarkt", f"{day(2):%Y-%m-%d} 10:00", f"{day(2):%Y-%m-%d} 17:00", "", "Spui", "68"),
            ("E-2", "evenement", "Kermis", f"{day(-9):%Y-%m-%d}", f"{day(-8):%Y-%m-%d}", "", "Spui", "68"),
            ("E-3", "evenement", "Zomerfeest", f"{day(-1):%Y-%m-%d}", f"{day(5):%Y-%m-%d}", "", "Weimarstraat", "40")]
    path = line.directory / "events.csv"
    path.write_text("\n".join(",".join(r) for r in
                              [("id", "kind", "title", "from", "until", "by", "street", "house_number"), *rows]) + "\n")
    assert "4 taken, 0 refused" in line.run("import", "events", str(path))


CLOSED = f"Werk/dicht: Riolering, Spui 66-70: t/m {said(3)}, Van Dijk"
MARKET = f"Boekenmarkt, Spui 68: {said(2)} 10:00 tot 17:00"


def reported(reference, who="haeghe"):
    return f"{reference} Container is vol, Spui 70: vandaag, {who}"


@pytest.fixture
def contractors():
    with FakeContractor(secret=SECRET) as fake:
        yield "".join(f"contractor {name}\n url {fake.url}\n format open311\n{words}"
                      for name, words in (("haeghe", ""), ("lampen", " category street-light\n")))


def test_by_a_code_that_is_dialled(tmp_path, contractors):
    with City(tmp_path, extra=contractors, register=True) as city:
        resident, caretaker = city.resident(), city.resident()
        import_events(city.line)
        secret = add_staff(city.line, "karel", "caretaker", caretaker.number)
        resident.dial("*140*1*1*1#")
        reference = resident.whole(resident.say(SPOT)).reference()

        caretaker.dial()
        asked = caretaker.say(f"BIJ {SPOT}")
        assert "Uw code van deze dienst?" in asked.text and not asked.last
        wrong = caretaker.say("000000")
        assert "klopt niet" in wrong.text and not wrong.last and "Spui" not in wrong.text
        near = caretaker.whole(caretaker.say(totp(secret, time.time())))
        for words in (CLOSED, MARKET, reported(reference)):
            assert words in near
        assert "Kermis" not in near and "Zomerfeest" not in near

        def says(words):
            caretaker.dial()
            page = caretaker.whole(caretaker.say(f"{reference} {words}"))
            assert page.last  # and no code is asked any more
            return page

        assert "gezien" in says("GEZIEN")
        assert "genoteerd" in says("NOOT sleutel ligt op 12")
        assert "Kies: haeghe, lampen" in says("NAAR niemand")
        assert "naar lampen" in says("NAAR lampen")
        assert resident.texts() == []
        assert "klaar, dank" in says("KLAAR")
        text, = city.line.until(resident.texts)
        assert "Container is vol, Spui 70" in text and "opgelost" in text and "sleutel" not in text
        shown = city.line.show(reference)
        assert shown["status"] == "solved" and shown["contractor"] == "lampen"
        ours = [e["channel"] for e in shown["history"] if e["who"] == "staff karel"]
        assert ours == ["ussd"] * 4  # seen, noted, passed on, solved
        again = says("KLAAR")
        assert "klaar, dank" in again and len(resident.texts()) == 1


def test_by_sms(tmp_path, contractors):
    caretaker, resident = "+31650090001", "+31650090002"
    with sim(tmp_path) as modem:
        line = gateway(tmp_path, [modem], extra=contractors)
        for what in ("addresses", "assets"):
            line.run("import", what, str(REGISTER / f"{what}.csv"))
        with line:
            line.lines_up(2)
            import_events(line)
            secret = add_staff(line, "karel", "caretaker", caretaker)

            def says(number, text):
                """What the phone shows: texts of several parts are whole."""
                before = modem.stats()["mo"]
                answer_to(modem, line, text, number)
                line.until(lambda: set(states(line, number)) <= {"sent", "delivered"})
                return "".join(m["text"] for m in modem.mo(before) if m["to"] == number)

            reference = reference_in([says(resident, f"MELD AFVAL {SPOT} container vol")])
            assert "Uw code van deze dienst?" in says(caretaker, f"BIJ {SPOT}")
            closed, report, market = says(caretaker, totp(secret, time.time())).splitlines()
            assert (closed, market) == (CLOSED, MARKET) and report.startswith(reported(reference))
            assert "klaar, dank" in says(caretaker, f"{reference} KLAAR")
            assert line.show(reference)["status"] == "solved"
            assert "opgelost" in says(resident, f"STATUS {reference}")
