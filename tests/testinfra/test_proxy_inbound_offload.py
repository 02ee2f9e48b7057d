"""The way in where TLS of partners ends at the proxy: who comes in, with what, and what the adapter is told of it."""

from __future__ import annotations

import base64
import json
import re
import shlex
import time
from collections.abc import Iterator
from typing import Any

import pytest
from testinfra.host import Host

from tests.testinfra.world import ADAPTER, INBOUND, OWN_NAME, get, journal, listening

HEAD = f"POST /ebms HTTP/1.1\r\nHost: {OWN_NAME}\r\n"
MESSAGE = f"{HEAD}Content-Length: 3\r\n\r\nabc"
BODY_LIMIT, CONNECTIONS = 1_000_000, 30  # as in converge.yml
CRLS = "/etc/pkioverheid/crls.pem"

# Runs on the partner. What it prints first is what it got, whatever ended it.
_SAY = """
import base64, socket, ssl, sys
address, name, kind, raw, patience = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations("/run/pki/good/anchors.pem")
if kind:
    context.load_cert_chain(f"/run/pki/{kind}/certificate.pem", f"/run/pki/{kind}/key.pem")
got = b""
try:
    with socket.create_connection((address, 443), 5) as plain, context.wrap_socket(plain, server_hostname=name) as tls:
        tls.settimeout(float(patience))
        tls.sendall(base64.b64decode(raw))
        while chunk := tls.recv(65536):
            got += chunk
except OSError as error:
    got = got or repr(error).encode()
sys.stdout.write(got.decode(errors="replace"))
"""

_MANY = """
import socket, sys, time
held = []
for _ in range(int(sys.argv[2])):
    try:
        held.append(socket.create_connection((sys.argv[1], 443), 3))
    except OSError:
        pass
time.sleep(1)
for each in held:
    each.setblocking(False)
def cut(one):
    try:
        return one.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
print(sum(not cut(each) for each in held))
"""

_SLOW = """
import socket, sys, time
start = time.monotonic()
with socket.create_connection((sys.argv[1], 443), 5) as plain:
    plain.sendall(bytes([22, 3, 1, 2, 0]))
    plain.settimeout(60)
    try:
        while plain.recv(4096):
            pass
    except OSError:
        pass
print(time.monotonic() - start)
"""


def say(partner: Host, raw: str, kind: str = "good", patience: float = 0.7, name: str = OWN_NAME) -> str:
    """What the proxy answers to these bytes over TLS with a certificate of that kind; or the error in TLS."""
    asked = base64.b64encode(raw.encode("latin-1")).decode()
    words = shlex.join([INBOUND, name, kind, asked, str(patience)])
    return str(partner.check_output(f"python3 -c {shlex.quote(_SAY)} {words}"))


def told(answer: str) -> dict[str, Any]:
    """What the adapter saw of the one request that it answered."""
    assert answer.startswith("HTTP/1.1 200"), answer
    assert answer.count("HTTP/1.1 ") == 1
    return dict(json.loads(answer.partition("\r\n\r\n")[2]))


def digest(partner: Host, kind: str) -> str:
    """SHA-256 of the certificate of that kind."""
    printed = partner.check_output(
        f"openssl x509 -in /run/pki/{kind}/certificate.pem -noout -fingerprint -sha256"
    )
    return str(printed).partition("=")[2].replace(":", "").lower()


@pytest.fixture(scope="module", autouse=True)
def in_its_scenario(partner: Host) -> None:
    """The end-to-end run has another mode, and no bad certificates."""
    if not partner.file("/run/pki/good").exists:
        pytest.skip("not in mode offload with the stand-ins of its Molecule scenario")


@pytest.fixture
def crls(dmz: Host, partner: Host) -> Iterator[str]:
    """The file of CRLs, which a test may replace; put back afterwards."""
    dmz.check_output(f"cp {CRLS} /run/crls.kept")
    yield CRLS
    dmz.check_output(f"cp /run/crls.kept {CRLS} && systemctl reload haproxy")
    assert eventually(partner, "HTTP/1.1 200")


def eventually(partner: Host, words: str) -> bool:
    """Whether a good message gets this answer soon: after a reload the earlier process goes on for a moment."""
    return any(words in say(partner, MESSAGE) or time.sleep(0.5) for _ in range(20))


def test_the_adapter_is_told_the_certificate_of_the_partner(partner: Host) -> None:
    seen = told(say(partner, MESSAGE))
    assert seen["certificates"] == [digest(partner, "good")]
    assert (seen["line"], seen["body"]) == ("POST /ebms HTTP/1.1", 3)


@pytest.mark.parametrize(
    "forged",
    [
        "X-Client-Cert: onzin",
        "x-client-cert: onzin",
        "X-CLIENT-CERT: een\r\nX-Client-Cert: twee",
        "X-Client-Cert: onzin\r\nConnection: X-Client-Cert, close",
        "X-Client-Cert:",
    ],
)
def test_a_header_that_comes_in_is_overwritten(partner: Host, forged: str) -> None:
    seen = told(say(partner, f"{HEAD}{forged}\r\nContent-Length: 3\r\n\r\nabc"))
    assert seen["certificates"] == [digest(partner, "good")]
    assert seen["headers"].count("x-client-cert") == 1


@pytest.mark.parametrize(
    "name", ["X_Client_Cert", "X.Client.Cert", "X-Client-Cert ", "X-Client\tCert", "X-Cliënt-Cert"]
)
def test_another_spelling_of_the_header_is_refused(partner: Host, name: str) -> None:
    assert re.match(r"HTTP/1.1 40[03]", say(partner, f"{HEAD}{name}: onzin\r\nContent-Length: 3\r\n\r\nabc"))


@pytest.mark.parametrize("kind", ["", "revoked", "expired", "other-root"])
def test_no_other_certificate_comes_in(partner: Host, kind: str) -> None:
    answer = say(partner, MESSAGE, kind)
    assert "HTTP/1.1" not in answer
    assert "Error" in answer


def test_another_name_gets_no_certificate(partner: Host) -> None:
    assert "Error" in say(partner, MESSAGE, name="www.example")


def test_expired_crls_refuse_everybody(dmz: Host, partner: Host, crls: str) -> None:
    dmz.check_output(f"cp /etc/pkioverheid/crls-expired.pem {crls} && systemctl reload haproxy")
    assert eventually(partner, "Error")


def test_a_layer_without_crl_refuses_everybody(dmz: Host, partner: Host, crls: str) -> None:
    one = "sed -n '0,/END X509 CRL/p' /run/crls.kept"
    dmz.check_output(f"{one} > {crls} && systemctl reload haproxy")
    assert eventually(partner, "Error")


def test_without_crls_a_reload_is_refused_and_all_stays_as_it_was(
    dmz: Host, partner: Host, crls: str
) -> None:
    assert dmz.run(f"rm {crls} && systemctl reload haproxy").failed
    assert told(say(partner, MESSAGE))


def test_one_thing_only_can_be_asked(partner: Host) -> None:
    asked = {
        MESSAGE.replace("POST", "GET"): "405",
        MESSAGE.replace("POST", "PUT"): "405",
        MESSAGE.replace("/ebms", "/"): "404",
        MESSAGE.replace("/ebms", "/ebms/"): "404",
        MESSAGE.replace("/ebms", "/service/rest/v19/cpas"): "404",
        MESSAGE.replace("/ebms", "/x/../ebms"): "404",
        MESSAGE.replace("/ebms", "/ebms?a"): "404",
        MESSAGE.replace("/ebms", f"http://{OWN_NAME}/ebms"): "404",
        MESSAGE.replace(OWN_NAME, "www.example"): "400",
        f"CONNECT {OWN_NAME}:443 HTTP/1.1\r\nHost: {OWN_NAME}\r\n\r\n": "404",
    }
    for raw, status in asked.items():
        assert say(partner, raw).startswith(f"HTTP/1.1 {status}"), raw


def test_no_message_is_larger_than_agreed(partner: Host) -> None:
    chunk = f"{25_000:x}\r\n{'x' * 25_000}\r\n"
    for size in (BODY_LIMIT + 1, 10**12):
        assert say(partner, f"{HEAD}Content-Length: {size}\r\n\r\nabc").startswith("HTTP/1.1 413")
    several = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n{chunk * 3}0\r\n\r\n"
    assert told(say(partner, several))["body"] == 75_000


def test_no_message_in_chunks_grows_beyond_that(partner: Host) -> None:
    """Said by the program on the partner, as these bytes do not fit on a command line."""
    program = _SAY.replace(
        "base64.b64decode(raw)",
        f"base64.b64decode(raw) + (b'10000\\r\\n' + b'x' * 65536 + b'\\r\\n') * {BODY_LIMIT // 65536 + 2}",
    )
    head = base64.b64encode(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode()).decode()
    answer = partner.check_output(f"python3 -c {shlex.quote(program)} {INBOUND} {OWN_NAME} good {head} 3")
    assert "200 OK" not in answer


SMUGGLED = f"GET /service/rest HTTP/1.1\r\nHost: {OWN_NAME}\r\n\r\n"


@pytest.mark.parametrize(
    "rest",
    [
        "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "Content-Length: 3, 4\r\n\r\nabcd",
        "Content-Length: +3\r\n\r\nabc",
        "Content-Length: -3\r\n\r\nabc",
        "Content-Length: 0x3\r\n\r\nabc",
        "Content-Length: 99999999999999999999\r\n\r\nabc",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "Host: www.example\r\nContent-Length: 3\r\n\r\nabc",
        "Content-Type: text/xml\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\nabc",
        "Conten\x00t-Length: 3\r\n\r\nabc",
        "Content-Length: 3\rX: y\r\n\r\nabc",
    ],
)
def test_a_message_with_two_ends_is_refused(partner: Host, rest: str) -> None:
    assert say(partner, HEAD + rest).startswith("HTTP/1.1 400")


def test_http_2_is_not_spoken(partner: Host) -> None:
    assert say(partner, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").startswith("HTTP/1.1 400")


@pytest.mark.parametrize(
    "rest",
    [
        # What HTTP allows is written anew for the adapter, so that nothing is left to be read in two ways.
        f"Content-Length: {5 + len(SMUGGLED)}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
        f"Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{SMUGGLED}",
        "Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc",
        "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
def test_nothing_is_smuggled_behind_a_message(partner: Host, rest: str) -> None:
    before = told(say(partner, MESSAGE))["seen"]
    first, *others = say(partner, HEAD + rest).split("HTTP/1.1 ")[1:]
    assert first[:3] in {"200", "400"}
    assert [each[:3] for each in others] in ([], ["405"], ["404"])
    if first.startswith("200"):
        assert set(json.loads(first.partition("\r\n\r\n")[2])["headers"]).isdisjoint(
            {"upgrade", "keep-alive"}
        )
    assert told(say(partner, MESSAGE))["seen"] <= before + 2, "the adapter saw one request more, not two"


def test_who_is_slow_is_cut_off(partner: Host) -> None:
    for raw in (HEAD, f"{HEAD}Content-Length: 3\r\n\r\na"):
        start = time.monotonic()
        assert say(partner, raw, patience=20).startswith("HTTP/1.1 408")
        assert time.monotonic() - start < 6
    assert float(partner.check_output(f"python3 -c {shlex.quote(_SLOW)} {INBOUND}")) < 6, "in the handshake"


def test_one_address_gets_no_more_than_its_share(partner: Host) -> None:
    held = partner.check_output(f"python3 -c {shlex.quote(_MANY)} {INBOUND} {CONNECTIONS + 10}")
    assert CONNECTIONS - 5 <= int(held) <= CONNECTIONS
    time.sleep(0.5)
    assert told(say(partner, MESSAGE))


def test_the_adapter_must_be_ours(adapter: Host, partner: Host) -> None:
    """A host with another root in the place of the adapter gets nothing."""
    start = f"systemd-run --quiet --collect --unit=stand-in python3 /run/stand_in.py {ADAPTER} 8443 /run/pki"
    adapter.check_output("systemctl stop stand-in")
    try:
        adapter.check_output(f"{start}/other-root && sleep 1")
        assert say(partner, MESSAGE, patience=30).startswith("HTTP/1.1 503")
    finally:
        adapter.check_output(f"systemctl stop stand-in; {start}/adapter && sleep 6")
    assert told(say(partner, MESSAGE))


def test_listens_where_it_should(dmz: Host) -> None:
    assert {each for each in listening(dmz) if each.endswith(":443")} == {f"{INBOUND}:443"}
    assert {each for each in listening(dmz) if each.endswith(":8404")} == {"127.0.0.1:8404"}


def test_monitoring_finds_figures(dmz: Host) -> None:
    status, body = get(dmz, "http://127.0.0.1:8404/metrics")
    assert status == "200"
    assert "haproxy_frontend_current_sessions" in body


def test_journal_says_who_came(dmz: Host, partner: Host) -> None:
    say(partner, MESSAGE)
    say(partner, MESSAGE, "revoked")
    lines = journal(dmz, "haproxy")
    assert re.search(r'oin="00000099300000001000" .* POST status=200', lines)
    assert "refused: SSL" in lines
    assert "BEGIN" not in lines
