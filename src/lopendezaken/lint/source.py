"""What is judged: a file or standard input, read whole and never larger than any of these files has to be."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from lopendezaken.dossier.problems import shown
from lopendezaken.errors import LzError

MAX_BYTES = 5_000_000
STDIN = "-"


@dataclass(frozen=True)
class Source:
    """The bytes of a file, and how messages call it. ``path`` is ``None`` for standard input."""

    name: str
    data: bytes
    path: Path | None = None


def read(name: str) -> Source:
    """Read ``name``, or standard input for ``-``. Raises :class:`LzError` (exit code 2)."""
    if name == STDIN:
        return Source("<stdin>", _limited(sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>"))
    path, called = Path(name), shown(Path(name))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LzError(f"cannot read the file: {error.strerror}", where=called) from None
    except ValueError:
        raise LzError("not the name of a file", where=repr(name)) from None
    return Source(called, _limited(data, called), path)


def _limited(data: bytes, where: str) -> bytes:
    if len(data) > MAX_BYTES:
        raise LzError("the file is too big", where=where, expected=f"at most {MAX_BYTES} bytes")
    return data
