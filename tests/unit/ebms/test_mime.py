"""MIME in and out: any boundary, order of headers and line ending; bounded, and safe from junk."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lopendezaken.ebms.envelope import Envelope, EnvelopeError, to_xml
from lopendezaken.ebms.mime import (
    MAX_PARTS,
    Attachment,
    Message,
    MimeError,
    decode,
    encode,
    parse_content_type,
)
from tests.unit.ebms.samples import PAYLOAD, attachments, business, envelopes

MESSAGE = Message(business(), (PAYLOAD,))
XML = to_xml(MESSAGE.envelope)


@given(envelopes, attachments)
def test_what_is_written_is_read_back_equal(envelope: Envelope, payloads: tuple[Attachment, ...]) -> None:
    message = Message(envelope, payloads)
    encoded = encode(message)
    assert encoded.multipart == bool(payloads)
    assert decode(encoded.content_type, encoded.body) == message


@given(st.text(max_size=60), st.binary(max_size=300))
def test_junk_is_refused_in_words(content_type: str, body: bytes) -> None:
    with pytest.raises(EnvelopeError):
        decode(content_type, body)


@given(
    st.lists(
        st.sampled_from([b"--b", b"--b--", b"\r\n", b"\n", b"--", b"A: b", b":", b" ", XML]), max_size=25
    )
)
def test_pieces_of_multipart_are_read_or_refused(pieces: list[bytes]) -> None:
    with suppress(EnvelopeError):
        decode('multipart/related; boundary="b"', b"".join(pieces))


def multipart(*parts: bytes, end: bytes = b"\r\n", boundary: bytes = b"b") -> bytes:
    return b"".join(b"--" + boundary + end + part + end for part in parts) + b"--" + boundary + b"--"


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_foreign_layout(end: bytes) -> None:
    payload = end.join([b"CONTENT-id: <zaak>", b"content-type:", b" application/xml", b"", b"<zaak/>"])
    soap = end.join([b"Content-ID: <soap>", b"X-Other: y", b"Content-Type: text/xml", b"", XML])
    body = b"preamble" + end + multipart(payload, soap, end=end) + end + b"epilogue"
    for content_type in (
        'Multipart/Related;START="<soap>";  type="text/xml";boundary=b',
        "multipart/related; boundary=b; start=soap;",
    ):
        message = decode(content_type, body)
        assert message.envelope == MESSAGE.envelope
        assert [(a.content_id, a.content) for a in message.attachments] == [("zaak", b"<zaak/>")]


def test_content_that_looks_like_a_boundary_stays_content() -> None:
    content = b"--b\t x\r\n--bb\r\nab--b\r\n--b-\r\n"
    message = Message(business(), (Attachment("zaak", "text/plain", content),))
    encoded = encode(message, "b")
    assert decode(encoded.content_type, encoded.body) == message


def test_base64_is_read() -> None:
    part = b"Content-ID: <zaak>\r\nContent-Transfer-Encoding: BASE64\r\n\r\nPHph\r\nYWsvPg==\r\n"
    message = decode("multipart/related; boundary=b", multipart(b"\r\n" + XML, part))
    assert message.attachments[0].content == b"<zaak/>"


@pytest.mark.parametrize(
    ("content_type", "body", "complaint"),
    [
        ("application/json", b"{}", "unexpected Content-Type"),
        ("text/xml; charset=ISO-8859-1", XML, "charset"),
        ("text", XML, "malformed Content-Type"),
        ('text/xml; charset="', XML, "malformed parameter"),
        ("text/xml; charset=utf-8; charset=utf-8", XML, "twice"),
        ("multipart/related", b"", "boundary"),
        (f"multipart/related; boundary={'x' * 201}", b"", "boundary"),
        ("multipart/related; boundary=b", b"", "not closed"),
        ("multipart/related; boundary=b", b"--b\r\n\r\n" + XML, "not closed"),
        ("multipart/related; boundary=b", b"--b--", "without parts"),
        ('multipart/related; boundary=b; start="<x>"', multipart(b"\r\n" + XML), "start"),
        (
            "multipart/related; boundary=b",
            multipart(b"Content-Type: text/html\r\n\r\n" + XML),
            "not text/xml",
        ),
        ("multipart/related; boundary=b", multipart(b"no colon\r\n\r\n" + XML), "malformed header"),
        ("multipart/related; boundary=b", multipart(b"A: b\r\nA: c\r\n\r\n" + XML), "twice"),
        (
            "multipart/related; boundary=b",
            multipart(b"A: " + b"b" * 20_000 + b"\r\n\r\n" + XML),
            "blank line",
        ),
        (
            "multipart/related; boundary=b",
            multipart(b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + XML),
            "Transfer-Encoding",
        ),
        ("multipart/related; boundary=b", multipart(*[b"\r\n" + XML] * (MAX_PARTS + 1)), "more than"),
        (
            "multipart/related; boundary=b",
            multipart(b"\r\n" + XML, *[b"Content-ID: <a>\r\n\r\nx"] * 2),
            "same Content-ID",
        ),
    ],
)
def test_what_is_wrong_is_named(content_type: str, body: bytes, complaint: str) -> None:
    with pytest.raises(MimeError, match=complaint):
        decode(content_type, body)


@pytest.mark.parametrize("boundary", ["-" * 50, "a", "--"])
def test_a_hostile_body_costs_one_pass(boundary: str) -> None:
    for unit in (b"-", b"\n--" + boundary.encode() + b" x", b"\r\n", b"\n--" + boundary.encode()):
        body = unit * (5_000_000 // len(unit))
        begin = time.process_time()
        with pytest.raises(EnvelopeError):
            decode(f'multipart/related; boundary="{boundary}"', body)
        assert time.process_time() - begin < 3


@pytest.mark.parametrize("field", ["content_id", "content_type"])
def test_no_header_can_be_smuggled_in(field: str) -> None:
    values = {"content_id": "a", "content_type": "text/plain", "content": b"", field: "a\r\nX: y"}
    with pytest.raises(ValueError, match="printable"):
        encode(Message(business(), (Attachment(**values),)))  # type: ignore[arg-type]


def test_content_type_is_read() -> None:
    assert parse_content_type(r'Text/XML ; a="b\"c;d" ;E=f') == ("text/xml", {"a": 'b"c;d', "e": "f"})
