# SPDX-License-Identifier: AGPL-3.0-or-later
"""What went over the wire: Debian's dumpcap on the loopback beside a call, read by tshark.

    with Capture(tmp_path, sip_port, (16384, 16400)) as wire:
        ...
    heard = wire.heard()

The caller's RTP port is what the caller offers in its INVITE, as tshark reads it, and all that goes there is what
the caller hears.  A-law and mu-law are from G.711's tables, full rate is decoded by libgsm.
"""
import ctypes
import os
import select
import signal
import subprocess
import time

import numpy
from sip_phone import ALAW

FRAME = 160
PCMU, GSM, PCMA = 0, 3, 8
FIELDS = ("frame.time_epoch", "udp.srcport", "udp.dstport", "tcp.dstport", "sip.Method", "sdp.media.port",
          "rtp.p_type", "rtp.seq", "rtp.timestamp", "rtp.payload")


def _ulaw(octet):
    """G.711 table 2a, as 16 bit."""
    octet = ~octet & 0xff
    value = ((octet & 15) * 2 + 33 << (octet >> 4 & 7) + 2) - 132
    return -value if octet & 0x80 else value


TABLES = {PCMA: numpy.array(ALAW, float), PCMU: numpy.array([_ulaw(o) for o in range(256)], float)}


class FullRate:
    """libgsm, one direction of one call."""

    def __init__(self):
        self.library = ctypes.CDLL("libgsm.so.1")
        self.library.gsm_create.restype = ctypes.c_void_p
        self.state = ctypes.c_void_p(self.library.gsm_create())

    def decode(self, frame):
        assert len(frame) == 33 and frame[0] >> 4 == 0xd, "RFC 3551, 4.5.8"
        out = (ctypes.c_short * FRAME)()
        assert self.library.gsm_decode(self.state, frame, out) == 0
        return numpy.array(out, float)


class Capture:
    """rtp: the first and last port of the line's; others call beside it."""

    def __init__(self, directory, sip_port, rtp):
        self.path, self.sip_port, self.rtp = directory / "wire.pcapng", sip_port, rtp
        self.rows = None

    def __enter__(self):
        root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        self.process = subprocess.Popen(
            [*root, "dumpcap", "-q", "-i", "lo", "-w", str(self.path), "-f",
             f"port {self.sip_port} or udp portrange {self.rtp[0]}-{self.rtp[1]}"],
            stderr=subprocess.PIPE)
        said, end = b"", time.monotonic() + 20
        while b"File:" not in said:  # it says that once it captures
            ready = select.select([self.process.stderr], [], [], max(0, end - time.monotonic()))[0]
            more = os.read(self.process.stderr.fileno(), 4096) if ready else b""
            assert more, f"dumpcap does not begin: {said.decode()}"
            said += more
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=20)
        assert self.process.returncode == 0

    def packets(self):
        """A dict of each packet, by tshark's names; what it does not have is ""."""
        if self.rows is None:
            command = ["tshark", "-r", str(self.path), "-T", "fields", "-E", "separator=/t", "-E", "occurrence=f",
                       "-d", f"udp.port=={self.sip_port},sip", "-d", f"tcp.port=={self.sip_port},sip"]
            for field in FIELDS:
                command += ["-e", field]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr
            self.rows = [dict(zip(FIELDS, row.split("\t"))) for row in done.stdout.split("\n") if row]
        return self.rows

    def offered(self):
        """Where callers want to hear."""
        ports = {p["sdp.media.port"] for p in self.packets() if p["sip.Method"] == "INVITE"
                 and str(self.sip_port) in (p["udp.dstport"], p["tcp.dstport"])} - {""}
        assert ports, "no INVITE was seen"
        return ports

    def sound(self, end):
        """Packets of sound from a caller ("udp.srcport") or to one ("udp.dstport"), in order, each once."""
        ports, found = self.offered(), {}
        for packet in self.packets():
            if packet[end] in ports and packet["rtp.payload"] and int(packet["rtp.p_type"]) in (PCMU, GSM, PCMA):
                found.setdefault(int(packet["rtp.timestamp"]), packet)
        return [found[stamp] for stamp in sorted(found)]

    def heard(self, end="udp.dstport"):
        """Samples; what was not sent is silence."""
        packets, gsm, out = self.sound(end), FullRate(), []
        due = int(packets[0]["rtp.timestamp"])
        for packet in packets:
            kind, octets = int(packet["rtp.p_type"]), bytes.fromhex(packet["rtp.payload"].replace(":", ""))
            samples = gsm.decode(octets) if kind == GSM else TABLES[kind][numpy.frombuffer(octets, numpy.uint8)]
            out.append(numpy.zeros(int(packet["rtp.timestamp"]) - due))
            out.append(samples)
            due = int(packet["rtp.timestamp"]) + len(samples)
        return numpy.concatenate(out)
