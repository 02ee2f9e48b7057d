"""Judges a CPA: first its form by the grammar, then all that a grammar cannot say."""

from __future__ import annotations

from datetime import UTC, datetime

from lopendezaken.cpa.model import parse, root_of_cpa
from lopendezaken.cpa.rules import Document, all_findings
from lopendezaken.cpa.rules.document import Environment
from lopendezaken.cpa.rules.remedies import REMEDIES
from lopendezaken.cpa.structure import rule_of, structure
from lopendezaken.errors import LzError
from lopendezaken.lint.finding import Finding, mended, must

__all__ = ["check"]


def check(
    xml: bytes, now: datetime | None = None, source: str = "CPA", environment: Environment | None = None
) -> list[Finding]:
    """All that is wrong, by line; empty when the CPA keeps every rule at ``now`` (aware, default: now).

    ``environment`` adds what holds in production only. Raises :class:`LzError` when ``xml`` is no well formed XML or
    no CPA at all; ``source`` names it there.
    """
    root = root_of_cpa(xml, source)
    findings = structure(root)
    try:
        cpa = parse(xml, source)
    except LzError as error:
        # Too broken to read further: the grammar says where, unless what is broken is a reference.
        return mended(findings or [_unreadable(error)], REMEDIES)
    document = Document.of(cpa, root, now or datetime.now(UTC), environment)
    seen = {(finding.line, finding.rule) for finding in findings}
    extra = [f for f in all_findings(document) if (f.line, f.rule) not in seen]
    return mended(sorted(findings + extra, key=lambda finding: finding.order), REMEDIES)


def _unreadable(error: LzError) -> Finding:
    line, name = (error.where or "").rpartition(":")[2], error.what.split()[0]
    return must(
        int(line) if line.isdigit() else None,
        rule_of(name) if error.what.endswith("cannot be read") else "CPA-003",
        error.what,
        found=error.found,
        expected=error.expected,
        remedy=error.remedy,
    )
