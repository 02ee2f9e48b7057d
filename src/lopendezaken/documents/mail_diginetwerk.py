"""The notice to Logius that we want to connect over Diginetwerk (P1-06)."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.documents.document import Document, File
from lopendezaken.documents.mail import mail, missing_addresses
from lopendezaken.documents.source import Source


def _make(source: Source) -> Iterator[File]:
    diginetwerk = source.dossier.diginetwerk
    yield mail(
        source,
        "mail-diginetwerk.eml",
        "mail_diginetwerk.txt.j2",
        registered=diginetwerk.registered_on if diginetwerk else None,
    )


DOCUMENTS = (
    Document(
        "mail-diginetwerk",
        "E-mail: aansluiten via Diginetwerk",
        missing_addresses,
        _make,
        needed=lambda source: source.dossier.service.connection == "diginetwerk",
    ),
)
