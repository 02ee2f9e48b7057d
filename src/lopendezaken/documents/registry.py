"""All documents, in the order of the journey. Each module below says which it makes: ``DOCUMENTS``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module

from lopendezaken.documents.document import Document
from lopendezaken.documents.source import Source
from lopendezaken.errors import LzError

MODULES: tuple[str, ...] = (
    "planning",
    "csr_request",
    "form",
    "mail_diginetwerk",
    "network",
    "firewall_request",
    "consumer_spec",
    "cpa",
    "mail_cpa",
    "hosted_adapter",
    "chain_test",
    "mail_chain_test",
    "limited_run",
    "mail_limited_run",
    "management",
    "contacts",
    "helpdesk",
    "mail_change",
)


@cache
def documents() -> dict[str, Document]:
    """Give all documents by their ids."""
    made = [each for name in MODULES for each in import_module(f"lopendezaken.documents.{name}").DOCUMENTS]
    return {each.id: each for each in made}


def document(name: str) -> Document:
    """Give one document. Raises :class:`LzError` for a name that is none."""
    known = documents()
    if name not in known:
        raise LzError("no such document", found=name, expected=", ".join(known))
    return known[name]


def applies(document: Document, source: Source) -> bool:
    """Tell whether this organisation has use for the document."""
    return source.dossier.organisation.kind in document.kinds


def each_for(document: Document, source: Source) -> Iterator[Source]:
    """Give the source of every copy of the document that the organisation needs now."""
    known = [each for each in document.environments if each in source.dossier.environments]
    copies = map(source.of, known) if document.environments else [source]
    yield from filter(document.needed, copies)
