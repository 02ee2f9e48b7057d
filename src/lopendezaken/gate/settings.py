"""The settings that promotion carries over: every file of the organisation's inventory, by digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from lopendezaken.errors import LzError

# The dossier has digests of its own, and so has the trust of an exercise; documents are made from the dossier.
_BESIDE = ("dossier", "documents", "trust")


def digests(organisation: Path) -> dict[str, str]:
    """Give the SHA-256 of each file of the inventory, by its path in the organisation's folder.

    Raises :class:`LzError` for a link: what it points to can change without it.
    """
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in _files(organisation)}


def _files(organisation: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(organisation.rglob("*")):
        name = path.relative_to(organisation)
        if name.parts[0] in _BESIDE or "__pycache__" in name.parts:
            continue
        if path.is_symlink():
            raise LzError(
                "a link in the inventory",
                where=str(path),
                expected="a file",
                remedy="Put the file itself here",
            )
        if path.is_file():
            yield name.as_posix(), path


def digest(files: Mapping[str, str]) -> str:
    """Give one SHA-256 for all of them, as ``sha256sum`` of their ``sha256sum`` lines gives it."""
    return hashlib.sha256("".join(f"{each}  {name}\n" for name, each in files.items()).encode()).hexdigest()
