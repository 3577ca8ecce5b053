# SPDX-License-Identifier: AGPL-3.0-or-later
"""The line and a contractor that is not ours, in each format and manner: orders, polling, webhooks, tokens."""
import re

import pytest
from fake_contractor import FakeContractor
from gateway import SECRET, Gateway

NUMBER = "0613000000"
TEXT = "MELD AFVAL SPUI 70 container vol"


def file_report(line):
    said = " ".join(line.say(NUMBER, TEXT))
    return re.search(r"\b(\d{3} \d{3} \d)\b", said).group(1).replace(" ", "")


def status_of(line, reference, wanted):
    line.until(lambda: line.show(reference)["status"] == wanted, 15)


def contractor(line, url, *words):
    """A configuration with another contractor than Gateway's own, which polls."""
    own = f"contractor haeghe\n url {url}\n" + "".join(f" {w}\n" for w in words)
    line.config.write_text(line.config.read_text().replace("http\n listen", own + "http\n listen"))
    return line


def test_polling_brings_the_states_to_the_resident(tmp_path):
    with FakeContractor(secret=SECRET) as fake, contractor(
            Gateway(tmp_path), fake.url, "format open311", "poll 1") as line:
        reference = file_report(line)
        order = fake.wait(lambda: fake.order_of(reference))
        status_of(line, reference, "forwarded")
        fake.add_update("u1", order["id"], "ACTION_SCHEDULED",
                        expected_datetime="2027-01-11T12:00:00Z")
        status_of(line, reference, "planned")
        fake.add_update("u2", order["id"], "FIXED", description="geleegd")
        status_of(line, reference, "solved")
        texts = [m["text"] for m in line.messages(NUMBER)]
        assert sum("11 jan" in t for t in texts) == 1
        assert len(fake.orders) == 1
        polls = [r for r in fake.requests if r.path.endswith("servicerequestupdates.json")]
        assert all(r.query["start_date"].endswith("Z") and "end_date" in r.query for r in polls)
        assert len({r.port for r in fake.requests}) < len(fake.requests)  # kept alive


def test_without_the_extension_requests_are_asked_one_by_one(tmp_path):
    with FakeContractor(secret=SECRET) as fake, contractor(
            Gateway(tmp_path), f"{fake.base}/noupdates/requests.json", "format open311",
            "poll 1") as line:
        reference = file_report(line)
        order = fake.wait(lambda: fake.order_of(reference))
        status_of(line, reference, "forwarded")
        fake.states[order["id"]] = {"service_request_id": order["id"], "status": "closed",
                                    "status_notes": "gedaan"}
        status_of(line, reference, "solved")


def test_a_token_becomes_a_number(tmp_path):
    with FakeContractor(secret=SECRET) as fake, contractor(
            Gateway(tmp_path), f"{fake.base}/token/requests.json", "format open311",
            "poll 1") as line:
        reference = file_report(line)
        order = fake.wait(lambda: fake.order_of(reference))
        query = "SELECT contractor_ref FROM report WHERE reference = ?"
        line.until(lambda: line.sql(query, reference)[0][0] == order["id"], 15)
        assert len(fake.orders) == 1


def test_a_webhook_is_signed_and_carries_no_number(tmp_path):
    (tmp_path / "hook").write_text(SECRET + "\n")
    with FakeContractor(secret=SECRET) as fake, contractor(
            Gateway(tmp_path), f"{fake.base}/ok/hook", "format webhook",
            f"callback-secret-file {tmp_path}/hook") as line:
        reference = file_report(line)
        order = fake.wait(lambda: fake.order_of(reference))  # only a good signature makes one
        event = order["event"]
        assert event["type"] == "report.created"
        assert event["data"]["place"].startswith("Spui 70")
        assert event["data"]["category"] == "container-full"
        assert "613000000" not in str(event)
        status_of(line, reference, "forwarded")
        answer = fake.call_back(f"{line.url}/contractors/haeghe/updates", reference=reference,
                                status="solved")
        assert answer == (200, {"ok": True})
        line.say(NUMBER, "2")
        line.say(NUMBER, "het ligt er nog")
        told = fake.wait(lambda: [r for r in fake.requests if b"report.updated" in r.body])
        data = told[0].json()["data"]
        assert data["status"] == "reopened"
        assert data["reference"] == reference
        assert told[0].headers["webhook-id"] != order["event"].get("id")


@pytest.mark.parametrize("mode", ["down", "busy", "page", "close", "redirect", "key", "error"])
def test_a_failure_never_marks_it_forwarded_and_ends_in_one_order(tmp_path, mode):
    with FakeContractor(secret=SECRET) as fake, contractor(
            Gateway(tmp_path), fake.url, "format open311") as line:
        fake.set_mode(mode)
        reference = file_report(line)
        fake.wait(lambda: fake.requests)
        line.until(lambda: line.sql("SELECT 1 FROM forward WHERE tries > 0"))
        assert line.show(reference)["status"] == "received"
        fake.set_mode(None)
        line.advance(120)
        status_of(line, reference, "forwarded")
        keys = {r.headers["idempotency-key"] for r in fake.requests}
        assert len(keys) == 1
        assert len(fake.orders) == 1


def test_a_refused_order_needs_a_person(tmp_path):
    with FakeContractor(secret=SECRET) as fake, contractor(
            Gateway(tmp_path), f"{fake.base}/refuse/requests.json", "format open311") as line:
        reference = file_report(line)
        fake.wait(lambda: fake.requests)
        line.until(lambda: line.health()["alarms"])
        assert "service_code not valid" in line.health()["alarms"][0]["detail"]
        assert line.health()["status"] == "degraded"
        assert line.show(reference)["status"] == "received"
