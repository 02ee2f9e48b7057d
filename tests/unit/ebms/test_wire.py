"""Real messages are read, and written back equal; our own look like them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import etree

from lopendezaken.cpa.model import PartyId
from lopendezaken.ebms.envelope import Address, Envelope, Service, to_xml
from lopendezaken.ebms.mime import decode, encode
from tests.unit.ebms import wire_shape


def canonical(xml: bytes) -> bytes:
    return etree.tostring(etree.fromstring(xml), method="c14n")


@pytest.mark.parametrize("name", wire_shape.captures())
def test_a_capture_is_read_and_written_back_equal(name: str) -> None:
    real = wire_shape.capture(name)
    message = decode(real.headers["content-type"], real.body)
    boundary = real.headers["content-type"].partition('boundary="')[2].partition('"')[0] or None
    written = encode(message, boundary)
    assert written.content_type == real.headers["content-type"]
    assert canonical(to_xml(message.envelope)) == canonical(real.envelope)
    assert decode(written.content_type, written.body) == message
    ours = replace(real, body=written.body)
    assert wire_shape.differences(ours, real) == []


def test_all_kinds_of_message_are_captured() -> None:
    actions = {
        decode(r.headers["content-type"], r.body).envelope.action
        for r in map(wire_shape.capture, wire_shape.captures())
    }
    assert actions == {"Ping", "Pong", "Acknowledgment", "MessageError", "EchoResponse"}


def test_what_a_capture_says() -> None:
    real = wire_shape.capture("UserMessage-Echo-rm-AtoB")
    message = decode(real.headers["content-type"], real.body)
    assert message.envelope == Envelope(
        sender=Address((PartyId("urn:osb:oin", "00000001123456789000"),), "ComplianceVoorziening"),
        receiver=Address((PartyId("urn:osb:oin", "00000004003214345001"),), "Consumer"),
        cpa_id="TEST-Echo_A_B_1",
        conversation_id="0849243f-4799-4863-aa1b-128ba83ce915",
        service=Service("TEST:Echo-rm:1.0", "urn:osb:services"),
        action="EchoResponse",
        message_id="0849243f-4799-4863-aa1b-128ba83ce915@localhost",
        timestamp=datetime(2026, 11, 24, 0, 30, 22, 975000, UTC),
        time_to_live=datetime(2026, 11, 24, 0, 36, 22, 975000, UTC),
        duplicate_elimination=True,
        ack_requested=message.envelope.ack_requested,
        references=("cid:zaak-1",),
    )
    assert message.attachments[0].name == "zaak.xml"
    assert message.attachments[0].content.endswith(b"<zaak><id>1</id></zaak>")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ((b' eb:version="2.0"', b""), "element"),
        ((b"xmlns:eb=", b"xmlns:ebx="), None),
        ((b"<eb:Action>Ping</eb:Action>", b"<eb:Action>Pong</eb:Action>"), "element"),
        ((b'soap:mustUnderstand="1"', b'soap:mustUnderstand="0"'), "element"),
    ],
)
def test_the_comparison_sees_a_difference(change: tuple[bytes, bytes], complaint: str | None) -> None:
    real = wire_shape.capture("Ping-AtoB")
    other = real.envelope.replace(*change)
    if complaint is None:  # another prefix everywhere
        other = other.replace(b"<eb:", b"<ebx:").replace(b"</eb:", b"</ebx:").replace(b" eb:", b" ebx:")
        complaint = "element"
    assert any(line.startswith(complaint) for line in wire_shape.envelope_differences(other, real.envelope))


def test_the_comparison_sees_headers() -> None:
    real = wire_shape.capture("Ping-AtoB")
    other = replace(real, headers={**real.headers, "accept": "*/*", "soapaction": "ebXML"})
    assert sorted(wire_shape.differences(other, real)) == [
        "header extra: accept: */*",
        "header extra: soapaction: ebXML",
        'header missing: soapaction: "ebXML"',
    ]
