"""The SOAP envelope of an ebMS 2.0 message: from bytes to :class:`Envelope` and back.

Written as good adapters write it (element order of the OASIS schema msg-header-2_0, prefixes soap, eb
and xlink). Reading takes any prefix, order of attributes and white space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from lopendezaken.cpa.model import PartyId
from lopendezaken.cpa.xml import instant, safe_parser
from lopendezaken.ebms.names import (
    DS,
    EB,
    ERROR_CONTEXT,
    NEXT_MSH,
    SIGNAL_SERVICE,
    SOAP,
    SOAP_NEXT,
    TO_PARTY_MSH,
    XLINK,
    XML,
)

MAX_ENVELOPE = 1_000_000  # bytes; a header with a hundred payload references takes some 20 kB
MAX_ATTRIBUTES = 8000  # libxml2 of Debian 12 compares each attribute of an element with each other one
MAX_LIST = 1000  # references, errors or party ids in one envelope

_NSMAP = {"soap": SOAP, "ds": DS, "eb": EB, "xlink": XLINK}
# What a signature covers of an envelope: all but itself and what the next handler on the way may change.
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SIGNED_PART = f'not(ancestor-or-self::node()[@{{0}}:actor="{NEXT_MSH}"]|ancestor-or-self::node()[@{{0}}:actor="{SOAP_NEXT}"])'

_DECLARED_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# What this reader knows of the SOAP header; anything else that must be understood is refused.
_UNDERSTOOD = frozenset(
    f"{{{EB}}}{name}"
    for name in ("MessageHeader", "AckRequested", "Acknowledgment", "ErrorList", "SyncReply")
) | {f"{{{DS}}}Signature"}


class EnvelopeError(ValueError):
    """What was received is no ebMS 2.0 envelope. ``fault_code`` is that of SOAP 1.1."""

    def __init__(self, text: str, fault_code: str = "Client") -> None:
        super().__init__(text)
        self.fault_code = fault_code


@dataclass(frozen=True, slots=True)
class Service:
    """What the message belongs to; signals have no type."""

    value: str
    type: str | None = None

    def __str__(self) -> str:
        return f"{self.type}:{self.value}" if self.type else self.value


@dataclass(frozen=True, slots=True)
class Address:
    """From or To: who, and in which role (signals have none)."""

    ids: tuple[PartyId, ...]
    role: str | None = None

    @property
    def id(self) -> PartyId:
        """The first PartyId: the only one under Digikoppeling."""
        return self.ids[0]


@dataclass(frozen=True, slots=True)
class AckRequested:
    """The sender asks an acknowledgement."""

    signed: bool = False
    actor: str | None = TO_PARTY_MSH


@dataclass(frozen=True, slots=True)
class Digest:
    """One ds:Reference of a signature: what it covers (empty: the envelope), URI of the hash, value in base64."""

    uri: str
    method: str
    value: str


@dataclass(frozen=True, slots=True)
class Acknowledgment:
    """The receiver has the message safe; a signed one repeats what the message's signature covered."""

    timestamp: datetime
    ref_to_message_id: str
    sender: tuple[PartyId, ...] = ()
    actor: str | None = TO_PARTY_MSH
    digests: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One eb:Error: ``code`` and ``severity`` (Warning or Error) as ebMS 2.0 lists them (section 4.2.3)."""

    code: str
    description: str = ""
    location: str | None = None
    severity: str = "Error"
    context: str = ERROR_CONTEXT


@dataclass(frozen=True, slots=True)
class StatusResponse:
    """What the partner knows of a message: UnAuthorized, NotRecognized, Received, Processed or Forwarded."""

    status: str
    ref_to_message_id: str
    timestamp: datetime | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """All that the header and body of a message say. Times are aware, sent in UTC to the millisecond."""

    sender: Address
    receiver: Address
    cpa_id: str
    conversation_id: str
    service: Service
    action: str
    message_id: str
    timestamp: datetime
    ref_to_message_id: str | None = None
    time_to_live: datetime | None = None
    duplicate_elimination: bool = False
    ack_requested: AckRequested | None = None
    acknowledgment: Acknowledgment | None = None
    errors: tuple[Fault, ...] = ()
    references: tuple[str, ...] = ()
    status_request: str | None = None
    status_response: StatusResponse | None = None
    sync_reply: bool = False
    signed: bool = False

    @property
    def is_signal(self) -> bool:
        """Whether the message service handlers speak to one another, without a business payload."""
        return self.service.value == SIGNAL_SERVICE


# Reading


def from_xml(data: bytes) -> Envelope:
    """Read an envelope. Raises :class:`EnvelopeError` with a text fit for a SOAP Fault."""
    root = parse_xml(data)
    if root.tag != f"{{{SOAP}}}Envelope":
        raise EnvelopeError("not a SOAP 1.1 envelope", "VersionMismatch")
    header, body = _child(root, SOAP, "Header"), _child(root, SOAP, "Body")
    _refuse_unknown(header)
    head = _child(header, EB, "MessageHeader")
    _version(head)
    message_data = _child(head, EB, "MessageData")
    status_request = body.find(f"{{{EB}}}StatusRequest")
    return Envelope(
        sender=_address(_child(head, EB, "From")),
        receiver=_address(_child(head, EB, "To")),
        cpa_id=_text(head, "CPAId"),
        conversation_id=_text(head, "ConversationId"),
        service=_service(_child(head, EB, "Service")),
        action=_text(head, "Action"),
        message_id=_text(message_data, "MessageId"),
        timestamp=_time(_text(message_data, "Timestamp")),
        ref_to_message_id=_optional_text(message_data, "RefToMessageId"),
        time_to_live=_optional_time(message_data, "TimeToLive"),
        duplicate_elimination=head.find(f"{{{EB}}}DuplicateElimination") is not None,
        ack_requested=_ack_requested(header),
        acknowledgment=_acknowledgment(header),
        errors=_errors(header),
        references=_references(body),
        status_request=None if status_request is None else _text(status_request, "RefToMessageId"),
        status_response=_status_response(body),
        sync_reply=header.find(f"{{{EB}}}SyncReply") is not None,
        signed=header.find(f"{{{DS}}}Signature") is not None,
    )


def parse_xml(data: bytes) -> etree._Element:
    """Parse what came from outside: UTF-8, no DOCTYPE, nothing fetched. Raises :class:`EnvelopeError`."""
    if len(data) > MAX_ENVELOPE:
        raise EnvelopeError(f"envelope of more than {MAX_ENVELOPE} bytes")
    declared = _DECLARED_ENCODING.match(data)
    # DK-EBMS2-016. A null byte betrays UTF-16 and UTF-32, in which the next test would see no DOCTYPE.
    if b"\0" in data or (declared and declared.group(1).lower() not in {b"utf-8", b"us-ascii"}):
        raise EnvelopeError("envelope is not UTF-8")
    if data.count(b"=") > MAX_ATTRIBUTES:
        raise EnvelopeError(f"envelope with more than {MAX_ATTRIBUTES} attributes")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise EnvelopeError("a DOCTYPE has no place in an envelope")
    try:
        return etree.fromstring(data, safe_parser("utf-8"))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise EnvelopeError(f"malformed XML: {error}") from error


def _child(parent: etree._Element, namespace: str, name: str) -> etree._Element:
    found = parent.findall(f"{{{namespace}}}{name}")
    if len(found) != 1:
        what = "no" if not found else "more than one"
        raise EnvelopeError(f"{what} {name} in {etree.QName(parent).localname}")
    return found[0]


def _text(parent: etree._Element, name: str) -> str:
    text = (_child(parent, EB, name).text or "").strip()
    if not text:
        raise EnvelopeError(f"{name} is empty")
    return text


def _optional_text(parent: etree._Element, name: str) -> str | None:
    return None if parent.find(f"{{{EB}}}{name}") is None else _text(parent, name)


def _time(text: str) -> datetime:
    try:
        return instant(text)
    except ValueError as error:
        raise EnvelopeError(str(error)) from error


def _optional_time(parent: etree._Element, name: str) -> datetime | None:
    text = _optional_text(parent, name)
    return None if text is None else _time(text)


def _version(element: etree._Element) -> None:
    if element.get(f"{{{EB}}}version") != "2.0":  # DK-EBMS2-020
        raise EnvelopeError(f"{etree.QName(element).localname} is not of version 2.0")


def _refuse_unknown(header: etree._Element) -> None:
    for element in header:
        if element.tag not in _UNDERSTOOD and element.get(f"{{{SOAP}}}mustUnderstand") in {"1", "true"}:
            name = etree.QName(element).localname
            raise EnvelopeError(f"header {name} must be understood and is not", "MustUnderstand")


def _listed(parent: etree._Element, name: str) -> list[etree._Element]:
    found = parent.findall(f"{{{EB}}}{name}")
    if len(found) > MAX_LIST:
        raise EnvelopeError(f"more than {MAX_LIST} elements {name}")
    return found


def _party_ids(parent: etree._Element) -> Iterator[PartyId]:
    for element in _listed(parent, "PartyId"):
        text = (element.text or "").strip()
        if not text:
            raise EnvelopeError("PartyId is empty")
        yield PartyId(element.get(f"{{{EB}}}type"), text)


def _address(element: etree._Element) -> Address:
    ids = tuple(_party_ids(element))
    if not ids:
        raise EnvelopeError(f"no PartyId in {etree.QName(element).localname}")
    return Address(ids, _optional_text(element, "Role"))


def _service(element: etree._Element) -> Service:
    text = (element.text or "").strip()
    if not text:
        raise EnvelopeError("Service is empty")
    return Service(text, element.get(f"{{{EB}}}type"))


def _ack_requested(header: etree._Element) -> AckRequested | None:
    if header.find(f"{{{EB}}}AckRequested") is None:
        return None
    element = _child(header, EB, "AckRequested")
    _version(element)
    signed = element.get(f"{{{EB}}}signed", "false") in {"true", "1"}
    return AckRequested(signed, element.get(f"{{{SOAP}}}actor"))


def _acknowledgment(header: etree._Element) -> Acknowledgment | None:
    if header.find(f"{{{EB}}}Acknowledgment") is None:
        return None
    element = _child(header, EB, "Acknowledgment")
    _version(element)
    sender = element.find(f"{{{EB}}}From")
    return Acknowledgment(
        timestamp=_time(_text(element, "Timestamp")),
        ref_to_message_id=_text(element, "RefToMessageId"),
        sender=() if sender is None else tuple(_party_ids(sender)),
        actor=element.get(f"{{{SOAP}}}actor"),
        digests=read_digests(element),
    )


def read_digests(parent: etree._Element) -> tuple[Digest, ...]:
    """Every ds:Reference that is a child, in their order."""
    return tuple(_digest(reference) for reference in parent.findall(f"{{{DS}}}Reference"))


def _digest(reference: etree._Element) -> Digest:
    method = reference.find(f"{{{DS}}}DigestMethod")
    value = "".join((reference.findtext(f"{{{DS}}}DigestValue") or "").split())
    return Digest(reference.get("URI", "#"), "" if method is None else method.get("Algorithm", ""), value)


def _errors(header: etree._Element) -> tuple[Fault, ...]:
    if header.find(f"{{{EB}}}ErrorList") is None:
        return ()
    element = _child(header, EB, "ErrorList")
    _version(element)
    faults = tuple(_fault(error) for error in _listed(element, "Error"))
    if not faults:
        raise EnvelopeError("ErrorList is empty")
    return faults


def _fault(element: etree._Element) -> Fault:
    code, severity = element.get(f"{{{EB}}}errorCode"), element.get(f"{{{EB}}}severity")
    if not code or severity not in {"Error", "Warning"}:
        raise EnvelopeError("Error without errorCode, or with a severity other than Error and Warning")
    description = element.find(f"{{{EB}}}Description")
    return Fault(
        code=code,
        description="" if description is None else (description.text or "").strip(),
        location=element.get(f"{{{EB}}}location"),
        severity=severity,
        context=element.get(f"{{{EB}}}codeContext", ERROR_CONTEXT),
    )


def _references(body: etree._Element) -> tuple[str, ...]:
    if body.find(f"{{{EB}}}Manifest") is None:
        return ()
    manifest = _child(body, EB, "Manifest")
    _version(manifest)
    hrefs = tuple(element.get(f"{{{XLINK}}}href", "") for element in _listed(manifest, "Reference"))
    if not all(hrefs):
        raise EnvelopeError("Reference without xlink:href")
    return hrefs


def _status_response(body: etree._Element) -> StatusResponse | None:
    if body.find(f"{{{EB}}}StatusResponse") is None:
        return None
    element = _child(body, EB, "StatusResponse")
    _version(element)
    status = element.get(f"{{{EB}}}messageStatus")
    if not status:
        raise EnvelopeError("StatusResponse without messageStatus")
    return StatusResponse(status, _text(element, "RefToMessageId"), _optional_time(element, "Timestamp"))


# Writing


def to_xml(envelope: Envelope) -> bytes:
    """Write an envelope as UTF-8 without XML declaration. ValueError on a character XML cannot hold."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap=_NSMAP)
    header = etree.SubElement(root, f"{{{SOAP}}}Header")
    body = etree.SubElement(root, f"{{{SOAP}}}Body")
    _write_message_header(header, envelope)
    if envelope.sync_reply:
        _must_understand(_add(header, "SyncReply", version="2.0"), SOAP_NEXT)
    if envelope.errors:
        _write_errors(header, envelope.errors)
    if envelope.acknowledgment:
        _write_acknowledgment(header, envelope.acknowledgment)
    if envelope.ack_requested:
        _write_ack_requested(header, envelope.ack_requested)
    if envelope.references:
        _write_manifest(body, envelope.references)
    if envelope.status_request:
        request = _add(body, "StatusRequest", version="2.0")
        _add(request, "RefToMessageId", envelope.status_request)
    if envelope.status_response:
        _write_status_response(body, envelope.status_response)
    etree.indent(root, space="    ")
    return etree.tostring(root, encoding="utf-8")


def time_text(value: datetime) -> str:
    """A time as messages write it: ``2026-01-31T12:00:00.000Z``."""
    value = value.astimezone(UTC)
    return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{EB}}}{name}")
    for key, value in attributes.items():
        element.set(f"{{{EB}}}{key}", value)
    element.text = text
    return element


def _must_understand(element: etree._Element, actor: str | None = None) -> None:
    if actor is not None:
        element.set(f"{{{SOAP}}}actor", actor)
    element.set(f"{{{SOAP}}}mustUnderstand", "1")


def _write_party_ids(parent: etree._Element, ids: tuple[PartyId, ...]) -> None:
    for party_id in ids:
        element = _add(parent, "PartyId", party_id.value)
        if party_id.type is not None:
            element.set(f"{{{EB}}}type", party_id.type)


def _write_address(parent: etree._Element, name: str, address: Address) -> None:
    element = _add(parent, name)
    _write_party_ids(element, address.ids)
    if address.role is not None:
        _add(element, "Role", address.role)


def _write_message_header(parent: etree._Element, envelope: Envelope) -> None:
    head = _add(parent, "MessageHeader", version="2.0")
    _must_understand(head)
    _write_address(head, "From", envelope.sender)
    _write_address(head, "To", envelope.receiver)
    _add(head, "CPAId", envelope.cpa_id)
    _add(head, "ConversationId", envelope.conversation_id)
    service = _add(head, "Service", envelope.service.value)
    if envelope.service.type is not None:
        service.set(f"{{{EB}}}type", envelope.service.type)
    _add(head, "Action", envelope.action)
    data = _add(head, "MessageData")
    _add(data, "MessageId", envelope.message_id)
    _add(data, "Timestamp", time_text(envelope.timestamp))
    if envelope.ref_to_message_id is not None:
        _add(data, "RefToMessageId", envelope.ref_to_message_id)
    if envelope.time_to_live is not None:
        _add(data, "TimeToLive", time_text(envelope.time_to_live))
    if envelope.duplicate_elimination:
        _add(head, "DuplicateElimination")


def _write_ack_requested(parent: etree._Element, asked: AckRequested) -> None:
    element = _add(parent, "AckRequested", signed="true" if asked.signed else "false", version="2.0")
    _must_understand(element, asked.actor)


def _write_acknowledgment(parent: etree._Element, acknowledgment: Acknowledgment) -> None:
    element = _add(parent, "Acknowledgment", version="2.0")
    _must_understand(element, acknowledgment.actor)
    _add(element, "Timestamp", time_text(acknowledgment.timestamp))
    _add(element, "RefToMessageId", acknowledgment.ref_to_message_id)
    if acknowledgment.sender:
        _write_party_ids(_add(element, "From"), acknowledgment.sender)
    for digest in acknowledgment.digests:
        write_digest(element, digest)


def write_digest(parent: etree._Element, digest: Digest) -> None:
    """Add a ds:Reference; that to the envelope has the transforms of ebMS 2.0 (4.1.3)."""
    reference = etree.SubElement(parent, f"{{{DS}}}Reference", URI=digest.uri)
    if not digest.uri:
        transforms = etree.SubElement(reference, f"{{{DS}}}Transforms")
        for algorithm in (ENVELOPED, XPATH, C14N):
            transform = etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm=algorithm)
            if algorithm == XPATH:
                etree.SubElement(transform, f"{{{DS}}}XPath").text = SIGNED_PART.format("soap")
    etree.SubElement(reference, f"{{{DS}}}DigestMethod", Algorithm=digest.method)
    etree.SubElement(reference, f"{{{DS}}}DigestValue").text = digest.value


def _write_errors(parent: etree._Element, faults: tuple[Fault, ...]) -> None:
    highest = "Error" if any(fault.severity == "Error" for fault in faults) else "Warning"
    element = _add(parent, "ErrorList", highestSeverity=highest, version="2.0")
    _must_understand(element)
    for fault in faults:
        error = _add(element, "Error", codeContext=fault.context, errorCode=fault.code)
        if fault.location is not None:
            error.set(f"{{{EB}}}location", fault.location)
        error.set(f"{{{EB}}}severity", fault.severity)
        if fault.description:
            _add(error, "Description", fault.description).set(f"{{{XML}}}lang", "en-US")


def _write_manifest(parent: etree._Element, references: tuple[str, ...]) -> None:
    manifest = _add(parent, "Manifest", version="2.0")
    for href in references:
        reference = _add(manifest, "Reference")
        reference.set(f"{{{XLINK}}}href", href)
        reference.set(f"{{{XLINK}}}type", "simple")


def _write_status_response(parent: etree._Element, response: StatusResponse) -> None:
    element = _add(parent, "StatusResponse", messageStatus=response.status, version="2.0")
    _add(element, "RefToMessageId", response.ref_to_message_id)
    if response.timestamp is not None:
        _add(element, "Timestamp", time_text(response.timestamp))


def fault_xml(text: str, code: str = "Client") -> bytes:
    """The SOAP Fault that goes with HTTP 500. Characters that XML cannot hold become question marks."""
    clean = "".join(
        c if c in "\t\n\r" or " " <= c < "\ud800" or "\ue000" <= c < "\ufffe" else "?" for c in text
    )
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    fault = etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Body"), f"{{{SOAP}}}Fault")
    etree.SubElement(fault, "faultcode").text = f"soap:{code}"
    etree.SubElement(fault, "faultstring").text = clean
    return etree.tostring(root, encoding="utf-8")
