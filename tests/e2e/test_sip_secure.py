# SPDX-License-Identifier: AGPL-3.0-or-later
"""Encrypted calls through a SIP trunk, of the whole program: sound by SRTP with a phone that has Debian's libsrtp."""
import random
import re

import pytest
from gateway import Gateway
from secure_phone import SecurePhone
from sip_phone import Refused, SipPhone
from test_call import ANN, BOB, Caller
from test_sip import correlation, free_port, options, samples


def gateway(directory, words):
    port = free_port()
    line = Gateway(directory, languages="nl en",
                   extra=f"sip trunk1\n listen 127.0.0.1 {port}\n trunk 127.0.0.1\n rtp-timeout 5\n{words} no shutdown\n")
    line.sip_port = port
    return line


@pytest.fixture(params=["offered", "required"])
def line(tmp_path, request):
    with gateway(tmp_path, f" srtp {request.param}\n") as started:
        started.mode = request.param
        started.until(lambda: options(started.sip_port) == 200)
        yield started


def figure(line, words):
    return int(re.search(rf"{words} (\d+)", line.vty("show sip"))[1])


def secure(line, number=ANN, **options_):
    phone = SecurePhone("127.0.0.1", line.sip_port, **options_)
    phone.call(number)
    return phone


def refused(phone):
    with phone, pytest.raises(Refused) as refusal:
        phone.call(ANN)
    return refusal.value.status


def test_what_libsrtp_decrypts_is_what_is_said(line):
    said = samples(Caller(line, BOB).hear()[0])
    with secure(line) as phone:
        phone.hear(3)
        assert correlation(phone.heard, said) > 0.9
        stamps = sorted(phone.packets)
        assert all(b - a == 160 for a, b in zip(stamps, stamps[1:]))
        phone.press("1")
        phone.until(lambda: figure(line, "keys") == 1)
        assert figure(line, "forged") == figure(line, "replayed") == 0
    assert phone.kept.hex() not in (log := line.log.read_text())
    assert "inline:" not in log


def test_packets_that_are_forged_or_come_again_are_dropped(line):
    with secure(line) as phone:
        phone.hear(0.5)
        phone.press("1")
        phone.until(lambda: figure(line, "keys") == 1)
        shuffle = random.Random(3)
        for packet in phone.sent[-20:]:
            bad = bytearray(packet)
            bad[shuffle.randrange(len(bad))] ^= 1 << shuffle.randrange(8)
            phone.rtp.sendto(packet, phone.far_rtp)
            phone.rtp.sendto(bad, phone.far_rtp)
        plain = SipPhone._sealed(phone, b"\x80\xe0\x12\x34" + bytes(8) + b"\x02\x8a\x03\x20")
        phone.rtp.sendto(plain, phone.far_rtp)  # a key in the clear
        phone.until(lambda: figure(line, "replayed") == 20)
        # a flipped version is no RTP at all
        phone.until(lambda: figure(line, "forged") + figure(line, "malformed") == 21)
        phone.press("1")
        phone.until(lambda: figure(line, "keys") == 2)


def test_another_suite_and_the_wrap_of_the_counter(line):
    with SecurePhone("127.0.0.1", line.sip_port, suites=["AES_CM_128_HMAC_SHA1_32"]) as phone:
        phone.seq = 0xffd0
        phone.call(ANN)
        phone.hear(2)
        assert phone.seq > 0x10010
        phone.press("1")
        phone.until(lambda: figure(line, "keys") == 1)
        assert figure(line, "forged") == 0


def test_another_key_in_a_call(line):
    with secure(line) as phone:
        phone.hear(0.5)
        ours = phone.kept
        phone.new_keys(["AES_CM_128_HMAC_SHA1_80"])
        ip, port = phone.rtp.getsockname()
        phone.request("INVITE", "Content-Type: application/sdp\r\n",
                      f"v=0\r\no=- 1 2 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n"
                      f"m=audio {port} RTP/SAVP 8 96\r\n{phone.attributes}"
                      "a=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-15\r\n")
        answer = phone._final()
        assert answer.startswith("SIP/2.0 200")
        phone.request("ACK")
        phone._agreed(answer)
        assert phone.kept == ours
        phone.press("1")
        phone.until(lambda: figure(line, "keys") == 1)
        phone.hear(0.5)
        # and not on in the clear
        phone.request("INVITE", "Content-Type: application/sdp\r\n",
                      f"v=0\r\no=- 1 3 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n")
        assert phone._final().startswith("SIP/2.0 488")
        phone.request("ACK")


def test_who_cannot_encrypt(line):
    phone = SipPhone("127.0.0.1", line.sip_port)
    if line.mode == "required":
        assert refused(phone) == 488
        return
    with phone:
        phone.call(ANN)
        phone.hear(0.5)


def test_keys_that_are_none(line):
    for attributes in ("", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:short\r\n",
                       "a=crypto:1 F8_128_HMAC_SHA1_80 inline:" + 40 * "A" + "\r\n"):
        phone = SecurePhone("127.0.0.1", line.sip_port)
        phone.attributes = attributes
        assert refused(phone) == 488


def test_off_refuses_what_must_be_encrypted(tmp_path):
    with gateway(tmp_path, "") as line:
        line.until(lambda: options(line.sip_port) == 200)
        assert refused(SecurePhone("127.0.0.1", line.sip_port)) == 488
        with SipPhone("127.0.0.1", line.sip_port) as phone:
            phone.call(ANN)
            phone.hear(0.5)
