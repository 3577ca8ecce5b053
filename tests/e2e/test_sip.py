# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calls through a SIP trunk, of the whole program: what is heard, a report by keys with a message, peers that are none,
packets that are none, a flood; sipp beside a phone of our own."""
import math
import os
import pathlib
import random
import socket
import struct

import numpy
import pytest
import requests
import sipp
import voice
from gateway import Gateway, free_port
from sip_phone import Refused, SipPhone, together, tones
from test_call import ANN, BOB, UP_TO_MESSAGE, Caller

AT_ONCE = 8


@pytest.fixture
def line(tmp_path):
    port = free_port()
    with Gateway(tmp_path, languages="nl en",
                 extra=f"sip trunk1\n listen 127.0.0.1 {port}\n trunk 127.0.0.1\n at-once {AT_ONCE}\n"
                       f" rtp-timeout 2\n no shutdown\n") as gateway:
        gateway.sip_port = port
        gateway.until(lambda: options(port) == 200)
        yield gateway


def options(port, own="127.0.0.1"):
    """The status that OPTIONS gets; None if nobody answers."""
    with SipPhone("127.0.0.1", port, own) as phone:
        phone.number = ANN
        phone.request("OPTIONS")
        try:
            return int(phone._final(1).split()[1])
        except (AssertionError, OSError):
            return None


def phone_of(line, number, **options_):
    phone = SipPhone("127.0.0.1", line.sip_port)
    phone.call(number, **options_)
    return phone


def correlation(heard, said):
    """The best of a second of speech, where it begins give or take 10 ms."""
    def start(samples):
        return next(i for i, s in enumerate(samples) if abs(s) > 300)

    part = said[start(said):][:8000]
    best, around = 0, start(heard)
    for at in range(max(0, around - 80), around + 80):
        other = heard[at:at + len(part)]
        norm = math.sqrt(sum(a * a for a in part) * sum(b * b for b in other))
        best = max(best, sum(a * b for a, b in zip(part, other)) / norm)
    return best


def samples(frames):
    return [int.from_bytes(frames[i:i + 2], "little", signed=True) for i in range(0, len(frames), 2)]


def test_what_is_heard_is_what_is_said(line):
    said = samples(Caller(line, BOB).hear()[0])
    with phone_of(line, ANN) as phone:
        phone.hear(4)
        assert correlation(phone.heard, said) > 0.9
        # one packet each 20 ms, in order and without a gap
        stamps = sorted(phone.packets)
        assert all(b - a == 160 for a, b in zip(stamps, stamps[1:]))
        gaps = sorted(b - a for a, b in zip(phone.arrivals, phone.arrivals[1:]))
        assert 0.015 < gaps[len(gaps) // 2] < 0.025
    assert "begun 1, answered 1" in line.vty("show sip")


@pytest.mark.parametrize("number, headers, known", [
    ("0612345678", f"P-Asserted-Identity: <sip:{ANN}@trunk>\r\n", [(ANN,)]),
    ("anonymous", "Privacy: id\r\n", []),
], ids=["number", "withheld"])
def test_report_is_filed_by_keys_with_a_message(line, number, headers, known):
    with phone_of(line, number, headers=headers) as phone:
        phone.hear(4)
        speech = [phone.packets[stamp] for stamp in sorted(phone.packets)]
        phone.press(UP_TO_MESSAGE)
        records = lambda: list((pathlib.Path(line.directory) / "recordings").glob("*"))
        phone.until(lambda: line.sql("SELECT 1 FROM call WHERE keys = ?", len(UP_TO_MESSAGE)) or records(), 30)
        phone.until(records, 30)
        phone.hush()  # the recording begins after what is said
        phone.speak(speech)
        phone.press("#")
        phone.until(lambda: line.sql("SELECT 1 FROM report"))
        report, = line.reports()
        assert report["category"] == "street-light"
        shown = line.show(report["reference"])
        assert shown["channel"] == "voice"
        recording, = shown["recordings"]
        assert recording["seconds"] > 1
        assert pathlib.Path(recording["path"]).read_bytes()[:4] == b"OggS"
    assert line.sql("SELECT number FROM person") == known


def test_keys_are_heard_as_tones_where_nothing_else_was_agreed(line):
    with phone_of(line, ANN, events=False) as phone:
        phone.hear(1)
        phone.speak(tones("11"))
        phone.hear(1)
        phone.speak(tones("#*0"))
        phone.until(lambda: "keys 5" in line.vty("show sip"))
        phone.hear(1)
        assert "keys 5" in line.vty("show sip")  # and none twice


def test_a_trunk_on_this_machine_needs_no_more_words(tmp_path):
    port = free_port()
    with Gateway(tmp_path, contractor="http://127.0.0.1:1/x", register=False,
                 extra=f"sip office\n listen 127.0.0.1 {port}\n no shutdown\n") as line:
        line.until(lambda: options(port) == 200)


def test_a_key_told_twice_is_one(line):
    with phone_of(line, ANN, events=False) as phone:
        phone.hear(1)
        for key in "13":
            phone.speak(tones(key))
            phone.request("INFO", "Content-Type: application/dtmf-relay\r\n", f"Signal={key}\r\nDuration=100\r\n")
            assert phone._final().startswith("SIP/2.0 200")
        phone.until(lambda: "keys 2" in line.vty("show sip"))
        phone.hear(1)
        assert "keys 2" in line.vty("show sip")


def test_strangers_are_refused(line):
    assert options(line.sip_port, own="127.0.0.2") == 403
    with SipPhone("127.0.0.1", line.sip_port, "127.0.0.2") as phone, pytest.raises(Refused) as refused:
        phone.call(ANN)
    assert refused.value.status == 403
    assert "begun 0" in line.vty("show sip")


def test_malformed_packets_do_no_harm(line):
    shuffle = random.Random(4)
    good = (b"INVITE sip:14070@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\n"
            b"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"
            b"Content-Type: application/sdp\r\nContent-Length: 99\r\n\r\nv=0\r\nm=audio 1 RTP/AVP 8\r\n")
    with phone_of(line, ANN) as phone:
        for _ in range(2000):
            bad = bytearray(good)
            for _ in range(shuffle.randrange(1, 12)):
                bad[shuffle.randrange(len(bad))] = shuffle.randrange(256)
            bad = bad[:shuffle.randrange(1, len(bad) + 1)]
            phone.sip.sendto(bad, phone.far)
            phone.rtp.sendto(bytes([0x80 | shuffle.randrange(64)]) + bad[:80], phone.far_rtp)
        phone.hear(1)
        assert not phone.over
    assert line.process.poll() is None
    line.until(lambda: options(line.sip_port) == 200)


def test_flood_is_told_to_come_back(line):
    phones = [SipPhone("127.0.0.1", line.sip_port) for _ in range(AT_ONCE)]
    try:
        for i, phone in enumerate(phones):
            phone.call(f"+3161234{i:04d}")
        for _ in range(100):
            with SipPhone("127.0.0.1", line.sip_port) as more, pytest.raises(Refused) as refused:
                more.call(BOB)
            assert refused.value.status == 503
            assert "Retry-After: " in refused.value.message
        phones[0].hang_up()
        with phone_of(line, BOB):
            pass
    finally:
        for phone in phones:
            phone.sip.close()
            phone.rtp.close()
    line.until(lambda: "now 0" in line.vty("show sip"))  # they fell silent


def test_sipp_calls(line):
    sipp.run(line, "-sn", "uac", "-m", "10", "-r", "5", "-d", "500")
    assert "begun 10, answered 10" in line.vty("show sip")
    page = requests.get(line.url + "/metrics", timeout=5).text
    assert 'meldlijn_sip_answered_total{line="sip trunk1"} 10\n' in page
    assert 'meldlijn_sip_up{line="sip trunk1"} 1\n' in page


def test_a_line_that_stops_hangs_up(line):
    with phone_of(line, ANN) as phone:
        phone.hear(1)
        assert line.stop() == 0
        phone.until(lambda: phone.over, 5)
    line.start()


def test_sound_from_elsewhere_is_not_heard(line):
    """Neither as keys nor as the caller's address."""
    with phone_of(line, ANN, events=False) as phone, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.2", 0))
        phone.hear(1)
        for n, packet in enumerate(tones("123")):
            other.sendto(struct.pack(">BBHII", 0x80, 8, n, n * 160, 0xbad) + packet, phone.far_rtp)
            phone.hear(0.02)
        phone.hear(0.5)
        shown = line.vty("show sip")
        assert "keys 0" in shown and "from elsewhere 30" in shown
        other.setblocking(False)
        with pytest.raises(BlockingIOError):
            other.recv(2048)
        phone.speak(tones("1"))
        phone.until(lambda: "keys 1" in line.vty("show sip"))


def test_a_key_told_in_three_ways_is_one(line):
    with phone_of(line, ANN) as phone:
        phone.hear(1)
        for key in "13":
            phone.press(key)
            phone.request("INFO", "Content-Type: application/dtmf-relay\r\n", f"Signal={key}\r\nDuration=100\r\n")
            phone.speak(tones(key))
            phone.hear(0.5)
        phone.until(lambda: "keys 2" in line.vty("show sip"))
        phone.hear(1)
        assert "keys 2" in line.vty("show sip")


def test_kill_while_filing_goes_on_by_text_and_leaves_no_orphan(line):
    """One who speaks, one who is asked where, and one who has pressed nothing yet."""
    speaks, asked, idle = phones = [SipPhone("127.0.0.1", line.sip_port) for _ in range(3)]
    numbers = [ANN, BOB, "+31611112222"]
    folder = pathlib.Path(line.directory) / "recordings"
    for phone, number in zip(phones, numbers):
        phone.call(number)
    together(phones, lambda: len(speaks.packets) > 100)
    speech = [speaks.packets[stamp] for stamp in sorted(speaks.packets)]
    speaks.press(UP_TO_MESSAGE)
    asked.press("13")
    together(phones, lambda: list(folder.glob("*")))
    speaks.to_say.extend(speech)
    together(phones, lambda: not speaks.to_say)
    assert line.sql("SELECT node, ended FROM call WHERE number = ?", BOB) == [("report.where", None)]
    line.kill()
    (folder / "999.opus").write_bytes(b"of no row")
    line.start()
    for number, words in ((ANN, "lantaarn"), (BOB, "waar")):
        text, = line.messages(number, wait=15)
        assert words in text["text"].lower()
    assert line.messages(numbers[2]) == []
    assert line.sql("SELECT cause, count(*) FROM call GROUP BY cause") == [("lost", 3)]
    assert line.sql("SELECT count(*) FROM recording WHERE done = 0") == [(0,)]
    rows = {pathlib.Path(path).name for path, in line.sql("SELECT path FROM recording")}
    assert {file.name for file in folder.glob("*")} == rows
    assert line.reports() == []
    for phone in phones:
        phone.sip.close()
        phone.rtp.close()
    line.say(BOB, "Spui 70")
    line.say(BOB, "1")
    assert len(line.until(line.reports)) == 1


def test_a_full_disk_is_told_and_the_report_kept(tmp_path):
    """The recordings lie on a disk of two pages, of which one is taken; only the line sees it mounted."""
    port, folder = free_port(), tmp_path / "recordings"
    folder.mkdir()
    disk = (f'mount -t tmpfs -o size=8k none "{folder}" && head -c 4096 /dev/zero >"{folder}/taken" && exec "$@"')
    with Gateway(tmp_path, languages="nl en", wrap=("unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c", disk, "sh"),
                 extra=f"sip trunk1\n listen 127.0.0.1 {port}\n trunk 127.0.0.1\n no shutdown\n") as line:
        line.sip_port = port
        line.until(lambda: options(port) == 200)
        seen = pathlib.Path(f"/proc/{line.process.pid}/root{folder}")
        with phone_of(line, ANN) as phone:
            phone.hear(3)
            speech = [phone.packets[stamp] for stamp in sorted(phone.packets)]
            phone.press(UP_TO_MESSAGE)
            phone.until(lambda: list(seen.glob("*.opus")), 30)
            phone.to_say.extend(speech * 10)
            phone.until(lambda: line.sql("SELECT 1 FROM report"), 40)
            phone.to_say.clear()
            said = voice.samples(voice.spoken(line, "Niet alles is opgenomen. Wat er is, blijft bewaard."))
            alike = 0
            for _ in range(20):  # seconds: its words were never made before
                phone.hear(1)
                alike, _ = voice.likeness(numpy.array(phone.heard, float), said)
                if alike > 0.9:
                    break
            assert alike > 0.9
        report, = line.reports()
        recording, = line.show(report["reference"])["recordings"]
        name = pathlib.Path(recording["path"]).name
        assert 0 < recording["seconds"] < 30 and (seen / name).read_bytes()[:4] == b"OggS"
