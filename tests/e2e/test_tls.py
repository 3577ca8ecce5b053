# SPDX-License-Identifier: AGPL-3.0-or-later
"""The web server by TLS and behind a proxy: Python's ssl and curl as peers, openssl for the certificates."""
import contextlib
import http.client
import re
import signal
import socket
import ssl
import subprocess

import pytest
import requests
from gateway import BINARY, Gateway


def certificate(folder, name, algorithm="ec", common="localhost"):
    """A self-signed one; (certificate, key)."""
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    how = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] if algorithm == "ec" else \
        ["-newkey", "rsa:2048"]
    subprocess.run(["openssl", "req", "-x509", "-nodes", *how, "-subj", f"/CN={common}", "-days", "2",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", pem],
                   check=True, capture_output=True)
    return pem, key


def with_http(line, *words):
    text = line.config.read_text()
    line.config.write_text(re.sub(r"(http\n listen .*\n)", lambda m: m[1] + "".join(f" {w}\n" for w in words),
                                  text))
    return line


def tls_line(tmp_path, pem, key):
    return with_http(Gateway(tmp_path / "line", register=False), f"certificate {pem}", f"key {key}")


@contextlib.contextmanager
def connected(line, pem, version=None):
    context = ssl.create_default_context(cafile=pem)
    if version:
        context.minimum_version = context.maximum_version = version
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", line.port), 10) as raw, \
            context.wrap_socket(raw, server_hostname="localhost") as s:
        yield s


def get(line, pem, path="/healthz", **more):
    return requests.get(f"https://localhost:{line.port}{path}", verify=str(pem), timeout=10, **more)


@pytest.mark.parametrize("algorithm", ["ec", "rsa"])
def test_tls(tmp_path, algorithm):
    pem, key = certificate(tmp_path, "one", algorithm)
    with tls_line(tmp_path, pem, key) as line:
        answer = get(line, pem)
        assert answer.status_code == 200 and answer.json()["status"]
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
            with connected(line, pem, version) as s:
                assert s.version() == name
        for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with pytest.raises(ssl.SSLError), connected(line, pem, old):
                pass
        # no answer to who speaks no TLS, and others are served
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{line.port}/healthz", timeout=10)
        done = subprocess.run(["curl", "-sS", "--cacert", pem, "--data-binary", "@-",
                               f"https://localhost:{line.port}/contractors/nobody/updates"],
                              input=b"x" * 50000, capture_output=True, timeout=20)
        assert done.returncode == 0 and b"no such contractor" in done.stdout


def test_a_new_certificate_at_sighup(tmp_path):
    pem, key = certificate(tmp_path, "used")
    with tls_line(tmp_path, pem, key) as line:
        old = ssl.get_server_certificate(("127.0.0.1", line.port))
        with connected(line, pem) as kept:
            new_pem, new_key = certificate(tmp_path, "new", "rsa")
            pem.write_bytes(new_pem.read_bytes())
            line.process.send_signal(signal.SIGHUP)  # between the two files: no pair
            line.until(lambda: "is not the key of" in line.log.read_text())
            assert ssl.get_server_certificate(("127.0.0.1", line.port)) == old
            key.write_bytes(new_key.read_bytes())
            line.process.send_signal(signal.SIGHUP)
            line.until(lambda: "certificate has been read again" in line.log.read_text())
            assert ssl.get_server_certificate(("127.0.0.1", line.port)) == new_pem.read_text()
            # who was there goes on
            kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = http.client.HTTPResponse(kept)
            answer.begin()
            assert answer.status == 200
        pem.write_text("nothing of the kind\n")
        line.process.send_signal(signal.SIGHUP)
        line.until(lambda: f"certificate {pem}" in line.log.read_text())
        assert get(line, new_pem).status_code == 200


@pytest.mark.parametrize("fault", ["missing", "rubbish", "pair", "alone"])
def test_a_certificate_that_cannot_be_used(tmp_path, fault):
    pem, key = certificate(tmp_path, "one")
    _, other = certificate(tmp_path, "two")
    words = [f"certificate {pem}", f"key {key}"]
    said = {"missing": "No such file", "rubbish": "certificate", "pair": "is not the key of",
            "alone": "they go together"}[fault]
    if fault == "missing":
        pem.unlink()
    elif fault == "rubbish":
        pem.write_text("x" * 100)
    elif fault == "pair":
        words[1] = f"key {other}"
    else:
        words.pop()
    line = with_http(Gateway(tmp_path / "line", register=False), *words)
    done = subprocess.run([str(BINARY), "run", "-c", str(line.config)], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0 and said in done.stderr and "in use" not in done.stderr


# ---- behind a proxy


SEEN = re.compile(r"(\S+) GET /handset \S*: 40")


def who(line, **headers):
    """The address that the log gives to who asks for what is refused, and whether the answer says that it is safe."""
    before = len(SEEN.findall(line.log.read_text()))
    answer = requests.get(line.url + "/handset/0613000000/messages?after=x", headers=headers, timeout=10)
    assert answer.status_code in (400, 403), answer.text
    found = line.until(lambda: SEEN.findall(line.log.read_text())[before:])
    return found[0], "Strict-Transport-Security" in answer.headers


def test_a_proxy_is_believed_only_if_it_is_trusted(tmp_path):
    with Gateway(tmp_path, register=False) as line:
        lies = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", "Forwarded": "for=192.0.2.1;proto=https"}
        assert who(line, **lies) == ("127.0.0.1", False)


def test_a_trusted_proxy(tmp_path):
    with with_http(Gateway(tmp_path, register=False), "trusted-proxy 127.0.0.1", "trusted-proxy 2001:db8:0::1") as line:
        assert who(line) == ("127.0.0.1", False)
        assert who(line, **{"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}) == ("198.51.100.7", True)
        assert who(line, **{"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "http"}) == ("198.51.100.7", False)
        # what stands further left was written by who asks
        assert who(line, **{"X-Forwarded-For": "6.6.6.6, 198.51.100.7", "X-Forwarded-Proto": "https, http"}) == \
            ("198.51.100.7", False)
        assert who(line, **{"X-Forwarded-For": "6.6.6.6, 198.51.100.7, 2001:DB8::1"})[0] == "198.51.100.7"
        # a proxy of the other kind passes this through
        assert who(line, Forwarded="for=6.6.6.6;proto=https") == ("127.0.0.1", False)
        for odd in ("unknown", "6.6.6.6, _hidden", "6.6.6.6," + "," * 9000, "<script>"):
            assert who(line, **{"X-Forwarded-For": odd})[0] == "127.0.0.1"
        # several lines, as some proxies write them
        with socket.create_connection(("127.0.0.1", line.port), 10) as s:
            s.sendall(b"GET /handset/1/messages HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 6.6.6.6\r\n"
                      b"X-Forwarded-For: 198.51.100.9\r\nConnection: close\r\n\r\n")
            assert b" 403 " in s.recv(4096).split(b"\r\n")[0]
        line.until(lambda: "198.51.100.9 GET /handset" in line.log.read_text())


def test_a_trusted_proxy_of_rfc_7239(tmp_path):
    with with_http(Gateway(tmp_path, register=False), "trusted-proxy 127.0.0.1 forwarded") as line:
        assert who(line, Forwarded='for=6.6.6.6;proto=http, for="[2001:db8::7]:4711";proto=https') == \
            ("2001:db8::7", True)
        assert who(line, **{"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https"}) == ("127.0.0.1", False)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP",
                                    "Forwarded", "Via"])
def test_what_only_this_machine_may_do_is_not_for_a_proxy(tmp_path, header):
    for words in ((), ("trusted-proxy 127.0.0.1",)):
        with with_http(Gateway(tmp_path / str(len(words)), register=False), *words) as line:
            url = line.url + "/handset/0613000000/messages"
            assert requests.get(url, timeout=10).status_code == 200
            assert requests.get(url, headers={header: "127.0.0.1"}, timeout=10).status_code == 403


# ---- ceilings


def answers(s):
    s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    s.settimeout(10)
    try:
        return s.recv(4096).startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return False


def test_one_address_has_so_many_connections_and_no_more(tmp_path):
    line = Gateway(tmp_path, register=False)
    line.config.write_text(line.config.read_text().replace(f"listen 127.0.0.1 {line.port}",
                                                           f"listen 0.0.0.0 {line.port}"))
    with line, contextlib.ExitStack() as all_of_them:
        held = [all_of_them.enter_context(socket.create_connection(("127.0.0.1", line.port), 10)) for _ in range(80)]
        assert sum(answers(s) for s in held) == 64
        other = all_of_them.enter_context(socket.create_connection(("127.0.0.1", line.port), 10,
                                                                   source_address=("127.0.0.2", 0)))
        assert answers(other)


def test_thousands_of_connections(tmp_path):
    with Gateway(tmp_path, register=False) as line, contextlib.ExitStack() as all_of_them:
        held = []
        for _ in range(2000):
            try:
                held.append(all_of_them.enter_context(socket.create_connection(("127.0.0.1", line.port), 1)))
            except OSError:
                break
            if len(held) == 900:  # what this process may have open
                break
        for s in held[:400]:
            s.close()
        line.until(lambda: requests.get(line.url + "/healthz", timeout=10).status_code == 200)
        memory = int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{line.process.pid}/status").read())[1])
        assert memory < 200_000  # KiB


@pytest.mark.soak
def test_a_slow_sender_is_hung_up_on(tmp_path):
    with Gateway(tmp_path, register=False) as line, \
            socket.create_connection(("127.0.0.1", line.port), 10) as s:
        s.settimeout(5)
        s.sendall(b"GET /healthz HTTP/1.1\r\n")
        for _ in range(20):  # 100 s, and never as long in silence as WEB_TIMEOUT_S
            try:
                if s.recv(100) == b"":
                    break
            except TimeoutError:
                pass
            s.sendall(b"X")
        else:
            raise AssertionError("the line waits on")
