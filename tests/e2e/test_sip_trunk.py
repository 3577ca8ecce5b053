# SPDX-License-Identifier: AGPL-3.0-or-later
"""The line registers and calls through a trunk whose far side makes digests, TLS and encryption by Python and libsrtp."""
import numpy
import pytest
from gateway import Gateway, free_port
from sip_trunk import Trunk
from test_sip_secure import made
from voice import ALIKE, likeness, samples, spoken

NUMBER, PASSWORD = "+31612345678", "geheim van de lijn"
NOTICE = "Morgen is er geen water in het Spui."


def gateway(directory, trunk, way, words=""):
    (directory / "password").write_text(PASSWORD + "\n")
    port = free_port()
    extra = (f"sip trunk1\n listen 127.0.0.1 {port}\n trunk 127.0.0.1\n proxy 127.0.0.1 {trunk.port} {way}\n"
             f" user meldlijn\n password-file {directory}/password\n register stad.example\n{words} no shutdown\n"
             "calls\n callback hours 00:00-24:00\n")
    return Gateway(directory / "line", languages="nl", handset=False, register=False, extra=extra)


def registered(line, trunk):
    trunk.until(lambda: "registered at stad.example" in line.log.read_text())


def hears(line, trunk):
    """The notice, as the line says it."""
    reference = samples(spoken(line, NOTICE))
    line.run("call", NUMBER, NOTICE)
    trunk.until(lambda: len(trunk.heard) > len(reference) + 8 * 8000, 60)
    alike, _ = likeness(numpy.array(trunk.heard, dtype=float), reference)
    assert alike > ALIKE


def hangs_up(line, trunk):
    line.stop()
    trunk.until(lambda: trunk.over)


@pytest.mark.parametrize("challenges, chosen", [
    (["SHA-256", "MD5"], "SHA-256"), (["SHA-1024", "MD5"], "MD5"), (["MD5", "SHA-256"], "MD5")])
def test_each_request_is_proved(tmp_path, challenges, chosen):
    with Trunk(password=PASSWORD, challenges=challenges) as trunk, gateway(tmp_path, trunk, "udp") as line:
        registered(line, trunk)
        line.run("call", NUMBER, NOTICE)
        trunk.until(lambda: trunk.packets)
        hangs_up(line, trunk)
        assert {(m, a) for m, a, _ in trunk.proofs} >= {("REGISTER", chosen), ("INVITE", chosen), ("BYE", chosen)}
        assert all(proved for _, _, proved in trunk.proofs)
        assert PASSWORD not in line.log.read_text()


def test_a_digest_that_nobody_can_is_said_to_the_provider(tmp_path):
    with Trunk(password=PASSWORD, challenges=["SHA-1024"]) as trunk, gateway(tmp_path, trunk, "udp") as line:
        trunk.until(lambda: "ask the provider for one of these" in line.log.read_text())
        line.run("call", NUMBER, NOTICE)
        trunk.until(lambda: line.log.read_text().count("ask the provider for one of these") >= 3)
        line.until(lambda: line.sql("SELECT cause FROM callout") == [("not-dialled",)])


def test_a_call_by_tls_with_encrypted_sound(tmp_path):
    made(tmp_path, "ca")
    made(tmp_path, "trunk", "ca")
    words = f" tls ca {tmp_path}/ca.crt\n srtp required\n"
    with Trunk(password=PASSWORD, challenges=["SHA-256"], certificate=tmp_path / "trunk.pem", encrypts=True) as trunk, \
            gateway(tmp_path, trunk, "tls", words) as line:
        registered(line, trunk)
        hears(line, trunk)
        invite = next(r for r in trunk.requests if r.startswith("INVITE "))
        assert " RTP/SAVP " in invite and ";branch" in invite and "Via: SIP/2.0/TLS " in invite
        trunk.press(1)
        trunk.until(lambda: "keys 1" in line.vty("show sip"))
        hangs_up(line, trunk)
        assert all(proved for _, _, proved in trunk.proofs)
        assert "inline:" not in line.log.read_text()


def test_a_trunk_of_another_ca_gets_nothing(tmp_path):
    made(tmp_path, "ca")
    made(tmp_path, "other-ca")
    made(tmp_path, "trunk", "other-ca")
    with Trunk(password=PASSWORD, certificate=tmp_path / "trunk.pem") as trunk, \
            gateway(tmp_path, trunk, "tls", f" tls ca {tmp_path}/ca.crt\n") as line:
        with pytest.raises(OSError):
            trunk.until(lambda: trunk.requests)
        line.until(lambda: "alarm on: sip trunk1 register" in line.log.read_text())
        assert not trunk.requests
