"""The embedded engine (A) against a real ebms-admin 2.20.2 (B), both ways over two-way TLS.

Runs where LZ_EBMS_ADMIN_JAR names the jar of ebms-admin.
"""

from __future__ import annotations

import base64
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lopendezaken.cpa.meaning import differences, equal
from lopendezaken.cpa.profile import PROFILES
from lopendezaken.cpa.render import ActionRequest
from lopendezaken.lab.authority import Kind
from tests.integration.ebms_admin import EbmsAdmin, port_in_range, why_not
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
    certificates,
    leaf,
    wait_for,
)
from tests.unit.plugins.conftest import Run, run  # noqa: F401 - a fixture

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "it runs")

HANDSHAKE = "javax.net.ssl.SSLHandshakeException: "
CONTENT = b'<?xml version="1.0"?>\r\n<zaak>\xc3\xab</zaak>\r\n--'
RENDERED = sorted(Path(__file__).parents[1].glob("unit/documents/golden/specifications/*/*/cpa-*.xml"))
ROLES = {"A": ("SR", "EchoRequest"), "B": ("SP", "EchoResponse")}


@dataclass
class World(Pair):
    """The engine (A) and ebms-admin (B)."""

    b: EbmsAdmin

    def ways(self) -> tuple[tuple[Party, Party], tuple[Party, Party]]:
        return (self.a, self.b), (self.b, self.a)

    def way(self, sender: str) -> tuple[Party, Party]:
        return self.ways()[sender == "B"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("ebms-admin")
    authority, *leaves = certificates(folder / "pki")
    engine = [sys.executable, "-m", "lopendezaken.ebms"]
    port, rest_port, health_port = (port_in_range() for _ in range(3))
    a = Party("A", A_OIN, folder / "a", engine, port, rest_port, health_port)
    b = EbmsAdmin("B", B_OIN, folder / "b", [])
    world = World(a, b, authority, (leaves[0], leaves[1]))
    a.write(leaves[0], authority)
    a.configure()
    b.write(leaves[1], authority)
    try:
        a.start()
        b.start()
        for profile in PROFILES:
            cpa_id = f"Echo-{profile}_{A_OIN}_{B_OIN}_1"
            world.profiles[profile] = world.insert(cpa_id=cpa_id, profile=profile)
        yield world
    finally:
        a.stop()
        b.stop()
    assert "Traceback" not in a.log


def ended(party: Party, message_id: str, status: str, seconds: float = 20) -> None:
    wait_for(
        lambda: party.status_of(message_id) == status,
        status,
        lambda: party.status_of(message_id) + party.log[-4000:],
        seconds,
    )


def send(world: World, sender: str, cpa_id: str, content: bytes = CONTENT, **properties: str) -> str:
    """Queue a message from A or B; its id."""
    answer = world.way(sender)[0].send(cpa_id, *ROLES[sender], content, **properties)
    assert answer.status == 200, answer
    return answer.text


def ping_text(this: Party, cpa_id: str, other: Party) -> str:
    answer = this.ping(cpa_id, other)
    return "Pong" if answer.status == 204 else answer.text or f"HTTP {answer.status}"


# CPA


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_our_cpa_comes_back_with_the_same_meaning(world: World, profile: str) -> None:
    cpa_id = world.profiles[profile]
    theirs, ours = (party.call("GET", f"{BASE}/cpas/{cpa_id}").body for party in (world.b, world.a))
    assert theirs != ours
    assert differences(ours, theirs) == []
    assert equal(ours, theirs)
    assert world.a.call("POST", f"{BASE}/cpas/validate", theirs, "text/plain").status == 204
    assert world.b.call("POST", f"{BASE}/cpas/validate", ours, "text/plain").status == 204


@pytest.mark.parametrize("path", RENDERED, ids=lambda path: f"{path.parts[-3]}-{path.parts[-2]}-{path.stem}")
def test_what_lz_render_cpa_makes_from_a_dossier_is_taken(world: World, path: Path) -> None:
    xml = path.read_bytes()
    for party in (world.a, world.b):
        answer = party.call("POST", f"{BASE}/cpas/validate", xml, "text/plain")
        assert answer.status == 204, answer
    assert world.b.insert(xml, overwrite=True).status == 200
    (cpa_id,) = re.findall(rb'cpaid="([^"]+)"', xml)
    back = world.b.call("GET", f"{BASE}/cpas/{cpa_id.decode()}").body
    assert back != xml
    assert differences(xml, back) == []


@pytest.mark.parametrize("change", ["twice", "proposed", "expired", "not XML"])
def test_both_refuse_the_same_cpas(world: World, change: str) -> None:
    xml = world.cpa(cpa_id=f"geweigerd-{change.replace(' ', '-')}")
    if change == "proposed":
        xml = xml.replace(b'"agreed"', b'"proposed"')
    if change == "expired":
        past = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
        xml = world.cpa(cpa_id="geweigerd", start=past, end=past + timedelta(days=1))
    if change == "not XML":
        xml = b"geen xml"
    answers = []
    for party in (world.a, world.b):
        if change == "twice":
            assert party.insert(xml, overwrite=False).status == 200
        answers.append(party.insert(xml, overwrite=False))
    ours, theirs = answers
    assert ours.status == theirs.status
    assert ours.status >= 400
    assert ours.text[:50] == theirs.text[:50]


def test_rest_asks_who_calls(world: World) -> None:
    for party in (world.a, world.b):
        assert party.call("GET", f"{BASE}/cpas", login="lab:wrong").status == 401


# Ping


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_ping_both_ways(world: World, profile: str) -> None:
    cpa_id = world.profiles[profile]
    for this, other in world.ways():
        before = len(world.a.signals(cpa_id))
        assert ping_text(this, cpa_id, other) == "Pong"
        seen = [(one["direction"], one["action"]) for one in world.a.signals(cpa_id)[before:]]
        assert seen == (
            [("out", "Ping"), ("in", "Pong")] if this is world.a else [("in", "Ping"), ("out", "Pong")]
        )


# Messages


@pytest.mark.parametrize(
    ("profile", "sender"),
    [
        (name, sender)
        for name in sorted(PROFILES)
        for sender in "AB"
        if not (name.endswith("-e") and sender == "B")
    ],
)
def test_messages_each_way(world: World, profile: str, sender: str) -> None:
    this, other = world.way(sender)
    cpa_id = world.profiles[profile]
    acknowledged = world.a.log.count("received Acknowledgment")
    message_id = send(world, sender, cpa_id, conversationId="gesprek")
    ended(this, message_id, "DELIVERED")
    wait_for(lambda: message_id in other.unprocessed(cpaId=cpa_id), "the message")
    there = other.message(message_id)
    role, action = ROLES[sender]
    properties: dict[str, Any] = there["properties"]
    assert properties["messageStatus"] == "RECEIVED"
    assert properties["fromParty"] == {"partyId": this.party_id, "role": role}
    assert properties["toParty"]["partyId"] == other.party_id
    assert (properties["service"], properties["action"]) == (SERVICE, action)
    assert properties["conversationId"] == "gesprek"
    (source,) = there["dataSources"]
    assert base64.b64decode(source["content"]) == CONTENT  # type: ignore[index]
    assert source["contentType"] == "application/xml"  # type: ignore[index]
    if sender == "A":
        assert (world.a.log.count("received Acknowledgment") > acknowledged) == profile.startswith("osb-rm")
    assert other.call("PATCH", f"{BASE}/ebms/messages/{message_id}").status == 204
    assert other.status_of(message_id) == "PROCESSED"


@pytest.mark.parametrize("profile", ["osb-be-e", "osb-rm-e"])
def test_it_cannot_encrypt_as_digikoppeling_asks(world: World, profile: str) -> None:
    """It opens AES-GCM (above) but cannot make it, and wraps keys by RSA 1.5: its message never leaves."""
    message_id = send(world, "B", world.profiles[profile])
    wait_for(
        lambda: "NoSuchAlgorithmException" in (world.b.folder / "logs/ebms-admin.log").read_text(), "its log"
    )
    assert message_id not in world.a.unprocessed()


@contextmanager
def signals_at_once(world: World, sender: str, profile: str) -> Iterator[str]:
    """The id of a CPA with syncReplyMode mshSignalsOnly; the receiver is told a way back that leads nowhere."""
    this, other = world.way(sender)
    cpa_id = f"meteen-{profile}-{sender}"
    world.insert(cpa_id=cpa_id, profile=profile, sync_reply_mode="mshSignalsOnly")
    other.map(this.endpoint, "https://localhost:9/ebms")
    try:
        yield cpa_id
    finally:
        other.map(this.endpoint, None)


@pytest.mark.parametrize("profile", ["osb-rm", "osb-rm-s"])
def test_it_answers_in_the_http_response(world: World, profile: str) -> None:
    with signals_at_once(world, "A", profile) as cpa_id:
        assert ping_text(world.a, cpa_id, world.b) == "Pong"
        message_id = send(world, "A", cpa_id)
        ended(world.a, message_id, "DELIVERED")
        assert message_id in world.b.unprocessed(cpaId=cpa_id)


def test_it_takes_our_http_response_only_when_it_looks_at_no_client_certificate(world: World) -> None:
    """It wants a client certificate with an acknowledgement, which a response does not have."""
    with signals_at_once(world, "B", "osb-rm") as cpa_id:
        assert ping_text(world.b, cpa_id, world.a) == "Pong"
        ended(world.b, send(world, "B", cpa_id), "EXPIRED")
        assert "No certificate found!" in (world.b.folder / "logs/ebms-admin.log").read_text()
    world.b.stop()
    world.b.configure("https.clientCertificateAuthentication=false")
    world.b.start()
    try:
        for profile in ("osb-rm", "osb-rm-s"):
            with signals_at_once(world, "B", profile) as cpa_id:
                ended(world.b, send(world, "B", cpa_id), "DELIVERED")
    finally:
        world.b.stop()
        world.b.configure()
        world.b.start()


@pytest.mark.parametrize("sender", ["A", "B"])
def test_a_message_of_some_megabytes(world: World, sender: str) -> None:
    this, other = world.way(sender)
    content = b"<zaak>" + b"0123456789abcdef" * 180_000 + b"</zaak>"
    message_id = send(world, sender, world.rm, content)
    ended(this, message_id, "DELIVERED")
    (source,) = other.message(message_id)["dataSources"]
    assert base64.b64decode(source["content"]) == content  # type: ignore[index]


@pytest.mark.parametrize("sender", ["A", "B"])
def test_each_tells_the_other_what_became_of_a_message(world: World, sender: str) -> None:
    this, _ = world.way(sender)
    message_id = send(world, sender, world.rm)
    ended(this, message_id, "DELIVERED")
    asked = this.call("GET", f"{BASE}/ebms/messages/{message_id}/status")
    assert asked.status == 200, asked
    assert asked.json["status"] == "RECEIVED"  # type: ignore[index]


@pytest.mark.parametrize("sender", ["A", "B"])
def test_an_action_that_the_receiver_does_not_know(world: World, sender: str) -> None:
    this, other = world.way(sender)
    role, _ = ROLES[sender]
    cpa_id = f"andere-actie-{sender}"
    more = (
        ActionRequest("EchoRequest", "SR"),
        ActionRequest("EchoResponse", "SP"),
        ActionRequest("Nieuw", role),
    )
    assert this.insert(world.cpa(cpa_id=cpa_id, actions=more, retries=1)).status == 200
    assert other.insert(world.cpa(cpa_id=cpa_id, retries=1)).status == 200
    message_id = this.send(cpa_id, role, "Nieuw", CONTENT).text
    ended(this, message_id, "EXPIRED")
    assert other.unprocessed(cpaId=cpa_id) == []


def test_a_cpa_of_which_the_term_is_over_at_the_receiver(world: World) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    ids = {sender: f"bijna-om-{sender}" for sender in ROLES}
    for sender, cpa_id in ids.items():
        this, other = world.way(sender)
        assert this.insert(world.cpa(cpa_id=cpa_id)).status == 200
        assert other.insert(world.cpa(cpa_id=cpa_id, start=end - timedelta(days=9), end=end)).status == 200
    time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()) + 1)
    for sender, cpa_id in ids.items():
        this, other = world.way(sender)
        message_id = send(world, sender, cpa_id)
        ended(this, message_id, "DELIVERY_FAILED")
        assert other.unprocessed(cpaId=cpa_id) == []
        assert ping_text(this, cpa_id, other) == "Pong"


# Identity


def test_another_certificate_of_ours_than_that_of_the_cpa_is_refused(world: World) -> None:
    world.a.certify(leaf(world.authority, A_OIN, A_NAME))
    world.a.reload()
    try:
        assert ping_text(world.a, world.rm, world.b).startswith("StatusCode=500\n")
        assert "the partner says: Invalid SSL Client Certificate!" in world.a.log
    finally:
        world.a.certify(world.leaves[0])
        world.a.reload()
    assert ping_text(world.a, world.rm, world.b) == "Pong"


def test_a_certificate_of_ours_from_elsewhere_is_refused(world: World) -> None:
    world.a.certify(leaf(world.authority, A_OIN, A_NAME, Kind.OTHER_ROOT))
    world.a.reload()
    try:
        assert (
            ping_text(world.a, world.rm, world.b) == HANDSHAKE + "Received fatal alert: certificate_unknown"
        )
        assert ping_text(world.b, world.rm, world.a) == HANDSHAKE + "Certificate signature validation failed"
    finally:
        world.a.certify(world.leaves[0])
        world.a.reload()
    assert ping_text(world.a, world.rm, world.b) == "Pong"


def test_another_certificate_of_theirs_than_that_of_the_cpa_is_refused(world: World) -> None:
    other = replace(world, leaves=(world.leaves[0], leaf(world.authority, B_OIN, B_NAME)))
    cpa_id = world.insert(cpa_id="ander-certificaat")
    assert ping_text(world.b, cpa_id, world.a) == "Pong"
    assert world.a.insert(other.cpa(cpa_id=cpa_id)).status == 200
    assert ping_text(world.b, cpa_id, world.a).startswith("StatusCode=500\n")
    message_id = send(world, "B", cpa_id)
    time.sleep(2)
    assert world.a.unprocessed(cpaId=cpa_id) == []
    assert world.b.status_of(message_id) != "DELIVERED"


@pytest.mark.parametrize(
    ("kind", "alert", "reason"),
    [
        (Kind.OTHER_ROOT, "unknown_ca", "unable to get local issuer certificate"),
        (Kind.REVOKED, "certificate_revoked", "certificate revoked"),
    ],
)
def test_a_client_certificate_of_theirs_that_nobody_trusts_is_refused(
    world: World, kind: Kind, alert: str, reason: str
) -> None:
    world.b.certify_client(leaf(world.authority, B_OIN, B_NAME, kind))
    world.a.write_crls(world.authority)
    world.a.reload()
    world.b.stop()
    world.b.start()
    try:
        assert ping_text(world.b, world.rm, world.a) == HANDSHAKE + f"Received fatal alert: {alert}"
        assert f"we refuse the client's certificate: {reason}" in world.a.log
        assert ping_text(world.a, world.rm, world.b) == "No response received!"
    finally:
        world.b.certify_client(world.leaves[1])
        world.b.stop()
        world.b.start()
    assert ping_text(world.b, world.rm, world.a) == "Pong"


# A partner that goes and comes back


def test_the_first_message_after_a_reload_arrives(world: World) -> None:
    """Java keeps a connection on which it was told that no more comes, and loses its next message on it."""
    for wait in (0, 1):
        assert ping_text(world.b, world.rm, world.a) == "Pong"
        world.a.reload()
        time.sleep(wait)
        assert ping_text(world.b, world.rm, world.a) == "Pong"


def test_retried_while_the_receiver_restarts(world: World) -> None:
    cpa_id = world.insert(cpa_id="vaak-opnieuw", retries=60)
    for sender in ROLES:
        this, other = world.way(sender)
        other.stop()
        message_id = send(world, sender, cpa_id)
        time.sleep(2)
        assert this.status_of(message_id) == "CREATED"
        other.start()
        ended(this, message_id, "DELIVERED")
        assert other.unprocessed(cpaId=cpa_id, messageId=message_id) == [message_id]


# REST: the same question, the same answer

FORM = b'--grens\r\nContent-Disposition: form-data; name="attachment"\r\n\r\nx\r\n--grens--\r\n'
FORM_TYPE = "multipart/form-data; boundary=grens"


@pytest.mark.parametrize("accept", ["application/json", "text/plain", "application/*", "image/png, */*;q=.1"])
@pytest.mark.parametrize(
    ("method", "path", "body", "kind"),
    [
        ("GET", "/cpas", None, None),
        ("POST", "/cpas", b"<a/>", "text/plain"),
        ("GET", "/cpas/NOPE", None, None),
        ("DELETE", "/cpas/NOPE", None, None),
        ("POST", "/cpas/validate", b"<a/>", "text/plain"),
        ("DELETE", "/cpas/cache", None, None),
        ("GET", "/urlMappings", None, None),
        ("DELETE", "/urlMappings/https%3A%2F%2Fnope.example", None, None),
        ("GET", "/certificateMappings", None, None),
        ("DELETE", "/certificateMappings", b"", "text/plain"),
        ("GET", "/ebms/messages/unprocessed", None, None),
        ("GET", "/ebms/messages/nope", None, None),
        ("GET", "/ebms/messages/mtom/nope", None, None),
        ("PUT", "/ebms/messages/nope", None, None),
        ("PATCH", "/ebms/messages/nope", None, None),
        ("PATCH", "/ebms/events/nope", None, None),
        ("POST", "/ebms/messages/mtom", FORM, FORM_TYPE),
    ],
)
def test_what_a_client_accepts(
    world: World, method: str, path: str, body: bytes | None, kind: str | None, accept: str
) -> None:
    ours, theirs = (
        party.call(method, BASE + path, body, kind, Accept=accept).status for party in (world.a, world.b)
    )
    assert ours == theirs


@pytest.mark.parametrize("kind", [None, "application/json", "text/plain", "application/xml", FORM_TYPE])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/cpas"),
        ("POST", "/cpas/validate"),
        ("DELETE", "/cpas/NOPE"),
        ("DELETE", "/urlMappings/https%3A%2F%2Fnope.example"),
        ("POST", "/ebms/ping/NOPE/from/a/to/b"),
        ("POST", "/ebms/messages"),
        ("PUT", "/ebms/messages/nope"),
        ("PATCH", "/ebms/messages/nope"),
        ("PATCH", "/ebms/events/nope"),
        ("PUT", "/cpas"),
        ("GET", "/ebms/ping/NOPE/from/a/to/b"),
        ("DELETE", "/ebms/messages/nope"),
    ],
)
def test_what_a_call_takes(world: World, method: str, path: str, kind: str | None) -> None:
    ours, theirs = (party.call(method, BASE + path, None, kind).status for party in (world.a, world.b))
    assert ours == theirs


# The modules


def test_the_modules_work_with_it(world: World, run: Run) -> None:  # noqa: F811
    user, _, password = LOGIN.partition(":")
    rest = {
        "base_url": f"http://127.0.0.1:{world.b.rest_port}{BASE}",
        "username": user,
        "password": password,
    }
    xml = world.cpa(cpa_id="met-de-module").decode()
    assert run("ebms_cpa", check=True, content=xml, **rest)["changed"]
    done = run("ebms_cpa", content=xml, **rest)
    assert (done["failed"], done["changed"]) == (False, True), done
    assert not run("ebms_cpa", content=xml, **rest)["changed"]
    other = xml.replace(">3<", ">2<")
    assert run("ebms_cpa", content=other, **rest)["changed"]
    assert not run("ebms_cpa", content=other, **rest)["changed"]
    assert run("ebms_cpa", cpa_id="met-de-module", state="absent", **rest)["changed"]
    assert not run("ebms_cpa", cpa_id="met-de-module", state="absent", **rest)["changed"]
    parties = {"from_party": world.b.party_id, "to_party": world.a.party_id}
    pong = run("ebms_ping", cpa_id=world.rm, **parties, **rest)
    assert (pong["failed"], pong["outcome"], pong["trace"]) == (False, "pong", False), pong
    failed = run("ebms_ping", cpa_id="NOPE", **parties, **rest)
    assert failed["failed"]
    assert failed["diagnosis"]["says"].startswith("No CPA found")
