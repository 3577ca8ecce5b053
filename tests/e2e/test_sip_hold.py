# SPDX-License-Identifier: AGPL-3.0-or-later
"""A caller who holds the call, in each way that phones do it (RFC 3264 8.4, and RFC 2543 before it): nothing is sent, the
silence ends nothing, and then it goes on where it was."""
import array
import time

import numpy
import pytest
from sip_phone import ALAW
from test_call import ANN
from test_handset_call import FIRST
from test_sip import line, phone_of  # noqa: F401, a fixture
from voice import ALIKE, likeness, samples, spoken

HELD_S = 3  # longer than this line lets a caller be silent


def stay(phone, seconds):
    end = time.monotonic() + seconds
    phone.until(lambda: time.monotonic() > end)


@pytest.mark.parametrize("how, answer", [
    ({"direction": "sendonly"}, "a=recvonly"),
    pytest.param({"direction": "inactive"}, "a=inactive", marks=pytest.mark.soak),
    ({"address": "0.0.0.0"}, ""),
], ids=["sendonly", "inactive", "no-address"])
def test_nothing_is_said_to_who_holds_and_nothing_is_missed(line, how, answer):  # noqa: F811
    said = samples(spoken(line, FIRST))
    with phone_of(line, ANN) as phone:
        phone.hear(1)
        assert answer in phone.offer(**how)
        phone.due = None  # it sends nothing either
        stay(phone, 0.2)  # what was on its way
        before, clock = len(phone.packets), max(phone.packets)
        stay(phone, HELD_S)
        assert len(phone.packets) == before
        assert "now 1" in line.vty("show sip")
        phone.offer()
        phone.due = time.monotonic()
        phone.hear(len(said) / 8000 + 1)
        assert min(stamp for stamp in phone.packets if stamp > clock) - clock > HELD_S * 8000  # its clock went on
        heard = array.array("h", [ALAW[o] for stamp in sorted(phone.packets) for o in phone.packets[stamp]])
        assert likeness(numpy.array(heard, float), said)[0] > ALIKE  # in one piece
        phone.press("1")
        phone.until(lambda: "keys 1" in line.vty("show sip"))
        assert "now 1" in line.vty("show sip") and not phone.over
        stay(phone, 0.5)


def test_who_goes_on_and_then_is_silent_is_gone(line):  # noqa: F811
    """Holding it once does not excuse it later."""
    with phone_of(line, ANN) as phone:
        phone.hear(0.5)
        phone.offer(direction="inactive")
        phone.offer()
        phone.hear(0.5)
        phone.due = None
        phone.until(lambda: phone.over)
    line.until(lambda: "silent 1" in line.vty("show sip"))
