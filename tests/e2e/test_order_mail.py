# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders by mail, for who has no system: what stands in them, by what way they go, and what a server that refuses them
brings about."""
import email
import email.policy
import re
import ssl

import pytest
import requests
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from fake_mail import FakeMail
from gateway import Gateway, free_port
from test_contractor import NUMBER, file_report, status_of
from test_order_link import page, say
from test_tls import certificate

TO = "planning@bedrijf.example"
CLEAR = ("starttls if-offered",)


def mail_line(tmp_path, server, *words, contractor=()):
    line = Gateway(tmp_path)
    own = "".join(f" {w}\n" for w in contractor)
    mail = "".join(f" {w}\n" for w in words)
    line.config.write_text(line.config.read_text().replace(
        f"http\n listen 127.0.0.1 {line.port}",
        f"contractor jan\n format link\n mail-to {TO}\n{own}"
        f"mail\n server {server.url}\n from meldlijn@denhaag.example\n{mail}"
        f"http\n listen 127.0.0.1 {line.port}\n public-url {line.url}/"))
    return line


def a_mail(line, server, n=1):
    return line.until(lambda: server.mails[n - 1:], 20)[0]


def link_in(line, mail):
    return re.search(rf"^{line.url}/order/\S+$", mail.text, re.M).group(0)


def tried(line, n=1):
    line.until(lambda: line.sql("SELECT sum(tries) FROM forward")[0][0] == n, 20)


def test_an_order_a_note_and_the_page(tmp_path):
    with FakeMail() as server, mail_line(tmp_path, server, *CLEAR) as line:
        reference = file_report(line)
        mail = a_mail(line, server)
        status_of(line, reference, "forwarded")
        message = mail.message
        assert (mail.sender, mail.to, mail.name) == ("meldlijn@denhaag.example", [TO], "denhaag.example")
        assert message["From"].addresses[0].addr_spec == "meldlijn@denhaag.example"
        assert message["From"].addresses[0].display_name == "Den Haag"
        assert message["To"].addresses[0].addr_spec == TO
        assert "Spui 70" in message["Subject"] and "Container is vol" in mail.text
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Date"].datetime.tzinfo is not None and message["Message-ID"].endswith("@denhaag.example>")
        assert "Spui 70" in mail.text and NUMBER[1:] not in mail.raw.decode()
        assert (line.database.with_name(line.database.name + ".key").stat().st_mode & 0o777) == 0o600
        assert line.sql("SELECT * FROM remembered WHERE owner = 'order link'") == []
        assert say(link_in(line, mail), do="start").status_code == 200
        status_of(line, reference, "in_progress")
        line.say(NUMBER, f"{reference} caf\u00e9\u2028\u00e9\u00e9n\r\nBcc: all@bedrijf.example")
        note = a_mail(line, server, 2)
        assert note.message["Message-ID"] != message["Message-ID"] and note.to == [TO]
        assert note.message["References"] == note.message["In-Reply-To"] == message["Message-ID"]
        assert message["References"] is None and message["In-Reply-To"] is None
        assert "Bcc: all@bedrijf.example" in note.text and note.message["Bcc"] is None
        assert "caf\u00e9" in note.text
        assert page(link_in(line, note)).status_code == 200


class Taken(Message):
    """What Debian's aiosmtpd hands on: it reads SMTP strictly, and knows nothing of us."""

    def __init__(self):
        super().__init__()
        self.mails = []

    def prepare_message(self, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
        assert not message.defects
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, session.ssl is not None, message))
        return message

    def handle_message(self, message):
        pass


def test_a_server_of_somebody_else_takes_it(tmp_path):
    made = certificate(tmp_path, "mail")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*made)
    handler = Taken()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True)
    controller.start()
    try:
        controller.url = f"smtp://127.0.0.1:{controller.port}"
        with mail_line(tmp_path / "line", controller, f"ca-file {made[0]}") as line:
            reference = file_report(line)
            status_of(line, reference, "forwarded")
            line.say(NUMBER, f"{reference} " + "caf\u00e9 \U0001f5d1 " * 90)
            line.until(lambda: handler.mails[1:], 20)
    finally:
        controller.stop()
    for sender, to, by_tls, message in handler.mails:
        assert (sender, to, by_tls) == ("meldlijn@denhaag.example", [TO], True)
        assert "Spui 70" in message.get_content()
    assert "caf\u00e9 \U0001f5d1" in handler.mails[1][3].get_content()


@pytest.mark.parametrize("implicit", [False, True])
def test_by_tls_with_a_password(tmp_path, implicit):
    made = certificate(tmp_path, "mail")
    (tmp_path / "password").write_text("geheim\n")
    with FakeMail(made, implicit, {"meldlijn": "geheim"}) as server, mail_line(
            tmp_path / "line", server, "user meldlijn", f"password-file {tmp_path}/password",
            f"ca-file {made[0]}") as line:
        status_of(line, file_report(line), "forwarded")
        assert server.mails[0].tls and server.mails[0].user == "meldlijn"


def test_nothing_goes_in_the_clear_nor_to_a_stranger(tmp_path):
    with FakeMail() as server, mail_line(tmp_path / "clear", server) as line:  # offers no STARTTLS
        reference = file_report(line)
        tried(line)
        assert line.show(reference)["status"] == "received" and not server.mails
    with FakeMail(certificate(tmp_path, "mail")) as server, mail_line(tmp_path / "who", server) as line:
        reference = file_report(line)
        tried(line)
        assert line.show(reference)["status"] == "received" and not server.mails


def test_what_is_put_off_goes_again_as_the_same_message(tmp_path):
    with FakeMail() as server, mail_line(tmp_path, server, *CLEAR) as line:
        server.next = ["450 4.2.0 later", "data 451 later", "lose"]
        reference = file_report(line)
        for n in (1, 2, 3):
            tried(line, n)
            assert line.show(reference)["status"] == "received"
            line.advance(3600)
        status_of(line, reference, "forwarded")
        assert len({m.message["Message-ID"] for m in server.mails}) == 1 and len(server.mails) == 2  # one was lost
        assert line.health()["status"] == "ok"


@pytest.mark.parametrize("fault", ["550 5.1.1 no such user", "data 554 not wanted"])
def test_a_refusal_waits_for_a_person_with_words(tmp_path, fault):
    with FakeMail() as server, mail_line(tmp_path, server, *CLEAR) as line:
        server.next = [fault]
        reference = file_report(line)
        alarm = line.until(lambda: line.health()["alarms"])[0]
        assert fault.removeprefix("data ") in alarm["detail"] and "mail-to" in alarm["detail"]
        assert "forward again jan" in alarm["detail"]
        line.advance(86400)
        assert line.show(reference)["status"] == "received" and server.sessions == 1
        line.vty("forward again jan")
        status_of(line, reference, "forwarded")
        line.until(lambda: not line.health()["alarms"])


def test_a_wrong_password_is_tried_again_and_told(tmp_path):
    made = certificate(tmp_path, "mail")
    (tmp_path / "password").write_text("anders\n")
    with FakeMail(made, users={"meldlijn": "geheim"}) as server, mail_line(
            tmp_path / "line", server, "user meldlijn", f"password-file {tmp_path}/password",
            f"ca-file {made[0]}") as line:
        reference = file_report(line)
        tried(line)
        assert "password-file" in line.vty("show contractors")
        server.users["meldlijn"] = "anders"
        line.advance(60)
        status_of(line, reference, "forwarded")


def test_a_server_that_thinks_holds_up_nobody(tmp_path):
    with FakeMail() as server, mail_line(tmp_path, server, *CLEAR) as line:
        server.next = ["think"]
        reference = file_report(line)
        assert server.thinking.wait(10)  # it has the message and says nothing
        assert line.say("0613000009", "STATUS")
        assert line.show(reference)["status"] == "received"
        server.go.set()
        status_of(line, reference, "forwarded")
        assert len(server.mails) == 1


def test_the_last_rung_is_a_text(tmp_path):
    with FakeMail() as server, mail_line(tmp_path, server, *CLEAR,
                                         contractor=("sms-number +31611111111", "rung-after 60")) as line:
        server.next = ["450 later"] * 3
        reference = file_report(line)
        tried(line)
        line.advance(120)
        tried(line, 2)
        line.advance(120)
        assert "/order/" in line.until(lambda: line.messages("0611111111"))[0]["text"]
        status_of(line, reference, "forwarded")
        assert not server.mails


def test_stopping_does_not_wait_for_a_slow_server(tmp_path):
    with FakeMail() as server, mail_line(tmp_path, server, *CLEAR) as line:
        server.next = ["slow"]
        reference = file_report(line)
        line.until(lambda: server.sessions)
        assert line.stop() == 0
        server.go.set()
        line.start()
        status_of(line, reference, "forwarded")
        assert requests.get(link_in(line, a_mail(line, server)), timeout=10).status_code == 200
