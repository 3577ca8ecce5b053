# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 between a request and its answer, about the turn that files the report: whoever dials again finds where they
were, and reads the reference of the one report that there is."""
import json
import os
import random
import select
import sqlite3
import statistics
import time

import pytest
from fake_contractor import FakeContractor
from gateway import SECRET
from ussd_line import NAME, City, Reporter, register


class Person(Reporter):
    def __init__(self, city, place):
        self.city, self.resident = city, city.resident()
        super().__init__(place, f"{city.n} tegels los")
        self.phone = self.resident.phone

    def dial(self):
        """Dial until the line is there again; what to answer."""
        page = self.resident.dial()
        while page.error >= 0:
            self.city.hlr.wait_for(NAME)
            page = self.resident.dial()
        return self.read(page)

    def go_to(self, question):
        """Up to a question, which is not answered yet."""
        answer = self.dial()
        while self.QUESTIONS[self.at][0] != question:
            answer = self.read(self.resident.say(answer))
        return answer

    def go_on(self):
        """Dial again, and on until the reference is read."""
        answer = self.dial()
        while answer:
            answer = self.read(self.resident.say(answer))
        if self.phone.open:  # the menu stands behind what had not been seen
            self.phone.hang_up()


def answers(city, group):
    for person, answer in group:
        city.msc.do(person.phone.session.answer, answer)


def stored(city, count):
    """Until the database has so many reports: the page leaves in this moment."""
    deadline = time.monotonic() + 10
    with sqlite3.connect(f"file:{city.line.database}?mode=ro", uri=True, timeout=10) as db:
        while db.execute("SELECT count(*) FROM report").fetchone()[0] < count:
            assert time.monotonic() < deadline


def run_kills(tmp_path, kills, per_kill=3, warm=20):
    rng = random.Random(int.from_bytes(os.urandom(4), "big"))
    path, places = register(tmp_path, warm + kills * per_kill)
    places = iter(places)
    with FakeContractor(secret=SECRET) as fake, \
            City(tmp_path, contractor=fake.url, handset=False, register=False) as city:
        city.line.run("import", "addresses", str(path))
        people = [Person(city, next(places)) for _ in range(warm)]
        for person in people:
            person.go_on()
        # as long as that turn takes here, and a while longer
        span = 2.5 * statistics.median(p.phone.pages[-1].took_s for p in people)
        fates = {"before": 0, "stored": 0, "told": 0}
        for n in range(kills):
            group = [(p, p.go_to("size")) for p in (Person(city, next(places)) for _ in range(per_kill))]
            answers(city, group)
            if n % 2:
                select.select([], [], [], rng.uniform(0, span))
            else:
                stored(city, len(people) + rng.randint(1, per_kill))
            city.line.kill()
            city.msc.flush()
            people += [p for p, _ in group]
            settle(city, group, fates)
        check(city, fake, people)
        print(fates)
        return fates


def settle(city, group, fates):
    """What became of each; then the line is back and all dial again."""
    for person, _ in group:
        filed = person.resident.reports()
        told = person.phone.session.early
        fates["told" if told else "stored" if filed else "before"] += 1
        if told:
            assert filed, f"said before it was stored: {told[0].text!r}"
            assert person.read(told[0]) is None
            assert person.reference == filed[0]
        else:
            person.phone.hang_up()
    city.line.start("notice")
    city.hlr.wait_for(NAME)
    for person, _ in group:
        if not person.reference:
            person.go_on()
        assert person.resident.reports() == [person.reference], "a report was lost or doubled"


def check(city, fake, people):
    rows = city.line.sql("SELECT p.number, count(*) FROM report r JOIN person p ON p.id = r.person_id"
                         " GROUP BY p.number")
    assert dict(rows) == {p.resident.number: 1 for p in people}
    city.line.until(lambda: not city.line.sql("SELECT 1 FROM forward WHERE state != 'done' LIMIT 1"), 60)
    assert len(fake.orders) == len(people), "an order was lost or doubled"
    assert json.loads(city.line.run("check", "--json")).get("findings", []) == []


def test_killed_between_request_and_answer(tmp_path):
    run_kills(tmp_path, 20)


@pytest.mark.soak
def test_killed_a_thousand_times(tmp_path):
    fates = run_kills(tmp_path, 1000)
    assert all(fates.values()), "a moment was never hit"
