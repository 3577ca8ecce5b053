# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the tests of the modem line share: the real binary on a simulated modem, its figures, and PDUs made by hand."""
import atexit
import datetime
import re
import resource

import requests
from atsim import AtSim
from gateway import Gateway

# Waits of the line that a test need not sit out.
QUICK = "".join(f"timer modem X{n} {s}\n" for n, s in
                ((1, 1), (2, 1), (5, 1), (8, 2), (9, 1), (10, 1), (11, 1), (12, 1), (14, 2)))
OURS = "+31612340001"


def gateway(path, modems, **options):
    options.setdefault("handset", True)  # its clock can be set ahead
    options["extra"] = options.get("extra", "") + QUICK
    line = Gateway(path, [m.device for m in modems], register=False, languages="nl en tr", **options)
    atexit.register(end, line)
    return line


def end(line):
    """A test that failed between start and kill leaves no process behind."""
    if line.process:
        line.kill()


def sim(path, profile="ec25", **options):
    options.setdefault("number", OURS)
    options.setdefault("noise_ms", 0)
    options.setdefault("report_ms", 20)
    return AtSim(path, profile, **options)


class Numbers:
    """A new resident with every call, so that no test sees another's."""

    def __init__(self):
        self.n = 0

    def __call__(self):
        self.n += 1
        return f"+316500{self.n:05d}"


new_number = Numbers()


def answer_to(modem, line, text="STATUS", number=None, timeout=10):
    """A resident texts; the submits of the answer."""
    number = number or new_number()
    before = count = modem.stats()["mo"]
    modem.text(number, text)
    while True:
        count = max(count + 1, modem.wait("mo", count + 1, timeout))
        sent = [m for m in modem.mo(before) if m["to"] == number]
        if sent:
            return sent



def parts(line, number):
    return line.sql("SELECT p.state, p.cause, p.tries, p.mr, p.id FROM outbox_part p JOIN outbox o "
                    "ON o.id = p.outbox_id WHERE o.number = ? ORDER BY p.id", number)


def states(line, number):
    return [p[0] for p in parts(line, number)]


def heard(line, number):
    return [t for t, in line.sql("SELECT text FROM inbox WHERE number = ? AND verdict NOT IN "
                                 "('part', 'dropped') ORDER BY id", number)]


def alarms(line):
    return {a["what"]: a["detail"] for a in line.health()["alarms"]}


def modem_state(line, n=1):
    return next(l["state"] for l in line.health()["lines"] if l["name"] == f"modem {n}")


def metric(line, name, n=1):
    page = requests.get(line.url + "/metrics", timeout=5).text
    return int(re.search(rf'^meldlijn_{name}{{line="modem {n}"}} (-?\d+)$', page, re.M).group(1))


def swapped(digits):
    digits += "F" * (len(digits) % 2)
    return "".join(digits[i + 1] + digits[i] for i in range(0, len(digits), 2))


def address(number):
    return f"{len(number) - 1:02X}91{swapped(number[1:])}"


def stamp(at=None):
    at = at or datetime.datetime.now(datetime.timezone.utc)
    return swapped(at.strftime("%y%m%d%H%M%S")) + "00"


def packed(septets, fill=0):
    bits = 0
    for i, septet in enumerate(septets):
        bits |= septet << (fill + 7 * i)
    return bits.to_bytes((fill + 7 * len(septets) + 7) // 8, "little")


def deliver(number, septets=None, octets=None, udh=b"", dcs=0, pid=0, at=None):
    """A DELIVER by the words of TS 23.040, 9.2.2.1: hex with its SMSC field."""
    header = bytes([len(udh)]) + udh if udh else b""
    if septets is not None:
        fill = -len(header) * 8 % 7
        data = header + packed(septets, fill)
        length = (len(header) * 8 + fill) // 7 + len(septets)
    else:
        data = header + octets
        length = len(data)
    return (f"07911326040000F0{0x44 if udh else 0x04:02X}{address(number)}{pid:02X}{dcs:02X}"
            f"{stamp(at)}{length:02X}{data.hex().upper()}")


def concat(ref, total, number, wide=False):
    if wide:
        return bytes([8, 4, ref >> 8, ref & 255, total, number])
    return bytes([0, 3, ref, total, number])


def report(number, mr, status, submitted=None):
    """A STATUS-REPORT, 9.2.2.3."""
    return (f"07911326040000F006{mr:02X}{address(number)}{stamp(submitted)}{stamp()}{status:02X}")


def ascii_part(number, text, *concat_args, **options):
    return deliver(number, list(text.encode()), udh=concat(*concat_args), **options)


def unwritable(line, on):
    """No file of the line may grow: every write to its database fails."""
    resource.prlimit(line.process.pid, resource.RLIMIT_FSIZE,
                     (1 if on else resource.RLIM_INFINITY, resource.RLIM_INFINITY))
