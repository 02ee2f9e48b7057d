"""Whether two CPAs mean the same, and what differs when they do not.

Adapters give a CPA back with other prefixes, indentation, durations and line breaks in certificates.
Standard library only: Ansible modules use this same file as a module utility.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TypeAlias
from xml.etree import ElementTree

TNS = "http://www.oasis-open.org/committees/ebxml-cppa/schema/cpp-cpa-2_0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

MAX_BYTES = 5_000_000
MAX_DEPTH = 64

Key: TypeAlias = "tuple[str, str]"

_DURATIONS = {
    "RetryInterval",
    "PersistDuration",
    "timeToPerform",
    "timeToAcknowledgeReceipt",
    "timeToAcknowledgeAcceptance",
}
_MOMENTS = {"Start", "End"}
_INTEGERS = {
    "Retries",
    "retryCount",
    "minimumStrength",
    "minOccurs",
    "maxOccurs",
    "invocationLimit",
    "concurrentConversations",
}
_BOOLEANS = {
    "isNonRepudiationRequired",
    "isNonRepudiationReceiptRequired",
    "isAuthorizationRequired",
    "isIntelligibleCheckRequired",
    "parse",
    "generate",
    "excludedFromSignature",
}
_BASE64 = {
    "X509Certificate",
    "X509SKI",
    "X509CRL",
    "Modulus",
    "Exponent",
    "DigestValue",
    "SignatureValue",
    "PGPKeyID",
    "PGPKeyPacket",
    "SPKIexp",
}
# What tells apart elements of one name beside each other.
_IDENTITIES = (
    "id",
    "certId",
    "securityId",
    "channelId",
    "transportId",
    "docExchangeId",
    "partyName",
    "idref",
)

_DURATION = re.compile(
    r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?")
_INTEGER = re.compile(r"[+-]?\d{1,18}")


class UnreadableCpaError(ValueError):
    """The text is not XML, or XML that a CPA never is; the message says where."""


@dataclass(frozen=True)
class Node:
    """An element by what it means; ``shown`` and ``shown_attributes`` are as written, for people."""

    tag: str
    attributes: tuple[tuple[str, str], ...]
    text: str
    children: tuple[Node, ...]
    shown: str = field(compare=False, repr=False)
    shown_attributes: dict[str, str] = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name without namespace."""
        return _local(self.tag)


def meaning(xml: bytes | str) -> Node:
    """What a CPA says, without how it is written. Raises :class:`UnreadableCpaError`."""
    data = xml.encode() if isinstance(xml, str) else xml
    if len(data) > MAX_BYTES:
        raise UnreadableCpaError(f"{len(data)} bytes is too large for a CPA (at most {MAX_BYTES})")
    # A DTD can grow entities without end; UTF-16 would hide it from this look.
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or b"\0" in data:
        raise UnreadableCpaError("a DOCTYPE, an entity or another encoding than UTF-8 has no place in a CPA")
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - no DTD gets this far
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise UnreadableCpaError(f"malformed XML: {error}") from error
    return _node(root, 1)


def equal(a: bytes | str, b: bytes | str) -> bool:
    """Whether both CPAs mean the same. Raises :class:`UnreadableCpaError`."""
    return meaning(a) == meaning(b)


def digest(xml: bytes | str) -> str:
    """SHA-256 (hex) of the meaning: equal for CPAs that mean the same. Raises :class:`UnreadableCpaError`."""
    return hashlib.sha256(json.dumps(_plain(meaning(xml))).encode()).hexdigest()


def differences(a: bytes | str, b: bytes | str, here: str = "here", there: str = "there") -> list[str]:
    """What differs, a line each, such as ``.../Retries: 8 here, 3 there``; empty when equal.

    ``here`` and ``there`` name the two in the lines. Raises :class:`UnreadableCpaError`.
    """
    first, second = meaning(a), meaning(b)
    if first.tag != second.tag:
        return [f"root element: {first.tag} {here}, {second.tag} {there}"]
    return list(_compare(first, second, first.name, (here, there)))


# -- reading --------------------------------------------------------------------------------------


def _node(element: ElementTree.Element, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise UnreadableCpaError(f"elements nested more than {MAX_DEPTH} deep")
    texts = [element.text or "", *(child.tail or "" for child in element)]
    shown = " ".join(text.strip() for text in texts if text.strip())
    attributes = {name: value for name, value in element.attrib.items() if not name.startswith(f"{{{XSI}}}")}
    return Node(
        tag=element.tag,
        attributes=tuple(sorted((name, _canonical(name, value)) for name, value in attributes.items())),
        text=_canonical(element.tag, shown),
        children=tuple(_node(child, depth + 1) for child in element),
        shown=shown,
        shown_attributes=attributes,
    )


def _canonical(tag: str, text: str) -> str:
    """The value in one form only; a value that cannot be read stays as it is."""
    rule = _RULES.get(_split(tag))
    return rule(text) if rule else text


def _base64(text: str) -> str:
    return "".join(text.split())


def _integer(text: str) -> str:
    return str(int(text)) if _INTEGER.fullmatch(text.strip()) else text


def _boolean(text: str) -> str:
    return {"1": "true", "0": "false"}.get(text.strip(), text)


def _duration(text: str) -> str:
    """Months and seconds, the two that cannot be turned into one another."""
    match = _DURATION.fullmatch(text.strip())
    if not match or text.strip().endswith(("P", "T")):
        return text
    sign, years, months, days, hours, minutes, seconds = match.groups()
    total_months = int(years or 0) * 12 + int(months or 0)
    total_seconds = (
        int(days or 0) * 86400 + int(hours or 0) * 3600 + int(minutes or 0) * 60 + Decimal(seconds or 0)
    )
    if not total_months and not total_seconds:
        sign = ""
    return f"{sign}P{total_months}M{_plain_number(total_seconds)}S"


def _plain_number(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moment(text: str) -> str:
    """In UTC, without trailing zeros; without a zone it is read as UTC."""
    match = _MOMENT.fullmatch(text.strip())
    if not match:
        return text
    date, time, fraction, zone = match.groups()
    day_later = time == "24:00:00"
    try:
        value = datetime.fromisoformat(f"{date}T{'00:00:00' if day_later else time}")
        value += timedelta(days=1 if day_later else 0)
        if zone and zone != "Z":
            value -= timezone(_offset(zone)).utcoffset(None)
    except (ValueError, OverflowError):
        return text
    rest = (fraction or "").rstrip("0")
    return value.isoformat() + (f".{rest}" if rest else "") + "Z"


def _offset(zone: str) -> timedelta:
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return timedelta(minutes=-minutes if zone[0] == "-" else minutes)


_RULES: dict[Key, Callable[[str], str]] = {
    **{(TNS, name): _duration for name in _DURATIONS},
    **{(TNS, name): _moment for name in _MOMENTS},
    **{(TNS, name): _integer for name in _INTEGERS},
    **{(TNS, name): _boolean for name in _BOOLEANS},
    **{(DS, name): _base64 for name in _BASE64},
}


def _plain(node: Node) -> list[object]:
    return [node.tag, list(node.attributes), node.text, [_plain(child) for child in node.children]]


# -- comparing ------------------------------------------------------------------------------------


def _compare(first: Node, second: Node, path: str, sides: tuple[str, str]) -> Iterator[str]:
    here, there = sides
    if first.text != second.text:
        yield f"{path}: {_value(first)} {here}, {_value(second)} {there}"
    ours, theirs = dict(first.attributes), dict(second.attributes)
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            values = [node.shown_attributes.get(name) for node in (first, second)]
            left, right = ("absent" if value is None else repr(value) for value in values)
            yield f"{path}/@{_local(name)}: {left} {here}, {right} {there}"
    yield from _compare_children(first, second, path, sides)


def _compare_children(first: Node, second: Node, path: str, sides: tuple[str, str]) -> Iterator[str]:
    here, there = sides
    ours, theirs = _keyed(first), _keyed(second)
    for key, child in ours.items():
        if key in theirs:
            yield from _compare(child, theirs[key], f"{path}/{_label(key)}", sides)
        else:
            yield f"{path}/{_label(key)}: only {here}"
    for key in theirs:
        if key not in ours:
            yield f"{path}/{_label(key)}: only {there}"
    if ours.keys() == theirs.keys() and list(ours) != list(theirs):
        yield f"{path}: the same elements in another order {there}"


def _keyed(node: Node) -> dict[Key, Node]:
    """The children by name and identity; those without, by their number among their equals."""
    result: dict[Key, Node] = {}
    for child in node.children:
        identity = _identity(child)
        key, number = (child.tag, identity), 1
        while key in result:
            number += 1
            key = (child.tag, f"{identity} {number}".strip())
        result[key] = child
    return result


def _identity(node: Node) -> str:
    found = {_local(name): value for name, value in node.attributes}
    for name in _IDENTITIES:
        if name in found:
            return found[name]
    if node.name in {"CanSend", "CanReceive"}:
        return next((value for child in node.children if (value := _attribute(child, "action"))), "")
    return ""


def _attribute(node: Node, local: str) -> str | None:
    return next((value for name, value in node.attributes if _local(name) == local), None)


def _label(key: Key) -> str:
    tag, identity = key
    return f"{_local(tag)}[{identity}]" if identity else _local(tag)


def _value(node: Node) -> str:
    if not node.shown:
        return "nothing"
    if node.name == "X509Certificate":
        return f"certificate with sha256 {_fingerprint(node.text)}"
    return repr(node.shown) if len(node.shown) <= 80 else repr(node.shown[:80]) + "..."


def _fingerprint(text: str) -> str:
    try:
        der = base64.b64decode(text, validate=True)
    except ValueError:
        return "unknown (not base64)"
    return hashlib.sha256(der).hexdigest()


def _local(tag: str) -> str:
    return _split(tag)[1]


def _split(tag: str) -> tuple[str, str]:
    namespace, _, name = tag.rpartition("}")
    return namespace.lstrip("{"), name
