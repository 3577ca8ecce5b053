# SPDX-License-Identifier: AGPL-3.0-or-later
"""Encrypted calls through a SIP trunk, of the whole program: sound by SRTP with a phone that has Debian's
libsrtp, SIP by TLS with Python's and openssl's."""
import random
import re
import socket
import subprocess

import pytest
from gateway import Gateway
from secure_phone import SecurePhone, SecureTlsPhone, TlsPhone
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


# -- TLS


def openssl(directory, *args, **options_):
    return subprocess.run(["openssl", *args], cwd=directory, capture_output=True, text=True, timeout=60, **options_)


def made(directory, name, ca=None, days=10):
    """A certificate with its key in one file; of this CA, or one that signs itself."""
    words = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
             "-subj", f"/CN={name}"]
    if ca:
        done = openssl(directory, *words, "-out", f"{name}.csr")
        assert done.returncode == 0, done.stderr
        (directory / "san").write_text("subjectAltName=IP:127.0.0.1\n")
        done = openssl(directory, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key",
                       "-CAcreateserial", "-days", str(days), "-extfile", "san", "-out", f"{name}.crt")
    else:
        done = openssl(directory, *words, "-x509", "-days", str(days), "-out", f"{name}.crt")
    assert done.returncode == 0, done.stderr
    pem = directory / f"{name}.pem"
    pem.write_text((directory / f"{name}.crt").read_text() + (directory / f"{name}.key").read_text())
    return str(pem)


@pytest.fixture
def papers(tmp_path):
    """Certificates: of the line and the trunk by one CA, and of a stranger by another."""
    made(tmp_path, "ca")
    made(tmp_path, "other-ca")
    for name, ca in (("line", "ca"), ("trunk", "ca"), ("stranger", "other-ca")):
        made(tmp_path, name, ca)
    return tmp_path


def tls_gateway(papers, words, certificate="line.pem"):
    port = free_port()
    line = gateway(papers, f" tls listen {port}\n tls certificate {papers}/{certificate}\n{words}")
    line.tls_port = port
    return line


def shakes(line, papers, *words):
    """What s_client says, in full."""
    done = openssl(papers, "s_client", "-connect", f"127.0.0.1:{line.tls_port}", "-CAfile", "ca.crt",
                   "-verify_return_error", *words, stdin=subprocess.DEVNULL)
    return done.returncode == 0 and "Verify return code: 0 (ok)" in done.stdout


def test_a_call_by_tls_with_encrypted_sound(papers):
    with tls_gateway(papers, f" tls ca {papers}/ca.crt\n srtp required\n") as line:
        line.until(lambda: options(line.sip_port) == 200)
        said = samples(Caller(line, BOB).hear()[0])
        with SecureTlsPhone("127.0.0.1", line.tls_port, papers / "ca.crt", papers / "trunk.pem") as phone:
            phone.call(ANN)
            phone.hear(3)
            assert correlation(phone.heard, said) > 0.9
            phone.press("1")
            phone.until(lambda: figure(line, "keys") == 1)
        with SecureTlsPhone("127.0.0.1", line.tls_port, papers / "ca.crt", papers / "trunk.pem") as phone:
            phone.call(ANN)
            assert line.stop() == 0  # its BYE comes on this connection
            phone.until(lambda: phone.over, 5)
        line.start()
        assert "can be read" not in line.log.read_text()


def test_who_shows_no_certificate_of_the_trunk(papers):
    with tls_gateway(papers, f" tls ca {papers}/ca.crt\n") as line:
        line.until(lambda: options(line.sip_port) == 200)
        for certificate in (None, papers / "stranger.pem"):
            with pytest.raises((OSError, AssertionError)):
                phone = TlsPhone("127.0.0.1", line.tls_port, papers / "ca.crt", certificate)
                phone.call(ANN)
        with TlsPhone("127.0.0.1", line.tls_port, papers / "ca.crt", papers / "trunk.pem") as phone:
            phone.call(ANN)
        assert "begun 1, answered 1" in line.vty("show sip")


def test_handshakes(papers):
    with tls_gateway(papers, "") as line:
        line.until(lambda: options(line.sip_port) == 200)
        weak = ("-cipher", "DEFAULT@SECLEVEL=0")
        assert shakes(line, papers, "-tls1_2") and shakes(line, papers, "-tls1_3")
        assert not shakes(line, papers, "-tls1_1", *weak) and not shakes(line, papers, "-tls1", *weak)
        # whatever a caller shows says nothing without a CA; its address does
        assert shakes(line, papers, "-cert", "stranger.crt", "-key", "stranger.key")
        with TlsPhone("127.0.0.1", line.tls_port, papers / "ca.crt") as phone:
            phone.call(ANN)
        stranger = TlsPhone("127.0.0.1", line.tls_port, papers / "ca.crt", own="127.0.0.2")
        assert refused(stranger) == 403
        assert line.process.poll() is None


def test_files_that_do_not_do(papers):
    made(papers, "old", "ca", days=-1)
    (papers / "mixed.pem").write_text((papers / "line.crt").read_text() + (papers / "trunk.key").read_text())
    (papers / "bare.pem").write_text((papers / "line.crt").read_text())
    port, tls_port = free_port(), free_port()
    lines = {"old": "has expired; renew it", "mixed": "no private key that fits", "bare": "no private key that fits",
             "gone": "no certificate can be read (No such file or directory)"}
    extra = "".join(f"sip {name}\n listen 127.0.0.1 {free_port()}\n trunk 127.0.0.1\n tls listen {free_port()}\n"
                    f" tls certificate {papers}/{name}.pem\n no shutdown\n" for name in lines)
    extra += (f"sip noca\n listen 127.0.0.1 {port}\n trunk 127.0.0.1\n tls listen {tls_port}\n"
              f" tls certificate {papers}/line.pem\n tls ca {papers}/gone.crt\n srtp offered\n no shutdown\n")
    with Gateway(papers, languages="nl", extra=extra) as line:
        line.until(lambda: options(port) == 200)  # calls that need no TLS are taken all the same
        log = line.log.read_text()
        for name, words in lines.items():
            assert re.search(rf"alarm on: sip {name} tls: .*{name}.pem: .*.*{re.escape(words)}", log), log
        assert "gone.crt: no certificate can be read (No such file or directory)" in log
        assert log.count("its keys can be read in SIP without TLS") == 1
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", tls_port), 1)
