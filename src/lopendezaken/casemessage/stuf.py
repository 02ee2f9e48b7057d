"""The form ``stuf``: ``zakLk01`` of StuF-ZKN 3.10 as one municipality is known to send it, and ``Fo01``."""

from __future__ import annotations

from datetime import date, datetime

from lxml import etree

from lopendezaken.casemessage.model import Case, CaseMessage, ErrorMessage, Status
from lopendezaken.casemessage.refusal import Reason, RefusedError
from lopendezaken.casemessage.xml import XSI, add, day, moment, new, text_of, to_bytes

STUF = "http://www.egem.nl/StUF/StUF0301"
ZKN = "http://www.egem.nl/StUF/sector/zkn/0310"
BG = "http://www.egem.nl/StUF/sector/bg/0310"
ROOT = f"{{{ZKN}}}zakLk01"
ERROR_ROOTS = (f"{{{STUF}}}Fo01Bericht", f"{{{STUF}}}Fo03Bericht")

_NSMAP: dict[str | None, str] = {None: ZKN, "StUF": STUF, "BG": BG, "xsi": XSI}
_EXAMPLE = "VOORBEELD van het project lopendezaken, geen definitie van Logius"
# StuF has codes of its own; what it has none for is an error of the process.
_CODES = {Reason.INVALID.code: "StUF055"}
_OTHER_CODE = "StUF058"


def _s(name: str) -> str:
    return f"{{{STUF}}}{name}"


def _z(*names: str) -> str:
    return "/".join(f"{{{ZKN}}}{name}" for name in names)


def read(root: etree._Element) -> CaseMessage:
    """The message of a valid document. Raises :class:`RefusedError` for a date that is none."""
    head, case = root.find(_z("stuurgegevens")), root.find(_z("object"))
    if head is None or case is None:
        raise RefusedError(Reason.INVALID, "stuurgegevens of object ontbreekt")
    end = text_of(case, _z("einddatum"))
    return CaseMessage(
        form="stuf",
        reference=text_of(head, _s("referentienummer")),
        sent=moment(text_of(head, _s("tijdstipBericht")), "tijdstipBericht"),
        sender_oin=text_of(head, f"{_s('zender')}/{_s('organisatie')}"),
        receiver_oin=text_of(head, f"{_s('ontvanger')}/{_s('organisatie')}"),
        bsn=_bsn(case),
        case=Case(
            id=text_of(case, _z("identificatie")),
            title=text_of(case, _z("omschrijving")),
            explanation=text_of(case, _z("toelichting")),
            kind=text_of(case, _z("isVan", "gerelateerde", "omschrijving")),
            start=day(text_of(case, _z("startdatum")), "startdatum"),
            end=day(end, "einddatum") if end else None,
            statuses=tuple(_status(one) for one in case.findall(_z("heeft"))),
        ),
    )


def _bsn(case: etree._Element) -> str:
    """Exactly one natural person is the initiator: the citizen."""
    people = case.findall(f"{_z('heeftAlsInitiator', 'gerelateerde', 'natuurlijkPersoon')}/{{{BG}}}inp.bsn")
    if len(people) != 1:
        raise RefusedError(Reason.CONTENT, f"{len(people)} initiatoren met een BSN, niet een")
    return (people[0].text or "").strip()


def _status(one: etree._Element) -> Status:
    kind = _z("gerelateerde")
    return Status(
        code=text_of(one, f"{kind}/{_z('zkt.code')}"),
        text=text_of(one, f"{kind}/{_z('omschrijving')}") or text_of(one, f"{kind}/{_z('zkt.omschrijving')}"),
        on=day(text_of(one, _z("datumStatusGezet"))[:8], "datumStatusGezet"),
    )


def write(message: CaseMessage) -> bytes:
    """The document. Raises ValueError for text that XML cannot hold."""
    case = message.case
    root = new(ROOT, _NSMAP)
    head = add(root, _z("stuurgegevens"))
    _head(
        head,
        "Lk01",
        message.sender_oin,
        message.receiver_oin,
        message.reference,
        message.sent,
        "ZAK",
    )
    parameters = add(root, _z("parameters"))
    add(parameters, _s("mutatiesoort"), "T")
    add(parameters, _s("indicatorOvername"), "V")
    thing = _entity(add(root, _z("object")), "ZAK", "T")
    add(thing, _z("identificatie"), case.id)
    add(thing, _z("omschrijving"), case.title)
    if case.explanation:
        add(thing, _z("toelichting"), case.explanation)
    add(thing, _z("startdatum"), _digits(case.start))
    if case.end:
        add(thing, _z("einddatum"), _digits(case.end))
    else:
        _nothing(add(thing, _z("einddatum")))
    if case.kind:
        relation = _entity(add(thing, _z("isVan")), "ZAKZKT", "T")
        add(_entity(add(relation, _z("gerelateerde")), "ZKT", "I"), _z("omschrijving"), case.kind)
    relation = _entity(add(thing, _z("heeftAlsInitiator")), "ZAKBTRINI", "T")
    person = _entity(add(add(relation, _z("gerelateerde")), _z("natuurlijkPersoon")), "NPS", "I")
    add(person, f"{{{BG}}}inp.bsn", message.bsn)
    for status in case.statuses:
        relation = _entity(add(thing, _z("heeft")), "ZAKSTT", "T")
        kind = _entity(add(relation, _z("gerelateerde")), "STT", "I")
        add(kind, _z("zkt.code"), status.code)
        add(kind, _z("zkt.omschrijving"), status.text)
        add(kind, _z("omschrijving"), status.text)
        add(relation, _z("datumStatusGezet"), _digits(status.on))
    return to_bytes(root, _EXAMPLE)


def write_error(error: ErrorMessage) -> bytes:
    """A ``Fo01``: the asynchronous answer to a message that was not processed."""
    root = new(ERROR_ROOTS[0], {"StUF": STUF})
    head = add(root, _s("stuurgegevens"))
    _head(head, "Fo01", error.sender_oin, error.receiver_oin, error.reference, error.sent)
    if error.about:
        add(head, _s("crossRefnummer"), error.about)
    body = add(root, _s("body"))
    add(body, _s("code"), _CODES.get(error.code, _OTHER_CODE))
    add(body, _s("plek"), "client")
    add(body, _s("omschrijving"), error.text)
    add(body, _s("details"), f"{error.code}: {error.detail}" if error.detail else error.code)
    return to_bytes(root, _EXAMPLE)


def read_error(root: etree._Element) -> ErrorMessage:
    """What a ``Fo01`` or ``Fo03`` says; the code is that of ours where it has one. Raises :class:`RefusedError`."""
    head, body = root.find(_s("stuurgegevens")), root.find(_s("body"))
    if head is None or body is None:
        raise RefusedError(Reason.INVALID, "stuurgegevens of body ontbreekt")
    code, _, detail = text_of(body, _s("details")).partition(": ")
    known = code in {reason.code for reason in Reason}
    return ErrorMessage(
        form="stuf",
        reference=text_of(head, _s("referentienummer")),
        sent=moment(text_of(head, _s("tijdstipBericht")), "tijdstipBericht"),
        sender_oin=text_of(head, f"{_s('zender')}/{_s('organisatie')}"),
        receiver_oin=text_of(head, f"{_s('ontvanger')}/{_s('organisatie')}"),
        about=text_of(head, _s("crossRefnummer")),
        code=code if known else text_of(body, _s("code")),
        text=text_of(body, _s("omschrijving")),
        detail=detail if known else text_of(body, _s("details")),
    )


def _head(
    head: etree._Element,
    code: str,
    sender: str,
    receiver: str,
    reference: str,
    sent: datetime,
    entity: str = "",
) -> None:
    add(head, _s("berichtcode"), code)
    add(add(head, _s("zender")), _s("organisatie"), sender)
    add(add(head, _s("ontvanger")), _s("organisatie"), receiver)
    add(head, _s("referentienummer"), reference)
    add(head, _s("tijdstipBericht"), f"{sent:%Y%m%d%H%M%S}{sent.microsecond // 1000:03}")
    if entity:
        add(head, _s("entiteittype"), entity)


def _entity(element: etree._Element, kind: str, how: str) -> etree._Element:
    element.set(_s("entiteittype"), kind)
    element.set(_s("verwerkingssoort"), how)
    return element


def _nothing(element: etree._Element) -> None:
    element.set(f"{{{XSI}}}nil", "true")
    element.set(_s("noValue"), "geenWaarde")


def _digits(on: date) -> str:
    return f"{on.year:04}{on.month:02}{on.day:02}"
