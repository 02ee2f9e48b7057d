"""The instruction for the helpdesk that answers citizens, to be filled in by who knows its processes (P4-19)."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.documents.contacts import rows
from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.mail import own_contacts
from lopendezaken.documents.source import Source
from lopendezaken.documents.template import fill


def _missing(source: Source) -> Iterator[Missing]:
    if not any(each.role == "functional" for each in own_contacts(source)):
        yield Missing(
            "no functional contact of our own",
            "dossier.yml contacts",
            "Add one: the helpdesk passes on to it.",
        )


def _make(source: Source) -> Iterator[File]:
    text = fill("helpdesk.md.j2", dossier=source.dossier, contacts=rows(source), day=source.day)
    yield File("helpdeskinstructie.md", text.encode())


DOCUMENTS = (Document("helpdesk", "Instructie voor de helpdesk", _missing, _make, kinds=("government",)),)
