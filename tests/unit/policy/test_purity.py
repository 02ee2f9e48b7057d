"""A check that could see a clock, a disk or a network is found by reading it."""

from __future__ import annotations

import pytest

from lopendezaken.policy.purity import MAX_LINES, impurities

GOOD = '''"""What it checks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from lopendezaken.policy.api import Case, Finding, met

WEEK = timedelta(days=7)
NAMES = frozenset({"a", "b"})
LIMITS: dict[str, int] = {"a": 1}


def check(case: Case) -> Iterator[Finding]:
    """Check."""
    yield met("fine", case.at(), day=case.day + WEEK)
'''


def test_a_plain_check_is_fine() -> None:
    assert impurities(GOOD) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("import os", "write 'from … import …'"),
        ("from os import environ", "imports os"),
        ("from pathlib import Path", "imports pathlib"),
        ("from lopendezaken.evidence.store import load", "imports lopendezaken.evidence.store"),
        ("from . import x", "imports None"),
        ("TODAY = date.today()", "uses .today"),
        ("TODAY = datetime.now()", "uses .now"),
        ("TEXT = open('/etc/passwd')", "uses open"),
        ("X = eval('1')", "uses eval"),
        ("X = __import__('os')", "uses __import__"),
        ("X = ().__class__", "uses .__class__"),
        ("X = case.dossier.folder", "uses .folder"),
        ("X = case.dossier._document", "uses ._document"),
        ("print('x')", "uses print"),
        ("X = [y for y in range(3)]", "only imports, constants and functions"),
        ("for x in (): pass", "only imports, constants and functions"),
        ("class A: pass", "ClassDef is more"),
        ("def broken(:", "invalid syntax"),
    ],
)
def test_what_a_check_may_not_do(line: str, words: str) -> None:
    assert any(words in each for each in impurities(f"{GOOD}\n{line}\n"))


def test_it_is_short_and_has_a_check() -> None:
    assert f"at most {MAX_LINES}" in impurities(GOOD + "X = 1\n" * MAX_LINES)[0]
    assert impurities("X = 1\n") == ["line 1: no function check(case)"]
