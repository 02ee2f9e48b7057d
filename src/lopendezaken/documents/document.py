"""What a document is: for whom it is made, what it waits for, and the files that it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from lopendezaken.documents.source import Source
from lopendezaken.errors import LzError

Kind = Literal["government", "supplier"]


@dataclass(frozen=True, slots=True)
class File:
    """A file of a document; ``name`` is relative to the folder of all documents, like ``preprod/cpa.xml``."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that a document waits for: what, the place in the dossier or the file, and what to do."""

    what: str
    where: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.remedy}"


@dataclass(frozen=True, slots=True)
class Document:
    """One kind of document.

    ``title`` is Dutch, as its readers are. ``environments``: it is made for each of these that the dossier
    has; none: once for the organisation. ``missing`` tells all that it waits for; only when that is nothing
    is ``make`` called. ``needed``: whether this organisation has use for it now.
    """

    id: str
    title: str
    missing: Callable[[Source], Iterable[Missing]]
    make: Callable[[Source], Iterable[File]]
    environments: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ("government", "supplier")
    needed: Callable[[Source], bool] = lambda _: True


def files_of(document: Document, source: Source) -> tuple[File, ...]:
    """Make a document. Raises :class:`LzError` that lists everything that is missing."""
    missing = tuple(document.missing(source))
    if missing:
        raise LzError(
            f"{document.id}: {len(missing)} thing{'s' if len(missing) > 1 else ''} missing, nothing written",
            found="\n  ".join(["", *(str(each) for each in missing)]),
        )
    return tuple(document.make(source))
