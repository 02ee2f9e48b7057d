"""Mistakes in a file, collected, so that all of them are told at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lopendezaken.errors import LzError

Key = str | int
At = tuple[Key, ...]


@dataclass(frozen=True)
class Problem:
    """One mistake: ``at`` is its place in the structure (``("organisation", "oin")``), or of its key."""

    at: At
    what: str
    found: str | None = None
    expected: str | None = None
    remedy: str | None = None
    at_key: bool = False


class FileError(LzError):
    """All mistakes of one file, one a line, each with its own place."""

    def __init__(self, mistakes: Iterable[LzError]) -> None:
        self.mistakes = tuple(mistakes)
        first = self.mistakes[0]
        super().__init__(
            first.what, where=first.where, found=first.found, expected=first.expected, remedy=first.remedy
        )

    def __str__(self) -> str:
        return "\n".join(str(mistake) for mistake in self.mistakes)


def dotted(at: At) -> str:
    """Write a place as people read it: ``dap.contacts[0].phone``."""
    text = ""
    for key in at:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text


def shown(path: Path) -> str:
    """Give ``path`` as short as it is clear: relative to where the reader stands, if it lies below."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
