"""Judges a CPA: first its form by the grammar, then all that a grammar cannot say."""

from __future__ import annotations

from datetime import UTC, datetime

from lopendezaken.cpa.finding import Finding
from lopendezaken.cpa.model import parse
from lopendezaken.cpa.rules import Document, all_findings
from lopendezaken.cpa.structure import structure
from lopendezaken.cpa.xml import root_of
from lopendezaken.errors import LzError

__all__ = ["Finding", "check"]


def check(xml: bytes, now: datetime | None = None, source: str = "CPA") -> list[Finding]:
    """All that is wrong, by line; empty when the CPA keeps every rule at ``now`` (aware, default: now).

    Raises :class:`LzError` when ``xml`` is no well formed XML or no CPA at all; ``source`` names it there.
    """
    root = root_of(xml, source)
    findings = structure(root)
    try:
        cpa = parse(xml, source)
    except LzError:
        # Too broken to read further: the grammar says where, unless what is broken is a reference.
        if findings:
            return findings
        raise
    document = Document.of(cpa, root, now or datetime.now(UTC))
    seen = {(finding.line, finding.rule) for finding in findings}
    extra = [f for f in all_findings(document) if (f.line, f.rule) not in seen]
    return sorted(findings + extra, key=lambda f: (f.line, f.rule, f.what))
