"""Reads a mail as a mail program saved it."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path

from lopendezaken.errors import LzError


def read_mail(file: Path) -> Message:
    """Read it. Raises :class:`LzError` for a file that is no mail."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise LzError("cannot read the file", where=str(file), found=error.strerror) from None
    message = message_from_bytes(content)  # with the newer policies, Python 3.11 fails on odd headers
    if not message["From"] or not message["To"]:
        raise LzError(
            "not a mail",
            where=str(file),
            expected="headers From and To",
            remedy="Save the mail itself, as .eml, from your mail program.",
        )
    return message


def attached(message: Message, *endings: str) -> Iterator[tuple[str, bytes]]:
    """Give name and content of the attachments whose names end so, like ``.pdf``."""
    for part in message.walk():
        name, payload = part.get_filename() or "", part.get_payload(decode=True)
        if name.lower().endswith(endings) and isinstance(payload, bytes):
            yield name, payload
