"""Judges numbers: an OIN or HRN given as it is, or a file with one on each line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lopendezaken.cpa.rules.document import Environment
from lopendezaken.errors import LzError
from lopendezaken.lint.finding import Finding
from lopendezaken.lint.numbers import number_findings
from lopendezaken.lint.rule import rules
from lopendezaken.lint.source import Source

RULES = rules(
    (
        "OIN-001",
        "must",
        "20 positions: prefix of 8, main number, and digits where the prefix asks them",
        "OIN 6.1",
    ),
    ("OIN-002", "must", "positions 18 to 20 are 000", "OIN 6.1"),
    ("OIN-003", "must", "the prefix is one of the table", "OIN 6.2"),
    ("OIN-004", "must", "a KvK number has eight digits, so position 17 is 0", "OIN 6.1"),
    ("OIN-006", "should", "an RSIN or Fi number passes the eleven test", "ours"),
    ("OIN-008", "must", "an HRN is made of a KvK number or an RSIN (--supplier)", "OIN annex 1"),
    ("OIN-009", "must", "no test number in production (--environment prod)", "OIN 6.2"),
)

# What may stand after the number on its line: a name, or the other columns of a spreadsheet.
_AFTER = re.compile(r"[;,\t#]|\s{2,}")
_MOST = 100_000
_NUMBER = re.compile(r"[0-9A-Za-z:._ -]*[0-9][0-9A-Za-z:._ -]*")


def check(source: Source, environment: Environment | None = None, *, supplier: bool = False) -> list[Finding]:
    """Judge the number on every line; ``#`` starts a comment. Raises :class:`LzError` when there is none."""
    found: list[Finding] = []
    count = 0
    for line, number in _numbers(source):
        count += 1
        if count > _MOST:
            raise LzError("too many numbers in one file", where=source.name, expected=f"at most {_MOST}")
        found += number_findings(line, number, environment, supplier=supplier)
    if not count:
        raise LzError("no number in the file", where=source.name, expected="an OIN or HRN on each line")
    return found


def _numbers(source: Source) -> Iterator[tuple[int | None, str]]:
    try:
        lines = source.data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise LzError("not UTF-8", where=source.name, found=f"byte {error.start}") from None
    for line, text in enumerate(lines, 1):
        number = _AFTER.split(text.strip(), maxsplit=1)[0].strip().strip("\"'")
        if not number:
            continue
        if not _NUMBER.fullmatch(number):
            raise LzError(
                "no file with numbers", where=f"{source.name}:{line}", expected="an OIN or HRN on each line"
            )
        yield (None if source.path is None and len(lines) == 1 else line), number
