# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 at random moments while texts flow in and out: the modem counts what reached the network, the contractor counts its
orders, and the database must agree with both."""
import collections
import json
import os
import random
import threading

import pytest
from atsim import AtSim, Connection
from fake_contractor import FakeContractor
from gateway import SECRET, Gateway




class Residents(threading.Thread):
    """Each texts a report, answers the question that comes back, and keeps what they texted."""

    def __init__(self, modem):
        super().__init__(daemon=True)
        self.modem = AtSim(modem.control.parent, modem.profile)  # the same one, over a connection of its own
        self.modem.connection = Connection(modem.control)
        self.events = modem.events()
        self.texted = collections.Counter()
        self.lock = threading.Lock()
        self.ended = threading.Event()

    def text(self, number, text):
        with self.lock:
            self.texted[number] += 1
            self.modem.text(number, text)

    def sent(self, mo_id):
        with self.lock:
            return self.modem.mo(mo_id - 1)[0]

    def run(self):
        while not self.ended.is_set():
            try:
                sent = self.sent(self.events.next("mo", timeout=0.5)["id"])
            except TimeoutError:
                continue
            if "\n2 " in sent["text"] and self.texted[sent["to"]] == 1:
                self.text(sent["to"], "2")

    def stop(self):
        self.ended.set()
        self.join()
        self.events.close()
        self.modem.connection.close()


def run_kills(tmp_path, profile, kills, per_kill, seed):
    rng = random.Random(seed)
    with FakeContractor(secret=SECRET) as fake, \
            AtSim(tmp_path, profile, number="+31612340001", report_ms=50, cnma_ms=1500,
                  retry_ms=50, noise_ms=0) as modem:
        line = Gateway(tmp_path, [modem.device], fake.url, handset=False,
                       sms=" in-doubt fail after 3")
        residents = Residents(modem)
        residents.start()
        number = 0
        for _ in range(kills):
            with modem.events() as events:
                line.start("notice")
                for _ in range(per_kill):
                    number += 1
                    residents.text(f"+3162{number:07d}", f"MELD container vol spui 70 nummer {number}")
                for _ in range(rng.randrange(1, 120)):
                    try:
                        events.next(timeout=1.5)
                    except TimeoutError:
                        break
                line.kill()
        line.start("notice")
        try:
            settle(line, modem, fake, residents, number)
            check(line, modem, fake, residents, number)
        finally:
            residents.stop()
        assert line.stop() == 0


def quiet(line, modem):
    """Nothing is under way any more."""
    return modem.stats()["pending"] == 0 and not line.sql(
        "SELECT 1 FROM outbox_part WHERE state IN ('queued', 'sending', 'behind') "
        "OR (state = 'doubt' AND settle IS NOT NULL) LIMIT 1")


def settle(line, modem, fake, residents, people):
    line.until(lambda: quiet(line, modem), 60)
    # A question that was in doubt and never reached its resident: the dialogue waits for them.
    for n in range(1, people + 1):
        who = f"+3162{n:07d}"
        if residents.texted[who] == 1 and not line.sql(
                "SELECT 1 FROM report r JOIN person p ON p.id = r.person_id WHERE p.number = ?", who):
            residents.text(who, "2")
    line.until(lambda: line.sql("SELECT count(*) FROM report") == [(people,)], 60)
    line.until(lambda: quiet(line, modem), 60)
    line.until(lambda: not line.sql("SELECT 1 FROM forward WHERE state != 'done' LIMIT 1"), 30)


def check(line, modem, fake, residents, people):
    heard = dict(line.sql("SELECT number, count(*) FROM inbox GROUP BY number"))
    assert heard == dict(residents.texted), "a text was lost or taken twice"
    reports = line.sql("SELECT p.number, count(*) FROM report r JOIN person p ON p.id = r.person_id "
                       "GROUP BY p.number")
    assert len(reports) == people and all(n == 1 for _, n in reports), "a report was lost or doubled"
    assert len(fake.orders) == people, "an order was lost or doubled"
    sent = collections.Counter((m["to"], m["text"]) for m in modem.mo())
    rows = line.sql("SELECT o.number, o.text, p.state, p.total FROM outbox_part p "
                    "JOIN outbox o ON o.id = p.outbox_id WHERE p.part = 1")
    wanted = collections.Counter()
    for to, text, state, total in rows:
        assert state in ("sent", "delivered", "doubt", "failed"), state
        if total == 1 and state in ("sent", "delivered"):
            wanted[(to, text)] += 1
            assert sent[(to, text)] >= 1, f"said to be {state}, never sent: {text!r}"
    doubled = {k: n for k, n in sent.items() if n > 1 and n > sum(
        1 for to, text, _, _ in rows if (to, text) == k)}
    assert doubled == {}, "a text was sent twice"
    assert json_ok(line.run("check", "--json"))


def json_ok(text):
    return json.loads(text).get("findings", []) == []


@pytest.mark.long
@pytest.mark.parametrize("profile", ["ec25", pytest.param("sim800", marks=pytest.mark.soak)])
def test_killed_at_random_moments(tmp_path, profile):
    run_kills(tmp_path, profile, 25, 3, seed=int.from_bytes(os.urandom(4), "big"))


@pytest.mark.soak
@pytest.mark.parametrize("profile", ["ec25", "huawei", "telit", "zte"])
def test_killed_a_thousand_times(tmp_path, profile):
    run_kills(tmp_path, profile, 250, 3, seed=int.from_bytes(os.urandom(4), "big"))
