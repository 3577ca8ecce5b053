# SPDX-License-Identifier: AGPL-3.0-or-later
"""Debian's osmo-hlr in a process of its own, with a database of its own.

Its ports are fixed (GSUP 4222, VTY 4258, CTRL 4259), so each gets a loopback address of its own and many can
run beside each other.

    with Hlr(tmp_path, {"901700000000001": "31650000001"}) as hlr:
        ...
        hlr.kill(); hlr.start()
"""
import pathlib
import random
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import time

PROGRAM = shutil.which("osmo-hlr")
GSUP, VTY, CTRL = 4222, 4258, 4259


def free_address():
    """A loopback address on which nobody has our three ports."""
    while True:
        address = "127.{}.{}.{}".format(*(random.randrange(lo, 255) for lo in (64, 1, 1)))
        try:
            for port in (GSUP, VTY, CTRL):
                with socket.socket() as s:
                    s.bind((address, port))
            return address
        except OSError:
            continue


class Hlr:
    """subscribers: IMSI to MSISDN, or to None where the network knows no number."""

    def __init__(self, directory, subscribers=(), euse="meldlijn", prefix="*140", words="", log="info"):
        self.directory = pathlib.Path(directory) / "hlr"
        self.directory.mkdir(parents=True, exist_ok=True)
        self.address, self.port = free_address(), GSUP
        self.database, self.log = self.directory / "hlr.db", self.directory / "hlr.log"
        self.config = self.directory / "hlr.cfg"
        self.process = None
        self.config.write_text(f"""log stderr
 logging filter all 1
 logging color 0
 logging print category 1
 logging level main notice
 logging level ss {log}
line vty
 bind {self.address}
ctrl
 bind {self.address}
hlr
 gsup
  bind ip {self.address}
 euse {euse}
 ussd route prefix {prefix} external {euse}
{words}
""")
        subprocess.run([PROGRAM, "-c", self.config, "-l", self.database, "--db-check"], check=True,
                       capture_output=True, timeout=20)
        self.subscribe(dict(subscribers))

    def subscribe(self, subscribers):
        """Straight into the database: the VTY takes one at a time."""
        with sqlite3.connect(self.database, timeout=10) as db:
            db.executemany("INSERT INTO subscriber (imsi, msisdn) VALUES (?, ?)", subscribers.items())

    def start(self):
        self.out = open(self.log, "ab")
        # setpriv: one that a failed test leaves running ends with the tests
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", PROGRAM, "-c", self.config, "-l", self.database],
            stdout=self.out, stderr=self.out)
        deadline = time.monotonic() + 20
        while True:
            if self.process.poll() is not None:
                raise AssertionError("osmo-hlr stopped: " + self.said()[-2000:])
            try:
                with socket.create_connection((self.address, CTRL), 1):  # it opens this last
                    return self
            except OSError:
                if time.monotonic() > deadline:
                    raise
                select.select([], [], [], 0.005)

    def stop(self):
        self.end(signal.SIGTERM)

    def kill(self):
        self.end(signal.SIGKILL)

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait(10)
        self.process = None
        self.out.close()

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, kind, value, trace):
        if self.process:
            self.kill()
        if kind:
            print("osmo-hlr:", self.said()[-3000:])

    def said(self):
        return self.log.read_text(errors="replace")

    def connections(self):
        """Names of the GSUP peers that have told who they are, as its VTY shows them."""
        with socket.create_connection((self.address, VTY), 5) as s:
            answer(s)
            s.sendall(b"enable\r\n")
            answer(s)
            s.sendall(b"show gsup-connections\r\n")
            return answer(s)

    def wait_for(self, name, timeout=20, there=True):
        """Until a peer whose name begins so is connected, or is not any more."""
        deadline = time.monotonic() + timeout
        while (f"'{name}" in self.connections()) != there:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name}: not in {timeout} s; {self.connections()} {self.said()[-2000:]}")
            select.select([], [], [], 0.01)


def answer(s):
    said = b""
    while not said.endswith((b"> ", b"# ")):
        chunk = s.recv(65536)
        if not chunk:
            break
        said += chunk
    return said.decode(errors="replace")
