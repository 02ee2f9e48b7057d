"""Reads XML that comes from outside, and gets values out of it. Nothing is fetched, nothing is expanded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from lxml import etree

from lopendezaken.casemessage.refusal import Reason, RefusedError
from lopendezaken.cpa.xml import safe_parser

MAX_BYTES = 1024 * 1024
XSI = "http://www.w3.org/2001/XMLSchema-instance"

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# XML 1.0 has no place for other control characters.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def root_of(xml: bytes, limit: int = MAX_BYTES) -> etree._Element:
    """The root element, without comments and processing instructions. Raises :class:`RefusedError`."""
    if len(xml) > limit:
        raise RefusedError(Reason.TOO_BIG, f"{len(xml)} bytes, ten hoogste {limit}")
    declared = _DECLARED.match(xml)
    encoding = declared.group(1).decode().lower() if declared else "utf-8"
    if b"\0" in xml or encoding not in {"utf-8", "us-ascii", "ascii"}:
        raise RefusedError(Reason.UNREADABLE, "alleen UTF-8")
    # Seen before the parser sees it: a DTD can make it read files or grow entities without end.
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise RefusedError(Reason.DTD)
    try:
        return etree.fromstring(xml, safe_parser())
    except etree.XMLSyntaxError as error:
        line, column = error.position
        # libxml2's own words may quote the message.
        raise RefusedError(Reason.UNREADABLE, f"regel {line}, kolom {column}") from None


def to_bytes(root: etree._Element, comment: str) -> bytes:
    """The document as UTF-8, with a comment before its root."""
    root.addprevious(etree.Comment(f" {comment} "))
    return etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8", pretty_print=True)


def new(name: str, prefixes: Mapping[str | None, str]) -> etree._Element:
    """A root element."""
    # The stubs of lxml know no default namespace.
    return etree.Element(name, nsmap=dict(prefixes))  # type: ignore[arg-type]


def add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    """A new child, with text. Raises ValueError for text that XML cannot hold."""
    element = etree.SubElement(parent, name)
    if text is not None:
        if _NOT_XML.search(text):
            raise ValueError("a character that XML cannot hold")
        element.text = text
    return element


def text_of(parent: etree._Element, path: str) -> str:
    """The text at ``path`` (without white space around), empty when it is not there or nil."""
    element = parent.find(path)
    return "" if element is None else (element.text or "").strip()


def day(text: str, what: str) -> date:
    """A date as ``yyyymmdd`` (StuF) or ``yyyy-mm-dd``. Raises :class:`RefusedError`."""
    plain = text if re.fullmatch(r"\d{8}", text, re.ASCII) else text.replace("-", "")
    try:
        if not re.fullmatch(r"\d{4}-?\d\d-?\d\d", text, re.ASCII):
            raise ValueError
        return date(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
    except ValueError:
        raise RefusedError(Reason.CONTENT, f"{what} is geen datum") from None


def moment(text: str, what: str) -> datetime:
    """A local date and time as ``yyyymmddHHMMSSmmm`` (StuF) or ``yyyy-mm-ddTHH:MM:SS.mmm``.

    Raises :class:`RefusedError`.
    """
    digits = re.sub(r"[-:.T]", "", text)
    try:
        if not re.fullmatch(r"\d{14}(\d{3})?", digits, re.ASCII):
            raise ValueError
        whole = f"{digits[:8]}T{digits[8:14]}.{digits[14:] or '000'}"
        return datetime.fromisoformat(whole)
    except ValueError:
        raise RefusedError(Reason.CONTENT, f"{what} is geen tijdstip") from None
