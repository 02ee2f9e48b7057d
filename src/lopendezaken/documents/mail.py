"""A mail as a file that a mail program opens as a draft: RFC 5322, UTF-8, with its attachments.

Addresses come from ``contacts`` of the dossier and nowhere else: from our own functional contact to that of
Logius (its Servicecentrum), or of another party. The same dossier, day and attachments give the same bytes, Message-ID included.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, quote
from typing import Any

from lopendezaken.casemessage.bsn import holds_bsn
from lopendezaken.documents.document import File, Missing
from lopendezaken.documents.source import Source
from lopendezaken.documents.template import fill, line
from lopendezaken.dossier.records import Contact
from lopendezaken.errors import LzError

LOGIUS = "Logius"
ROLES = {
    "functional": "functioneel",
    "technical": "technisch",
    "security": "beveiliging",
    "management": "management",
}
ENVIRONMENTS = {"preprod": "preproductie", "prod": "productie"}
_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail; ``kind`` is its media type, like ``application/xml``."""

    name: str
    kind: str
    content: bytes


def contact(source: Source, organisation: str, role: str) -> Contact | None:
    """Give whom to reach at an organisation in a role: the first that the dossier names."""
    found = (each for each in source.dossier.contacts if each.organisation == organisation)
    return next((each for each in found if each.role == role), None)


def own_contacts(source: Source) -> tuple[Contact, ...]:
    """Give everybody to reach at our side."""
    own = source.dossier.organisation.name
    return tuple(each for each in source.dossier.contacts if each.organisation == own)


def missing_addresses(source: Source) -> Iterator[Missing]:
    """Tell what every mail waits for: sender and addressee, fit for a header."""
    own = source.dossier.organisation.name
    for organisation in (own, LOGIUS):
        if contact(source, organisation, "functional") is None:
            yield Missing(
                f"no functional contact of {line(organisation)}",
                "dossier.yml contacts",
                "Add one: organisation, role, name, mail, phone, checked_on.",
            )
    if not own.isprintable():
        yield _unfit("the name of the organisation", "organisation.name")
    for n, each in enumerate(source.dossier.contacts):
        if not each.name.isprintable():
            yield _unfit("a name", f"contacts[{n}].name")
        if not _ADDRESS.fullmatch(each.mail):
            yield Missing(
                "an address with other than ASCII characters", f"dossier.yml contacts[{n}].mail", "Mend it."
            )


def _unfit(what: str, at: str) -> Missing:
    return Missing(f"{what} with a line break or a control character", f"dossier.yml {at}", "Remove it.")


def number_name(source: Source) -> str:
    """Tell what our number is: OIN, or HRN of a supplier without one (L-06, L-08)."""
    return "OIN" if source.dossier.organisation.oin else "HRN"


def phone(number: str) -> str:
    """Give a telephone number as written, or closed up when its digits could be taken for a BSN."""
    return re.sub(r"[ -]", "", number) if holds_bsn(number) else number


def mail(
    source: Source,
    name: str,
    template: str,
    attachments: Iterable[Attachment] = (),
    to: Contact | None = None,
    **values: Any,
) -> File:
    """Make the mail ``name`` (like ``preprod/mail-cpa.eml``); the first line of the template is its subject.

    Without ``to`` it is for Logius. Raises :class:`LzError` when text or a readable attachment may hold a BSN.
    """
    attachments = tuple(attachments)
    text = fill(template, **_values(source, attachments), to=to, **values)
    _refuse_bsn(name, text, attachments)
    subject, _, body = text.partition("\n")
    return File(name, _message(source, name, subject, body.lstrip("\n"), attachments, to))


def _values(source: Source, attachments: Iterable[Attachment]) -> dict[str, Any]:
    return {
        "organisation": source.dossier.organisation,
        "number_name": number_name(source),
        "contacts": own_contacts(source),
        "roles": ROLES,
        "sender": contact(source, source.dossier.organisation.name, "functional"),
        "environment": ENVIRONMENTS.get(source.environment, ""),
        "attachments": attachments,
        "phone": phone,
    }


def _refuse_bsn(name: str, text: str, attachments: Iterable[Attachment]) -> None:
    readable = {"the text": text} | {
        each.name: each.content.decode("utf-8", "replace")
        for each in attachments
        if each.kind.startswith("text/") or each.kind.endswith("xml")
    }
    for where, content in readable.items():
        if holds_bsn(content):
            raise LzError(
                "this mail may hold a BSN, nothing written",
                where=name,
                found=f"nine digits that pass the eleven test in {where}",
                expected="none: a BSN does not leave by mail",
                remedy="Name a test citizen by a label.",
            )


def _message(
    source: Source,
    name: str,
    subject: str,
    body: str,
    attachments: tuple[Attachment, ...],
    to: Contact | None,
) -> bytes:
    own = source.dossier.organisation.name
    sender, addressee = contact(source, own, "functional"), to or contact(source, LOGIUS, "functional")
    if sender is None or addressee is None:
        raise LzError("this mail has no sender or no addressee", where=f"dossier.yml contacts, for {name}")
    technical, known = contact(source, own, "technical"), {sender.mail, addressee.mail}
    identity = _identity(source, name, subject, body, attachments)
    headers = {
        "Subject": _folded("Subject", line(subject)),
        "From": _address("From", sender),
        "To": _address("To", addressee),
        "Cc": _address("Cc", technical) if technical and technical.mail not in known else "",
        "Date": format_datetime(datetime.combine(source.day, time(9), UTC)),
        "Message-ID": f"<{identity[:32]}@{sender.mail.rpartition('@')[2]}>",
        "X-Unsent": "1",  # Outlook then opens it as a draft
        "Content-Language": "nl",
    }
    head = "".join(f"{key}: {value}\r\n" for key, value in headers.items() if value)
    return head.encode("ascii") + _content(body, attachments, f"=_{identity[32:]}")


def _content(body: str, attachments: tuple[Attachment, ...], boundary: str) -> bytes:
    """Give text and attachments; "=_" stands in no quoted-printable text and in no base64, so in no part."""
    message = EmailMessage(policy=SMTP)
    message.set_content(body, cte="quoted-printable")
    for each in attachments:
        main, _, sub = each.kind.partition("/")
        message.add_attachment(each.content, maintype=main, subtype=sub, filename=each.name)
    if attachments:
        message.set_boundary(boundary)
    return message.as_bytes()


def _address(header: str, contact: Contact) -> str:
    user, _, domain = contact.mail.rpartition("@")
    name = f"{contact.name} ({contact.organisation})"
    simple = _plain(name) and len(name) < 60
    shown = f'"{quote(name)}"' if simple else _encoded(header, name)
    return f"{shown}\r\n <{Address(username=user, domain=domain).addr_spec}>"


def _folded(header: str, text: str) -> str:
    """Give a text for a header, in lines. EmailMessage of Python 3.11 loses the quotes of a name that it folds."""
    if not _plain(text):
        return _encoded(header, text)
    return Header(text, "us-ascii", header_name=header).encode(linesep="\r\n")


def _encoded(header: str, text: str) -> str:
    return Header(text, "utf-8", header_name=header).encode(linesep="\r\n")


def _plain(text: str) -> bool:
    return text.isascii() and "=?" not in text  # with that, it would be decoded


# Nine digits in a row may pass for a BSN, and such a mail does not enter the dossier.
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def _identity(source: Source, name: str, subject: str, body: str, attachments: tuple[Attachment, ...]) -> str:
    parts = [name, source.day.isoformat(), source.dossier.organisation.number, subject, body]
    parts += [f"{each.name} {hashlib.sha256(each.content).hexdigest()}" for each in attachments]
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
    return digest.translate(_LETTERS)
