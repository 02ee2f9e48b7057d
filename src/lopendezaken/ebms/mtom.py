"""Messages at REST as multipart/form-data (MTOM): payloads as they are, where the other calls have base64."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from lopendezaken.ebms.calls import CallError
from lopendezaken.ebms.mime import Attachment, Encoded, MimeError, attachment_of, parse_content_type, parts_of


@dataclass(frozen=True, slots=True)
class Form:
    """What is to be sent: the properties as JSON, and the payloads."""

    properties: bytes = field(repr=False)
    attachments: tuple[Attachment, ...]


def read(content_type: str, body: bytes) -> Form:
    """Fields ``requestProperties`` (JSON) and ``attachment``. Raises :class:`CallError`, empty as ebms-admin's."""
    properties: list[bytes] = []
    attachments: list[Attachment] = []
    try:
        for part in parts_of(body, parse_content_type(content_type)[1].get("boundary", "")):
            kind, _ = parse_content_type(part.headers.get("content-type", "application/octet-stream"))
            if part.form_field == "requestProperties" and kind == "application/json":
                properties.append(part.decoded())
            elif part.form_field == "attachment":
                attachments.append(_named(attachment_of(part), len(attachments) + 1))
    except MimeError as error:
        raise CallError("") from error
    if len(properties) != 1 or not attachments:
        raise CallError("", 400)
    return Form(properties[0], tuple(attachments))


def _named(found: Attachment, number: int) -> Attachment:
    return replace(found, content_id=found.content_id or f"payload-{number}", name=found.name or "attachment")


def write(properties: bytes, attachments: Sequence[Attachment]) -> Encoded:
    """The message as parts with a Content-ID: ``properties`` (JSON) and each payload."""
    boundary = f"uuid:{uuid4()}"
    parts = [("application/json", "properties", properties)]
    parts += [(each.content_type, each.content_id, each.content) for each in attachments]
    lines: list[bytes] = []
    for kind, content_id, content in parts:
        lines += [
            *(f"--{boundary}".encode(), f"Content-Type: {kind}".encode("ascii", "replace")),
            *(b"Content-Transfer-Encoding: binary", f"Content-ID: <{content_id}>".encode("ascii", "replace")),
            *(b"", content),
        ]
    body = b"\r\n".join([*lines, f"--{boundary}--".encode(), b""])
    return Encoded(f'multipart/form-data; boundary="{boundary}"', body)
