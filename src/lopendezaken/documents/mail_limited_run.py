"""The mail that the messages of the limited production run were delivered (P4-16)."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.documents import limited_run
from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.mail import mail, missing_addresses
from lopendezaken.documents.source import Source

(REPORT,) = limited_run.DOCUMENTS


def _missing(source: Source) -> Iterator[Missing]:
    """What the report of the run waits for, this does too: it says that all messages were delivered."""
    yield from missing_addresses(source)
    yield from REPORT.missing(source)


def _make(source: Source) -> Iterator[File]:
    run = source.dossier.limited_run
    yield mail(source, "prod/mail-limited-run.eml", "mail_limited_run.txt.j2", run=run)


DOCUMENTS = (
    Document(
        "mail-limited-run",
        "E-mail: beperkte productierun afgerond",
        _missing,
        _make,
        ("prod",),
        ("government",),
    ),
)
