# SPDX-License-Identifier: AGPL-3.0-or-later
"""A mail server that says what a test wants: SMTP as RFC 5321 has it, with STARTTLS (RFC 3207) and AUTH PLAIN (RFC 4954).

    with FakeMail() as server:
        server.next = ["450 later", "lose", ""]    # one a connection: at RCPT; "data 554 no": behind DATA; "slow", "think"
        server.mails[0].message["Subject"]      # as Python's email reads it
"""
import base64
import email
import email.policy
import socketserver
import ssl
import threading

POLICY = email.policy.SMTP
LINE_MAX = 998  # RFC 5322 2.1.1, without CRLF


class Mail:
    def __init__(self, session, raw):
        self.sender, self.to, self.tls, self.user, self.name = \
            session.sender, session.to, session.tls, session.user, session.name
        self.raw = raw
        self.message = email.message_from_bytes(raw, policy=POLICY)
        assert not self.message.defects, self.message.defects
        assert all(len(line) <= LINE_MAX for line in raw.split(b"\r\n"))
        assert b"\n" not in raw.replace(b"\r\n", b"")

    @property
    def text(self):
        return self.message.get_content().replace("\r\n", "\n")


class Session(socketserver.StreamRequestHandler):
    timeout = 30

    def setup(self):
        self.tls, self.user, self.sender, self.to, self.name = self.server.fake.implicit, None, None, [], None
        if self.tls:
            self.request = self.server.fake.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def say(self, *lines):
        for i, line in enumerate(lines):
            code, _, words = line.partition(" ")
            self.wfile.write(f"{code}{' ' if i + 1 == len(lines) else '-'}{words}\r\n".encode())

    def handle(self):
        fake = self.server.fake
        self.fault = fake.next.pop(0) if fake.next else ""
        fake.sessions += 1
        try:
            if self.fault == "slow":
                fake.go.wait(30)
            self.say("220 fake ESMTP")
            while line := self.rfile.readline(2000):
                assert line.endswith(b"\r\n")
                if not self.answer(line.decode().rstrip("\r\n")):
                    break
        except (OSError, ssl.SSLError):
            pass
        except AssertionError as wrong:
            fake.wrong.append(repr(wrong))

    def answer(self, line):
        """False: the connection ends."""
        fake, word = self.server.fake, line.split(" ")[0].upper()
        if word == "EHLO":
            self.name = line.split(" ")[1]
            offers = ["STARTTLS"] if fake.context and not self.tls else []
            offers += ["AUTH PLAIN"] if self.tls and fake.users else []
            self.say("250 fake", *(f"250 {offer}" for offer in [*offers, "8BITMIME"]))
        elif word == "STARTTLS" and fake.context:
            self.say("220 go")
            self.request = fake.context.wrap_socket(self.request, server_side=True)
            self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
            self.tls = True
        elif word == "AUTH":
            return self.sign_in(line)
        elif word == "MAIL":
            if fake.users and not self.user:
                self.say("530 sign in first")
            else:
                self.sender = line[line.index("<") + 1:line.index(">")]
                self.say("250 ok")
        elif word == "RCPT":
            if self.fault[:1] in ("4", "5"):
                self.say(self.fault)
            else:
                self.to.append(line[line.index("<") + 1:line.index(">")])
                self.say("250 ok")
        elif word == "DATA":
            return self.take()
        elif word == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.say("250 ok" if word in ("RSET", "NOOP") else "502 what?")
        return True

    def sign_in(self, line):
        word = line.split(" ")
        if len(word) < 3:
            self.say("334 ")
            word.append(self.rfile.readline(2000).decode().strip())
        _, user, password = base64.b64decode(word[2]).decode().split("\0")
        if self.server.fake.users.get(user) != password:
            self.say("535 wrong password")
            return True
        self.user = user
        self.say("235 ok")
        return True

    def take(self):
        self.say("354 go on")
        raw = b""
        while (line := self.rfile.readline(5000)) != b".\r\n":
            if not line:
                return False
            raw += line[1:] if line.startswith(b".") else line
        if self.fault.startswith("data "):
            self.say(self.fault.removeprefix("data "))
            return True
        if self.fault == "think":
            self.server.fake.thinking.set()
            self.server.fake.go.wait(30)
        self.server.fake.mails.append(Mail(self, raw))
        if self.fault == "lose":
            return False
        self.say("250 taken")
        return True


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class FakeMail:
    def __init__(self, certificate=None, implicit=False, users=None):
        self.mails, self.next, self.wrong, self.sessions = [], [], [], 0
        self.go, self.thinking = threading.Event(), threading.Event()
        self.users, self.implicit, self.context = users or {}, implicit, None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)

    def __enter__(self):
        self.server = Server(("127.0.0.1", 0), Session)
        self.server.fake = self
        self.port = self.server.server_address[1]
        self.url = f"smtp{'s' if self.implicit else ''}://localhost:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, kind, value, trace):
        self.go.set()
        self.server.shutdown()
        self.server.server_close()
        assert kind or not self.wrong, self.wrong
