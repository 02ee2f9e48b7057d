"""The SOAP envelope: round trips, and nothing that comes in makes the reader fall over."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lopendezaken.ebms.envelope import Envelope, EnvelopeError, fault_xml, from_xml, to_xml
from tests.unit.ebms import wire_shape
from tests.unit.ebms.samples import business, envelopes

PING = wire_shape.capture("Ping-AtoB").envelope


@given(envelopes)
def test_what_is_written_is_read_back_equal(envelope: Envelope) -> None:
    assert from_xml(to_xml(envelope)) == envelope


@given(st.binary(max_size=300))
@example(b"")
@example(b"<")
@example(b"\xff\xfe<\x00")
@example(b"<a xmlns='x'/>")
def test_junk_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        from_xml(data)


@given(st.integers(0, len(PING) - 1), st.binary(min_size=0, max_size=4), st.integers(0, 40))
def test_a_damaged_message_is_read_or_refused(place: int, new: bytes, gone: int) -> None:
    with suppress(EnvelopeError):
        from_xml(PING[:place] + new + PING[place + gone :])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ((b"<soap:Envelope", b"<!DOCTYPE x><soap:Envelope"), "DOCTYPE"),
        ((b"<soap:Envelope", b'<?xml version="1.0" encoding="ISO-8859-1"?><soap:Envelope'), "not UTF-8"),
        ((b"schemas.xmlsoap.org/soap/envelope/", b"www.w3.org/2003/05/soap-envelope"), "SOAP 1.1"),
        ((b"<eb:Action>Ping</eb:Action>", b""), "no Action"),
        ((b"<eb:Action>Ping</eb:Action>", b"<eb:Action> </eb:Action>"), "Action is empty"),
        (
            (b"<eb:Action>Ping</eb:Action>", b"<eb:Action>a</eb:Action><eb:Action>b</eb:Action>"),
            "more than one",
        ),
        ((b'eb:version="2.0"', b'eb:version="3.0"'), "version 2.0"),
        ((b'eb:version="2.0"', b'version="2.0"'), "version 2.0"),
        ((b"2026-11-24T00:29:21.427Z", b"yesterday"), "not a date"),
        ((b"<soap:Body/>", b""), "no Body"),
        (
            (b"</soap:Header>", b'<x xmlns="u:x" soap:mustUnderstand="1"/></soap:Header>'),
            "must be understood",
        ),
        ((b"00000001123456789000</eb:PartyId>", b"</eb:PartyId>"), "PartyId is empty"),
        ((b"</soap:Header>", b'<eb:ErrorList eb:version="2.0"/></soap:Header>'), "ErrorList is empty"),
    ],
)
def test_what_is_wrong_is_named(change: tuple[bytes, bytes], complaint: str) -> None:
    assert change[0] in PING
    with pytest.raises(EnvelopeError, match=complaint):
        from_xml(PING.replace(*change))


def test_entities_are_never_expanded(tmp_path: object) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>' + PING.replace(b"Ping<", b"&b;<")
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + PING.replace(b"Ping<", b"&a;<")
    for data in (bomb, outside, bomb.decode().encode("utf-16"), PING.decode().encode("utf-32")):
        with pytest.raises(EnvelopeError):
            from_xml(data)


def test_too_large_and_too_deep_are_refused() -> None:
    with pytest.raises(EnvelopeError, match="more than"):
        from_xml(PING + b" " * 1_000_000)
    deep = b"<a>" * 5000 + b"</a>" * 5000
    with pytest.raises(EnvelopeError):
        from_xml(PING.replace(b"<soap:Body/>", b"<soap:Body>" + deep + b"</soap:Body>"))


def test_a_header_that_need_not_be_understood_is_passed_over() -> None:
    data = PING.replace(b"</soap:Header>", b'<x xmlns="u:x"/></soap:Header>')
    assert from_xml(data) == from_xml(PING)


def test_other_prefixes_and_comments_make_no_difference() -> None:
    other = (
        PING.replace(b"eb:", b"q:").replace(b":eb=", b":q=").replace(b"<q:Action>", b"<!-- x --><q:Action>")
    )
    assert from_xml(other) == from_xml(PING)


def test_a_character_that_xml_cannot_hold_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="XML"):
        to_xml(business(conversation_id="a\x00b"))


def test_a_fault_holds_any_text() -> None:
    assert b"<faultstring>a?b&lt;</faultstring>" in fault_xml("a\x00b<")
