# SPDX-License-Identifier: AGPL-3.0-or-later
"""Debian's sipp, on ports that no test beside this one has: without a word it takes 6000 and 8888 and those after them,
which another test may just have been given."""
import subprocess

from gateway import free_port, free_sound_ports


def command(*options, own="127.0.0.1", port=None):
    sound, control = free_sound_ports()
    return ["sipp", *options, "-i", own, "-mi", own, "-p", str(port or free_port()), "-mp", str(sound), "-cp", str(control),
            "-nostdin"]


def run(line, *options, own="127.0.0.1", timeout=60):
    """To its end: it calls the line, and all goes as its scenario says."""
    done = subprocess.run(command(f"127.0.0.1:{line.sip_port}", *options, "-timeout", str(timeout), "-timeout_error", own=own),
                          cwd=line.directory, capture_output=True, text=True, timeout=timeout + 20)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
