# SPDX-License-Identifier: AGPL-3.0-or-later
"""Five hundred phones at once through osmo-hlr, each with a whole report in six round trips; and the same with the HLR
restarted in their midst."""
import asyncio
import statistics
import sys

import pytest
from ussd_line import NAME, City, crowd, register

SESSIONS = 500
ROUND_TRIPS = 6
THINK_S = (0.5, 1.5)  # over the air an answer takes a second and more


@pytest.fixture
def city(tmp_path):
    path, places = register(tmp_path, SESSIONS)
    with City(tmp_path, words=" ctrl {hlr} 4259", quiet=True, handset=False, register=False) as it:
        it.line.run("import", "addresses", str(path))
        it.places, it.gone = places, None
        yield it


def check_reports(city, residents):
    """One each, whole, with the place that they said, and the reference that they read."""
    rows = city.line.sql("SELECT p.number, r.reference, a.postcode, r.description FROM report r"
                         " JOIN person p ON p.id = r.person_id JOIN address a ON a.id = r.address_id")
    assert sorted(rows) == sorted((r.number, r.reference, r.place.split()[0], r.size) for r in residents)
    assert city.line.sql("SELECT count(*) FROM report") == [(len(residents),)]
    assert '"findings": []' in city.line.run("check", "--json").replace("\n", "")


def test_five_hundred_at_once(city):
    residents = crowd(city, city.places, THINK_S)
    check_reports(city, residents)
    took = sorted(t for r in residents for t in r.took)
    assert [r for r in residents if r.sessions != 1 or len(r.took) != ROUND_TRIPS] == []
    # every one read the same words up to the reference and the place
    assert len({tuple(p.text for p in r.pages[:-1]) for r in residents}) == 1
    cuts = statistics.quantiles(took, n=100)
    print(f"{len(took)} round trips: p50 {1000 * cuts[49]:.1f} ms, p99 {1000 * cuts[98]:.1f} ms, "
          f"longest {1000 * took[-1]:.1f} ms", file=sys.stderr)
    assert cuts[98] < 2, "not a figure, only that nothing hangs"


@pytest.mark.long
def test_the_hlr_restarts_in_their_midst(city):
    async def back():
        """Until the MSC has its HLR again; whoever comes first brings it back."""
        if city.msc.transport:
            return
        if not city.gone or city.gone.done():
            city.gone = asyncio.ensure_future(city.msc.connected())
        await city.gone

    async def restart():
        await asyncio.sleep(3)
        city.hlr.kill()
        await asyncio.sleep(0.2)
        city.hlr.start()

    city.back = back
    residents = crowd(city, city.places, THINK_S, restart)
    check_reports(city, residents)
    lost = [r for r in residents if r.sessions > 1]
    assert len(lost) > SESSIONS / 2, "the restart came too late to be one"
    for resident in lost:
        for before, at, page in resident.resumed:
            if before >= 0 and not resident.FILED.search(page.text):
                assert at in (before, before + 1), f"began anew: {page.text!r}"
                assert before == 0 or "Wij gaan verder." in page.text, f"does not say so: {page.text!r}"
    city.hlr.wait_for(NAME)
