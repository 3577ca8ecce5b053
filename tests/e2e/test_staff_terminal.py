# SPDX-License-Identifier: AGPL-3.0-or-later
"""A password is typed at a terminal: twice, unseen, and a wrong one changes nothing."""
import os
import pty
import select
import subprocess
import termios
import time

import pytest
import requests
from console import PASSWORD, Clerk
from gateway import BINARY, Gateway


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("line"), register=False) as it:
        yield it


class Terminal:
    """A command on a terminal of its own: what it shows, what is typed."""

    def __init__(self, line, *args):
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen([str(BINARY), *args, "-c", str(line.config)], stdin=theirs, stdout=theirs,
                                        stderr=theirs, start_new_session=True)
        self.theirs, self.shown = theirs, ""

    def until(self, words, timeout=20):
        deadline = time.monotonic() + timeout
        while words not in self.shown:
            left = deadline - time.monotonic()
            assert left > 0, f"not shown: {words!r} but {self.shown!r}"
            if select.select([self.ours], [], [], left)[0]:
                self.shown += os.read(self.ours, 4096).decode()

    def echoes(self):
        return bool(termios.tcgetattr(self.theirs)[3] & termios.ECHO)

    def asked(self, words):
        """It asks, and has switched the echo off: what is typed before that would be thrown away."""
        self.until(words)
        deadline = time.monotonic() + 20
        while self.echoes():
            assert time.monotonic() < deadline, "what is typed is seen"
            select.select([], [], [], 0.005)

    def type(self, text):
        os.write(self.ours, text.encode() + b"\n")

    def end(self):
        """All that was shown, and the status."""
        status = self.process.wait(30)
        while select.select([self.ours], [], [], 0)[0]:
            self.shown += os.read(self.ours, 4096).decode()
        return self.shown, status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)


def test_it_is_asked_for_twice_and_never_shown(line):
    with Terminal(line, "staff", "add", "anna", "--role", "editor") as terminal:
        terminal.asked("password: ")
        terminal.type(PASSWORD)
        terminal.asked("the same again: ")
        terminal.type(PASSWORD)
        shown, status = terminal.end()
        assert status == 0 and "anna: editor" in shown
        assert PASSWORD not in shown
        assert terminal.echoes()  # as it was before
    anna = Clerk.__new__(Clerk)
    anna.line, anna.name, anna.password, anna.session = line, "anna", PASSWORD, requests.Session()
    assert anna.sign_in().url == line.url + "/console/"


@pytest.mark.parametrize("first, second, why", [
    (PASSWORD, PASSWORD + "x", "the two differ: nothing has changed"), ("kort", "kort", ""),
    ("Ab1 " * 100, "Ab1 " * 100, "too long")])
def test_one_that_will_not_do_makes_nobody(line, first, second, why):
    with Terminal(line, "staff", "add", "bert") as terminal:
        terminal.asked("password: ")
        terminal.type(first)
        terminal.asked("the same again: ")
        terminal.type(second)
        shown, status = terminal.end()
        assert status == 1 and why in shown
        assert first not in shown
        assert terminal.echoes()
    assert "bert" not in line.run("staff", "list")
