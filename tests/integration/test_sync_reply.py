"""syncReplyMode mshSignalsOnly between two engines: every signal comes in the HTTP response, none on the way back."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import pytest

from lopendezaken.cpa.model import parse
from lopendezaken.ebms import msh
from lopendezaken.ebms.envelope import Acknowledgment, to_xml
from lopendezaken.lab.authority import Authority, Leaf
from tests.integration.engines import (
    A_OIN,
    B_OIN,
    BASE,
    Party,
    Recorder,
    agreement,
    certificates,
    programs,
    wait_for,
)

RELIABLE = ("osb-rm", "osb-rm-s", "osb-rm-e")
ROLES = {"A": ("SR", "EchoRequest"), "B": ("SP", "EchoResponse")}
NOWHERE = "https://localhost:9/ebms"


@dataclass
class Pair:
    """Both engines, and a CPA for each profile."""

    parties: dict[str, Party]
    authority: Authority
    leaves: tuple[Leaf, Leaf]
    cpas: dict[str, str] = field(default_factory=dict)

    def cpa(self, profile: str) -> bytes:
        a, b = self.parties.values()
        mode = {"profile": profile, "sync_reply_mode": "mshSignalsOnly"}
        cpa_id = f"Echo-{profile}_{A_OIN}_{B_OIN}_1"
        return agreement(a, b, self.leaves, self.authority.anchors_pem(), cpa_id=cpa_id, **mode)

    def way(self, sender: str) -> tuple[Party, Party]:
        return self.parties[sender], self.parties["B" if sender == "A" else "A"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("sync")
    authority, *leaves = certificates(folder / "pki")
    package, zipped = programs(folder)
    parties = {
        "A": Party("A", A_OIN, folder / "a", package),
        "B": Party("B", B_OIN, folder / "b", zipped),
    }
    pair = Pair(parties, authority, (leaves[0], leaves[1]))
    for party, leaf in zip(parties.values(), leaves, strict=True):
        party.write(leaf, authority)
        party.start()
    for profile in RELIABLE:
        for party in parties.values():
            pair.cpas[profile] = party.insert(pair.cpa(profile)).text
    yield pair
    for party in parties.values():
        party.stop()
        assert "Traceback" not in party.log


@pytest.fixture(params=sorted(ROLES))
def way(request: pytest.FixtureRequest, pair: Pair) -> Iterator[tuple[str, Party, Party]]:
    """Sender and receiver; the receiver has no way back."""
    sender, receiver = pair.way(request.param)
    receiver.map(sender.endpoint, NOWHERE)
    yield request.param, sender, receiver
    receiver.map(sender.endpoint, None)


def send(sender: Party, name: str, cpa_id: str, content: bytes = b"<zaak/>") -> str:
    answer = sender.send(cpa_id, *ROLES[name], content)
    assert answer.status == 200, answer
    return answer.text


def ended(party: Party, message_id: str, status: str) -> None:
    wait_for(lambda: party.status_of(message_id) == status, status, lambda: party.log)


@pytest.mark.parametrize("profile", RELIABLE)
def test_the_acknowledgement_comes_in_the_response(
    pair: Pair, way: tuple[str, Party, Party], profile: str
) -> None:
    name, sender, receiver = way
    message_id = send(sender, name, pair.cpas[profile], b"<zaak>x</zaak>")
    ended(sender, message_id, "DELIVERED")
    (source,) = receiver.message(message_id)["dataSources"]
    assert base64.b64decode(source["content"]) == b"<zaak>x</zaak>"  # type: ignore[index]


@pytest.mark.parametrize("profile", RELIABLE)
def test_pong_and_status_come_in_the_response(
    pair: Pair, way: tuple[str, Party, Party], profile: str
) -> None:
    name, sender, receiver = way
    cpa_id = pair.cpas[profile]
    before = [len(party.signals(cpa_id)) for party in (sender, receiver)]
    assert sender.ping(cpa_id, receiver).status == 204
    seen = [
        [(one["direction"], one["action"]) for one in party.signals(cpa_id)[start:]]
        for party, start in zip((sender, receiver), before, strict=True)
    ]
    assert seen == [[("out", "Ping"), ("in", "Pong")], [("in", "Ping"), ("out", "Pong")]]
    message_id = send(sender, name, cpa_id)
    ended(sender, message_id, "DELIVERED")
    asked = sender.call("GET", f"{BASE}/ebms/messages/{message_id}/status")
    assert asked.json["status"] == "RECEIVED"  # type: ignore[index]


def test_an_error_comes_in_the_response(pair: Pair, way: tuple[str, Party, Party]) -> None:
    name, sender, receiver = way
    receiver.insert(pair.cpa("osb-rm").replace(b'"agreed"', b'"signed"'))
    try:
        ended(sender, send(sender, name, pair.cpas["osb-rm"]), "DELIVERY_FAILED")
        assert "Inconsistent at //Header/MessageHeader/@cpaid: Invalid CPA." in sender.log
    finally:
        receiver.insert(pair.cpa("osb-rm"))


def test_what_is_no_answer_to_the_message_settles_nothing(pair: Pair) -> None:
    a, b = pair.way("A")
    recorder = Recorder(b)
    a.map(b.endpoint, recorder.url)
    try:
        for body, reason in (
            (b"<html/>", "is no signal: not a SOAP 1.1 envelope"),
            (_signal(pair, a, b), "is refused: It answers another message!"),
            (_signal(pair, b, a), "is refused: It answers another message!"),
        ):
            recorder.answer = (
                b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
                + f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            told = a.log.count(reason)
            message_id = send(a, "A", pair.cpas["osb-rm"])
            wait_for(partial(_told_more, a, reason, told), reason, lambda: a.log)
            assert a.status_of(message_id) == "CREATED"
        assert b"<eb:SyncReply" in recorder.requests[0]
    finally:
        a.map(b.endpoint, None)
        recorder.close()


def _told_more(party: Party, text: str, before: int) -> bool:
    return party.log.count(text) > before


def _signal(pair: Pair, sender: Party, receiver: Party) -> bytes:
    """An acknowledgement of a message that nobody sent."""
    cpa = parse(pair.cpa("osb-rm"))
    return to_xml(
        msh.signal(
            *(cpa.party(sender.party_id), cpa.party(receiver.party_id), cpa.id, "Acknowledgment"),
            acknowledgment=Acknowledgment(msh.utc_now(), "niemand@localhost"),
        )
    )
