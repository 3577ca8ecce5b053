# SPDX-License-Identifier: AGPL-3.0-or-later
"""The AT modem simulator (tests/sim) for tests: a modem, its SIM and its network.

    with AtSim(tmp_path, "ec25", baud=115200, net_delay_ms=50) as modem:
        # configure the gateway with `device {modem.device}`
        modem.text("+31612345678", "STATUS")        # a resident texts
        sent = modem.wait_mo(1)                      # the answer reached the network
        assert sent[0]["text"] == "..." and sent[0]["to"] == "+31612345678"

Options are those of `at-sim` with underscores: pin="0000", storage_size=5, number="+31...",
imei=..., state=path, baud=0, net_delay_ms=0, report_ms=200, cnma_ms=2000, retry_ms=200,
noise_ms=3000, seed=1, audio=path of the sound.  tests/sim/main.c documents the commands and the faults.

Nothing here sleeps: every wait is answered by the simulator when it is so, or raises
TimeoutError after `timeout` seconds.
"""
import json
import os
import pathlib
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("AT_SIM", ROOT / "build" / "at-sim"))
PROFILES = ["huawei", "sim800", "ec25", "ublox", "zte", "telit", "cinterion"]
CALL_PROFILES = ["huawei", "sim7600", "ec25"]  # their sound is on a serial port


class AtSimError(Exception):
    """The simulator refused a command."""


class Connection:
    """One connection to the control socket: a line out, a line of JSON in."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(path))
        self.rest = b""

    def send(self, line):
        self.sock.sendall(line.encode() + b"\n")

    def receive(self, timeout):
        """The next line as a dict; TimeoutError when none comes in time."""
        deadline = time.monotonic() + timeout
        while b"\n" not in self.rest:
            self.sock.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                chunk = self.sock.recv(1 << 20)
            except socket.timeout:
                raise TimeoutError("the simulator did not say anything in time") from None
            if not chunk:
                raise AtSimError("the simulator is gone")
            self.rest += chunk
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def close(self):
        self.sock.close()


class Events:
    """What happens from now on: mo, ack, deleted, command, opened, closed, vanished, reset.

    with modem.events() as events:
        ...
        events.next("ack", id=4)
    """

    def __init__(self, path):
        self.connection = Connection(path)
        self.connection.send("subscribe")
        while "ok" not in self.connection.receive(5):
            pass

    def next(self, event=None, timeout=10, **like):
        """The next event of that name whose fields are `like`; others are skipped."""
        deadline = time.monotonic() + timeout
        while True:
            got = self.connection.receive(deadline - time.monotonic())
            if event in (None, got["event"]) and all(got.get(k) == v for k, v in like.items()):
                return got

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class AtSim:
    """One simulated modem in a process of its own."""

    def __init__(self, directory, profile="ec25", name="modem", **options):
        self.profile = profile
        self.device = pathlib.Path(directory) / name
        self.control = pathlib.Path(directory) / f"{name}.control"
        self.options = options
        self.process = None
        self.connection = None

    # -- life

    def start(self):
        if self.process:
            return self
        if not BINARY.exists():
            subprocess.run(["make", "-s", "-C", str(ROOT), "sim"], check=True)
        args = [str(BINARY), "--profile", self.profile, "--link", str(self.device),
                "--control", str(self.control), "--until-eof", "1"]
        for key, value in self.options.items():
            args += ["--" + key.replace("_", "-"), str(value)]
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"ready\n":
            raise AtSimError(f"at-sim did not start: {args}")
        self.connection = Connection(self.control)
        return self

    def stop(self):
        """End it; memories are kept if there is a state file."""
        if self.process:
            self.connection.close()
            self.process.terminate()
            self.process.wait(10)
            self.process.stdout.close()
            self.process.stdin.close()
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def cmd(self, line, timeout=10):
        """Any command of the control socket; its answer as a dict."""
        self.connection.send(line)
        answer = self.connection.receive(timeout)
        if not answer.get("ok") and "error" in answer:
            raise AtSimError(f"{line}: {answer['error']}")
        return answer

    # -- texts to the gateway

    def mt(self, pdu):
        """Inject a DELIVER as it stands, SMSC field first (hex); returns its id."""
        return self.cmd(f"mt {pdu}")["id"]

    def text(self, sender, text, wide=False):
        """Inject a text; long ones in parts. Returns the ids of the parts."""
        return self.cmd(f"mttext{'16' if wide else ''} {sender} {self.escaped(text)}")["ids"]

    @staticmethod
    def escaped(text):
        return text.replace("\\", "\\\\").replace("\n", "\\n")

    def pending(self):
        """What the network still holds: [{"id", "report", "offered"}]."""
        return self.cmd("pending")["messages"]

    # -- texts from the gateway

    def mo(self, after=0):
        """Submits that the network accepted, ids above `after`: id, time, to, mr, pdu, text."""
        return self.cmd(f"mo {after}", 60)["messages"]

    def wait_mo(self, n, timeout=10):
        """Wait until n submits were accepted in all; returns them all."""
        self.wait("mo", n, timeout)
        return self.mo()

    # -- counters and waiting

    def stats(self):
        return self.cmd("stats")

    def wait(self, counter, n, timeout=10):
        """Wait for a counter of stats() to reach n ("pending", "used": to fall to n;
        "sim_ready", 1: the SIM has been read)."""
        answer = self.cmd(f"wait {counter} {n} {int(timeout * 1000)}", timeout + 5)
        if not answer["ok"]:
            raise TimeoutError(f"{counter} is {answer['count']} and not {n} after {timeout} s")
        return answer["count"]

    def storage(self):
        """{"SM": {"size", "messages": [{"index", "stat", "id", "pdu"}]}, "ME": ..., "SR": ...}"""
        return self.cmd("storage")

    def state(self):
        """The modem's settings: cnmi, csms, cmee, cfun, echo, pin, sim_ready, memories."""
        return self.cmd("state")

    def events(self):
        return Events(self.control)

    # -- USSD

    def ussd(self, path, m, text=""):
        """The network's answer to "*101#", or to "*101#>1" in its menus; m -1: none."""
        self.cmd(f"ussd set {path} {m} {self.escaped(text)}".rstrip(" "))

    def ussd_notify(self, text):
        self.cmd(f"ussd notify {self.escaped(text)}")

    def ussd_request(self, text):
        """The network asks by itself; paths of the replies begin with "net"."""
        self.cmd(f"ussd request {self.escaped(text)}")

    def ussd_heard(self):
        """What the network heard: [("code" | "reply" | "cancel", text)]."""
        return [(h["kind"], h["text"]) for h in self.cmd("ussd heard")["heard"]]

    def ussd_manner(self, name):
        """Strings as "text", "packed", "cscs" or "ucs2-out", whatever the profile says."""
        self.cmd(f"ussd manner {name}")

    # -- calls

    def call(self, number="-", heard=None):
        """Somebody calls; what he hears goes into the file `heard` as samples."""
        self.cmd(f"call {number} {heard or ''}".rstrip())

    def press(self, keys, how="urc"):
        """The caller presses keys; the modem tells them ("urc"), or they are in the sound ("tones")."""
        self.cmd(f"call {how} {keys}")

    def play(self, path):
        self.cmd(f"call say {path}")

    def wait_quiet(self, ms=300, timeout=30):
        """Until something was said since the last key, and then nothing for so long."""
        return self.wait("quiet", ms, timeout)

    def pick_up(self, heard=None):
        """Who was dialled answers; what he hears goes into the file `heard` as samples."""
        self.cmd(f"call pickup {heard or ''}".rstrip())

    def not_reached(self, how):
        """Who was dialled does not answer: "busy", "noanswer", "nonumber" or "congestion"."""
        self.cmd(f"call {how}")

    def hang_up(self):
        self.cmd("call hangup")

    # -- what can happen to a modem

    def fault(self, kind, *args):
        """fault("cms", 38, 2), fault("hang"), fault("full", "off"), fault("clear")..."""
        self.cmd(" ".join(["fault", kind, *map(str, args)]))

    def signal(self, n):
        self.cmd(f"signal {n}")

    def creg(self, n):
        self.cmd(f"creg {n}")

    def set(self, name, ms):
        """set("delay" | "cnma" | "retry" | "report", milliseconds)"""
        self.cmd(f"set {name} {ms}")

    def vanish(self, ms=0):
        """Unplug it, for ms milliseconds or until appear()."""
        self.cmd(f"vanish {ms}")

    def appear(self, device=None):
        """Plug it in again, as another device if one is named."""
        if device:
            self.device = pathlib.Path(device)
        self.cmd(f"appear {device or ''}".rstrip())

    def reset(self):
        self.cmd("reset")

    # -- a client for tests without a gateway

    def open(self):
        """The port as a raw client has it; see Port."""
        return Port(self.device)


class Port:
    """A bare client of the modem, to try the simulator itself."""

    def __init__(self, device):
        self.fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.got = b""

    def write(self, data):
        os.write(self.fd, data)

    def until(self, what, timeout=5):
        """All bytes up to and with `what`."""
        import select
        deadline = time.monotonic() + timeout
        while what not in self.got:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise TimeoutError(f"no {what!r} in {self.got!r}")
            self.got += os.read(self.fd, 65536)
        end = self.got.index(what) + len(what)
        out, self.got = self.got[:end], self.got[end:]
        return out

    def command(self, line, timeout=5):
        """Send a line; the answer up to its OK."""
        self.write(line.encode() + b"\r")
        return self.until(b"\r\nOK\r\n", timeout).decode("latin-1")

    def close(self):
        os.close(self.fd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
