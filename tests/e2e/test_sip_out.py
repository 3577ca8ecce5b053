# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calls that we place and REGISTER, with Debian's sipp as the other side: it checks our digest itself."""
import socket
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


RINGS = """<recv request="INVITE"><action>
<ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="2"/>
</action></recv>
""" + ANSWER.format(status=180, header="")
TO_INVITE = """<send{more}><![CDATA[
SIP/2.0 {status} Answer
[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
CSeq: [$2]
Contact: <sip:far@[local_ip]:[local_port]>
{body}
]]></send>
"""
OF_CANCEL = """<recv request="CANCEL"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]third[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
"""
EMPTY = "Content-Length: 0\n"
SDP = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
"""


def rings_on(*then):
    """It rings until we give up, and then it is so."""
    return HEAD + RINGS + OF_CANCEL + "".join(then) + TAIL


def late(status, body):
    return TO_INVITE.format(status=status, body=body, tag=";tag=[pid]third[call_number]", more="")


def registrar(password, *then):
    return (HEAD + '<recv request="REGISTER"/>\n' +
            CHALLENGE.format(status=401, header="WWW-Authenticate", realm=REALM) +
            PROOF.format(method="REGISTER", user=USER, password=password) +
            ANSWER.format(status=200, header="[last_Contact:];expires=600\n") + "".join(then) + TAIL)


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


def line_of(directory, far, words="", calls=""):
    port = free_port()
    (directory / "password").write_text(PASSWORD + "\n")
    extra = (f"sip trunk1\n listen 127.0.0.1 {port}\n trunk 127.0.0.1\n proxy 127.0.0.1 {far.port} udp\n"
             f" user {USER}\n password-file {directory}/password\n{words} no shutdown\n"
             f"calls\n callback hours 00:00-24:00\n callback tries 2\n{calls}")
    line = Gateway(directory / "line", languages="nl en", handset=False, register=False, extra=extra)
    line.sip_port = port
    return line


def callout(line):
    return line.sql("SELECT state, cause, tries FROM callout ORDER BY id DESC LIMIT 1")[0]


@pytest.mark.parametrize("status, cause, state", [
    (486, "busy", "waiting"), (603, "busy", "waiting"), (480, "no-answer", "waiting"), (404, "no-such-number", "unreached")])
def test_whoever_is_called_asks_for_a_digest_and_cannot_be_reached(tmp_path, status, cause, state):
    far = Sipp(tmp_path, invited(status))
    with line_of(tmp_path, far) as line:
        line.until(lambda: "listening" in line.log.read_text())
        line.run("call", NUMBER, "Morgen is er geen water.")
        line.until(lambda: callout(line)[1] == cause)
        assert callout(line) == (state, cause, 1)
        assert far.ended() == 0
    assert PASSWORD not in line.log.read_text()


@pytest.mark.parametrize("then", [
    (late(487, EMPTY), ACK),
    (late(200, SDP), ACK, '<recv request="BYE"/>\n', ANSWER.format(status=200, header="")),  # they picked up meanwhile
], ids=["487", "late-200"])
def test_nobody_answers_and_it_is_taken_back(tmp_path, then):
    far = Sipp(tmp_path, rings_on(*then))
    with line_of(tmp_path, far, calls=" callback ring 5\n") as line:
        line.until(lambda: "listening" in line.log.read_text())
        line.run("call", NUMBER, "Morgen is er geen water.")
        line.until(lambda: callout(line)[1] == "no-answer", 20)
        assert callout(line) == ("waiting", "no-answer", 1)
        assert far.ended() == 0
        assert "now 0" in line.vty("show sip")


def test_a_redirection_is_not_followed(tmp_path):
    """Where a call may go is for the trunk to say, and not for who is called."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.1", 0))
        elsewhere.setblocking(False)
        contact = f"Contact: <sip:+31900123456@127.0.0.1:{elsewhere.getsockname()[1]}>\n"
        far = Sipp(tmp_path, HEAD + '<recv request="INVITE"/>\n' + ANSWER.format(status=302, header=contact) + ACK + TAIL)
        with line_of(tmp_path, far) as line:
            line.until(lambda: "listening" in line.log.read_text())
            line.run("call", NUMBER, "Morgen is er geen water.")
            line.until(lambda: callout(line)[1] == "not-dialled")
            assert far.ended() == 0
            with pytest.raises(BlockingIOError):
                elsewhere.recv(2048)


def is_registered(line):
    return "registered   at stad.example" in line.vty("show sip")


UNREGISTERS = """<recv request="REGISTER"><action>
<ereg regexp="^ *0 *$" search_in="hdr" header="Expires:" check_it="true" assign_to="2"/>
<log message="[$2]"/>
<verifyauth assign_to="1" username="{user}" password="{password}"/>
</action></recv>
<nop test="1" next="gone"/>
<nop><action><exec int_cmd="stop_now"/></action></nop>
<label id="gone"/>
""".format(user=USER, password=PASSWORD)


def test_a_line_that_stops_gives_its_registration_back(tmp_path):
    far = Sipp(tmp_path, registrar(PASSWORD, UNREGISTERS, ANSWER.format(status=200, header="")))
    with line_of(tmp_path, far, " register stad.example\n") as line:
        line.until(lambda: is_registered(line))
        assert far.process.poll() is None
        assert line.stop() == 0
        assert far.ended() == 0


def test_it_registers_with_a_digest(tmp_path):
    far = Sipp(tmp_path, registrar(PASSWORD))
    with line_of(tmp_path, far, " register stad.example\n") as line:
        assert far.ended() == 0
        line.until(lambda: is_registered(line))


def test_a_wrong_password_is_an_alarm_and_not_tried_for_ever(tmp_path):
    far = Sipp(tmp_path, registrar("another"))
    with line_of(tmp_path, far, " register stad.example\n") as line:
        assert far.ended() == 0
        alarm = line.until(lambda: [a for a in line.sql("SELECT what, detail FROM alarm WHERE ended IS NULL")
                                    if "register" in a[0]])
        assert "password" in alarm[0][1]
