"""Reads CPA XML: refuses what could harm, and turns XML Schema values into Python values."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from lxml import etree

from lopendezaken.errors import LzError

TNS = "http://www.oasis-open.org/committees/ebxml-cppa/schema/cpp-cpa-2_0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
XLINK = "http://www.w3.org/1999/xlink"

MAX_BYTES = 5_000_000

_DECLARED_ENCODING = re.compile(rb"""^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_DURATION = re.compile(
    r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_DATETIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?")


def safe_parser(encoding: str | None = None) -> etree.XMLParser:
    """A parser for what comes from outside: fetches and expands nothing, keeps no comments."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding=encoding,
    )


def root_of(xml: bytes, source: str = "CPA") -> etree._Element:
    """The root element of ``xml``, without comments and processing instructions.

    ``source`` names the document in messages. Raises :class:`LzError` on more than 5 MB, another
    encoding than UTF-8, a DOCTYPE, and XML that is not well formed (with its line and column).
    """
    if len(xml) > MAX_BYTES:
        raise LzError(
            "too large for a CPA", where=source, found=f"{len(xml)} bytes", expected=f"at most {MAX_BYTES}"
        )
    declared = _DECLARED_ENCODING.match(xml)
    encoding = declared.group(1).decode().lower() if declared else "utf-8"
    if b"\0" in xml:
        encoding = "UTF-16 or UTF-32"
    if encoding not in {"utf-8", "us-ascii", "ascii"}:
        raise LzError("unexpected encoding", where=source, found=encoding, expected="UTF-8")
    # Seen before the parser sees it: a DTD can make it read files or grow entities without end.
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise LzError(
            "a DOCTYPE or entity has no place in a CPA", where=source, remedy="Remove it; the CPA needs none."
        )
    try:
        return etree.fromstring(xml, safe_parser())
    except etree.XMLSyntaxError as error:
        line, column = error.position
        words = str(error.msg).partition(", line ")[0]
        raise LzError("malformed XML", where=f"{source}:{line}:{column}", found=words) from error


@lru_cache(maxsize=64)  # a CPA says the same few many times
def duration(text: str) -> timedelta:
    """An ``xs:duration`` as timedelta. Years and months have no fixed length: ValueError unless zero."""
    match = _DURATION.fullmatch(text.strip())
    if not match or not any(match.group(2, 3, 4, 6, 7, 8)) or match.group(5) == "T":
        raise ValueError(f"not a duration: {text!r}")
    sign, years, months, days, _, hours, minutes, seconds = match.groups()
    if int(years or 0) or int(months or 0):
        raise ValueError(f"years and months have no fixed length: {text!r}")
    whole = Decimal(seconds or 0)
    try:
        value = timedelta(
            days=int(days or 0),
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=int(whole),
            microseconds=int(whole % 1 * 1_000_000),
        )
    except OverflowError as error:
        raise ValueError(f"duration too long: {text!r}") from error
    return -value if sign else value


def duration_text(value: timedelta) -> str:
    """The shortest ``xs:duration`` of ``value``: ``PT3H``, ``P1DT30M``, ``-PT0.5S``."""
    if value < timedelta(0):
        return f"-{duration_text(-value)}"
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f"{value.microseconds:06}".rstrip("0")
    second = f"{seconds}.{fraction}" if fraction else str(seconds or "")
    date = f"{value.days}D" if value.days else ""
    time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (second, "S")) if n)
    return f"P{date}T{time}" if time else f"P{date}" if date else "PT0S"


def instant(text: str) -> datetime:
    """An ``xs:dateTime`` as aware UTC datetime; without a zone it is read as UTC. Raises ValueError."""
    match = _DATETIME.fullmatch(text.strip())
    if not match:
        raise ValueError(f"not a date and time: {text!r}")
    date, time, fraction, zone = match.groups()
    midnight_after = time == "24:00:00"
    value = datetime.fromisoformat(f"{date}T{'00:00:00' if midnight_after else time}")
    offset = UTC
    if zone and zone != "Z":
        minutes = int(zone[1:3]) * 60 + int(zone[4:6])
        offset = timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes))
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        moved = value + timedelta(days=1 if midnight_after else 0, microseconds=micros)
        return moved.replace(tzinfo=offset).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"date out of reach: {text!r}") from error


def instant_text(value: datetime) -> str:
    """The ``xs:dateTime`` in UTC, to the second: ``2026-01-31T12:00:00Z``."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
