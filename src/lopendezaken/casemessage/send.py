"""Sends a case message through the adapter, to nobody but those who may get one, and keeps what came of it.

What the message says stays in its file: no log, no error and no evidence holds it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from lopendezaken import __version__
from lopendezaken.casemessage import mo, stuf
from lopendezaken.casemessage.adapter import Adapter
from lopendezaken.casemessage.allowed import Allowed
from lopendezaken.casemessage.bsn import bsns_in, mask
from lopendezaken.casemessage.check import read
from lopendezaken.casemessage.model import CaseMessage
from lopendezaken.casemessage.refusal import RefusedError
from lopendezaken.casemessage.schema import Schemas
from lopendezaken.casemessage.xml import MAX_BYTES, root_of
from lopendezaken.dossier.schema import Dossier, Environment, Partner, host_of
from lopendezaken.errors import LzError
from lopendezaken.evidence import envelope, store
from lopendezaken.evidence.sshsig import Namespace
from lopendezaken.evidence.vouch import vouch

PARTNER = "mijnoverheid"
XSDS = "received/xsd"  # below the dossier's folder
EVERY = 0.5  # seconds between two looks
# What an adapter says of a message that it still tries to deliver.
_UNDER_WAY = {None, "CREATED"}
_UNKNOWN = "not known"  # the adapter did not tell
_OPEN = {_UNKNOWN, "CREATED"}


@dataclass(frozen=True)
class Asked:
    """What the message itself may not tell: its action of the CPA, and its stream of the dossier."""

    action: str | None = None
    stream: str | None = None


@dataclass(frozen=True)
class Letter:
    """A message that may be sent: what the adapter needs, and what evidence may know of it."""

    content: bytes = field(repr=False)
    properties: Mapping[str, str]
    facts: Mapping[str, str | None]


@dataclass(frozen=True)
class Delivery:
    """What became of a message. Instants are UTC as evidence writes them."""

    message_id: str
    conversation_id: str
    status: str
    sent: str
    acknowledged: str | None

    @property
    def fine(self) -> bool:
        """Whether the other side acknowledged it."""
        return self.acknowledged is not None


def letter(
    dossier: Dossier,
    environment: str,
    content: bytes,
    *,
    schemas: Schemas,
    allowed: Allowed,
    asked: Asked,
    xsd_needed: bool = False,
) -> Letter:
    """Judge a message: its form, who sends it to whom, and whether that citizen may get one now.

    ``xsd_needed``: it must have been held against an XSD of Logius, not only against our example (P2-21).
    Raises :class:`LzError` with the first thing that is wrong.
    """
    try:
        message = read(content, schemas, MAX_BYTES)
    except RefusedError as refused:
        raise LzError(
            "the message is not right", found=f"{refused.reason.code}: {refused.reason.text} {refused.detail}"
        ) from None
    partner = partner_of(dossier, environment)
    _same_parties(dossier, environment, partner, message)
    citizen = allowed.citizen(message.bsn)
    _nobody_else(content, allowed)
    given = {"stuf": stuf.ROOT, "mo": mo.ROOT}[message.form] in schemas.given
    if xsd_needed and not given:
        raise LzError(
            "there is no XSD to hold this message against",
            where=str(dossier.folder / XSDS),
            expected="the XSDs that Logius handed out: nothing goes to production without them",
        )
    cpa = partner.cpa
    action = _action(partner, asked.action)
    return Letter(
        content,
        {
            "cpaId": cpa.id,
            "fromPartyId": f"urn:osb:oin:{dossier.organisation.number}",
            "fromRole": cpa.roles.own,
            "toPartyId": f"urn:osb:oin:{partner.oin}",
            "toRole": cpa.roles.partner,
            "service": f"urn:osb:services:{cpa.service}",
            "action": action,
            # Ours, so that it is known also when the adapter's answer gets lost.
            "messageId": f"{uuid4()}@{host_of(environment_of(dossier, environment).endpoint)}",
        },
        {
            "cpa_id": cpa.id,
            "action": action,
            "stream": _stream(dossier, message, asked.stream, needed=allowed.by == "participants"),
            "sha256": allowed.digest(content),
            "schema": "xsd" if given else "example",
            "allowed_by": allowed.by,
            "citizen": citizen,
        },
    )


def deliver(adapter: Adapter, letter: Letter, patience: float) -> Delivery:
    """Send a message and wait for its acknowledgement, for ``patience`` seconds at most. Raises :class:`LzError`."""
    cpa_id = letter.properties["cpaId"]
    loaded = adapter.cpa_ids()
    if cpa_id not in loaded:
        raise LzError(
            "this adapter does not have the CPA: it is of another environment, or the CPA is not loaded",
            found=", ".join(loaded) or "no CPA",
            expected=cpa_id,
            remedy="playbooks/load-cpa.yml loads it",
        )
    sent, end = envelope.now(), time.monotonic() + patience
    message_id = letter.properties["messageId"]
    try:
        adapter.send(letter.properties, letter.content)
    except LzError:
        if not _may_have_gone(adapter, message_id):
            raise
    try:
        properties = _settled(adapter, message_id, end)
    except (LzError, KeyboardInterrupt):
        properties = {}  # it was sent: that must be recorded, whatever became of it
    status = str(properties.get("messageStatus") or _UNKNOWN)
    return Delivery(
        message_id,
        str(properties.get("conversationId") or ""),
        status,
        sent,
        envelope.now() if status == "DELIVERED" else None,
    )


def _may_have_gone(adapter: Adapter, message_id: str) -> bool:
    """Whether a message may be under way although the adapter did not say so: then it must be recorded."""
    try:
        return adapter.get(message_id) is not None
    except LzError:
        return True


def _settled(adapter: Adapter, message_id: str, end: float) -> Mapping[str, Any]:
    """Give what the adapter knows of a message once it no longer tries, or at ``end``."""
    while True:
        held = adapter.get(message_id)
        properties = held.properties if held else {}
        if properties.get("messageStatus") not in _UNDER_WAY or time.monotonic() >= end:
            return properties
        time.sleep(EVERY)


def record(dossier: Dossier, environment: str, letter: Letter, delivery: Delivery) -> Path:
    """Keep as evidence that a message was sent, and whether it was acknowledged; the file of it."""
    raw: dict[str, object] = {
        "message_id": delivery.message_id,
        "conversation_id": delivery.conversation_id,
        "status": delivery.status,
        "sent": delivery.sent,
        "acknowledged": delivery.acknowledged,
        **letter.facts,
    }
    return write_evidence(dossier, environment, "message-delivered", raw, "lz message send")


def follow(dossier: Dossier, environment: str, adapter: Adapter) -> Iterator[tuple[str, str]]:
    """Look again at messages whose acknowledgement did not come in time: an adapter goes on trying, for a day or more.

    Those that are settled now are recorded anew; gives MessageId and status of each. Raises :class:`LzError`.
    """
    seen = store.load(dossier.folder / "evidence").of("message-delivered", environment, PARTNER)
    settled = {each.raw["message_id"] for each in seen if each.raw["status"] not in _OPEN}
    for last in {each.raw["message_id"]: each for each in seen}.values():
        if last.raw["message_id"] in settled:
            continue
        held = adapter.get(last.raw["message_id"])
        status = held.properties.get("messageStatus") if held else None
        if status not in _UNDER_WAY:
            moment = envelope.now() if status == "DELIVERED" else None
            raw: dict[str, object] = {**last.raw, "status": str(status), "acknowledged": moment}
            write_evidence(dossier, environment, "message-delivered", raw, "lz message receive")
            yield last.raw["message_id"], str(status)


def write_evidence(
    dossier: Dossier,
    environment: str,
    kind: str,
    raw: dict[str, object],
    tool: str,
    role: Namespace = "lz-evidence",
) -> Path:
    """Write one piece of evidence about messages with MijnOverheid, and seal it if there is a key of the role."""
    subject = {
        "organisation": dossier.organisation.slug,
        "environment": environment,
        "host": "controller",
        "partner": PARTNER,
    }
    collector = {"tool": tool, "version": __version__, "commit": ""}
    made = envelope.make(kind, subject, collector, envelope.now(), raw)
    written = envelope.write(dossier.folder / "evidence", made)
    vouch(dossier.folder, [written], role)
    return written


def partner_of(dossier: Dossier, environment: str) -> Partner:
    """Give MijnOverheid in an environment. Raises :class:`LzError`."""
    own = environment_of(dossier, environment)
    partners = {str(key): partner for key, partner in own.partners.items()}
    if PARTNER not in partners:
        raise LzError("the dossier has no such partner", found=", ".join(partners), expected=PARTNER)
    return partners[PARTNER]


def environment_of(dossier: Dossier, environment: str) -> Environment:
    """Give our side of an environment. Raises :class:`LzError`."""
    known = {str(name): each for name, each in dossier.environments.items()}
    if environment not in known:
        raise LzError("no such environment in the dossier", found=environment, expected=" or ".join(known))
    return known[environment]


def _same_parties(dossier: Dossier, environment: str, partner: Partner, message: CaseMessage) -> None:
    if message.sender_oin != dossier.organisation.number:
        raise LzError(
            "the message has another sender than the CPA",
            found=message.sender_oin,
            expected=dossier.organisation.number,
        )
    if message.receiver_oin != partner.oin:
        raise LzError(
            f"the message is not for MijnOverheid of {environment}: another environment or another CPA",
            found=message.receiver_oin,
            expected=partner.oin,
        )


def _nobody_else(content: bytes, allowed: Allowed) -> None:
    """Refuse a message that names a citizen elsewhere too: in another element, an attribute or a comment."""
    words = [content.decode(errors="replace")]
    for element in root_of(content).iter():
        words += [element.text or "", element.tail or "", *map(str, element.attrib.values())]
    others = {bsn for text in words for bsn in bsns_in(text)} - set(allowed.citizens)
    if others:
        raise LzError(
            "the message may name somebody else, who may not be in it",
            found=", ".join(sorted(map(mask, others))),
            expected="no other number of nine digits that passes the eleven test",
            exit_code=1,
        )


def _action(partner: Partner, asked: str | None) -> str:
    out = [each.name for each in partner.cpa.actions if each.direction == "out"]
    named = [each for each in out if asked in {None, each}]
    if len(named) != 1:
        raise LzError(
            "which action of the CPA does this message have?",
            found=asked or "no --action",
            expected=" or ".join(out) or "an action with direction out in the dossier",
        )
    return named[0]


def _stream(dossier: Dossier, message: CaseMessage, asked: str | None, *, needed: bool) -> str | None:
    """Which kind of cases it is of: as asked, else the one whose name the message bears."""
    names = [each.name for each in dossier.service.streams]
    found = asked or next((name for name in names if name in {message.case.kind, message.case.title}), None)
    if (asked and asked not in names) or (needed and found is None):
        raise LzError(
            "of which stream is this message?",
            found=asked or "no stream of the dossier in the message",
            expected=" or ".join(names),
            remedy="Give --stream",
        )
    return found
