"""The form ``mo``: a minimal message of our own. The MO-bericht of MijnOverheid is not public; this is not it."""

from __future__ import annotations

from datetime import datetime

from lxml import etree

from lopendezaken.casemessage.model import Case, CaseMessage, ErrorMessage, Status
from lopendezaken.casemessage.refusal import Reason, RefusedError
from lopendezaken.casemessage.xml import add, day, moment, new, text_of, to_bytes

MO = "urn:voorbeeld:lopendezaken:mo:1"
ROOT = f"{{{MO}}}Zaakbericht"
ERROR_ROOT = f"{{{MO}}}Foutbericht"

_NSMAP: dict[str | None, str] = {None: MO}
_EXAMPLE = "VOORBEELD van het project lopendezaken, niet het MO-bericht van MijnOverheid"


def _m(*names: str) -> str:
    return "/".join(f"{{{MO}}}{name}" for name in names)


def read(root: etree._Element) -> CaseMessage:
    """The message of a valid document. Raises :class:`RefusedError` for a date that is none."""
    head, case = root.find(_m("Kop")), root.find(_m("Zaak"))
    if head is None or case is None:
        raise RefusedError(Reason.INVALID, "Kop of Zaak ontbreekt")
    end = text_of(case, _m("Einddatum"))
    return CaseMessage(
        form="mo",
        reference=text_of(head, _m("Referentie")),
        sent=moment(text_of(head, _m("Tijdstip")), "Tijdstip"),
        sender_oin=text_of(head, _m("Afzender")),
        receiver_oin=text_of(head, _m("Ontvanger")),
        bsn=text_of(root, _m("Burger", "BSN")),
        case=Case(
            id=text_of(case, _m("Identificatie")),
            title=text_of(case, _m("Omschrijving")),
            explanation=text_of(case, _m("Toelichting")),
            kind=text_of(case, _m("Zaaktype")),
            start=day(text_of(case, _m("Startdatum")), "Startdatum"),
            end=day(end, "Einddatum") if end else None,
            statuses=tuple(
                Status(
                    code=text_of(one, _m("Code")),
                    text=text_of(one, _m("Omschrijving")),
                    on=day(text_of(one, _m("Datum")), "Datum van de status"),
                )
                for one in case.findall(_m("Status"))
            ),
        ),
    )


def write(message: CaseMessage) -> bytes:
    """The document. Raises ValueError for text that XML cannot hold."""
    case = message.case
    root = new(ROOT, _NSMAP)
    _head(root, message.reference, message.sent, message.sender_oin, message.receiver_oin)
    add(add(root, _m("Burger")), _m("BSN"), message.bsn)
    thing = add(root, _m("Zaak"))
    add(thing, _m("Identificatie"), case.id)
    add(thing, _m("Omschrijving"), case.title)
    if case.explanation:
        add(thing, _m("Toelichting"), case.explanation)
    if case.kind:
        add(thing, _m("Zaaktype"), case.kind)
    add(thing, _m("Startdatum"), case.start.isoformat())
    if case.end:
        add(thing, _m("Einddatum"), case.end.isoformat())
    for status in case.statuses:
        element = add(thing, _m("Status"))
        add(element, _m("Code"), status.code)
        add(element, _m("Omschrijving"), status.text)
        add(element, _m("Datum"), status.on.isoformat())
    return to_bytes(root, _EXAMPLE)


def write_error(error: ErrorMessage) -> bytes:
    """The Foutbericht that answers a message of this form, or of none."""
    root = new(ERROR_ROOT, _NSMAP)
    head = _head(root, error.reference, error.sent, error.sender_oin, error.receiver_oin)
    if error.about:
        add(head, _m("OpReferentie"), error.about)
    fault = add(root, _m("Fout"))
    add(fault, _m("Code"), error.code)
    add(fault, _m("Omschrijving"), error.text)
    if error.detail:
        add(fault, _m("Details"), error.detail)
    return to_bytes(root, _EXAMPLE)


def read_error(root: etree._Element) -> ErrorMessage:
    """What a Foutbericht says. Raises :class:`RefusedError`."""
    head, fault = root.find(_m("Kop")), root.find(_m("Fout"))
    if head is None or fault is None:
        raise RefusedError(Reason.INVALID, "Kop of Fout ontbreekt")
    return ErrorMessage(
        form="mo",
        reference=text_of(head, _m("Referentie")),
        sent=moment(text_of(head, _m("Tijdstip")), "Tijdstip"),
        sender_oin=text_of(head, _m("Afzender")),
        receiver_oin=text_of(head, _m("Ontvanger")),
        about=text_of(head, _m("OpReferentie")),
        code=text_of(fault, _m("Code")),
        text=text_of(fault, _m("Omschrijving")),
        detail=text_of(fault, _m("Details")),
    )


def _head(root: etree._Element, reference: str, sent: datetime, sender: str, receiver: str) -> etree._Element:
    head = add(root, _m("Kop"))
    add(head, _m("Referentie"), reference)
    add(head, _m("Tijdstip"), sent.isoformat(timespec="milliseconds"))
    add(head, _m("Afzender"), sender)
    add(head, _m("Ontvanger"), receiver)
    return head
