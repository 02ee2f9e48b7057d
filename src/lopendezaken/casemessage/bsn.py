"""BSNs: the eleven test, the list of test BSNs that may be written to (P3-06, P3-07), and how to show one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from lopendezaken.errors import LzError

# 8 or 9 digits that are no part of a longer number such as an OIN.
_NINE_DIGITS = re.compile(r"(?<!\d)\d{9}(?!\d)")
_HEXADECIMAL = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{16,}(?![0-9a-fA-F])")
_LIKE_A_BSN = re.compile(r"(?<!\d)\d{6,7}(\d\d)(?!\d)")


def passes_eleven_test(bsn: str) -> bool:
    """Whether ``bsn`` is nine digits of which the last one checks the others."""
    if not (len(bsn) == 9 and bsn.isascii() and bsn.isdecimal()) or bsn == "000000000":
        return False
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(int(digit) * weight for digit, weight in zip(bsn, weights, strict=True)) % 11 == 0


def bsns_in(text: str) -> set[str]:
    """All nine digits in ``text`` that pass for a BSN; those of a longer number, such as an OIN, do not."""
    return {found for found in _NINE_DIGITS.findall(text) if passes_eleven_test(found)}


def holds_bsn(text: str) -> bool:
    """Whether something in ``text`` passes for a BSN; digits within a digest or a serial number do not."""
    return bool(bsns_in(_HEXADECIMAL.sub("", text)))


def mask(bsn: str) -> str:
    """All that a person or a log may see of a BSN: its last two digits."""
    return f"*******{bsn[-2:]}"


def mask_all(text: str) -> str:
    """``text`` with whatever could be a BSN in it masked."""
    return _LIKE_A_BSN.sub(r"*******\1", text)


def read_test_bsns(path: Path) -> Mapping[str, str]:
    """The BSNs that messages may go to, each with a name for people.

    One a line: the BSN, then optionally a name; ``#`` starts a comment. Raises :class:`LzError` with file and line,
    never with what stands there.
    """
    try:
        return parse_test_bsns(path.read_bytes(), path)
    except OSError as error:
        raise LzError("the list of test BSNs cannot be read", where=str(path)) from error


def parse_test_bsns(content: bytes, path: Path) -> Mapping[str, str]:
    """As :func:`read_test_bsns`, of what was read from ``path``."""
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError as error:
        raise LzError("the list of test BSNs cannot be read", where=str(path)) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        bsn, _, name = line.partition("#")[0].strip().partition(" ")
        if not bsn:
            continue
        if not passes_eleven_test(bsn) or bsn in found:
            raise LzError(
                "no test BSN" if bsn not in found else "this BSN stands twice",
                where=f"{path}:{number}",
                expected="nine digits that pass the eleven test, once",
            )
        found[bsn] = name.strip() or f"Testpersoon {len(found) + 1}"
    if not found:
        raise LzError("the list of test BSNs is empty", where=str(path), expected="one BSN a line")
    return found
