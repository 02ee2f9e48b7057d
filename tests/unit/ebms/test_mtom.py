"""Messages as forms: what is read, what is refused, and that nothing of a payload changes on the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lopendezaken.ebms import mtom
from lopendezaken.ebms.calls import CallError
from lopendezaken.ebms.mime import Attachment, parse_content_type, parts_of

KIND = 'multipart/form-data; boundary="grens"'
PROPERTIES = (
    'Content-Disposition: form-data; name="requestProperties"\r\nContent-Type: application/json',
    b"{}",
)
FIELD = 'Content-Disposition: form-data; name="attachment"'


def form(*parts: tuple[str, bytes]) -> bytes:
    whole = b"".join(b"--grens\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n" for head, body in parts)
    return whole + b"--grens--\r\n"


def test_properties_and_payloads_are_read() -> None:
    named = f'{FIELD}; filename="zaak.xml"\r\nContent-Type: application/xml\r\nContent-ID: <zaak-1>'
    coded = f"{FIELD}\r\nContent-Transfer-Encoding: base64"
    found = mtom.read(KIND, form((named, b"<zaak/>"), PROPERTIES, (coded, b"emFhaw==")))
    assert found.properties == b"{}"
    assert found.attachments == (
        Attachment("zaak-1", "application/xml", b"<zaak/>", "zaak.xml"),
        Attachment("payload-2", "application/octet-stream", b"zaak", "attachment"),
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (form(PROPERTIES), 400),
        (form((FIELD, b"zaak")), 400),
        (form(PROPERTIES, PROPERTIES, (FIELD, b"zaak")), 400),
        (form((PROPERTIES[0].replace("application/json", "text/plain"), b"{}"), (FIELD, b"zaak")), 400),
        (form(PROPERTIES, (FIELD.replace("attachment", "bijlage"), b"zaak")), 400),
        (form(PROPERTIES, (FIELD, b"zaak")).removesuffix(b"--\r\n"), 500),
        (form(PROPERTIES, (f"{FIELD}\r\nContent-Type: onzin", b"zaak")), 500),
        (b"", 500),
    ],
)
def test_what_is_no_such_form_is_refused_without_a_word(body: bytes, status: int) -> None:
    with pytest.raises(CallError) as caught:
        mtom.read(KIND, body)
    assert (caught.value.status, str(caught.value)) == (status, "")


def test_a_form_without_boundary_is_refused() -> None:
    with pytest.raises(CallError):
        mtom.read("multipart/form-data", form(PROPERTIES, (FIELD, b"zaak")))


@given(st.lists(st.binary(max_size=200), max_size=4))
def test_payloads_go_out_as_they_are(payloads: list[bytes]) -> None:
    attachments = [Attachment(f"p{n}", "text/plain", content) for n, content in enumerate(payloads)]
    written = mtom.write(b'{"a": 1}', attachments)
    boundary = parse_content_type(written.content_type)[1]["boundary"]
    properties, *rest = parts_of(written.body, boundary)
    assert (properties.content_id, properties.content) == ("properties", b'{"a": 1}')
    assert [(part.content_id, part.decoded()) for part in rest] == [
        (each.content_id, each.content) for each in attachments
    ]


def test_no_name_of_a_payload_becomes_a_header() -> None:
    written = mtom.write(b"{}", [Attachment("é", "tekst/é", b"x")])
    assert b"Content-Type: tekst/?\r\n" in written.body
    assert b"Content-ID: <?>\r\n" in written.body
