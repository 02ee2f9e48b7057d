"""The message service handler: what to do with a message, decided without touching network or disk.

:func:`decide` looks at what came in; the functions below it make what goes out. Acting on the
decisions is :class:`lopendezaken.ebms.engine.Engine`'s work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from lopendezaken.cpa.model import Cpa, Party, Route, Signing
from lopendezaken.ebms.envelope import (
    Acknowledgment,
    AckRequested,
    Address,
    Digest,
    Envelope,
    Fault,
    Service,
    StatusResponse,
)
from lopendezaken.ebms.failure import SecurityFailureError
from lopendezaken.ebms.identity import speaks_for
from lopendezaken.ebms.mime import Attachment, Message
from lopendezaken.ebms.names import (
    ACKNOWLEDGMENT,
    MESSAGE_ERROR,
    PING,
    PONG,
    SIGNAL_SERVICE,
    STATUS_REQUEST,
    STATUS_RESPONSE,
    TO_PARTY_MSH,
)
from lopendezaken.ebms.security import Opened
from lopendezaken.ebms.store import DELIVERED, DELIVERY_FAILED, Schedule
from lopendezaken.errors import LzError

# How long an acknowledgement or error is tried when the partner does not take it; after that the
# partner's own retry brings the next one.
SIGNAL_ATTEMPTS = 4
SIGNAL_INTERVAL = 5.0
# DK-EBMS2-024 where the CPA names no window: five days, as for the retries (CPA-028).
REMEMBER = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Refuse:
    """HTTP 500: with a SOAP Fault, or without a body when ``fault`` is None."""

    fault: str | None
    code: str = "Client"


@dataclass(frozen=True, slots=True)
class Receive:
    """A business message for the application: keep it, drop a duplicate, acknowledge either.

    ``acknowledgment`` is to be signed as ``signing`` says, where that is not None, and to go in the HTTP
    response where ``at_once``.
    """

    message: Message
    remember_until: datetime
    acknowledgment: Envelope | None
    signing: Signing | None = None
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Send a signal back: on a connection of our own, or in the HTTP response where ``at_once``."""

    envelope: Envelope
    durable: bool
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Settle:
    """A sent message has come to its end."""

    message_id: str
    status: str


@dataclass(frozen=True, slots=True)
class Resolve:
    """Somebody may be waiting for this signal, which answers ``message_id``."""

    message_id: str
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the partner what became of the message that this StatusRequest names."""

    request: Envelope
    at_once: bool = False


Effect = Receive | Answer | Settle | Resolve | Report


@dataclass(frozen=True, slots=True)
class Accept:
    """HTTP 204, once the effects are on disk."""

    effects: tuple[Effect, ...]


Decision = Refuse | Accept
# How a message of a signed or encrypted profile is opened: see Security.open.
Open = Callable[[Message, Route, bytes], Opened]


@dataclass(frozen=True, slots=True)
class Rules:
    """What this party goes by. ``mandates``: see :func:`identity.speaks_for`.

    ``strict_ping``: a Ping under a CPA that is not valid now gets no Pong (a deviation from ebms-admin).
    """

    oin: str
    mandates: Mapping[str, str] = field(default_factory=dict)
    strict_ping: bool = False


def is_own(party: Party, oin: str) -> bool:
    """Whether ``oin`` is this party, with or without a suffix for its environment (CPA-014)."""
    return any(party_id.value.partition("_")[0] == oin.partition("_")[0] for party_id in party.ids)


def decide(
    message: Message,
    cpa: Cpa | None,
    peer: bytes | None,
    rules: Rules,
    now: datetime,
    unlock: Open,
) -> Decision:
    """What to do with a message that came in.

    ``cpa`` is the one it names, None when we have no such; ``peer`` is the DER of the TLS client's leaf;
    ``unlock`` decrypts and verifies where the CPA asks for it.
    """
    envelope = message.envelope
    if cpa is None:
        return Refuse(f"CPA {envelope.cpa_id} not found!")
    try:
        sender, receiver = cpa.party(envelope.sender.id), cpa.party(envelope.receiver.id)
    except LzError as error:
        return Refuse(f"{error.what}!")
    route = _route(envelope, cpa)
    channel = route.send_channel if route else sender.default_channel
    refused = None
    # DK-EBMS2-019: who speaks is proven by the TLS certificate that the CPA names, and by nothing else.
    if peer is None or channel.client_certificate != peer:
        refused = "Invalid SSL Client Certificate!"
    elif not speaks_for(peer, sender.id, rules.mandates):
        refused = f"The certificate is not of {sender.id}, and no mandate is recorded!"
    elif sender is receiver or not is_own(receiver, rules.oin):
        refused = f"{envelope.receiver.id} is not served here!"
    elif rules.strict_ping and envelope.is_signal and envelope.action == PING and not cpa.valid_at(now):
        refused = f"CPA {cpa.id} is not valid now!"
    if refused is not None:
        return Refuse(refused)
    if envelope.is_signal:
        return _decide_signal(envelope, sender, receiver)
    if route is None:
        return Refuse(None)  # as ebms-admin: HTTP 500 without a body, so the sender tries again
    return _decide_business(
        message, cpa, route, now, lambda: unlock(message, route, channel.client_certificate or b"")
    )


def _route(envelope: Envelope, cpa: Cpa) -> Route | None:
    try:
        if envelope.is_signal:
            return cpa.signal_route(envelope.sender.id, envelope.receiver.id)
        return cpa.route(
            envelope.sender.id,
            envelope.receiver.id,
            envelope.service.value,
            envelope.action,
            envelope.service.type,
        )
    except LzError:
        return None


def _decide_signal(envelope: Envelope, sender: Party, receiver: Party) -> Decision:
    reference = envelope.ref_to_message_id
    at_once = answered_at_once(sender, receiver)
    if envelope.action == PING:
        pong = signal(receiver, sender, envelope.cpa_id, PONG, refers_to=envelope)
        return Accept((Answer(pong, False, at_once),))
    if envelope.action == STATUS_REQUEST and envelope.status_request:
        return Accept((Report(envelope, at_once),))
    if envelope.action == ACKNOWLEDGMENT and envelope.acknowledgment:
        return Accept((Settle(envelope.acknowledgment.ref_to_message_id, DELIVERED),))
    if envelope.action in {PONG, STATUS_RESPONSE} and reference:
        return Accept((Resolve(reference, envelope),))
    if envelope.action == MESSAGE_ERROR and reference and envelope.errors:
        failed = any(fault.severity == "Error" for fault in envelope.errors)
        settle = (Settle(reference, DELIVERY_FAILED),) if failed else ()
        return Accept((*settle, Resolve(reference, envelope)))
    return Refuse(f"Unexpected signal {envelope.action}!")


def answered_at_once(sender: Party, receiver: Party) -> bool:
    """Whether Pong and StatusResponse of ``receiver`` come in the HTTP response: by the default channels."""
    return Route(sender, receiver, sender.default_channel, receiver.default_channel).answered_at_once


def decide_reply(answer: Envelope, cpa: Cpa, sent: Envelope) -> Decision:
    """What to do with the signal in the HTTP response to ``sent`` (syncReplyMode mshSignalsOnly).

    It comes from the endpoint that the CPA names, so it must speak for the party there, of this message.
    """
    acknowledgment = answer.acknowledgment
    about = acknowledgment.ref_to_message_id if acknowledgment else answer.ref_to_message_id
    parties = (answer.sender.ids, answer.receiver.ids) == (sent.receiver.ids, sent.sender.ids)
    if answer.cpa_id != cpa.id or not parties or about != sent.message_id or not answer.is_signal:
        return Refuse("It answers another message!")
    if answer.action in {PING, STATUS_REQUEST}:
        return Refuse(f"Unexpected signal {answer.action}!")
    return _decide_signal(answer, cpa.party(answer.sender.id), cpa.party(answer.receiver.id))


def _decide_business(
    message: Message, cpa: Cpa, route: Route, now: datetime, unlock: Callable[[], Opened]
) -> Decision:
    envelope = message.envelope
    fault = next(_faults(message, cpa, route, now), None)
    if fault is None:
        try:
            opened = unlock() if route.signing or route.encryption else Opened(message)
        except SecurityFailureError as failure:
            fault = Fault("SecurityFailure", str(failure), failure.location)
    if fault is not None:
        parties = (route.receiver, route.sender)
        error = signal(*parties, envelope.cpa_id, MESSAGE_ERROR, refers_to=envelope, errors=(fault,))
        return Accept((Answer(error, durable=True, at_once=route.answered_at_once),))
    acknowledgment = acknowledge(envelope, route, now, opened.digests) if envelope.ack_requested else None
    signing = (
        _receipt_signing(cpa, route) if envelope.ack_requested and envelope.ack_requested.signed else None
    )
    until, at_once = now + _memory(route), route.answered_at_once
    return Accept((Receive(opened.message, until, acknowledgment, signing, at_once),))


def _receipt_signing(cpa: Cpa, route: Route) -> Signing | None:
    """How the receiver signs its acknowledgement: by its default channel (CPA-021)."""
    return (
        cpa.signal_route(route.receiver.id, route.sender.id).signing or route.receive_channel.sender.signing
    )


def _memory(route: Route) -> timedelta:
    """How long a MessageId is known: what the CPA says, never less than the time of resending."""
    window = route.reliable.window if route.reliable else timedelta(0)
    return max(route.persist_duration or window or REMEMBER, window)


def _faults(message: Message, cpa: Cpa, route: Route, now: datetime) -> Iterator[Fault]:
    """What is wrong with a business message of the right party. Only the first is told."""
    envelope = message.envelope
    header = "//Header/MessageHeader"
    if not cpa.valid_at(now):
        yield Fault("Inconsistent", "Invalid CPA.", f"{header}/@cpaid")
    if envelope.time_to_live is not None and envelope.time_to_live <= now:
        yield Fault("TimeToLiveExpired", "Time to live expired.", f"{header}/MessageData/TimeToLive")
    if envelope.sender.role != route.from_role:
        yield Fault("Inconsistent", "Role differs from the CPA.", f"{header}/From/Role")
    if envelope.receiver.role != route.to_role:
        yield Fault("Inconsistent", "Role differs from the CPA.", f"{header}/To/Role")
    if _differs(bool(envelope.ack_requested), route.send_channel.ack_requested):
        yield Fault("Inconsistent", "AckRequested differs from the CPA.", "//Header/AckRequested")
    if envelope.ack_requested and _differs(
        envelope.ack_requested.signed, route.send_channel.ack_signature_requested
    ):
        yield Fault("Inconsistent", "AckRequested/@signed differs from the CPA.", "//Header/AckRequested")
    if _differs(envelope.duplicate_elimination, route.send_channel.duplicate_elimination):
        place = f"{header}/DuplicateElimination"
        yield Fault("Inconsistent", "DuplicateElimination differs from the CPA.", place)
    if envelope.sync_reply != route.answered_at_once:
        yield Fault("Inconsistent", "SyncReply differs from the CPA.", "//Header/SyncReply")
    yield from _manifest_faults(message)


def _differs(found: bool, agreed: str) -> bool:
    return agreed != "perMessage" and found != (agreed == "always")


def _manifest_faults(message: Message) -> Iterator[Fault]:
    """DK-EBMS2-014: every reference is a part of this message, and every part is referred to."""
    ids = {f"cid:{attachment.content_id}" for attachment in message.attachments}
    for href in message.envelope.references:
        if href not in ids:
            yield Fault("MimeProblem", "No part has this Content-ID.", href)
    if ids - set(message.envelope.references):
        yield Fault("Inconsistent", "A payload is not in the Manifest.", "//Body/Manifest")


# Going out


def signal(
    sender: Party,
    receiver: Party,
    cpa_id: str,
    action: str,
    *,
    now: datetime | None = None,
    refers_to: Envelope | None = None,
    errors: tuple[Fault, ...] = (),
    acknowledgment: Acknowledgment | None = None,
    status_request: str | None = None,
    status_response: StatusResponse | None = None,
) -> Envelope:
    """A message between message service handlers: no roles, no payload, no acknowledgement asked.

    ``refers_to`` is the message that it answers: conversation and RefToMessageId come from there.
    """
    identity = str(uuid4())
    return Envelope(
        sender=Address(sender.ids),
        receiver=Address(receiver.ids),
        cpa_id=cpa_id,
        conversation_id=refers_to.conversation_id if refers_to else identity,
        service=Service(SIGNAL_SERVICE),
        action=action,
        message_id=message_id(sender, identity),
        timestamp=now or utc_now(),
        ref_to_message_id=refers_to.message_id if refers_to else None,
        errors=errors,
        acknowledgment=acknowledgment,
        status_request=status_request,
        status_response=status_response,
        sync_reply=action in {PING, STATUS_REQUEST} and answered_at_once(sender, receiver),
    )


def utc_now() -> datetime:
    """Now, as messages can say it: UTC, to the millisecond."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def message_id(sender: Party, identity: str | None = None) -> str:
    """A new MessageId: a UUID at the host of the sender's own endpoint (DK-EBMS2-012)."""
    return f"{identity or uuid4()}@{urlsplit(sender.endpoint).hostname or 'localhost'}"


def acknowledge(
    envelope: Envelope, route: Route, now: datetime, digests: tuple[Digest, ...] = ()
) -> Envelope:
    """The acknowledgement of a business message; a signed one repeats the ``digests`` of its signature."""
    asked = envelope.ack_requested or AckRequested()
    receipt = digests if asked.signed else ()
    return signal(
        *(route.receiver, route.sender, envelope.cpa_id, ACKNOWLEDGMENT),
        now=now,
        refers_to=envelope,
        acknowledgment=Acknowledgment(now, envelope.message_id, route.receiver.ids, asked.actor, receipt),
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """What the application wants to send; ``conversation_id`` and ``message_id`` None make new ones."""

    conversation_id: str | None = None
    message_id: str | None = None
    ref_to_message_id: str | None = None
    attachments: tuple[Attachment, ...] = ()


def business(cpa: Cpa, route: Route, wish: Wish, now: datetime) -> tuple[Message, Schedule]:
    """The message that the application asks to send, and how it is to be tried."""
    action = route.action
    if action is None:
        raise ValueError("a route of signals")
    identity = str(uuid4())
    reliable = route.reliable
    expires = now + reliable.window if reliable else None
    envelope = Envelope(
        sender=Address(route.sender.ids, route.from_role),
        receiver=Address(route.receiver.ids, route.to_role),
        cpa_id=cpa.id,
        conversation_id=wish.conversation_id or identity,
        service=Service(action.service, action.service_type),
        action=action.name,
        message_id=wish.message_id or message_id(route.sender, identity),
        timestamp=now,
        ref_to_message_id=wish.ref_to_message_id,
        time_to_live=expires,
        duplicate_elimination=route.duplicate_elimination,
        ack_requested=_ack_requested(route),
        sync_reply=route.answered_at_once,
        references=tuple(f"cid:{attachment.content_id}" for attachment in wish.attachments),
    )
    schedule = Schedule(
        awaits_ack=reliable is not None,
        max_attempts=reliable.retries + 1 if reliable else 1,
        interval=reliable.retry_interval.total_seconds() if reliable else 60.0,
        expires_at=expires.timestamp() if expires else None,
    )
    return Message(envelope, wish.attachments), schedule


def _ack_requested(route: Route) -> AckRequested | None:
    if not route.ack_requested:
        return None
    return AckRequested(route.ack_signature_requested, route.actor or TO_PARTY_MSH)


def signal_schedule() -> Schedule:
    """How an acknowledgement or error is tried."""
    return Schedule(False, SIGNAL_ATTEMPTS, SIGNAL_INTERVAL, None)
