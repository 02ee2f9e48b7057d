"""The password of a PKCS#12: from a file, the environment or a prompt, never from the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from getpass import getpass
from pathlib import Path

from lopendezaken.errors import LzError

VARIABLE = "LZ_LINT_PASSWORD"


def asker(file: Path | None) -> Callable[[], bytes | None]:
    """A function that gives the password, and asks at most once; ``None`` when there is nobody to ask."""

    @cache
    def ask() -> bytes | None:
        if file is not None:
            return _first_line(file)
        if VARIABLE in os.environ:
            return os.environ[VARIABLE].encode()
        if sys.stdin.isatty():
            return getpass("Password of the PKCS#12: ").encode()
        return None

    return ask


def _first_line(file: Path) -> bytes:
    try:
        return file.read_bytes().partition(b"\n")[0].rstrip(b"\r")
    except OSError as error:
        raise LzError(f"cannot read the password: {error.strerror}", where=str(file)) from None
