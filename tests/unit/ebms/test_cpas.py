"""CPAs are judged as ebms-admin does, and come back in other bytes with the same meaning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lopendezaken.cpa.meaning import differences, equal
from lopendezaken.cpa.model import parse
from lopendezaken.ebms.cpas import RefusedError, read, rewritten
from tests.unit.conftest import OWN_OIN, PARTNER_OIN

NOW = datetime.now(UTC)
ROUTE = (OWN_OIN, PARTNER_OIN, "voorbeeld:LopendeZaken:1.0", "Zaakbericht")


def test_rewritten_means_the_same_in_other_bytes(cpa_xml: bytes) -> None:
    other = rewritten(cpa_xml)
    assert other != cpa_xml
    assert differences(cpa_xml, other) == []
    assert equal(cpa_xml, other)
    assert parse(other).route(*ROUTE).reliable == parse(cpa_xml).route(*ROUTE).reliable
    assert rewritten(other) == other
    assert b"P0Y0M0DT3H0M0.000S" in other
    assert b"<ns3:" in other


def test_comments_and_schema_locations_go(cpa_xml: bytes) -> None:
    xml = cpa_xml.replace(b"<tns:Start>", b"<!-- by hand --><tns:Start>").replace(
        b"<tns:CollaborationProtocolAgreement",
        b'<tns:CollaborationProtocolAgreement xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        b' xsi:schemaLocation="a b"',
    )
    assert rewritten(xml) == rewritten(cpa_xml)


def test_a_good_one_is_taken(cpa_xml: bytes) -> None:
    assert read(cpa_xml, NOW).id == parse(cpa_xml).id
    assert read(cpa_xml.replace(b'"agreed"', b'"signed"'), NOW).status == "signed"
    assert read(cpa_xml, NOW - timedelta(days=1000)), "not yet valid is taken too"


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        (lambda xml: b"", 400, "org.xml.sax.SAXParseException; lineNumber: 1"),
        (lambda xml: b"\xef\xbb\xbfx" + xml, 400, "SAXParseException"),
        (lambda xml: xml[:-20], 400, "org.xml.sax.SAXParseException; lineNumber: "),
        (lambda xml: xml.replace(b"tns:cpaid", b"tns:id"), 400, "lineNumber: 2; columnNumber: 1;"),
        (lambda xml: xml.replace(b'"agreed"', b'"proposed"'), 500, "CPA Status is proposed!"),
        (lambda xml: b"<!DOCTYPE a>" + xml, 400, "DOCTYPE"),
    ],
)
def test_refusals(cpa_xml: bytes, change: object, status: int, text: str) -> None:
    with pytest.raises(RefusedError, match=text.replace("(", r"\(")) as caught:
        read(change(cpa_xml), NOW)  # type: ignore[operator]
    assert caught.value.status == status


def test_times(cpa_xml: bytes) -> None:
    cpa = parse(cpa_xml)
    with pytest.raises(RefusedError, match=r"CPA expired on 20..-..-..T..:..:..Z"):
        read(cpa_xml, cpa.end)
    start, end = (f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode() for moment in (cpa.start, cpa.end))
    with pytest.raises(RefusedError, match="CPA Start date not before End date!"):
        read(cpa_xml.replace(start, b"@").replace(end, start).replace(b"@", end), NOW)
