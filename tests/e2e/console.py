# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signing in at the console, as a program: forms are read from the page and sent back as a browser would.

    clerk = Clerk(line, "anna", role="editor")       # makes her, signs in, chooses a password
    page = clerk.get("/console/reports")             # a requests response, .status_code and .text
    clerk.submit("/console/reports", "/console/reports/merge", note="twice")
"""
import html.parser
import json
import urllib.parse

import requests

PASSWORD = "een lang en goed wachtwoord"
TIMEOUT = 20


class Forms(html.parser.HTMLParser):
    """The forms of a page: action, and its fields with their values."""

    def __init__(self, text):
        super().__init__()
        self.forms = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append((attrs.get("action"), {}))
        elif tag == "input" and self.forms and attrs.get("name"):
            if attrs.get("type") not in ("checkbox", "radio") or "checked" in attrs:
                self.forms[-1][1][attrs["name"]] = attrs.get("value", "")


def form(text, action):
    """Fields of the first form of a page that goes to this address."""
    for where, fields in Forms(text).forms:
        if where == action:
            return dict(fields)
    raise AssertionError(f"no form to {action} in the page")


class Clerk:
    """Somebody who is signed in."""

    def __init__(self, line, name, role="clerk", language="nl", password=PASSWORD):
        self.line, self.name, self.password = line, name, password
        path = line.directory / f"{name}.password"
        path.write_text(password + "\n")
        self.made = json.loads(line.run("staff", "add", name, "--role", role, "--language", language,
                                        "--password-file", str(path), "--json"))
        self.session = requests.Session()
        answer = self.sign_in()
        assert answer.status_code == 200, answer.text

    def sign_in(self, name=None, password=None, next="/console/"):
        page = self.get("/console/sign-in?next=" + urllib.parse.quote(next, safe=""))
        fields = form(page.text, "/console/sign-in")
        fields.update(name=self.name if name is None else name,
                      password=self.password if password is None else password)
        return self.post("/console/sign-in", fields)

    def get(self, path, **more):
        return self.session.get(self.line.url + path, timeout=TIMEOUT, **more)

    def post(self, path, fields, **more):
        return self.session.post(self.line.url + path, data=fields, timeout=TIMEOUT, **more)

    def submit(self, page, action, **fields):
        """Fill in the form of a page and send it."""
        answer = self.get(page)
        assert answer.status_code == 200, answer.text
        return self.post(action, {**form(answer.text, action), **fields})
