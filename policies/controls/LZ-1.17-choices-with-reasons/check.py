"""What was chosen has its reasons on record."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Look for the document with each choice; proof of StuF only where StuF was chosen."""
    at, made = ("choices",), case.dossier.choices
    documents = {
        "connection": made.connection if made else None,
        "impact": made.impact if made else None,
        "stuf_support": made.stuf_support if made else None,
    }
    if case.dossier.service.standard != "stuf":
        del documents["stuf_support"]
    missing = [name for name, document in documents.items() if document is None]
    for name in missing:
        yield unknown("no-document", at, choice=name)
    if not missing:
        yield met("on-record", at)
