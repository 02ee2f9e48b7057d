"""The mail that the messages of the limited production run were delivered (P4-16)."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.mail import mail, missing_addresses
from lopendezaken.documents.source import Source


def _missing(source: Source) -> Iterator[Missing]:
    yield from missing_addresses(source)
    run = source.dossier.limited_run
    if run is None:
        yield Missing(
            "no limited production run", "dossier.yml limited_run", "Run it first and record it there."
        )
    elif run.finished_on is None or run.finished_on > source.day:
        yield Missing(
            "the run has not ended",
            "dossier.yml limited_run.finished_on",
            "Record the day on which it ended.",
        )


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
