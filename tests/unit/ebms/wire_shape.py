"""Compares messages with real ones from the wire, element by element and header by header.

Values that differ from message to message (ids, times, parties) are left out; names, order, prefixes,
attributes and fixed values are not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

WIRE = Path(__file__).parent / "wire"

_FREE_ATTRIBUTES = {"href", "errorCode", "location"}
_FIXED_TEXT = {"Action", "Service"}
# Each side's own; length and chunks are two ways to say the same.
_FREE_HEADERS = {"host", "user-agent", "content-length"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Request:
    """One POST. Header names are in lower case; the body is without chunks."""

    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def envelope(self) -> bytes:
        """The SOAP part."""
        start = self.body.index(b"<soap:Envelope")
        return self.body[start : self.body.index(b"</soap:Envelope>") + len(b"</soap:Envelope>")]

    @property
    def part_headers(self) -> list[list[str]]:
        """Headers of each MIME part, values of ids and names left out."""
        parts = re.split(rb"\r?\n?--[^\r\n]+\r\n", self.body)[1:-1] if self.is_multipart else []
        return [
            [_plain(line.decode()) for line in part.split(b"\r\n\r\n", 1)[0].split(b"\r\n")] for part in parts
        ]

    @property
    def is_multipart(self) -> bool:
        return self.headers.get("content-type", "").startswith("multipart/")


def parse(raw: bytes) -> Request:
    """Read the bytes of a request."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        assert name.lower() not in headers, f"header {name} stands twice"
        headers[name.lower()] = value.strip()
    chunked = headers.get("transfer-encoding") == "chunked"
    return Request(first, headers, _unchunked(body) if chunked else body)


def capture(name: str) -> Request:
    """A captured request: ``capture("Ping-AtoB")``."""
    return parse((WIRE / f"{name}.request.http").read_bytes())


def captures() -> list[str]:
    """Names of the captured requests."""
    return sorted(path.name.removesuffix(".request.http") for path in WIRE.glob("*.request.http"))


def _unchunked(body: bytes) -> bytes:
    whole = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            return whole
        whole, body = whole + body[:length], body[length + 2 :]


def _plain(text: str) -> str:
    text = _UUID.sub("UUID", text)
    text = re.sub(r"<[^>]*>", "<ID>", text)
    return re.sub(r'filename="[^"]*"', 'filename="NAME"', text)


def shape(xml: bytes) -> list[str]:
    """One line an element: path with prefixes, attributes in order of name, fixed values."""
    root = etree.fromstring(xml)
    return [_line(element) for element in root.iter(etree.Element)]


def _line(element: etree._Element) -> str:
    path = [_name(element)]
    parent = element.getparent()
    while parent is not None:
        path.insert(0, _name(parent))
        parent = parent.getparent()
    attributes = []
    for key in element.attrib:
        name = etree.QName(str(key))
        prefix = next(p for p, uri in {**element.nsmap, "xml": _XML}.items() if uri == name.namespace)
        value = "*" if name.localname in _FREE_ATTRIBUTES else element.get(key)
        attributes.append(f"{prefix}:{name.localname}={value}")
    line = "/".join(path) + "".join(f" {item}" for item in sorted(attributes))
    if etree.QName(element).localname in _FIXED_TEXT and not _is_free(element):
        line += f" = {element.text}"
    return line


_XML = "http://www.w3.org/XML/1998/namespace"


def _is_free(element: etree._Element) -> bool:
    """Names that the CPA gives: of a business service, which has a type."""
    parent = element.getparent()
    service = parent.find("{*}Service") if parent is not None else None
    return service is not None and any(etree.QName(str(key)).localname == "type" for key in service.attrib)


def _name(element: etree._Element) -> str:
    return f"{element.prefix}:{etree.QName(element).localname}"


def header_shape(request: Request) -> list[str]:
    """The headers that matter, ids left out."""
    kept = {name: _plain(value) for name, value in request.headers.items() if name not in _FREE_HEADERS}
    return sorted(f"{name}: {value}" for name, value in kept.items())


def envelope_differences(ours: bytes, real: bytes) -> list[str]:
    """What differs in form between two envelopes; empty when nothing does."""
    return _differences("element", shape(ours), shape(real)) + _differences(
        "namespace", _namespaces(ours), _namespaces(real)
    )


def _namespaces(xml: bytes) -> list[str]:
    return sorted(f"{prefix}={uri}" for prefix, uri in etree.fromstring(xml).nsmap.items())


def differences(ours: Request, real: Request) -> list[str]:
    """What differs in form between two requests; empty when nothing does."""
    found = envelope_differences(ours.envelope, real.envelope)
    found += _differences("header", header_shape(ours), header_shape(real))
    if ours.target != real.target:
        found.append(f"request line: {ours.target} instead of {real.target}")
    parts = [[" | ".join(part) for part in request.part_headers] for request in (ours, real)]
    return found + _differences("part", *parts)


def _differences(what: str, ours: list[str], real: list[str]) -> list[str]:
    if ours == real:
        return []
    missing = [f"{what} missing: {line}" for line in real if line not in ours]
    extra = [f"{what} extra: {line}" for line in ours if line not in real]
    return missing + extra or [f"{what}s in another order: {ours} instead of {real}"]
