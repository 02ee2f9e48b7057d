"""Judges several files at once; a file that cannot be read does not keep the others from being judged."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lopendezaken.errors import LzError
from lopendezaken.lint.finding import Finding
from lopendezaken.lint.source import Source, read

Check = Callable[[Source], list[Finding]]

SOUND, BROKEN, UNREADABLE = 0, 1, 2


@dataclass(frozen=True)
class Judged:
    """A file with what is wrong with it, or the reason why it could not be judged."""

    name: str
    findings: tuple[Finding, ...] = ()
    error: LzError | None = None

    def count(self, severity: str) -> int:
        """How many findings are of this severity."""
        return sum(each.severity == severity for each in self.findings)

    @property
    def exit_code(self) -> int:
        """0: no finding of must; 1: some; 2: it cannot be judged."""
        if self.error is not None:
            return UNREADABLE
        return BROKEN if self.count("must") else SOUND


def judge(names: Iterable[str], check: Check, read: Callable[[str], Source] = read) -> list[Judged]:
    """Judge each file by ``check``, in order; ``read`` gives its bytes."""
    with warnings.catch_warnings():
        # Libraries warn their programmers of odd certificates; people get findings.
        warnings.simplefilter("ignore")
        return [_judged(name, check, read) for name in names]


def exit_code(judged: Iterable[Judged]) -> int:
    """The exit code of the whole: the gravest of all files."""
    return max((each.exit_code for each in judged), default=SOUND)


def _judged(name: str, check: Check, read: Callable[[str], Source]) -> Judged:
    try:
        source = read(name)
        return Judged(source.name, tuple(sorted(check(source), key=lambda finding: finding.order)))
    except LzError as error:
        return Judged("<stdin>" if name == "-" else name, error=error)
