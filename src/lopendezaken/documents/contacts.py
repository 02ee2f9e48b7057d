"""Contact sheets with the DAP and the SNO: whom to reach on both sides, and when that was checked (P4-22 to P4-24)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.mail import ROLES, own_contacts, phone
from lopendezaken.documents.source import Source
from lopendezaken.documents.template import fill
from lopendezaken.dossier.records import Contact

CHECK_AFTER = timedelta(days=180)  # as LZ-2.11


@dataclass(frozen=True)
class Row:
    """A contact as it stands on the sheet on a day."""

    contact: Contact
    role: str
    phone: str
    next_check: date
    stale: bool


def rows(source: Source) -> dict[str, list[Row]]:
    """Give the contacts of each organisation, our own first."""
    own, everyone = own_contacts(source), source.dossier.contacts
    others = [each for each in everyone if each not in own]
    found: dict[str, list[Row]] = {}
    for each in (*own, *others):
        found.setdefault(each.organisation, []).append(_row(each, source.day))
    return found


def _row(contact: Contact, day: date) -> Row:
    due = contact.checked_on + CHECK_AFTER
    return Row(contact, ROLES[contact.role], phone(contact.phone), due, stale=due < day)


def _missing(source: Source) -> Iterator[Missing]:
    own, everyone = own_contacts(source), source.dossier.contacts
    at = "dossier.yml contacts"
    for role in ("functional", "technical"):
        if role not in {each.role for each in own}:
            yield Missing(f"no {role} contact of our own", at, "Add one, with mail and phone.")
    if len(own) == len(everyone):
        yield Missing("nobody of the other side", at, "Add the Servicecentrum of Logius.")


def _make(source: Source) -> Iterator[File]:
    dossier = source.dossier
    known = [each for each in (dossier.dap, dossier.sno) if each]
    for name, title, agreement in (
        ("dap", "het Dossier Afspraken en Procedures (DAP)", dossier.dap),
        ("sno", "de Service Niveau Overeenkomst (SNO)", dossier.sno),
    ):
        text = fill(
            "contacts.md.j2",
            title=title,
            organisation=dossier.organisation,
            agreement=agreement,
            calamity_phone=next((each.calamity_phone for each in known if each.calamity_phone), None),
            contacts=rows(source),
            phone=phone,
            day=source.day,
        )
        yield File(f"contactblad-{name}.md", text.encode())


DOCUMENTS = (Document("contacts", "Contactbladen bij DAP en SNO", _missing, _make, kinds=("government",)),)
