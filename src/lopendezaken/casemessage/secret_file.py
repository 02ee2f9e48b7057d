"""Files with secrets: nobody but their owner may read them, else they are not read at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from lopendezaken.errors import LzError

MAX_BYTES = 1024 * 1024


def read_secret(path: Path, what: str) -> bytes:
    """Read a file that only its owner can reach (mode 0600 or 0400, no link).

    Raises :class:`LzError` with ``what`` it should be; never shows what stands in it.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise LzError(
            f"{what} cannot be read",
            where=str(path),
            found=error.strerror,
            remedy="Without it nothing is sent",
        ) from None
    with os.fdopen(handle, "rb") as stream:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_mode & 0o077 or facts.st_uid not in {0, os.geteuid()}:
            raise LzError(
                f"others can reach {what}",
                where=str(path),
                found=f"{stat.filemode(facts.st_mode)} of user {facts.st_uid}",
                expected="a plain file of your own with mode 0600",
                remedy=f"chmod 600 {path}",
            )
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise LzError(f"{what} is too big", where=str(path), expected=f"at most {MAX_BYTES} bytes")
    return content
