"""What is decided about each message, and that our own messages have the form of real ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lopendezaken.cpa.model import Cpa, PartyId, Route, parse
from lopendezaken.cpa.render import CpaRequest, render
from lopendezaken.ebms import msh
from lopendezaken.ebms.envelope import Acknowledgment, AckRequested, Envelope, Fault, StatusResponse, to_xml
from lopendezaken.ebms.mime import Message
from lopendezaken.ebms.msh import Accept, Answer, Receive, Refuse, Report, Resolve, Settle
from lopendezaken.ebms.security import Opened
from lopendezaken.lab.authority import Leaf
from tests.unit.conftest import OWN_OIN, PARTNER_OIN
from tests.unit.ebms import wire_shape
from tests.unit.ebms.samples import PAYLOAD, business

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def cpa(cpa_xml: bytes) -> Cpa:
    return parse(cpa_xml)


@pytest.fixture(scope="module")
def best_effort(cpa_request: CpaRequest) -> Cpa:
    return parse(render(replace(cpa_request, profile="osb-be")))


def der(leaf: Leaf) -> bytes:
    return x509.load_pem_x509_certificate(leaf.certificate_pem).public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def own(own_leaf: Leaf) -> bytes:
    return der(own_leaf)


@pytest.fixture(scope="module")
def partner(partner_leaf: Leaf) -> bytes:
    return der(partner_leaf)


def zaak(cpa: Cpa, **changes: object) -> Message:
    """A case message that organisation A sends to MijnOverheid, as B sees it come in."""
    fields: dict[str, object] = {
        "cpa_id": cpa.id,
        "timestamp": NOW,
        "time_to_live": NOW + timedelta(hours=1),
        **changes,
    }
    return Message(business(**fields), (PAYLOAD,))  # type: ignore[arg-type]


def at_partner(message: Message, cpa: Cpa | None, peer: bytes | None, now: datetime = NOW) -> msh.Decision:
    return msh.decide(message, cpa, peer, msh.Rules(PARTNER_OIN), now, cannot_open)


def cannot_open(message: Message, route: Route, peer: bytes) -> Opened:
    """For profiles without signature and encryption; the others are tested in test_security."""
    raise AssertionError("nothing to open")


def only(decision: msh.Decision) -> msh.Effect:
    assert isinstance(decision, Accept), decision
    (effect,) = decision.effects
    return effect


def error_of(decision: msh.Decision) -> Fault:
    effect = only(decision)
    assert isinstance(effect, Answer)
    assert effect.durable
    assert effect.envelope.action == "MessageError"
    return effect.envelope.errors[0]


def test_a_case_message_is_received_and_acknowledged(cpa: Cpa, own: bytes) -> None:
    effect = only(at_partner(zaak(cpa), cpa, own))
    assert isinstance(effect, Receive)
    assert effect.remember_until - NOW >= timedelta(hours=27)  # 9 x PT3H
    ack = effect.acknowledgment
    assert ack is not None
    assert ack.ref_to_message_id == "1@a.example"
    assert (ack.sender.id.value, ack.receiver.id.value) == (PARTNER_OIN, OWN_OIN)
    assert ack.conversation_id == "c"
    assert (
        wire_shape.envelope_differences(to_xml(ack), wire_shape.capture("Acknowledgment-BtoA").envelope) == []
    )


def test_best_effort_asks_no_acknowledgement(best_effort: Cpa, own: bytes) -> None:
    message = zaak(best_effort, ack_requested=None, duplicate_elimination=False, time_to_live=None)
    effect = only(at_partner(message, best_effort, own))
    assert isinstance(effect, Receive)
    assert effect.acknowledgment is None


@pytest.mark.parametrize("peer", [None, b"other"])
def test_another_certificate_is_refused(cpa: Cpa, peer: bytes | None) -> None:
    assert at_partner(zaak(cpa), cpa, peer) == Refuse("Invalid SSL Client Certificate!")


def test_the_certificate_of_the_other_party_is_refused(cpa: Cpa, partner: bytes) -> None:
    assert at_partner(zaak(cpa), cpa, partner) == Refuse("Invalid SSL Client Certificate!")


def test_an_unknown_cpa_is_refused(cpa: Cpa, own: bytes) -> None:
    assert at_partner(zaak(cpa), None, own) == Refuse(f"CPA {cpa.id} not found!")


def test_an_unknown_party_is_refused(cpa: Cpa, own: bytes) -> None:
    stranger = replace(zaak(cpa).envelope.sender, ids=(PartyId("urn:osb:oin", "1"),))
    decision = at_partner(zaak(cpa, sender=stranger), cpa, own)
    assert isinstance(decision, Refuse)
    assert decision.fault is not None
    assert "no party urn:osb:oin:1" in decision.fault


def test_a_message_for_another_is_refused(cpa: Cpa, own: bytes) -> None:
    decision = msh.decide(zaak(cpa), cpa, own, msh.Rules("00000099200000001000"), NOW, cannot_open)
    assert decision == Refuse(f"urn:osb:oin:{PARTNER_OIN} is not served here!")


def test_a_message_from_ourselves_is_refused(cpa: Cpa, own: bytes) -> None:
    message = zaak(cpa)
    mirrored = replace(message, envelope=replace(message.envelope, receiver=message.envelope.sender))
    decision = msh.decide(mirrored, cpa, own, msh.Rules(OWN_OIN), NOW, cannot_open)
    assert isinstance(decision, Refuse)


@pytest.mark.parametrize("changes", [{"action": "Onbekend"}, {"action": "Foutbericht"}])
def test_an_action_that_is_not_agreed_gives_an_empty_500(
    cpa: Cpa, own: bytes, changes: dict[str, str]
) -> None:
    assert at_partner(zaak(cpa, **changes), cpa, own) == Refuse(None)


@pytest.mark.parametrize("shift", [timedelta(days=-400), timedelta(days=400)])
def test_a_cpa_out_of_its_time(cpa: Cpa, own: bytes, shift: timedelta) -> None:
    message = zaak(cpa, time_to_live=None)
    fault = error_of(at_partner(message, cpa, own, NOW + shift))
    assert fault == Fault("Inconsistent", "Invalid CPA.", "//Header/MessageHeader/@cpaid")


def test_a_signed_status_is_not_enough(cpa_xml: bytes, own: bytes) -> None:
    signed = parse(cpa_xml.replace(b'"agreed"', b'"signed"'))
    assert error_of(at_partner(zaak(signed), signed, own)).description == "Invalid CPA."


@pytest.mark.parametrize(
    ("changes", "code", "place"),
    [
        ({"time_to_live": NOW - timedelta(seconds=1)}, "TimeToLiveExpired", "TimeToLive"),
        ({"ack_requested": None}, "Inconsistent", "AckRequested"),
        ({"ack_requested": AckRequested(signed=True)}, "Inconsistent", "AckRequested"),
        ({"duplicate_elimination": False}, "Inconsistent", "DuplicateElimination"),
        ({"sync_reply": True}, "Inconsistent", "SyncReply"),
        ({"references": ("cid:zaak", "cid:weg")}, "MimeProblem", "cid:weg"),
        ({"references": ("https://a.example/zaak",)}, "MimeProblem", "https://"),
        ({"references": ()}, "Inconsistent", "Manifest"),
    ],
)
def test_what_is_wrong_becomes_a_message_error(
    cpa: Cpa, own: bytes, changes: dict[str, object], code: str, place: str
) -> None:
    decision = at_partner(zaak(cpa, **changes), cpa, own)
    fault = error_of(decision)
    assert fault.code == code
    assert place in (fault.location or "")


@pytest.mark.parametrize("side", ["sender", "receiver"])
def test_another_role_is_inconsistent(cpa: Cpa, own: bytes, side: str) -> None:
    address = replace(getattr(zaak(cpa).envelope, side), role="Ander")
    assert "Role" in (error_of(at_partner(zaak(cpa, **{side: address}), cpa, own)).location or "")


def test_a_message_error_has_the_form_of_a_real_one(cpa: Cpa, own: bytes) -> None:
    effect = only(at_partner(zaak(cpa, time_to_live=None), cpa, own, NOW + timedelta(days=400)))
    assert isinstance(effect, Answer)
    real = wire_shape.capture("MessageError-Inconsistent-BtoA").envelope
    assert wire_shape.envelope_differences(to_xml(effect.envelope), real) == []


# Signals


def from_own(cpa: Cpa, action: str, **changes: object) -> Message:
    envelope = msh.signal(cpa.party(OWN_OIN), cpa.party(PARTNER_OIN), cpa.id, action)
    return Message(replace(envelope, **changes))  # type: ignore[arg-type]


def test_a_ping_gets_a_pong(cpa: Cpa, own: bytes) -> None:
    ping = from_own(cpa, "Ping")
    effect = only(at_partner(ping, cpa, own))
    assert isinstance(effect, Answer)
    pong = effect.envelope
    assert pong.action == "Pong"
    assert pong.ref_to_message_id == ping.envelope.message_id
    assert pong.conversation_id == ping.envelope.conversation_id
    assert pong.message_id.endswith("@ebms.preprod.mijnoverheid.example")
    for ours, real in ((ping.envelope, "Ping-AtoB"), (pong, "Pong-BtoA")):
        assert wire_shape.envelope_differences(to_xml(ours), wire_shape.capture(real).envelope) == []


def test_a_ping_is_answered_under_an_expired_cpa(cpa: Cpa, own: bytes) -> None:
    """As ebms-admin: a Ping proves transport and presence of the CPA, not its validity."""
    effect = only(at_partner(from_own(cpa, "Ping"), cpa, own, NOW + timedelta(days=4000)))
    assert isinstance(effect, Answer)


def test_a_ping_of_another_is_refused(cpa: Cpa, partner: bytes) -> None:
    assert isinstance(at_partner(from_own(cpa, "Ping"), cpa, partner), Refuse)


def test_answers_reach_who_waits(cpa: Cpa, own: bytes) -> None:
    pong = from_own(cpa, "Pong", ref_to_message_id="p")
    assert only(at_partner(pong, cpa, own)) == Resolve("p", pong.envelope)
    response = StatusResponse("Received", "m", NOW)
    status = from_own(cpa, "StatusResponse", ref_to_message_id="q", status_response=response)
    assert only(at_partner(status, cpa, own)) == Resolve("q", status.envelope)
    request = from_own(cpa, "StatusRequest", status_request="m")
    assert only(at_partner(request, cpa, own)) == Report(request.envelope)


def test_an_acknowledgement_settles(cpa: Cpa, own: bytes) -> None:
    message = zaak(cpa)
    route = cpa.route(OWN_OIN, PARTNER_OIN, "voorbeeld:LopendeZaken:1.0", "Zaakbericht")
    ack = msh.acknowledge(message.envelope, route, NOW)
    mirrored = replace(ack, sender=ack.receiver, receiver=ack.sender)
    assert only(at_partner(Message(mirrored), cpa, own)) == Settle("1@a.example", "DELIVERED")


@pytest.mark.parametrize(("severity", "settles"), [("Error", True), ("Warning", False)])
def test_an_error_settles_unless_it_is_a_warning(cpa: Cpa, own: bytes, severity: str, settles: bool) -> None:
    error = from_own(
        cpa, "MessageError", ref_to_message_id="m", errors=(Fault("Unknown", severity=severity),)
    )
    decision = at_partner(error, cpa, own)
    assert isinstance(decision, Accept)
    assert (Settle("m", "DELIVERY_FAILED") in decision.effects) == settles


@pytest.mark.parametrize("action", ["Pong", "Acknowledgment", "MessageError", "StatusRequest", "Anders"])
def test_a_signal_that_says_nothing_is_refused(cpa: Cpa, own: bytes, action: str) -> None:
    assert at_partner(from_own(cpa, action), cpa, own) == Refuse(f"Unexpected signal {action}!")


# Going out


def outgoing(cpa: Cpa) -> tuple[Envelope, object]:
    route = cpa.route(OWN_OIN, PARTNER_OIN, "voorbeeld:LopendeZaken:1.0", "Zaakbericht")
    message, schedule = msh.business(cpa, route, msh.Wish(attachments=(PAYLOAD,)), NOW)
    return message.envelope, schedule


def test_a_reliable_message(cpa: Cpa) -> None:
    envelope, schedule = outgoing(cpa)
    life = timedelta(hours=27)  # (8 + 1) x PT3H
    assert envelope.time_to_live == NOW + life
    assert schedule == msh.Schedule(True, 9, 10800.0, (NOW + life).timestamp())
    real = wire_shape.capture("UserMessage-Echo-rm-AtoB").envelope
    assert wire_shape.envelope_differences(to_xml(envelope), real) == []


def test_a_best_effort_message(best_effort: Cpa) -> None:
    envelope, schedule = outgoing(best_effort)
    assert envelope.time_to_live is None
    assert schedule == msh.Schedule(False, 1, 60.0, None)
    real = wire_shape.capture("UserMessage-Echo-be-AtoB").envelope
    assert wire_shape.envelope_differences(to_xml(envelope), real) == []


def test_what_we_send_is_what_we_accept(cpa: Cpa, own: bytes) -> None:
    envelope, _ = outgoing(cpa)
    assert isinstance(only(at_partner(Message(envelope, (PAYLOAD,)), cpa, own)), Receive)


@pytest.mark.parametrize(("oin", "mine"), [(OWN_OIN, True), (f"{OWN_OIN}_T", True), (PARTNER_OIN, False)])
def test_own_oin_with_or_without_suffix(cpa: Cpa, oin: str, mine: bool) -> None:
    assert msh.is_own(cpa.party(OWN_OIN), oin) is mine


# Signals in the HTTP response


@pytest.fixture
def at_once(cpa_request: CpaRequest) -> Cpa:
    return parse(render(replace(cpa_request, sync_reply_mode="mshSignalsOnly")))


def test_signals_come_in_the_response_where_the_cpa_says_so(at_once: Cpa, own: bytes) -> None:
    message = zaak(at_once, sync_reply=True)
    decision = at_partner(message, at_once, own)
    assert isinstance(decision, msh.Accept)
    assert [effect.at_once for effect in decision.effects if isinstance(effect, msh.Receive)] == [True]
    late = replace(message, envelope=replace(message.envelope, time_to_live=NOW - timedelta(seconds=1)))
    decision = at_partner(late, at_once, own)
    assert isinstance(decision, msh.Accept)
    assert [effect.at_once for effect in decision.effects if isinstance(effect, msh.Answer)] == [True]


def test_a_response_settles_only_what_it_answers(at_once: Cpa) -> None:
    sent, us, them = zaak(at_once, sync_reply=True).envelope, at_once.parties[0], at_once.parties[1]
    if us.ids != sent.sender.ids:
        us, them = them, us
    receipt = Acknowledgment(NOW, sent.message_id)
    right = msh.signal(them, us, at_once.id, "Acknowledgment", refers_to=sent, acknowledgment=receipt)
    assert msh.decide_reply(right, at_once, sent) == msh.Accept((msh.Settle(sent.message_id, "DELIVERED"),))
    for wrong in (
        replace(right, cpa_id="another"),
        replace(right, sender=right.receiver, receiver=right.sender),
        replace(right, acknowledgment=replace(receipt, ref_to_message_id="another@x")),
        msh.signal(them, us, at_once.id, "Ping", refers_to=sent),
        sent,
    ):
        assert isinstance(msh.decide_reply(wrong, at_once, sent), Refuse)
