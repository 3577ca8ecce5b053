# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calls by peers that know nothing of this program: Debian's baresip and sipp file whole reports by keys with a message,
and what they heard is taken from the wire by dumpcap and tshark and compared with what `meldlijn say` gives."""
import pathlib
import re
import subprocess

import numpy
import pytest
import sipp
from baresip import Baresip
from capture import PCMU, TABLES, Capture
from gateway import Gateway, free_port, free_sound_ports
from sip_phone import SipPhone
from test_handset_call import FIRST, day, digits
from voice import ALIKE, RATE, likeness, samples, spoken, turns

ANN = "+31612345678"
KEYS = ["1", "3", "1", "251128", "70#", "1"]  # a lamp is broken; at Spui 70; yes
MESSAGE = "De lantaarn bij de ingang van de winkel is al een week kapot."
PIECE = RATE // 4
LATE_S = 1.0  # a busy machine may be so late to say what is next
# As long as the one that is filed.  What is said of that must not be made by `say` while the line makes it: two
# syntheses differ, so the reference is read once the line has it.
LIKE = {"reference": "1234567", "promise": "2026-12-30T12:00:00Z"}
LAST = "U kunt nu ophangen. Of kies:"


@pytest.fixture
def line(tmp_path):
    port, rtp = free_port(), free_sound_ports()
    with Gateway(tmp_path, languages="nl en", extra=f"sip trunk1\n listen 127.0.0.1 {port}\n trunk 127.0.0.1\n"
                                                    f" rtp-ports {rtp[0]} {rtp[1]}\n rtp-timeout 3\n"
                                                    f" no shutdown\n") as gateway:
        gateway.sip_port, gateway.rtp = port, rtp
        gateway.until(lambda: f"listening at 127.0.0.1 port {port}" in gateway.log.read_text())
        yield gateway


def length(line, sentences):
    return sum(len(samples(spoken(line, s))) for s in sentences) / RATE


class Turn:
    """What is to be heard before keys are pressed, and for how long it is listened to."""

    def __init__(self, line, sentences, keys, pace):
        self.sentences, self.keys = sentences, keys
        whole = length(line, sentences)
        self.cut = None if pace is None or whole < pace + LATE_S else pace
        self.listen_s = (self.cut or whole) + LATE_S


def plan(line, pace):
    """A report of Ann's up to the message.  pace: seconds of a prompt that are heard before the next key is pressed,
    but of the two before the message all is heard; None: all of each."""
    # what is made by two at once may differ: its own first, then those of `say`, which it reads
    line.until(lambda: not re.search(r"made ahead +(\d+) of (?!\1 )", line.vty("show calls")), 60)
    said = turns(*KEYS)
    assert len(said) == len(KEYS) + 1
    said[0].insert(0, FIRST)
    paces = [pace] * (len(KEYS) - 1) + [None, None]
    return [Turn(line, s, k, p) for s, k, p in zip(said, KEYS + [None], paces)]


def thanks(report):
    """What the menus say at the end, of this report."""
    text = turns(*KEYS, "message")[-1][0]
    number = re.search(r"Het nummer is ([\d ,]+)\.", text)[1]
    when = re.search(r"uiterlijk (.*?) klaar", text)[1]
    return [text.replace(number, digits(report["reference"])).replace(when, day(report["promise"])), LAST]


def was_heard(line, heard, sentences, seconds=None):
    """Sentences one behind the other, as far as they are heard in so many seconds; what is left behind them.
    Before the first may lie what the caller said, or did not hear to the end."""
    room, slack = None if seconds is None else int(seconds * RATE), 10 * RATE
    for text in sentences:
        reference = samples(spoken(line, text))[:room]
        alike, at = likeness(heard[:len(reference) + slack], reference)
        assert alike > ALIKE, f"{text!r}, {len(reference) / RATE:.1f} s of it: {alike:.3f}"
        heard, slack = heard[at + len(reference):], RATE // 4
        if room is not None:
            room -= len(reference)
            if room < RATE // 2:
                break
    return heard


def filed(line, wire, turns_, message):
    """The one report with its message, and each prompt in order on the wire."""
    report, = line.reports()
    assert report["category"] == "street-light"
    shown = line.show(report["reference"])
    assert shown["channel"] == "voice"
    heard = wire.heard()
    for turn in turns_:
        heard = was_heard(line, heard, turn.sentences, turn.cut)
    was_heard(line, heard, thanks(report))
    recording, = shown["recordings"]
    wav = line.directory / "kept.wav"
    subprocess.run(["opusdec", "--quiet", "--rate", str(RATE), recording["path"], str(wav)], check=True)
    kept, said = samples(wav.read_bytes()), samples(message)
    parts = [said[at:at + PIECE] for at in range(0, len(said) - PIECE, PIECE)]
    parts = [part for part in parts if numpy.abs(part).mean() > 100]
    alike = [likeness(kept, part)[0] for part in parts]
    # coded for the wire and at 16 kbit/s.  A peer that the machine lets wait sends on as if no time had passed, so what
    # follows is heard so much later: not the whole is compared, and its worst parts may lie where that was.
    assert sorted(alike)[len(alike) // 4] > 0.7, alike
    assert len(kept) > 0.9 * len(said)
    (keys,), = line.sql("SELECT keys FROM call")
    assert keys == len("".join(KEYS))  # what ends the message is not counted
    assert line.sql("SELECT number FROM person") == [(ANN,)]


@pytest.mark.long
@pytest.mark.parametrize("codec, transport, keys, pace", [
    ("GSM", "udp", "rtpevent", 2.0),
    pytest.param("PCMA", "tcp", "rtpevent", None, marks=pytest.mark.soak),
    pytest.param("PCMU", "udp", "info", None, marks=pytest.mark.soak)])
def test_baresip_files_a_report(tmp_path, line, codec, transport, keys, pace):
    message = spoken(line, MESSAGE)
    (tmp_path / "message.wav").write_bytes(message)
    call, rest_s = plan(line, pace), length(line, thanks(LIKE))
    with Capture(tmp_path, line.sip_port, line.rtp) as wire:
        with Baresip(tmp_path, ANN, codec, transport, keys) as phone:
            phone.call(line.sip_port)
            for turn in call:
                phone.listen(turn.listen_s)
                phone.press(turn.keys or "")
            phone.speak(tmp_path / "message.wav")
            phone.press("#")
            line.until(line.reports)
            phone.listen(rest_s + 4 * LATE_S)
            phone.hang_up()
            line.until(lambda: line.sql("SELECT 1 FROM call WHERE ended NOTNULL"))
    kinds = {p["rtp.p_type"] for p in wire.sound("udp.dstport")}
    assert kinds == {{"GSM": "3", "PCMA": "8", "PCMU": "0"}[codec]}
    filed(line, wire, call, message)


def ulaw(wav):
    """The octets nearest to its samples."""
    sound = samples(wav)
    order = numpy.argsort(TABLES[PCMU])
    between = (TABLES[PCMU][order][1:] + TABLES[PCMU][order][:-1]) / 2
    return order[numpy.searchsorted(between, sound)].astype(numpy.uint8).tobytes()


SCENARIO = """<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="a report">
<send retrans="500"><![CDATA[
INVITE sip:14070@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:{number}@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:14070@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:{number}@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="200" rrs="true"/>
<send>{ack}</send>
<nop><action><exec rtp_stream="silence.ulaw,-1,0"/></action></nop>
{steps}
<send retrans="500">{bye}</send>
<recv response="200"/>
</scenario>
"""
WITHIN = """<![CDATA[
{method} sip:14070@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:{number}@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:14070@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: {cseq} {method}
Max-Forwards: 70
{rest}]]>"""


class Scenario:
    """Of sipp: what a caller does, step by step."""

    def __init__(self, number):
        self.number, self.cseq, self.steps = number, 1, []

    def within(self, method, rest="Content-Length: 0\n\n"):
        return WITHIN.format(method=method, number=self.number, cseq=self.cseq, rest=rest)

    def wait(self, seconds):
        self.steps.append(f'<pause milliseconds="{int(seconds * 1000)}"/>')

    def press(self, keys):
        for key in keys:
            self.cseq += 1
            info = self.within("INFO", "Content-Type: application/dtmf-relay\nContent-Length: [len]\n\n"
                                       f"Signal={key}\nDuration=100\n")
            self.steps.append(f'<send retrans="500">{info}</send><recv response="200"/>')
            self.wait(0.1)

    def speak(self, path, times=1):
        self.steps.append(f'<nop><action><exec rtp_stream="{path},{times},0"/></action></nop>')

    def text(self):
        ack = self.within("ACK").replace(f"CSeq: {self.cseq} ", "CSeq: 1 ")
        self.cseq += 1
        return SCENARIO.format(number=self.number, ack=ack, steps="\n".join(self.steps), bye=self.within("BYE"))


def play(line, scenario, *options, **others):
    path = line.directory / "scenario.xml"
    path.write_text(scenario)
    sipp.run(line, "-sf", str(path), *options, **others)


@pytest.mark.long
def test_sipp_files_a_report(tmp_path, line):
    message = spoken(line, MESSAGE)
    (tmp_path / "message.ulaw").write_bytes(ulaw(message))
    (tmp_path / "silence.ulaw").write_bytes(b"\xff" * RATE)
    call, caller = plan(line, 2.0), Scenario(ANN)
    for turn in call:
        caller.wait(turn.listen_s)
        caller.press(turn.keys or "")
    caller.speak("message.ulaw")
    caller.wait(len(samples(message)) / RATE + 0.2)
    caller.press("#")
    caller.speak("silence.ulaw", -1)
    caller.wait(length(line, thanks(LIKE)) + 2 * LATE_S)
    with Capture(tmp_path, line.sip_port, line.rtp) as wire:
        play(line, caller.text(), "-m", "1", timeout=120)
    assert {p["rtp.p_type"] for p in wire.sound("udp.dstport")} == {"0"}
    filed(line, wire, call, message)


@pytest.mark.soak
def test_baresip_holds_and_resumes(tmp_path, line):
    """While it holds, its silence ends nothing; then it is heard, and its keys too."""
    with Capture(tmp_path, line.sip_port, line.rtp) as wire, Baresip(tmp_path, ANN) as phone:
        phone.call(line.sip_port)
        phone.listen(3)
        phone.do("hold")
        phone.until(lambda e: e.get("type") == "CALL_REMOTE_SDP")
        phone.listen(6)  # longer than it may be silent otherwise
        assert "now 1" in line.vty("show sip")
        phone.do("resume")
        phone.until(lambda e: e.get("type") == "CALL_REMOTE_SDP")
        phone.listen(3)
        phone.press("1")
        line.until(lambda: "keys 1" in line.vty("show sip"))
        phone.hang_up()
    times = [float(p["frame.time_epoch"]) for p in wire.sound("udp.srcport")]
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert 5 < max(gaps) < 9, sorted(gaps)[-3:]  # it did hold
    assert len(times) - gaps.index(max(gaps)) > 100


CROWD = 8

REFUSED = """<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="refused">
<send retrans="500"><![CDATA[
INVITE sip:14070@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:+31687654321@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:14070@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:+31687654321@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio 9 RTP/AVP 8
]]></send>
<recv response="100" optional="true"/>
<recv response="{status}">{check}</recv>
<send><![CDATA[
ACK sip:14070@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:+31687654321@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:14070@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
</scenario>
"""
RETRY_AFTER = """<action><ereg regexp="[0-9]+" search_in="hdr" header="Retry-After:" check_it="true" assign_to="1"/>
<log message="come back in [$1]"/></action>"""


def memory_kb(line):
    status = pathlib.Path(f"/proc/{line.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])


def test_sipp_floods_and_is_told_to_come_back(tmp_path):
    """Thousands over the ceiling cost no memory, and the line is for who calls next."""
    port = free_port()
    with Gateway(tmp_path, languages="nl en", extra=f"sip trunk1\n listen 127.0.0.1 {port}\n trunk 127.0.0.1\n"
                                                    f" at-once {CROWD}\n no shutdown\n") as line:
        line.sip_port = port
        line.until(lambda: f"listening at 127.0.0.1 port {port}" in line.log.read_text())
        phones = [SipPhone("127.0.0.1", port) for _ in range(CROWD)]
        for n, phone in enumerate(phones):
            phone.call(f"+3161234{n:04d}")
        scenario = REFUSED.format(status=503, check=RETRY_AFTER)
        play(line, scenario, "-m", "500", "-r", "400")
        before = memory_kb(line)
        play(line, scenario, "-m", "2500", "-r", "400")
        assert memory_kb(line) - before < 1024
        assert "too many 3000" in line.vty("show sip")
        for phone in phones:
            phone.hang_up()
        with SipPhone("127.0.0.1", port) as phone:
            phone.call(ANN)
            phone.hear(0.5)
        for phone in phones:
            phone.__exit__()


def test_sipp_is_a_stranger(line):
    play(line, REFUSED.format(status=403, check=""), "-m", "20", "-r", "100", own="127.0.0.3")
    shown = line.vty("show sip")
    assert "begun 0" in shown
    assert int(re.search(r"strangers (\d+)", shown)[1]) >= 20  # their ACKs too
