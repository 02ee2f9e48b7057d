"""One thing that is wrong with a file: the one type in which every linter tells it.

Plain Python: what judges a file on a host can use it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["must", "should"]


@dataclass(frozen=True)
class Finding:
    """A rule that a file breaks: on which line, what stands there, what should, and how to mend it.

    ``line`` counts from 1; ``None`` in a file without lines, such as DER, or when the file as a whole is meant.
    ``what`` and ``remedy`` are for people; ``remedy`` is one or more whole sentences.
    """

    line: int | None
    rule: str
    severity: Severity
    what: str
    found: str | None = None
    expected: str | None = None
    remedy: str | None = None

    @property
    def text(self) -> str:
        """All but the place: ``RULE (must): what: found …, expected …. Remedy``."""
        return f"{self.rule} ({self.severity}): {self.message}"

    @property
    def message(self) -> str:
        """What is wrong, what was found and expected, and how to mend it."""
        parts = [
            f"{label} {value}"
            for label, value in (("found", self.found), ("expected", self.expected))
            if value
        ]
        details = f": {', '.join(parts)}" if parts else ""
        remedy = f". {self.remedy}" if self.remedy else ""
        return f"{self.what}{details}{remedy}"

    @property
    def order(self) -> tuple[int, str, str, str]:
        """By what findings are sorted: the line, the rule, what is wrong, what was found."""
        return self.line or 0, self.rule, self.what, self.found or ""

    def __str__(self) -> str:
        return self.text if self.line is None else f"line {self.line}: {self.text}"


def must(
    line: int | None,
    rule: str,
    what: str,
    *,
    found: str | None = None,
    expected: str | None = None,
    remedy: str | None = None,
) -> Finding:
    """Give a finding on a rule that has to be kept."""
    return Finding(line, rule, "must", what, found, expected, remedy)


def should(
    line: int | None,
    rule: str,
    what: str,
    *,
    found: str | None = None,
    expected: str | None = None,
    remedy: str | None = None,
) -> Finding:
    """Give a finding on a rule that may be broken for a reason."""
    return Finding(line, rule, "should", what, found, expected, remedy)


def mended(findings: Iterable[Finding], remedies: Mapping[str, str]) -> list[Finding]:
    """The same findings; one that does not say how to mend it gets the remedy of its rule."""
    return [
        finding if finding.remedy else replace(finding, remedy=remedies.get(finding.rule))
        for finding in findings
    ]
