# SPDX-License-Identifier: AGPL-3.0-or-later
"""Debian's baresip as the phone of a caller: told what to do over its control port, and what it plays is a WAV.

    with Baresip(tmp_path, "+31612345678", codec="GSM") as phone:
        phone.call(port)
        phone.press("1")
        phone.speak(wav)
        phone.hang_up()
"""
import json
import pathlib
import select
import socket
import subprocess
import time
import wave

from gateway import free_port, free_sound_ports

MODULES = next(pathlib.Path("/usr/lib").glob("**/baresip/modules"), None)

QUIET = bytes(2 * 8000 * 600)


def write_wav(path, frames):
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(frames)


class Baresip:
    def __init__(self, directory, number, codec="PCMA", transport="udp", keys="rtpevent"):
        self.directory = pathlib.Path(directory) / "baresip"
        self.directory.mkdir()
        self.transport = transport
        self.log = self.directory / "log"
        self.control, self.got, self.events = None, b"", []
        self.control_port = free_port()
        first, last = free_sound_ports()
        self.silence = self.directory / "silence.wav"
        write_wav(self.silence, QUIET)
        (self.directory / "contacts").write_text("")
        (self.directory / "accounts").write_text(
            f"<sip:{number}@127.0.0.1;transport={transport}>;regint=0;audio_codecs={codec};dtmfmode={keys}\n")
        (self.directory / "config").write_text(f"""
sip_listen 127.0.0.1:{free_port()}
net_interface 127.0.0.1
rtp_ports {first}-{last}
audio_source aufile,{self.silence}
ausrc_srate 8000
auplay_srate 8000
module_path {MODULES}
module g711.so
module gsm.so
module aufile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{self.control_port}
""")

    def __enter__(self):
        self.out = open(self.log, "wb")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "baresip", "-4", "-f", str(self.directory)],
            stdin=subprocess.PIPE, stdout=self.out, stderr=self.out)
        end = time.monotonic() + 20
        while not self.control:
            assert self.process.poll() is None and time.monotonic() < end, self.said()
            try:
                self.control = socket.create_connection(("127.0.0.1", self.control_port), 1)
            except OSError:
                select.select([], [], [], 0.01)
        return self

    def __exit__(self, kind, value, trace):
        self.process.kill()
        self.process.wait(10)
        self.process.stdin.close()
        self.control.close()
        self.out.close()
        if kind:
            print("baresip:", self.said()[-3000:])

    def said(self):
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(l for l in lines if "(bit/s)" not in l)

    # -- its control port: netstrings with JSON

    def read(self, seconds):
        """What it tells within this time: answers and events."""
        if select.select([self.control], [], [], max(0, seconds))[0]:
            more = self.control.recv(65536)
            assert more, "baresip is gone: " + self.said()
            self.got += more
        while b":" in self.got:
            length, rest = self.got.split(b":", 1)
            if len(rest) <= int(length):
                break
            self.events.append(json.loads(rest[:int(length)]))
            self.got = rest[int(length) + 1:]

    def until(self, what, seconds=20):
        """Until it has told something for which what() is true; that, and all before is forgotten."""
        end = time.monotonic() + seconds
        while True:
            for n, event in enumerate(self.events):
                if what(event):
                    del self.events[:n + 1]
                    return event
            assert time.monotonic() < end, f"baresip does not tell it: {self.events} {self.said()[-2000:]}"
            self.read(end - time.monotonic())

    def do(self, command, params=""):
        order = json.dumps({"command": command, "params": params, "token": command}).encode()
        self.control.sendall(b"%d:%s," % (len(order), order))
        answer = self.until(lambda e: e.get("response") and e.get("token") == command)
        assert answer["ok"], answer

    # -- a caller

    def call(self, port):
        self.do("dial", f"sip:14070@127.0.0.1:{port};transport={self.transport}")
        self.until(lambda e: e.get("type") in ("CALL_ESTABLISHED", "CALL_CLOSED"))
        assert "Call established" in self.said(), self.said()

    def listen(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(end - time.monotonic())

    def press(self, keys):
        for key in keys:
            self.do("sndcode", key)
            self.listen(0.1)

    def speak(self, wav):
        """Say a WAV, as long as it is, and then nothing: at the end of a file it would hang up."""
        with wave.open(str(wav)) as sound:
            seconds, frames = sound.getnframes() / sound.getframerate(), sound.readframes(sound.getnframes())
        path = self.directory / "said.wav"
        write_wav(path, frames + QUIET)
        self.do("ausrc", f"aufile,{path}")
        self.listen(seconds + 0.2)

    def hang_up(self):
        self.do("hangup")
