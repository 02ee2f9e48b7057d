"""One thing that is wrong with a CPA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["must", "should"]


@dataclass(frozen=True, order=True)
class Finding:
    """A rule that the CPA breaks: on which line, what stands there, what should, and how to mend it."""

    line: int
    rule: str
    what: str
    found: str | None = None
    expected: str | None = None
    remedy: str | None = None
    severity: Severity = "must"

    def __str__(self) -> str:
        parts = [
            f"{label} {value}"
            for label, value in (("found", self.found), ("expected", self.expected))
            if value
        ]
        details = f": {', '.join(parts)}" if parts else ""
        remedy = f". {self.remedy}" if self.remedy else ""
        return f"line {self.line}: {self.rule} ({self.severity}): {self.what}{details}{remedy}"
