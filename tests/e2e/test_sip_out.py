# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calls that we place and REGISTER, with Debian's sipp as the other side: it checks our digest itself."""
import subprocess

import pytest
import sipp
from gateway import Gateway, free_port

USER, PASSWORD, REALM = "meldlijn", "geheim van de lijn", "stad"
NUMBER = "+31612345678"

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="far side">
"""
CHALLENGE = """<send><![CDATA[
SIP/2.0 {status} Prove it
[last_Via:]
[last_From:]
[last_To:];tag=[pid]first[call_number]
[last_Call-ID:]
[last_CSeq:]
{header}: Digest realm="{realm}", nonce="47ebe028cda119c35d4877b383027d28", algorithm=MD5, qop="auth"
Content-Length: 0

]]></send>
"""
PROOF = """<recv request="{method}"><action>
<verifyauth assign_to="1" username="{user}" password="{password}"/>
</action></recv>
<nop test="1" next="right"/>
<send next="end"><![CDATA[
SIP/2.0 403 Forbidden
[last_Via:]
[last_From:]
[last_To:];tag=[pid]second[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
<label id="right"/>
"""
ANSWER = """<send><![CDATA[
SIP/2.0 {status} Answer
[last_Via:]
[last_From:]
[last_To:];tag=[pid]third[call_number]
[last_Call-ID:]
[last_CSeq:]
{header}Content-Length: 0

]]></send>
"""
ACK = '<recv request="ACK"/>\n'
TAIL = '<label id="end"/>\n</scenario>\n'


def invited(status):
    """Who is called wants a digest, and then answers so."""
    return (HEAD + '<recv request="INVITE"/>\n' +
            CHALLENGE.format(status=401, header="WWW-Authenticate", realm=REALM) + ACK +
            PROOF.format(method="INVITE", user=USER, password=PASSWORD) +
            ANSWER.format(status=status, header="") + ACK + TAIL)


def registrar(password):
    return (HEAD + '<recv request="REGISTER"/>\n' +
            CHALLENGE.format(status=401, header="WWW-Authenticate", realm=REALM) +
            PROOF.format(method="REGISTER", user=USER, password=password) +
            ANSWER.format(status=200, header="[last_Contact:];expires=600\n") + TAIL)


class Sipp:
    """The other side; ended() is its own word on whether all went as it was to."""

    def __init__(self, directory, scenario):
        self.port = free_port()
        path = directory / "scenario.xml"
        path.write_text(scenario)
        self.process = subprocess.Popen(
            sipp.command("-sf", str(path), "-m", "1", "-timeout", "30", "-timeout_error", port=self.port), cwd=directory,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ended(self):
        return self.process.wait(35)


def line_of(directory, far, words=""):
    port = free_port()
    (directory / "password").write_text(PASSWORD + "\n")
    extra = (f"sip trunk1\n listen 127.0.0.1 {port}\n trunk 127.0.0.1\n proxy 127.0.0.1 {far.port} udp\n"
             f" user {USER}\n password-file {directory}/password\n{words} no shutdown\n"
             "calls\n callback hours 00:00-24:00\n callback tries 2\n")
    line = Gateway(directory / "line", languages="nl en", handset=False, register=False, extra=extra)
    line.sip_port = port
    return line


def callout(line):
    return line.sql("SELECT state, cause, tries FROM callout ORDER BY id DESC LIMIT 1")[0]


@pytest.mark.parametrize("status, cause, state", [
    (486, "busy", "waiting"), (480, "no-answer", "waiting"), (404, "no-such-number", "unreached")])
def test_whoever_is_called_asks_for_a_digest_and_cannot_be_reached(tmp_path, status, cause, state):
    far = Sipp(tmp_path, invited(status))
    with line_of(tmp_path, far) as line:
        line.until(lambda: "listening" in line.log.read_text())
        line.run("call", NUMBER, "Morgen is er geen water.")
        line.until(lambda: callout(line)[1] == cause)
        assert callout(line) == (state, cause, 1)
        assert far.ended() == 0
    assert PASSWORD not in line.log.read_text()


def test_it_registers_with_a_digest(tmp_path):
    far = Sipp(tmp_path, registrar(PASSWORD))
    with line_of(tmp_path, far, " register stad.example\n") as line:
        assert far.ended() == 0
        line.until(lambda: "registered" in line.vty("show sip") and
                   "not registered" not in line.vty("show sip"))


def test_a_wrong_password_is_an_alarm_and_not_tried_for_ever(tmp_path):
    far = Sipp(tmp_path, registrar("another"))
    with line_of(tmp_path, far, " register stad.example\n") as line:
        assert far.ended() == 0
        alarm = line.until(lambda: [a for a in line.sql("SELECT what, detail FROM alarm WHERE ended IS NULL")
                                    if "register" in a[0]])
        assert "password" in alarm[0][1]
