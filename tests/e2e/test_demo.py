# SPDX-License-Identifier: AGPL-3.0-or-later
"""`meldlijn demo`: what it says on the terminal works as said, the clerk of its console first of all."""
import os
import re
import select
import subprocess
import time

import pytest
import requests
from console import Clerk, form
from gateway import BINARY, ROOT, Gateway, free_port

CHOSEN = "zelf een lang wachtwoord gekozen"


class Demo:
    """The command as somebody types it; said: what is read on the terminal."""

    text, messages, say = Gateway.text, Gateway.messages, Gateway.say

    def __init__(self, folder):
        self.folder, self.config = folder, folder / "demo.cfg"

    def __enter__(self):
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", str(BINARY), "demo", "--port", str(port), "--vty-port", str(free_port()),
             "--folder", str(self.folder)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.said, deadline = "", time.monotonic() + 60
        while not re.search(r"The console:.*\n\n", self.said, re.S):
            assert select.select([self.process.stdout], [], [], deadline - time.monotonic())[0], self.said
            more = os.read(self.process.stdout.fileno(), 4096)
            assert more, self.said
            self.said += more.decode()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(60) == 0
        self.process.stdout.close()

    def clerk(self, password):
        """Who is said to work at the console, with this password; and what the console answers."""
        address, name = re.search(r"The console:  (http\S+)   name (\w+), ", self.said).groups()
        assert address == self.url + "/console/"
        clerk = Clerk.__new__(Clerk)
        clerk.__dict__.update(line=self, name=name, password=password, session=requests.Session())
        return clerk, clerk.sign_in()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


def said_password(demo):
    return re.search(r", password (\S+)\n", demo.said)[1]


def works_in_the_street(demo):
    """The caretaker's phone does what is said of it; works and events are of today."""
    number = re.search(r"A caretaker's phone:  \S+/phone\?phone=(\d+)\n", demo.said)[1]
    assert f'href="/phone?phone={number}"' in requests.get(demo.url, timeout=10).text
    code = requests.get(re.search(r"The code .*:  (http\S+)\n", demo.said)[1], timeout=10).text
    assert re.fullmatch(r"\d{6}\n", code)
    reference = re.search(r"Melding (\d{3} \d{3} \d):", demo.say("0612345678", "MELD AFVAL SPUI 70 container vol")[0])[1]
    assert "Uw code van deze dienst?" in demo.say(number, re.search(r"^  (BIJ .*?)  ", demo.said, re.M)[1])[0]
    near = demo.say(number, code)[0]
    assert re.search(r"^Werk/dicht: Riool vernieuwd, Spui 66-70: tot .* 16:00, Van Dijk Infra$", near, re.M)
    assert re.search(r"^Lichtjestocht, bij het water: .* 18:30 tot 21:00$", near, re.M)
    assert f"{reference.replace(' ', '')} Container is vol, Spui 70: vandaag, haeghe" in near
    assert "Straatfeest" not in near  # that is in more than seven days
    assert f"{reference}: klaar, dank" in demo.say(number, f"{reference} KLAAR")[0]


def test_the_clerk_of_the_demo_signs_in_as_said(folder):
    with Demo(folder) as demo:
        password = said_password(demo)
        clerk, today = demo.clerk(password)
        assert today.status_code == 200 and "<h1" in today.text and "Vandaag" in today.text
        assert clerk.get("/console/staff").status_code == 200  # all of it can be seen
        assert demo.clerk(password[:-1])[1].status_code == 401
        assert (folder / "demo.password").stat().st_mode & 0o077 == 0
        phones = re.search(r"Phones in the browser:  (\S+)", demo.said)[1]
        assert requests.get(phones, timeout=10).status_code == 200
        assert requests.get(re.search(r"runs: (\S+)", demo.said)[1], timeout=10).status_code == 200
        listed = subprocess.run([str(BINARY), *re.search(r"Reports:   meldlijn (.*)\n", demo.said)[1].split()],
                                capture_output=True, timeout=60)
        assert listed.returncode == 0
        works_in_the_street(demo)
    with Demo(folder) as demo:  # another day
        assert said_password(demo) == password
        clerk, today = demo.clerk(password)
        assert today.status_code == 200
        fields = form(clerk.get("/console/account").text, "/console/account")
        assert clerk.post("/console/account", {**fields, "current": password, "new": CHOSEN, "again": CHOSEN}).status_code == 200


def test_a_password_of_ones_own_is_kept_and_not_said(folder):
    """After the other: somebody has chosen one."""
    with Demo(folder) as demo:
        assert "the password that was chosen there" in demo.said and CHOSEN not in demo.said
        assert demo.clerk(CHOSEN)[1].status_code == 200
        command = re.search(r"\(forgotten: meldlijn (.*)\)", demo.said)[1].split()
        reset = subprocess.run([str(BINARY), *command], capture_output=True, text=True, timeout=60)
        assert reset.returncode == 0
        anew, page = demo.clerk(re.search(r"[a-z0-9]{5}(-[a-z0-9]{5})+", reset.stdout)[0])
        assert page.status_code == 200 and page.url.endswith("/console/account")
