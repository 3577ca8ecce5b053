# SPDX-License-Identifier: AGPL-3.0-or-later
"""gammu, which knows nothing of the simulator, takes every profile for a modem.

gammu waits whole seconds of its own at each start, so all profiles are used at once and the
tests look at what came out.
"""
import binascii
import concurrent.futures
import subprocess

import gammu
import pytest

from atsim import PROFILES, AtSim

SENT = "Container vol: Spui 70 [€5 {ok}]"
RECEIVED = "Lantaarn stuk, Grote Marktstraat 43"
WIDE = "Çöp konteyneri dolu, şğı"
LONG = "De lantaarnpaal bij het speelveld knippert al een week. " * 6
MAKER = {"huawei": "Huawei", "sim800": "SIMCOM_Ltd", "ec25": "Quectel", "ublox": "u-blox",
         "zte": "ZTE", "telit": "Telit", "cinterion": "Cinterion"}
MODEL = {"huawei": "E173", "sim800": "SIMCOM_SIM800L", "ec25": "EC25", "ublox": "SARA-R412M-02B",
         "zte": "MF190", "telit": "LE910C1-EU", "cinterion": "EHS6"}
IMEI = "490154203237518"


def run_gammu(config, *args):
    done = subprocess.run(["gammu", "-c", str(config), *args], capture_output=True, timeout=60,
                          stdin=subprocess.DEVNULL,
                          text=True, errors="replace", check=False,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    return done.returncode, done.stdout + done.stderr


def decode(pdu):
    """Number and text by python3-gammu.

    Its text has Length characters, which counts an extension character as two: what it read
    beyond the end begins with a NUL.
    """
    message = gammu.DecodePDU(binascii.unhexlify(pdu), True)
    return message["Number"], message["Text"].split("\0")[0]


def replug(modem):
    """gammu leaves its port exclusive: on a pseudo-terminal nobody but root opens it twice."""
    modem.vanish()
    modem.appear()
    modem.wait("sim_ready", 1)


def use(profile, directory):
    """All that a stranger does with a modem; what each step said."""
    # gammu takes a line that it does not know between two answers for an error of its own.
    with AtSim(directory, profile, imei=IMEI, noise_ms=0) as modem:
        config = directory / "gammurc"
        config.write_text(f"[gammu]\ndevice = {modem.device}\nconnection = at115200\n"
                          f"logfile = {directory}/log\nlogformat = textall\n")
        modem.wait("sim_ready", 1)
        out = {"identify": run_gammu(config, "identify")}
        replug(modem)
        out["send"] = run_gammu(config, "sendsms", "TEXT", "+31612345678", "-text", SENT)
        out["mo"] = modem.mo()
        replug(modem)
        out["ussd"] = run_gammu(config, "getussd", "*100#")
        out["heard"] = modem.ussd_heard()
        replug(modem)
        modem.text("+31655555555", RECEIVED)
        modem.text("+31655555556", WIDE)
        modem.text("+31655555557", LONG)
        out["read"] = run_gammu(config, "getallsms")
        out["storage"] = modem.storage()
        return out


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    with concurrent.futures.ThreadPoolExecutor(len(PROFILES)) as pool:
        jobs = {p: pool.submit(use, p, tmp_path_factory.mktemp(p)) for p in PROFILES}
        return {p: job.result() for p, job in jobs.items()}


@pytest.mark.long
@pytest.mark.parametrize("profile", PROFILES)
def test_gammu_identifies_it(used, profile):
    status, said = used[profile]["identify"]
    assert status == 0, said
    assert MAKER[profile] in said
    assert MODEL[profile] in said
    assert IMEI in said


@pytest.mark.parametrize("profile", PROFILES)
def test_gammu_sends_through_it(used, profile):
    status, said = used[profile]["send"]
    assert status == 0, said
    [message] = used[profile]["mo"]
    assert message["to"] == "+31612345678"
    assert decode(message["pdu"]) == ("+31612345678", SENT)
    assert message["text"] == SENT


@pytest.mark.parametrize("profile", PROFILES)
def test_gammu_dials_a_code_on_it(used, profile):
    status, said = used[profile]["ussd"]
    assert status == 0, said
    assert "Saldo: EUR 5,00\ngeldig tot 31-12" in said
    assert used[profile]["heard"][0] == ("code", "*100#")


@pytest.mark.parametrize("profile", PROFILES)
def test_gammu_reads_what_came_in(used, profile):
    status, said = used[profile]["read"]
    assert status == 0, said
    for text, sender in ((RECEIVED, "+31655555555"), (WIDE, "+31655555556")):
        assert text in said
        assert f'"{sender}"' in said
    # The parts of the long one are joined by gammu, or shown one after the other.
    assert LONG[:100] in said and LONG.strip()[-30:] in said
    assert "5 SMS parts" in said


@pytest.mark.parametrize("profile", PROFILES)
def test_gammu_agrees_with_the_texts_that_were_injected(used, profile):
    memories = used[profile]["storage"]
    rows = [row for name in ("SM", "ME") for row in memories[name]["messages"]]
    texts = [decode(row["pdu"])[1] for row in rows]
    assert texts[:2] == [RECEIVED, WIDE]
    assert "".join(texts[2:]) == LONG
