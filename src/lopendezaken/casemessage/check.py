"""Judges a message as the receiving party does: form, schema, sender, citizen."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import uuid4

from lxml import etree

from lopendezaken.casemessage import mo, stuf
from lopendezaken.casemessage.bsn import mask_all, passes_eleven_test
from lopendezaken.casemessage.model import CaseMessage, ErrorMessage
from lopendezaken.casemessage.refusal import Reason, RefusedError
from lopendezaken.casemessage.schema import Schemas
from lopendezaken.casemessage.xml import MAX_BYTES, root_of, text_of


def accept(
    xml: bytes, schemas: Schemas, bsns: Collection[str], sender_oin: str | None, limit: int = MAX_BYTES
) -> CaseMessage:
    """The message, when all is well with it.

    ``bsns`` are the citizens that are known (P3-07); ``sender_oin`` is the OIN of the sender in the CPA, None where
    there is none to compare with. Raises :class:`RefusedError` with the first thing that is wrong.
    """
    message = read(xml, schemas, limit)
    if sender_oin is not None and message.sender_oin != sender_oin:
        raise RefusedError(Reason.OIN)
    if not passes_eleven_test(message.bsn):
        raise RefusedError(Reason.ELEVEN_TEST)
    if message.bsn not in bsns:
        raise RefusedError(Reason.UNKNOWN_BSN)
    return message


def read(xml: bytes, schemas: Schemas, limit: int = MAX_BYTES) -> CaseMessage:
    """A case message of either form, valid against its schema. Raises :class:`RefusedError`."""
    root = root_of(xml, limit)
    reader = {stuf.ROOT: stuf.read, mo.ROOT: mo.read}.get(str(root.tag))
    if reader is None:
        raise RefusedError(Reason.UNKNOWN_KIND)
    schemas.validate(root)
    message = reader(root)
    case = message.case
    needed = {"zaak": case.id, "omschrijving": case.title, "referentie": message.reference}
    empty = [name for name, value in needed.items() if not value]
    if empty or not case.statuses or any(not status.text for status in case.statuses):
        raise RefusedError(Reason.CONTENT, f"leeg: {', '.join(empty) or 'status'}")
    if case.end is not None and case.end < case.start:
        raise RefusedError(Reason.CONTENT, "de einddatum ligt voor de startdatum")
    return message


def write(message: CaseMessage) -> bytes:
    """The message in its form. Raises ValueError for text that XML cannot hold."""
    return {"stuf": stuf.write, "mo": mo.write}[message.form](message)


def answer(
    xml: bytes, refused: RefusedError, sender_oin: str, receiver_oin: str, sent: datetime, reference: str = ""
) -> bytes:
    """The Foutbericht that answers a refused message: StuF to StuF, ours to all else."""
    form, about = _what(xml)
    error = ErrorMessage(
        form=form,
        reference=reference or str(uuid4()),
        sent=sent,
        sender_oin=sender_oin,
        receiver_oin=receiver_oin,
        about=about,
        code=refused.reason.code,
        text=refused.reason.text,
        detail=refused.detail,
    )
    return stuf.write_error(error) if form == "stuf" else mo.write_error(error)


def read_error(xml: bytes, schemas: Schemas) -> ErrorMessage:
    """A Foutbericht of either form. Raises :class:`RefusedError`."""
    root = root_of(xml)
    schemas.validate(root)
    if root.tag in stuf.ERROR_ROOTS:
        return stuf.read_error(root)
    if root.tag == mo.ERROR_ROOT:
        return mo.read_error(root)
    raise RefusedError(Reason.UNKNOWN_KIND)


def _what(xml: bytes) -> tuple[str, str]:
    """Form and reference of a message that may be anything."""
    try:
        root = root_of(xml)
    except RefusedError:
        return "mo", ""
    if root.tag == stuf.ROOT:
        place = f"{{{stuf.ZKN}}}stuurgegevens/{{{stuf.STUF}}}referentienummer"
        return "stuf", _reference(root, place)
    return "mo", _reference(root, f"{{{mo.MO}}}Kop/{{{mo.MO}}}Referentie")


def _reference(root: etree._Element, place: str) -> str:
    return mask_all(" ".join(text_of(root, place).split()))[:200]
