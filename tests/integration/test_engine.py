"""Two engines on loopback: A runs from the package, B from the one file with Debian's Python if it can."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import signal
import socket
import ssl
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lopendezaken.cpa.meaning import differences
from lopendezaken.cpa.profile import PROFILES
from lopendezaken.ebms.mime import parse_content_type, parts_of
from lopendezaken.lab.authority import Kind
from tests.integration.engines import (
    A_NAME,
    A_OIN,
    B_NAME,
    B_OIN,
    BASE,
    LOGIN,
    SERVICE,
    Pair,
    Party,
    Recorder,
    Tunnel,
    certificates,
    exchange,
    free_port,
    leaf,
    programs,
    tls_client,
    wait_for,
)
from tests.unit.ebms import wire_shape

HANDSHAKE = "javax.net.ssl.SSLHandshakeException: "
ALERT = HANDSHAKE + "Received fatal alert: "
PATH = HANDSHAKE + "PKIX path validation failed: java.security.cert.CertPathValidatorException: "


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("engines")
    authority, *leaves = certificates(folder / "pki")
    package, zipped = programs(folder)
    a, b = Party("A", A_OIN, folder / "a", package), Party("B", B_OIN, folder / "b", zipped)
    both = Pair(a, b, authority, (leaves[0], leaves[1]), {})
    for party, own in ((a, leaves[0]), (b, leaves[1])):
        party.write(own, authority)
        party.start()
    for profile in PROFILES:
        both.profiles[profile] = both.insert(cpa_id=f"Echo-{profile}_{A_OIN}_{B_OIN}_1", profile=profile)
    yield both
    took = [party.stop() for party in (a, b)]
    assert max(took) < 2, "SIGTERM ends within two seconds"
    for party in (a, b):
        assert "correct horse" not in party.log
        assert "Traceback" not in party.log
        assert "<zaak" not in party.log


def ended(party: Party, message_id: str, status: str, seconds: float = 10) -> None:
    wait_for(lambda: party.status_of(message_id) == status, status, lambda: party.log, seconds)


# Ping and Pong


def test_ping_both_ways(pair: Pair) -> None:
    for this, other in ((pair.a, pair.b), (pair.b, pair.a)):
        before = len(this.signals(pair.rm))
        assert this.ping(pair.rm, other).status == 204
        ping, pong = this.signals(pair.rm)[before:]
        assert (ping["direction"], ping["action"]) == ("out", "Ping")
        assert (pong["direction"], pong["action"]) == ("in", "Pong")
        assert pong["refToMessageId"] == ping["messageId"]
        assert pong["conversationId"] == ping["conversationId"]
        assert (ping["from"], ping["to"]) == (this.party_id, other.party_id)
        assert (pong["from"], pong["to"]) == (other.party_id, this.party_id)
        for signal_, real in ((ping, "Ping-AtoB"), (pong, "Pong-BtoA")):
            envelope = signal_["envelope"].encode()
            assert wire_shape.envelope_differences(envelope, wire_shape.capture(real).envelope) == []


def test_the_trace_can_be_asked_from_a_moment_on(pair: Pair) -> None:
    assert pair.a.ping(pair.rm, pair.b).status == 204
    last = pair.a.signals()[-1]
    query = urllib.parse.urlencode({"cpaId": pair.rm, "since": last["timestamp"]})
    rows = pair.a.call("GET", f"/lopendezaken/v1/signals?{query}").json
    assert rows == [last]
    assert pair.a.signals("other") == []
    assert pair.a.call("GET", "/lopendezaken/v1/signals?since=yesterday").status == 400


def test_what_passed_can_be_followed_without_what_it_says(pair: Pair) -> None:
    a, b = pair.a, pair.b
    last = max((row["number"] for row in traffic(b)), default=0)
    message_id = a.send(pair.rm, "SR", "EchoRequest", b"<zaak>geheim</zaak>").text
    ended(a, message_id, "DELIVERED")
    wait_for(lambda: any(row["messageId"] == message_id for row in traffic(b, last)), "the trace")
    (seen,) = [row for row in traffic(b, last) if row["messageId"] == message_id]
    assert (seen["direction"], seen["action"], seen["result"]) == ("in", "EchoRequest", "204")
    assert (seen["from"], seen["to"], seen["cpaId"]) == (a.party_id, b.party_id, pair.rm)
    (payload,) = seen["payloads"]
    assert payload["sha256"] == hashlib.sha256(b"<zaak>geheim</zaak>").hexdigest()
    assert "geheim" not in json.dumps(traffic(b))
    answers = lambda: [row["result"] for row in traffic(a) if row["refToMessageId"] == message_id]  # noqa: E731
    wait_for(answers, "the trace of the acknowledgement")
    assert answers() == ["204"]


def test_what_is_no_message_passes_too(pair: Pair) -> None:
    last = max((row["number"] for row in traffic(pair.b)), default=0)
    exchange(pair.b.port, tls_client(pair.a), b"POST /ebms HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    wait_for(lambda: traffic(pair.b, last), "the trace")
    seen = traffic(pair.b, last)[0]
    assert (seen["from"], seen["action"]) == (pair.a.party_id, "")
    assert seen["result"] == "500 Unable to process message! SOAPAction="


def traffic(party: Party, after: int = 0) -> list[dict[str, Any]]:
    return party.call("GET", f"/lopendezaken/v1/traffic?after={after}").json  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("kind", "status"), [(None, 204), ("application/json", 204), ("text/plain", 415), ("text/xml", 415)]
)
def test_a_ping_has_no_body_of_another_kind(pair: Pair, kind: str | None, status: int) -> None:
    where = f"{urllib.parse.quote(pair.rm, safe='')}/from/{pair.a.party_id}/to/{pair.b.party_id}"
    assert pair.a.call("POST", f"{BASE}/ebms/ping/{where}", b"" if kind else None, kind).status == status


# Business messages


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("way", ["there", "back"])
def test_messages_each_way(pair: Pair, profile: str, way: str) -> None:
    cpa_id = pair.profiles[profile]
    sender, receiver = (pair.a, pair.b) if way == "there" else (pair.b, pair.a)
    role, action = ("SR", "EchoRequest") if way == "there" else ("SP", "EchoResponse")
    content = b'<?xml version="1.0"?>\r\n<zaak>\xc3\xab</zaak>\r\n--'
    answer = sender.send(cpa_id, role, action, content, conversationId="gesprek", refToMessageId="eerder@x")
    assert answer.status == 200
    assert answer.text.endswith("@localhost")
    ended(sender, answer.text, "DELIVERED")
    assert receiver.unprocessed(cpaId=cpa_id, action=action, messageId=answer.text) == [answer.text]
    there = receiver.message(answer.text)
    assert there["properties"]["messageStatus"] == "RECEIVED"
    assert there["properties"]["fromParty"] == {"partyId": sender.party_id, "role": role}
    assert there["properties"]["conversationId"] == "gesprek"
    assert there["properties"]["refToMessageId"] == "eerder@x"
    assert there["properties"]["service"] == SERVICE
    assert there["dataSources"] == [  # type: ignore[comparison-overlap]
        {
            "name": "zaak.xml",
            "contentId": "zaak-1",
            "contentType": "application/xml",
            "content": base64.b64encode(content).decode(),
        }
    ]
    assert receiver.call("PATCH", f"{BASE}/ebms/messages/{answer.text}").status == 204
    assert receiver.status_of(answer.text) == "PROCESSED"
    assert answer.text not in receiver.unprocessed()


@pytest.mark.parametrize(
    ("profile", "old", "new", "told"),
    [
        ("osb-rm-s", rb"<zaak/>", b"<zaaX/>", "//Header/Signature: Invalid Signature!"),
        ("osb-rm-s", rb"gesprek<", b"Gesprek<", "//Header/Signature: Invalid Signature!"),
        ("osb-rm-s", rb"<ds:Signature>.*</ds:Signature>", b"", "//Header/Signature: Signature not found!"),
        ("osb-rm-s", rb"xmlenc#sha256", b"xmlenc#sha1", "//Header/Signature: DigestMethod"),
        ("osb-rm-e", rb"<xenc:CipherValue>..", b"<xenc:CipherValue>AA", "cid:zaak-1: The payload cannot be opened."),
        ("osb-rm-e", rb"#rsa-oaep-mgf1p", b"#rsa-1_5", "cid:zaak-1: Key transport"),
    ],
)  # fmt: skip
def test_a_message_that_was_tampered_with_is_told_and_not_kept(
    pair: Pair, profile: str, old: bytes, new: bytes, told: str
) -> None:
    cpa_id, recorder = pair.profiles[profile], Recorder(pair.b)
    pair.a.map(pair.b.endpoint, recorder.url)
    message_id = pair.a.send(cpa_id, "SR", "EchoRequest", b"<zaak/>", conversationId="gesprek").text
    wait_for(lambda: recorder.requests, "the message")
    raw = other_body(recorder.requests[0], lambda body: re.sub(old, new, body, count=1, flags=re.DOTALL))
    assert raw != recorder.requests[0]
    assert exchange(pair.b.port, tls_client(pair.a), raw).startswith(b"HTTP/1.1 204")
    ended(pair.a, message_id, "DELIVERY_FAILED")
    pair.a.map(pair.b.endpoint, None)
    recorder.close()
    line = next(line for line in pair.a.log.splitlines() if f"{message_id} is DELIVERY_FAILED" in line)
    assert f"SecurityFailure at {told}" in line
    assert message_id not in pair.b.unprocessed()


def test_a_large_message_and_several_payloads(pair: Pair) -> None:
    big = b"x" * 8_000_000
    answer = pair.a.send(pair.rm, "SR", "EchoRequest", big)
    ended(pair.a, answer.text, "DELIVERED")
    assert base64.b64decode(pair.b.message(answer.text)["dataSources"][0]["content"]) == big  # type: ignore[index]


def test_the_bytes_on_the_wire_are_those_of_a_good_adapter(pair: Pair) -> None:
    a, b = pair.a, pair.b
    recorder_b, recorder_a = Recorder(b), Recorder(a)
    a.map(b.endpoint, recorder_b.url)
    b.map(a.endpoint, recorder_a.url)
    invalid = pair.insert(cpa_id="alleen-getekend")
    b.insert(pair.cpa(cpa_id=invalid).replace(b'"agreed"', b'"signed"'))
    try:
        assert a.ping(pair.rm, b).text == "No response received!"
        a.send(pair.rm, "SR", "EchoRequest", b"<zaak/>")
        a.send(pair.be, "SR", "EchoRequest", b"<zaak/>")
        wait_for(lambda: len(recorder_b.requests) >= 3, "three requests")
        ping, *messages = recorder_b.requests[:3]
        reliable, best_effort = sorted(messages, key=lambda raw: b"AckRequested" not in raw)
        for raw in (ping, reliable):
            assert exchange(b.port, tls_client(a), raw).startswith(b"HTTP/1.1 204")
        wait_for(lambda: len(recorder_a.requests) >= 2, "Pong and Acknowledgment")
        pong, ack = recorder_a.requests[:2]
        late = other_body(reliable, lambda body: body.replace(pair.rm.encode(), invalid.encode()))
        assert exchange(b.port, tls_client(a), late).startswith(b"HTTP/1.1 204")
        wait_for(lambda: any(b"Inconsistent" in raw for raw in recorder_a.requests), "MessageError")
        error = next(raw for raw in recorder_a.requests if b"Inconsistent" in raw)
    finally:
        a.map(b.endpoint, None)
        b.map(a.endpoint, None)
        recorder_a.close()
        recorder_b.close()
    for raw, real in (
        (ping, "Ping-AtoB"),
        (pong, "Pong-BtoA"),
        (ack, "Acknowledgment-BtoA"),
        (best_effort, "UserMessage-Echo-be-AtoB"),
        (reliable, "UserMessage-Echo-rm-AtoB"),
        (error, "MessageError-Inconsistent-BtoA"),
    ):
        assert wire_shape.differences(wire_shape.parse(raw), wire_shape.capture(real)) == [], real


def other_body(raw: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """A request with its body changed, and no longer in chunks."""
    request = wire_shape.parse(raw)
    body = change(request.body)
    headers = {**request.headers, "content-length": str(len(body))}
    headers.pop("transfer-encoding", None)
    lines = [request.target, *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def test_the_answer_to_a_post_is_bare(pair: Pair) -> None:
    raw = ping_request(pair)
    answer = exchange(pair.b.port, tls_client(pair.a), raw)
    lines = answer.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 204 No Content"
    assert [line.partition(":")[0] for line in lines[1:]] == ["Date", "", ""]


def ping_request(pair: Pair, **changes: str) -> bytes:
    """A Ping as A would send it, with other headers or another sender when asked."""
    real = wire_shape.capture("Ping-AtoB").body.decode()
    body = real.replace("00000001123456789000", A_OIN).replace("00000004003214345001", B_OIN)
    body = body.replace("TEST-Echo_A_B_1", changes.pop("cpa", pair.rm)).encode()
    headers = {
        "Host": "localhost",
        "Content-Type": "text/xml; charset=UTF-8",
        "SOAPAction": '"ebXML"',
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
    return f"POST /ebms HTTP/1.1\r\n{head}\r\n".encode() + body


def test_a_duplicate_is_acknowledged_again_and_delivered_once(pair: Pair) -> None:
    a, b = pair.a, pair.b
    recorder = Recorder(b)
    a.map(b.endpoint, recorder.url)
    try:
        message_id = a.send(pair.rm, "SR", "EchoRequest", b"<zaak/>").text
        wait_for(lambda: recorder.requests, "the message")
    finally:
        a.map(b.endpoint, None)
    ended(a, message_id, "DELIVERED")  # by the retry, which went to B
    acknowledged = a.log.count("received Acknowledgment")
    for _ in range(2):
        assert exchange(b.port, tls_client(a), recorder.requests[0]).startswith(b"HTTP/1.1 204")
    recorder.close()
    wait_for(lambda: a.log.count("received Acknowledgment") == acknowledged + 2, "two acknowledgements")
    assert b.unprocessed(messageId=message_id) == [message_id]
    given = [line for line in a.log.splitlines() if "received Acknowledgment" in line][acknowledged - 1 :]
    assert len(set(given)) == 1, "the same acknowledgement each time"


def test_retried_while_the_partner_is_down_and_over_kill(pair: Pair) -> None:
    a, b = pair.a, pair.b
    cpa_id = pair.insert(cpa_id="vaak-opnieuw", retries=30)
    b.stop(signal.SIGKILL)
    first = a.send(cpa_id, "SR", "EchoRequest", b"<zaak>1</zaak>").text
    second = a.send(cpa_id, "SR", "EchoRequest", b"<zaak>2</zaak>").text
    lost = a.send(pair.be, "SR", "EchoRequest", b"<zaak>3</zaak>").text
    ended(a, lost, "DELIVERY_FAILED")
    a.stop(signal.SIGKILL)
    a.start()
    assert a.status_of(first) == "CREATED"
    b.start()
    for message_id in (first, second):
        ended(a, message_id, "DELIVERED")
        assert b.unprocessed(messageId=message_id) == [message_id]


def test_given_up_when_its_time_is_over(pair: Pair) -> None:
    cpa_id = pair.insert(cpa_id="eenmaal-opnieuw", retries=1)
    pair.b.call("DELETE", f"{BASE}/cpas/{cpa_id}")
    message_id = pair.a.send(cpa_id, "SR", "EchoRequest", b"<zaak/>").text
    ended(pair.a, message_id, "EXPIRED")
    assert pair.a.log.count(f"EchoRequest {message_id} to") == 3  # attempt 1 of 2, 2 of 2, EXPIRED
    query = urllib.parse.urlencode({"messageId": message_id})
    events = pair.a.call("GET", f"{BASE}/ebms/events/unprocessed?{query}").json
    assert events == [{"messageId": message_id, "type": "EXPIRED"}]
    assert pair.a.call("PATCH", f"{BASE}/ebms/events/{message_id}").status == 204
    assert pair.a.call("GET", f"{BASE}/ebms/events/unprocessed?{query}").json == []


@pytest.mark.parametrize(
    ("status", "end"), [(404, "DELIVERY_FAILED"), (301, "DELIVERY_FAILED"), (503, "DELIVERED")]
)
def test_which_answers_are_tried_again(pair: Pair, status: int, end: str) -> None:
    recorder = Recorder(pair.b)
    recorder.answer = (
        f"HTTP/1.1 {status} x\r\nLocation: {pair.b.endpoint}\r\nContent-Length: 0\r\n\r\n".encode()
    )
    pair.a.map(pair.b.endpoint, recorder.url)
    try:
        message_id = pair.a.send(pair.rm, "SR", "EchoRequest", b"<zaak/>").text
        wait_for(lambda: recorder.requests, "a request")
    finally:
        pair.a.map(pair.b.endpoint, None)
        recorder.close()
    ended(pair.a, message_id, end)
    assert len(recorder.requests) == 1


def test_a_message_error_ends_a_message(pair: Pair) -> None:
    cpa_id = pair.insert(cpa_id="rollen-verschillen")
    other = pair.cpa(cpa_id="rollen-verschillen").replace(b'tns:name="SR"', b'tns:name="Ander"')
    assert pair.b.insert(other).status == 200
    message_id = pair.a.send(cpa_id, "SR", "EchoRequest", b"<zaak/>").text
    ended(pair.a, message_id, "DELIVERY_FAILED")
    assert f"{message_id} is DELIVERY_FAILED; Inconsistent at //Header/MessageHeader/From/Role" in pair.a.log


def test_the_partner_tells_what_became_of_a_message(pair: Pair) -> None:
    message_id = pair.a.send(pair.rm, "SR", "EchoRequest", b"<zaak/>").text
    ended(pair.a, message_id, "DELIVERED")
    asked = pair.a.call("GET", f"{BASE}/ebms/messages/{message_id}/status")
    assert asked.status == 200
    assert asked.json["status"] == "RECEIVED"  # type: ignore[index]
    pair.b.call("GET", f"{BASE}/ebms/messages/{message_id}?process=true")
    assert pair.a.call("GET", f"{BASE}/ebms/messages/{message_id}/status").json["status"] == "PROCESSED"  # type: ignore[index]
    assert pair.b.call("GET", f"{BASE}/ebms/messages/{message_id}/status").status == 500


def test_resending_gives_a_new_message(pair: Pair) -> None:
    message_id = pair.a.send(pair.rm, "SR", "EchoRequest", b"<zaak/>").text
    answer = pair.a.call("PUT", f"{BASE}/ebms/messages/{message_id}")
    assert answer.status == 200
    assert answer.text != message_id
    ended(pair.a, answer.text, "DELIVERED")
    assert pair.a.message(answer.text)["dataSources"] == pair.a.message(message_id)["dataSources"]
    assert pair.a.call("PUT", f"{BASE}/ebms/messages/nope").status == 404


# Pings that fail


def test_ping_without_cpa_or_party_here(pair: Pair) -> None:
    assert pair.a.ping("NOPE", pair.b).text == "No CPA found for cpaId=NOPE"
    stranger = Party("C", "00000099900000009000", pair.a.folder, [])
    answer = pair.a.ping(pair.rm, stranger)
    assert (answer.status, answer.text[:16]) == (500, "No toParty found")
    where = f"{pair.rm}/from/urn:osb:oin:1/to/{pair.b.party_id}"
    assert pair.a.call("POST", f"{BASE}/ebms/ping/{where}").text.startswith("No fromParty found")
    assert pair.a.call("GET", f"{BASE}/ebms/ping/{where}").status == 405


def test_ping_where_nobody_listens(pair: Pair) -> None:
    for destination in (f"https://localhost:{free_port()}/ebms", "https://nergens.invalid/ebms"):
        pair.a.map(pair.b.endpoint, destination)
        answer = pair.a.ping(pair.rm, pair.b)
        pair.a.map(pair.b.endpoint, None)
        assert (answer.status, answer.text) == (500, "java.net.ConnectException")


def test_ping_of_a_port_that_says_nothing(pair: Pair) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        pair.a.map(pair.b.endpoint, f"https://localhost:{silent.getsockname()[1]}/ebms")
        answer = pair.a.ping(pair.rm, pair.b)
        pair.a.map(pair.b.endpoint, None)
    assert answer.text == "java.net.http.HttpConnectTimeoutException: HTTP connect timed out"


def test_many_pings_without_a_way_back_hold_few_connections(pair: Pair) -> None:
    process = pair.b.process
    assert process is not None
    files = Path(f"/proc/{process.pid}/fd")
    before = len(list(files.iterdir()))
    with (
        socket.create_server(("127.0.0.1", 0), backlog=500) as silent,
        socket.create_connection(("localhost", pair.b.port), timeout=5) as plain,
        tls_client(pair.a).wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        pair.b.map(pair.a.endpoint, f"https://localhost:{silent.getsockname()[1]}/ebms")
        secured.sendall(ping_request(pair) * 200)
        wait_for(lambda: pair.b.log.count("none to") >= 100, "pings that are dropped", lambda: pair.b.log)
        assert len(list(files.iterdir())) < before + 70
    pair.b.map(pair.a.endpoint, None)
    wait_for(lambda: len(list(files.iterdir())) <= before, "the connections to end")
    assert pair.a.ping(pair.rm, pair.b).status == 204


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "https://127.0.0.1:{0}/ebms",
            HANDSHAKE + "No subject alternative names matching IP address 127.0.0.1 found",
        ),
        ("https://localhost:{0}/elders", "StatusCode=404\nHeaders={"),
    ],
)
def test_ping_of_another_address_or_path(pair: Pair, path: str, text: str) -> None:
    pair.a.map(pair.b.endpoint, path.format(pair.b.port))
    answer = pair.a.ping(pair.rm, pair.b)
    pair.a.map(pair.b.endpoint, None)
    assert answer.text.startswith(text)


def test_ping_without_a_way_back(pair: Pair) -> None:
    pair.b.map(pair.a.endpoint, f"https://localhost:{free_port()}/ebms")
    answer = pair.a.ping(pair.rm, pair.b)
    pair.b.map(pair.a.endpoint, None)
    assert (answer.status, answer.text) == (500, "No response received!")


def test_ping_of_a_partner_without_the_cpa(pair: Pair) -> None:
    cpa_id = pair.insert(cpa_id="alleen-hier")
    pair.b.call("DELETE", f"{BASE}/cpas/{cpa_id}")
    assert pair.a.ping(cpa_id, pair.b).text.startswith("StatusCode=500\nHeaders={")
    assert f"the partner says: CPA {cpa_id} not found!" in pair.a.log


def test_ping_through_a_proxy(pair: Pair) -> None:
    tunnel = Tunnel()
    pair.b.proxy = tunnel.url
    pair.b.configure()
    pair.b.stop()
    pair.b.start()
    try:
        assert pair.b.ping(pair.rm, pair.a).status == 204
        assert tunnel.asked[-1] == f"CONNECT localhost:{pair.a.port} HTTP/1.1"
        tunnel.status = 503
        assert pair.b.ping(pair.rm, pair.a).text == "java.io.IOException: Tunnel failed, got: 503"
        tunnel.close()
        assert pair.b.ping(pair.rm, pair.a).status == 500
    finally:
        pair.b.proxy = ""
        pair.b.configure()
        pair.b.stop()
        pair.b.start()
    assert pair.b.ping(pair.rm, pair.a).status == 204


# Identity


@pytest.mark.parametrize(
    ("kind", "there", "back"),
    [
        (Kind.REVOKED, ALERT + "certificate_revoked", PATH + "Certificate has been revoked"),
        (Kind.EXPIRED, ALERT + "certificate_expired", PATH + "validity check failed"),
        (Kind.OTHER_ROOT, ALERT + "unknown_ca", HANDSHAKE + "No trusted certificate found"),
        (Kind.SELF_SIGNED, ALERT + "unknown_ca", HANDSHAKE + "No trusted certificate found"),
        (Kind.NO_CLIENT_AUTH, ALERT + "unsupported_certificate", "No response received!"),
        (Kind.OTHER_OIN, "StatusCode=500\n", "No response received!"),
        (Kind.GOOD, "StatusCode=500\n", "No response received!"),
    ],
)
def test_another_certificate_than_that_of_the_cpa(pair: Pair, kind: Kind, there: str, back: str) -> None:
    """With A's certificate spoiled, the Ping from A and the Ping to A each tell why."""
    a, b = pair.a, pair.b
    a.certify(leaf(pair.authority, A_OIN, A_NAME, kind))
    b.write_crls(pair.authority)
    try:
        a.reload()
        b.reload()
        assert a.ping(pair.rm, b).text.startswith(there)
        assert b.ping(pair.rm, a).text == back
        if there.startswith("Status"):
            assert "the partner says: Invalid SSL Client Certificate!" in a.log
    finally:
        a.certify(pair.leaves[0])
        a.reload()
    assert a.ping(pair.rm, b).status == 204


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("missing", "unable to get certificate CRL"),
        ("expired", "CRL has expired"),
        ("empty", "unable to get"),
    ],
)
def test_without_current_crls_every_connection_is_refused(pair: Pair, spoil: str, reason: str) -> None:
    crls = pair.b.folder / "crl"
    if spoil == "expired":
        pair.authority.sign_crls(hours=-1)
        for path in (pair.authority.path / "crl").glob("*.crl"):
            (crls / path.name).write_bytes(path.read_bytes())
    else:
        for path in list(crls.glob("*.crl" if spoil == "empty" else "tsp.crl")):
            path.unlink()
    try:
        pair.b.reload()
        assert pair.a.ping(pair.rm, pair.b).text.startswith(ALERT)
        assert reason in pair.b.ping(pair.rm, pair.a).text
    finally:
        pair.authority.sign_crls()
        pair.b.write_crls(pair.authority)
        pair.b.reload()
    assert pair.a.ping(pair.rm, pair.b).status == 204


def test_reloading_drops_no_connection_and_a_bad_reload_changes_nothing(pair: Pair) -> None:
    b, raw = pair.b, ping_request(pair)
    with (
        socket.create_connection(("localhost", b.port), timeout=5) as plain,
        tls_client(pair.a).wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        secured.sendall(raw[:-10])
        b.reload()
        secured.sendall(raw[-10:])
        answer = secured.recv(65536)
        assert answer.startswith(b"HTTP/1.1 204")
        assert b"Connection: close" in answer  # the next message passes the new CRLs
    (b.folder / "anchors.pem").write_text("nothing")
    b.reload()
    assert "reload refused, the old material stays in use" in b.log
    assert pair.a.ping(pair.rm, b).status == 204
    (b.folder / "anchors.pem").write_bytes(pair.authority.anchors_pem())
    b.reload()


def test_rotation_is_served_at_once(pair: Pair) -> None:
    new = leaf(pair.authority, B_OIN, B_NAME)
    pair.b.certify(new)
    pair.b.reload()
    try:
        with (
            socket.create_connection(("localhost", pair.b.port), timeout=5) as plain,
            tls_client(pair.a).wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            shown = ssl.DER_cert_to_PEM_cert(secured.getpeercert(binary_form=True) or b"")
        assert new.certificate_pem.decode().startswith(shown.strip()[:200])
    finally:
        pair.b.certify(pair.leaves[1])
        pair.b.reload()


# The ebMS port


def test_no_further_than_the_handshake_without_a_certificate(pair: Pair) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError), match=r"(?i)certificate.required|reset"):
        exchange(pair.b.port, tls_client(pair.b, with_certificate=False), ping_request(pair))


@pytest.mark.parametrize(
    ("options", "accepted"),
    [
        ("-tls1_3", True),
        ("-tls1_2", True),
        ("-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256", True),
        ("-tls1_1 -cipher DEFAULT@SECLEVEL=0", False),
        ("-tls1_2 -cipher AES256-GCM-SHA384", False),
        ("-tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384", False),
        ("-tls1_2 -cipher ECDHE-RSA-AES256-SHA384", False),
        ("-tls1_3 -groups ffdhe3072", False),
        ("-tls1_2 -sigalgs RSA+SHA1 -cipher ALL@SECLEVEL=0", False),
    ],
)
def test_tls_parameters(pair: Pair, options: str, accepted: bool) -> None:
    for party, other in ((pair.b, pair.a), (pair.a, pair.b)):
        certificate = other.folder / "certificate.pem"
        files = ["-cert", certificate, "-cert_chain", certificate, "-key", other.folder / "key.pem"]
        command = ["openssl", "s_client", "-connect", f"localhost:{party.port}", *options.split(), *files]
        run = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=20)
        assert (b"Cipher is (NONE)" not in run.stdout and run.returncode == 0) == accepted, run.stderr


@pytest.mark.parametrize(
    ("changes", "status", "text"),
    [
        ({"SOAPAction": "ebXML"}, 500, "Unable to process message! SOAPAction=ebXML"),
        ({"SOAPAction": ""}, 500, "Unable to process message! SOAPAction="),
        ({"cpa": "NOPE"}, 500, "CPA NOPE not found!"),
        ({"Content_Type": "application/json"}, 500, "unexpected Content-Type"),
        ({"Content_Type": "text/xml; charset=ISO-8859-1"}, 500, "charset is not UTF-8"),
        ({"Content_Type": "multipart/related"}, 500, "boundary"),
        ({"Content_Type": ""}, 500, "malformed Content-Type"),
        ({"Content_Length": "30000000"}, 413, ""),
        ({"Content_Length": "x"}, 400, ""),
    ],
)
def test_bad_requests(pair: Pair, changes: dict[str, str], status: int, text: str) -> None:
    raw = ping_request(pair, **changes)
    answer = exchange(pair.b.port, tls_client(pair.a), raw + (b"x" * 22_000_000 if status == 413 else b""))
    assert f" {status} ".encode() in answer.split(b"\r\n")[0]
    if text:
        assert b"<faultcode>soap:Client</faultcode>" in answer
        assert text.encode() in answer
    assert b"Server:" not in answer.split(b"\r\n\r\n")[0] or status == 400


def test_other_methods_paths_and_doubled_headers(pair: Pair) -> None:
    context = tls_client(pair.a)
    get = b"GET /ebms HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert exchange(pair.b.port, context, get).startswith(b"HTTP/1.1 500")
    assert exchange(pair.b.port, context, get.replace(b"ebms", b"x")).startswith(b"HTTP/1.1 404")
    raw = ping_request(pair)
    twice = raw.replace(b"SOAPAction", b'SOAPAction: "ebXML"\r\nSOAPAction')
    assert b"stands more than once" in exchange(pair.b.port, context, twice)
    upper = raw.replace(b"SOAPAction", b"SOAPACTION").replace(b"Content-Type", b"content-type")
    assert exchange(pair.b.port, context, upper).startswith(b"HTTP/1.1 204")


@pytest.mark.parametrize(
    "body", [b"zz\r\nx\r\n", b"5\r\nabcdefgh\r\n0\r\n\r\n", b"-1\r\n", b"ffffffffffffffffff\r\n"]
)
def test_malformed_chunks(pair: Pair, body: bytes) -> None:
    head = ping_request(pair, Content_Length="", Transfer_Encoding="chunked").partition(b"\r\n\r\n")[0]
    answer = exchange(pair.b.port, tls_client(pair.a), head + b"\r\n\r\n" + body)
    assert answer == b"" or b" 400 " in answer.split(b"\r\n")[0], answer
    assert pair.b.ping(pair.rm, pair.a).status == 204


def test_a_client_that_leaves_in_the_middle(pair: Pair) -> None:
    raw = ping_request(pair)
    for part in (raw[:20], raw[:-10]):
        with (
            socket.create_connection(("localhost", pair.b.port), timeout=5) as plain,
            tls_client(pair.a).wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            secured.sendall(part)
            time.sleep(0.1)
    assert pair.a.ping(pair.rm, pair.b).status == 204


def test_the_other_party_cannot_speak_for_us(pair: Pair) -> None:
    answer = exchange(pair.b.port, tls_client(pair.b), ping_request(pair))
    assert b"Invalid SSL Client Certificate!" in answer


@contextmanager
def configured(party: Party, extra: str) -> Iterator[None]:
    """The engine runs with more settings, and afterwards without them."""
    party.stop()
    party.configure(extra)
    party.start()
    try:
        yield
    finally:
        party.stop()
        party.configure()
        party.start()


def test_the_certificate_comes_in_a_header_from_the_offloader_only(pair: Pair) -> None:
    a, b, port = pair.a, pair.b, free_port()
    extra = f'[offloader]\nlisten = "127.0.0.1:{port}"\naddresses = ["127.0.0.1"]\n'
    recorder = Recorder(b)
    a.map(b.endpoint, recorder.url)
    a.send(pair.be, "SR", "EchoRequest", b"<zaak/>")
    wait_for(lambda: recorder.requests, "the message")
    a.map(b.endpoint, None)
    recorder.close()
    head, _, body = recorder.requests[0].partition(b"\r\n\r\n")
    own, theirs = (urllib.parse.quote(leaf.certificate_pem.decode()) for leaf in pair.leaves)

    def answer(to: int, *headers: str) -> bytes:
        request = b"\r\n".join([head, *(line.encode() for line in headers), b"", body])
        if to == b.port:  # over TLS, with a certificate of somebody else
            return exchange(to, tls_client(b), request)
        with socket.create_connection(("127.0.0.1", to)) as plain:
            plain.settimeout(1)
            plain.sendall(request)
            received = b""
            with suppress(TimeoutError):
                received = plain.recv(65536)
                while b"500" in received[:20] and b"</soap:Envelope>" not in received:
                    received += plain.recv(65536)
            return received

    with configured(b, '[offloader]\naddresses = ["127.0.0.1"]\n'):
        # Over TLS to the port of ebMS: who has a certificate of the engine's own party is its proxy, and nobody else.
        assert answer(b.port, f"X-Client-Cert: {own}").startswith(b"HTTP/1.1 204")
        assert exchange(b.port, tls_client(a), b"\r\n".join([head, b"", body])).startswith(b"HTTP/1.1 204")
        forged = b"\r\n".join([head, f"X-Client-Cert: {theirs}".encode(), b"", body])
        assert exchange(b.port, tls_client(a), forged).startswith(b"HTTP/1.1 204"), "its own counts"
        assert b"Invalid SSL Client Certificate" in answer(b.port)
    with configured(b, '[offloader]\naddresses = ["127.0.0.9"]\n'):
        assert b"Invalid SSL Client Certificate" in answer(b.port, f"X-Client-Cert: {own}")
    with configured(b, extra):
        assert answer(port, f"X-Client-Cert: {own}").startswith(b"HTTP/1.1 204")
        for headers in (
            (),
            (f"X-Client-Cert: {theirs}",),
            ("X-Client-Cert: onzin",),
            ("X-Client-Cert: ",),
            (f"X-Client-Cert: {own}", f"X-Client-Cert: {own}"),
        ):
            assert b"Invalid SSL Client Certificate" in answer(port, *headers), headers
        # Over TLS the certificate of the handshake counts, whatever a header says.
        assert b"Invalid SSL Client Certificate" in answer(b.port, f"X-Client-Cert: {own}")
        revoked = leaf(pair.authority, A_OIN, A_NAME, Kind.REVOKED)
        b.write_crls(pair.authority)
        b.reload()
        shown = urllib.parse.quote(revoked.certificate_pem.decode())
        assert b"Invalid SSL Client Certificate" in answer(port, f"X-Client-Cert: {shown}")
    elsewhere = extra.replace('["127.0.0.1"]', '["127.0.0.9"]')
    with configured(b, elsewhere):
        assert b"Invalid SSL Client Certificate" in answer(port, f"X-Client-Cert: {own}")


def test_a_party_speaks_by_another_only_with_a_mandate(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "00000099500000001000"
    xml = pair.cpa(cpa_id="namens-een-ander").replace(A_OIN.encode(), other.encode())
    a, b = pair.a, pair.b
    assert [party.insert(xml).status for party in (a, b)] == [200, 200]
    monkeypatch.setattr(a, "oin", other)
    with configured(a, ""):
        assert a.ping("namens-een-ander", b).text.startswith("StatusCode=500")
        assert "no mandate is recorded" in b.log
        with configured(b, f'[mandates]\n"{other}" = "{A_OIN}"\n'):
            assert a.ping("namens-een-ander", b).status == 204
    monkeypatch.undo()
    a.stop()
    a.configure()
    a.start()


def test_deviations_are_of_choice(pair: Pair) -> None:
    a, b = pair.a, pair.b
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    cpa_id = pair.insert(cpa_id="bijna-voorbij", end=soon)
    time.sleep(2.5)
    assert a.ping(cpa_id, b).status == 204, "as ebms-admin does"
    with configured(b, "[deviations]\nexpired_cpa_fails_ping = true\n"):
        assert a.ping(cpa_id, b).text.startswith("StatusCode=500")
        assert b.ping(cpa_id, a).text == f"CPA {cpa_id} is not valid now"
    with configured(b, "[deviations]\njson_errors = true\n"):
        answer = b.call("GET", f"{BASE}/cpas/onbekend")
        assert (answer.status, answer.json) == (404, {"status": 404, "error": "Not Found"})
        assert b.call("GET", f"{BASE}/cpas", login=None).json == {"status": 401, "error": "Unauthorized"}


def test_a_message_goes_out_and_comes_in_as_a_form(pair: Pair) -> None:
    """Payloads as they are, among them what looks like MIME."""
    a, b = pair.a, pair.b
    properties = {
        **{"cpaId": pair.rm, "fromPartyId": a.party_id, "fromRole": "SR"},
        **{"service": SERVICE, "action": "EchoRequest"},
    }
    payload = b"\x00--grens\r\n\r\n--" + bytes(range(256))
    head = 'Content-Disposition: form-data; name="attachment"; filename="z.bin"\r\nContent-ID: <z>'
    form = (
        b'--grens\r\nContent-Disposition: form-data; name="requestProperties"\r\n'
        b"Content-Type: application/json\r\n\r\n"
        + json.dumps(properties).encode()
        + b"\r\n--grens\r\n"
        + head.encode()
        + b"\r\n\r\n"
        + payload
        + b"\r\n--grens--\r\n"
    )
    sent = a.call("POST", f"{BASE}/ebms/messages/mtom", form, "multipart/form-data; boundary=grens")
    assert (sent.status, sent.headers["Content-Type"]) == (200, "text/plain")
    wait_for(lambda: b.unprocessed(messageId=sent.text), "the message")
    where = f"{BASE}/ebms/messages/mtom/{urllib.parse.quote(sent.text)}?process=true"
    got = b.call("GET", where)
    kind, parameters = parse_content_type(got.headers["Content-Type"])
    first, second = parts_of(got.body, parameters["boundary"])
    assert kind == "multipart/form-data"
    assert json.loads(first.content)["messageId"] == sent.text
    assert (second.content_id, second.content) == ("z", payload)
    assert b.unprocessed(messageId=sent.text) == []


def test_an_action_that_is_not_agreed_gives_an_empty_500(pair: Pair) -> None:
    other = other_body(ping_request(pair), lambda body: body.replace(b":service<", b":services<"))
    answer = exchange(pair.b.port, tls_client(pair.a), other)
    assert answer.startswith(b"HTTP/1.1 500")
    assert answer.endswith(b"\r\n\r\n")


# REST


def test_rest_answers_only_who_may_ask(pair: Pair) -> None:
    for login in (None, "lab:wrong", "other:correct horse", "lab", ":", "", "é:é"):
        for method, path in (
            ("GET", f"{BASE}/cpas"),
            ("POST", f"{BASE}/cpas"),
            ("GET", "/lopendezaken/v1/signals"),
        ):
            answer = pair.a.call(method, path, b"" if method == "POST" else None, "text/plain", login)
            assert (answer.status, answer.body) == (401, b"")
            assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert pair.a.call("GET", f"{BASE}/cpas", Authorization="Bearer x", login=None).status == 401


def test_health_is_for_everyone(pair: Pair) -> None:
    party = Party("H", A_OIN, pair.a.folder, [], rest_port=pair.a.health_port)
    for path, status in (("/health", 200), ("/health/x", 200), ("/", 404), (f"{BASE}/cpas", 404)):
        answer = party.call("GET", path, login=None)
        assert (answer.status, answer.body if status == 200 else b"") == (status, b"")


def test_cpas_over_rest(pair: Pair) -> None:
    a = pair.a
    cpa_id = "een-cpa"
    xml = pair.cpa(cpa_id=cpa_id)
    assert a.insert(xml, overwrite=False).text == cpa_id
    assert a.insert(xml, overwrite=False).text == (
        f"java.lang.IllegalArgumentException: Did not insert CPA {cpa_id}! CPA already exists."
    )
    assert a.insert(xml, overwrite=False).status == 400
    assert a.insert(xml).status == 200
    ids = a.call("GET", f"{BASE}/cpas").json
    assert ids == sorted(ids)  # type: ignore[type-var]
    assert cpa_id in ids  # type: ignore[operator]
    got = a.call("GET", f"{BASE}/cpas/{cpa_id}", Accept="text/plain")
    assert got.headers["Content-Type"] == "text/plain"
    assert got.body != xml
    assert differences(xml, got.body) == []
    assert a.call("GET", f"{BASE}/cpas/{cpa_id}", Accept="application/json").status == 406
    assert a.insert(got.body).status == 200
    assert a.call("GET", f"{BASE}/cpas/{cpa_id}").body == got.body
    assert a.call("DELETE", f"{BASE}/cpas/{cpa_id}").status == 204
    for method in ("GET", "DELETE"):
        gone = a.call(method, f"{BASE}/cpas/{cpa_id}")
        assert (gone.status, gone.body) == (404, b"")


def test_a_cpa_id_with_odd_characters(pair: Pair) -> None:
    odd = "a/b c:d"
    xml = pair.cpa(cpa_id="vreemd").replace(b'tns:cpaid="vreemd"', f'tns:cpaid="{odd}"'.encode())
    assert pair.a.insert(xml).text == odd
    assert pair.b.insert(xml).text == odd
    path = f"{BASE}/cpas/{urllib.parse.quote(odd, safe='')}"
    assert pair.a.call("GET", path).status == 200
    assert pair.a.ping(odd, pair.b).status == 204
    assert pair.b.ping(odd, pair.a).status == 204
    for party in (pair.a, pair.b):
        assert party.call("DELETE", path).status == 204


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        (lambda xml: xml, 204, ""),
        (lambda xml: b"", 400, "org.xml.sax.SAXParseException; lineNumber: "),
        (lambda xml: b"geen xml", 400, "org.xml.sax.SAXParseException; lineNumber: 1"),
        (
            lambda xml: xml.replace(b"tns:Status", b"tns:Statuut"),
            400,
            "org.xml.sax.SAXParseException; lineNumber: ",
        ),
        (lambda xml: xml.replace(b'"agreed"', b'"proposed"'), 500, "CPA Status is proposed!"),
        (lambda xml: xml.replace(b'"agreed"', b'"signed"'), 204, ""),
    ],
)
def test_validating_stores_nothing(pair: Pair, change: object, status: int, text: str) -> None:
    xml = change(pair.cpa(cpa_id="alleen-bekeken"))  # type: ignore[operator]
    answer = pair.a.call("POST", f"{BASE}/cpas/validate", xml, "text/plain")
    assert answer.status == status
    assert answer.text.startswith(text)
    assert "alleen-bekeken" not in pair.a.call("GET", f"{BASE}/cpas").json  # type: ignore[operator]


@pytest.mark.parametrize(
    "kind", ["application/json", "application/xml", None, "application/x-www-form-urlencoded"]
)
def test_a_cpa_is_text(pair: Pair, kind: str | None) -> None:
    answer = pair.a.call("POST", f"{BASE}/cpas", pair.cpa(), kind)
    assert (answer.status, answer.body) == (415, b"")


def test_messages_over_rest_that_cannot_be(pair: Pair) -> None:
    a = pair.a
    for properties, text in (
        ({"service": "urn:osb:services:x"}, "No CanSend action found for "),
        ({"action": "EchoResponse"}, "No CanSend action found for "),
        ({"fromRole": "SP"}, "No CanSend action found for "),
        ({"cpaId": "NOPE"}, "No CPA found for cpaId=NOPE"),
        ({"fromPartyId": "urn:osb:oin:1"}, "No fromParty found"),
        ({"toPartyId": "urn:osb:oin:1"}, "No toParty found"),
    ):
        answer = a.send(pair.rm, "SR", "EchoRequest", b"<zaak/>", **properties)
        assert answer.status == 500
        assert answer.text.startswith(text)
    path = f"{BASE}/ebms/messages"
    for body in (b"", b"{", b"[]", b'{"properties": 1}', b"\xff", b"[" * 100_000):
        answer = a.call("POST", path, body, "application/json")
        assert (answer.status, answer.body) == (500, b"")
    assert a.call("POST", path, b"{}", "text/plain").status == 415
    used = a.send(pair.rm, "SR", "EchoRequest", b"<zaak/>", messageId="eigen@localhost")
    assert used.text == "eigen@localhost"
    assert a.send(pair.rm, "SR", "EchoRequest", b"<zaak/>", messageId="eigen@localhost").status == 400
    assert a.send(pair.rm, "SR", "EchoRequest", b"<zaak/>", conversationId="a\x00b").status == 400
    for method in ("GET",):
        assert a.call(method, f"{path}/nope").status == 404
    assert a.call("PATCH", f"{path}/nope").status == 204
    assert a.call("GET", f"{path}/nope/status").status == 500


def test_unprocessed_and_its_limit(pair: Pair) -> None:
    sent = [
        pair.a.send(pair.rm, "SR", "EchoRequest", b"<zaak/>", conversationId="drie").text for _ in range(3)
    ]
    wait_for(lambda: len(pair.b.unprocessed(conversationId="drie")) == 3, "three messages")
    assert sorted(pair.b.unprocessed(conversationId="drie")) == sorted(sent)
    assert len(pair.b.unprocessed(conversationId="drie", maxNr="2")) == 2
    assert pair.b.unprocessed(conversationId="drie", fromPartyId=pair.b.party_id) == []


def test_url_mappings(pair: Pair) -> None:
    path = f"{BASE}/urlMappings"
    for bad in ({"source": "x", "destination": "https://b"}, {"source": "https://a"}, {}):
        answer = pair.a.call("POST", path, json.dumps(bad).encode(), "application/json")
        assert answer.status == 500
    pair.a.map("https://a.example/x", "https://b.example/y")
    assert pair.a.call("GET", path).json == [
        {"source": "https://a.example/x", "destination": "https://b.example/y"}
    ]
    source = urllib.parse.quote("https://a.example/x", safe="")
    assert pair.a.call("DELETE", f"{path}/{source}").status == 204
    assert pair.a.call("DELETE", f"{path}/{source}").status == 404
    assert pair.a.call("DELETE", f"{path}/cache").status == 204


# Starting and stopping


def test_what_hinders_the_start_is_named(pair: Pair, tmp_path: Path) -> None:
    config = (pair.a.folder / "engine.toml").read_text()
    for old, new, text in (
        ("anchors.pem", "geen.pem", "trust anchors cannot be read"),
        ("certificate.pem", "anchors.pem", "certificate and key cannot be used"),
        ("[party]", "[partij]", "[party] oin"),
    ):
        path = tmp_path / "engine.toml"
        path.write_text(config.replace(old, new))
        run = subprocess.run(
            [*pair.a.program, "check", "--config", str(path)], capture_output=True, text=True, check=False
        )
        assert run.returncode == 2
        assert text in run.stderr
        assert "Traceback" not in run.stderr
    run = subprocess.run(
        [*pair.a.program, "serve", "--config", str(pair.a.folder / "engine.toml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 3
    assert "port cannot be opened" in run.stderr
    assert LOGIN not in run.stderr
    assert "PRIVATE KEY" not in run.stderr


def test_sigterm_does_not_wait_for_a_ping(pair: Pair) -> None:
    pair.b.map(pair.a.endpoint, f"https://localhost:{free_port()}/ebms")
    where = f"{pair.rm}/from/{pair.a.party_id}/to/{pair.b.party_id}"
    request = subprocess.Popen(
        [
            "curl",
            "-s",
            "-u",
            LOGIN,
            "-X",
            "POST",
            f"http://127.0.0.1:{pair.a.rest_port}{BASE}/ebms/ping/{where}",
        ]
    )
    time.sleep(0.3)
    assert pair.a.stop() < 2
    request.wait(5)
    pair.a.start()
    pair.b.map(pair.a.endpoint, None)
    assert pair.a.ping(pair.rm, pair.b).status == 204
