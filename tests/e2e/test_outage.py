# SPDX-License-Identifier: AGPL-3.0-or-later
"""The contractor is down for a week (a virtual clock): every report arrives once, in order, and staff saw the alarm."""
from fake_contractor import FakeContractor
from gateway import SECRET, Gateway

WEEK_S = 7 * 86400


def orders(fake):
    return [r.form["attribute[reference]"] for r in fake.requests
            if r.method == "POST" and r.path.endswith("/requests.json") and r.mode == "ok"]


def test_a_week_of_no_answer(tmp_path):
    with FakeContractor(secret=SECRET) as fake, Gateway(tmp_path, contractor=fake.url) as line:
        fake.set_mode("down")
        references = []
        for hour in range(0, WEEK_S // 3600, 12):
            number = f"+316310{hour:05d}"
            line.text(number, f"MELD lantaarn kapot weimarstraat {40 + hour % 3}")
            line.until(lambda: line.messages(number), 5)
            if "\n2 " in line.messages(number)[-1]["text"]:
                line.say(number, "2")
            if not line.sql("SELECT 1 FROM report r JOIN person p ON p.id=r.person_id WHERE p.number=?", number):
                line.say(number, "1")
            tries = len(fake.requests)
            line.advance(12 * 3600)
            fake.wait(lambda: len(fake.requests) > tries, 10)
        references = [r for (r,) in line.sql("SELECT reference FROM report ORDER BY id")]
        assert len(references) >= 10
        assert {s for (s,) in line.sql("SELECT state FROM report")} == {"received"}
        assert any(a["what"] == "contractor haeghe" for a in line.health()["alarms"])
        assert "contractor haeghe" in line.vty("show alarm")

        fake.set_mode(None)
        line.advance(8 * 3600)
        fake.wait(lambda: len(orders(fake)) >= len(references), 20)
        assert orders(fake) == references
        assert len(fake.orders) == len(references)
        line.until(lambda: not any(a["what"] == "contractor haeghe" for a in line.health()["alarms"]))
        line.until(lambda: line.sql("SELECT DISTINCT state FROM report") == [("forwarded",)])


def test_the_last_rung_is_a_text(tmp_path):
    with FakeContractor(secret=SECRET) as fake, \
            Gateway(tmp_path, contractor=fake.url,
                    contractor_words=" sms-number +31655550000\n rung-after 3600") as line:
        fake.set_mode("down")
        line.say("+31640000001", "MELD container vol spui 70")
        fake.wait(lambda: fake.requests, 10)
        for _ in range(12):
            line.advance(1800)
            if line.messages("+31655550000"):
                break
            line.until(lambda: True)
        order = line.until(lambda: line.messages("+31655550000"), 10)[0]["text"]
        assert "Spui 70" in order and "40000001" not in order
        assert line.reports()[0]["status"] == "forwarded"


def test_an_order_that_is_wrong_to_them_waits_for_a_person(tmp_path):
    with FakeContractor(secret=SECRET) as fake, Gateway(tmp_path, contractor=fake.url) as line:
        fake.set_mode("refuse")
        line.say("+31640000002", "MELD container vol spui 70")
        line.until(lambda: line.health()["alarms"])
        fake.set_mode(None)
        line.say("+31640000003", "MELD lantaarn kapot weimarstraat 40")
        assert "orders are tried now" in line.vty("forward again haeghe")
        line.until(lambda: len(fake.orders) >= 1)
        line.until(lambda: not line.health()["alarms"], 10)


def test_one_contractor_failing_holds_up_no_other(tmp_path):
    with FakeContractor(secret=SECRET) as bad, FakeContractor(secret=SECRET) as good, \
            Gateway(tmp_path, contractor=bad.url, contractor_words=" category waste",
                    extra=f"contractor lights\n url {good.url}\n format open311\n poll 0\n") as line:
        bad.set_mode("down")
        line.say("+31640000004", "MELD container vol spui 70")
        line.text("+31640000005", "MELD lantaarn kapot weimarstraat 40")
        line.until(lambda: line.messages("+31640000005"))
        if not line.sql("SELECT 1 FROM report WHERE contractor = 'lights'"):
            line.say("+31640000005", "1")
        good.wait(lambda: good.orders)
        states = dict(line.sql("SELECT contractor, state FROM report"))
        line.until(lambda: dict(line.sql("SELECT contractor, state FROM report"))["lights"] == "forwarded")
        assert states["haeghe"] == "received"
