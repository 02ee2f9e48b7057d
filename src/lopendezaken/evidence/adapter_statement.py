"""What the hoster of an adapter states and signs, since nobody else can see it: the form, and what follows from it.

The hoster signs the file itself, with ssh-keygen and nothing of ours::

    ssh-keygen -Y sign -n lz-hoster -f KEY adapter-verklaring.yml

From its text follow pieces of evidence as a collector would have written them. They bear ``source: statement`` and
the SHA-256 of the text, and count as long as its signature does (lopendezaken.evidence.stated).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from lopendezaken.dossier import loader
from lopendezaken.dossier.fields import CpaId, Endpoint, OinText, Sha256, Text, Word, Yes, wrong
from lopendezaken.dossier.part import Part
from lopendezaken.dossier.problems import At, Problem
from lopendezaken.dossier.read import parse_as
from lopendezaken.dossier.schema import EnvironmentName, PartnerName, host_of
from lopendezaken.errors import LzError
from lopendezaken.evidence.envelope import make
from lopendezaken.evidence.kinds import Signal
from lopendezaken.evidence.sshsig import Namespace

if TYPE_CHECKING:
    from lopendezaken.ebms.envelope import Envelope

KIND = "adapter-statement"
SOURCE = "statement"
ROLE: Namespace = "lz-hoster"
# A Ping that is stated was made not long before.
FRESH = timedelta(days=7)
_SKEW = timedelta(minutes=5)
_COLLECTOR = {"tool": KIND, "version": "1", "commit": ""}
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


def _instant(value: str) -> str:
    try:
        datetime.strptime(value, _INSTANT).replace(tzinfo=UTC)
    except ValueError:
        raise wrong(f"'{value}'", "UTC like 2026-11-24T10:00:00Z") from None
    return value


class Product(Part):
    """Which adapter it is, and whether it runs."""

    product: Text
    version: Text
    running: Yes


class LoadedCpa(Part):
    """The CPA that is loaded: ``sha256`` of its file, ``digest`` of its meaning, as the form gave it."""

    id: CpaId
    sha256: Sha256
    digest: Sha256


class StatedPartner(Part):
    """What is true of the connection with one partner. What is left out is not stated.

    ``ping`` and ``pong`` are whole envelopes from the log; ``no_pong`` is what the adapter said when none came.
    """

    oin: OinText
    endpoint: Endpoint
    cpa: LoadedCpa | None = None
    tls: Literal["TLSv1.2", "TLSv1.3"] | None = None
    ping: str | None = None
    pong: str | None = None
    no_pong: Text | None = None


class AdapterStatement(Part):
    """A statement about one adapter at one moment (``stated``); certificates in PEM, leaf first, never a key."""

    organisation: Word
    number: OinText
    environment: EnvironmentName
    system: Word
    endpoint: Endpoint
    stated: Annotated[str, AfterValidator(_instant)]
    by: Text
    adapter: Product
    certificate: str
    anchors: str
    partners: Annotated[dict[PartnerName, StatedPartner], Field(min_length=1)]

    @property
    def moment(self) -> datetime:
        """When it was so, by the word of who signed."""
        return datetime.strptime(self.stated, _INSTANT).replace(tzinfo=UTC)


def read(content: bytes, path: Path) -> AdapterStatement:
    """Read a statement; ``path`` is only for telling where something stands. Raises :class:`LzError`."""
    document = loader.parse(content, path)
    statement = parse_as(AdapterStatement, document)
    loader.refuse(document, list(_problems(statement)))
    return statement


def follows(statement: AdapterStatement, text: bytes) -> Iterator[dict[str, Any]]:
    """Give the evidence that follows from a statement with this text, in envelopes."""
    told = {"source": SOURCE, "statement": hashlib.sha256(text).hexdigest()}
    for kind, partner, raw in _facts(statement):
        yield make(kind, subject(statement, partner), _COLLECTOR, statement.stated, {**raw, **told})


def subject(statement: AdapterStatement, partner: str = "") -> dict[str, str]:
    """Give what evidence that follows from a statement is about."""
    about = {
        "organisation": statement.organisation,
        "environment": statement.environment,
        "host": statement.system,
    }
    return {**about, "partner": partner} if partner else about


def _facts(statement: AdapterStatement) -> Iterator[tuple[str, str, dict[str, Any]]]:
    adapter = statement.adapter
    yield (
        "host-facts",
        "",
        {
            "hostname": statement.system,
            "distribution": adapter.product,
            "version": adapter.version,
            "kernel": "",
            "addresses": [],
            "services": {adapter.product: "active" if adapter.running else "inactive"},
            "engine": "external",
        },
    )
    own = {"role": "own", "pem": statement.certificate, "names": [], "anchors": statement.anchors}
    yield "certificate-chain", "", own
    for key, partner in statement.partners.items():
        if partner.cpa:
            loaded = {"side": "here", "cpa_id": partner.cpa.id, "digest": partner.cpa.digest}
            yield "cpa-loaded", key, loaded
        if partner.tls:
            yield "tls-scan", key, _handshake(partner)
        if partner.pong or partner.no_pong:
            yield "ebms-ping", key, _ping(statement, partner)


def _handshake(partner: StatedPartner) -> dict[str, Any]:
    """The hoster states that it came about; the certificate of the partner is seen by us, from in front."""
    return {
        "direction": "out",
        "host": host_of(partner.endpoint),
        "port": 443,
        "with_client_certificate": True,
        "outcome": "accepted",
        "protocol": partner.tls,
        "cipher": None,
        "peer": None,
        "chain": [],
        "error": None,
    }


def _ping(statement: AdapterStatement, partner: StatedPartner) -> dict[str, Any]:
    failure = {"leg": "unknown", "says": partner.no_pong, "look_at": "ask who hosts the adapter"}
    return {
        "cpa_id": partner.cpa.id if partner.cpa else "",
        "from": f"urn:osb:oin:{statement.number}",
        "to": f"urn:osb:oin:{partner.oin}",
        "endpoint": partner.endpoint,
        "outcome": "failed" if partner.no_pong else "pong",
        "ms": None,
        "ping": _signal("out", partner.ping),
        "pong": _signal("in", partner.pong),
        "diagnosis": failure if partner.no_pong else None,
    }


def _signal(direction: str, text: str | None) -> Signal | None:
    if text is None:
        return None
    from lopendezaken.ebms.envelope import time_text

    envelope = _envelope(text)
    return {
        "direction": direction,
        "action": envelope.action,
        "messageId": envelope.message_id,
        "refToMessageId": envelope.ref_to_message_id,
        "conversationId": envelope.conversation_id,
        "from": str(envelope.sender.id),
        "to": str(envelope.receiver.id),
        "cpaId": envelope.cpa_id,
        "timestamp": time_text(envelope.timestamp),
        "envelope": text,
    }


def _envelope(text: str) -> Envelope:
    from lopendezaken.ebms.envelope import from_xml

    return from_xml(text.strip().encode())


def _problems(statement: AdapterStatement) -> Iterator[Problem]:
    """Find what no single field shows, so that no control stumbles over it."""
    for name in ("certificate", "anchors"):
        yield from _certificate_problems(getattr(statement, name), (name,))
    for key, partner in statement.partners.items():
        at: At = ("partners", key)
        if partner.pong and not partner.ping:
            yield Problem((*at, "ping"), "a Pong without its Ping", remedy="Copy both from the log")
        if partner.pong and partner.no_pong:
            yield Problem((*at, "no_pong"), "a Pong, and what was said because none came")
        for name in ("ping", "pong"):
            yield from _envelope_problems(getattr(partner, name), statement.moment, (*at, name))


def _certificate_problems(pem: str, at: At) -> Iterator[Problem]:
    from lopendezaken.pki.certificate import read_chain

    if not re.match(r"\s*-----BEGIN CERTIFICATE-----", pem):
        yield Problem(at, "no certificate", expected="PEM that begins with -----BEGIN CERTIFICATE-----")
        return
    try:
        read_chain(pem.encode())
    except LzError as error:
        yield Problem(at, error.what, error.found, error.expected)


def _envelope_problems(text: str | None, stated: datetime, at: At) -> Iterator[Problem]:
    from lopendezaken.ebms.envelope import EnvelopeError

    if text is None:
        return
    try:
        envelope = _envelope(text)
    except EnvelopeError as error:
        yield Problem(at, "no envelope of ebMS", str(error), "all from <…:Envelope to </…:Envelope>")
        return
    if envelope.action != str(at[-1]).title():
        yield Problem(at, "another message", envelope.action, str(at[-1]).title())
    if not stated - FRESH <= envelope.timestamp <= stated + _SKEW:
        expected = f"at most {FRESH.days} days before {stated.strftime(_INSTANT)}"
        yield Problem(at, "not of these days", envelope.timestamp.isoformat(), expected)
