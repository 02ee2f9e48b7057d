"""CPAs at the REST calls: judged, and given back in other bytes with the same meaning, as adapters do."""

from __future__ import annotations

import re
from datetime import datetime

from lxml import etree

from lopendezaken.cpa.model import Cpa, parse
from lopendezaken.cpa.xml import DS, TNS, XLINK, duration, instant_text, root_of
from lopendezaken.errors import LzError

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NSMAP = {"ds": DS, "xlink": XLINK, "ns3": TNS}
_DURATIONS = frozenset(f"{{{TNS}}}{name}" for name in ("RetryInterval", "PersistDuration", "timeToPerform"))
_SAX = "org.xml.sax.SAXParseException; lineNumber: {}; columnNumber: {}; {}"
_PLACE = re.compile(r":(\d+)(?::(\d+))?$")


class RefusedError(Exception):
    """A CPA that is not taken: HTTP ``status`` and the text that ebms-admin gives."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def read(xml: bytes, now: datetime) -> Cpa:
    """The CPA, if ebms-admin would take it. Raises :class:`RefusedError`.

    A CPA that is signed, or whose time has yet to come, is taken; its messages are refused.
    """
    if xml.startswith(b"\xef\xbb\xbf"):
        raise RefusedError(400, _SAX.format(1, 1, "Content is not allowed in prolog."))
    try:
        cpa = parse(xml)
    except LzError as error:
        raise RefusedError(400, _sax_text(error)) from error
    if cpa.status == "proposed":
        raise RefusedError(500, "CPA Status is proposed!")
    if cpa.start >= cpa.end:
        raise RefusedError(500, "CPA Start date not before End date!")
    if cpa.end <= now:
        raise RefusedError(500, f"CPA expired on {instant_text(cpa.end)}")
    return cpa


def _sax_text(error: LzError) -> str:
    place = _PLACE.search(error.where or "")
    line, column = (place.group(1), place.group(2) or "1") if place else ("1", "1")
    reason = error.what if error.found is None else f"{error.what}: {error.found}"
    return _SAX.format(line, column, reason)


def rewritten(xml: bytes) -> bytes:
    """The same agreement in other bytes.

    Adapters do not keep the bytes: prefixes, blanks, comments, schemaLocation and the form of durations
    change. So does this, on purpose: who compares bytes finds out in the lab.
    """
    root = _copy(root_of(xml), None)
    etree.indent(root, space="    ")
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)


def _copy(source: etree._Element, parent: etree._Element | None) -> etree._Element:
    element = etree.Element(source.tag, nsmap=_NSMAP)
    if parent is not None:
        parent.append(element)
    for name, value in source.attrib.items():
        if not str(name).startswith(f"{{{_XSI}}}"):
            element.set(name, _long_duration(str(value)) if name in _DURATIONS else value)
    text = (source.text or "").strip()
    element.text = (_long_duration(text) if source.tag in _DURATIONS else text) or None
    for child in source:
        _copy(child, element)
    return element


def _long_duration(text: str) -> str:
    try:
        value = duration(text)
    except ValueError:
        return text
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"P0Y0M{value.days}DT{hours}H{minutes}M{seconds}.{value.microseconds // 1000:03d}S"
