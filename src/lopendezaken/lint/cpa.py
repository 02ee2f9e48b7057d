"""Judges a CPA of any origin: CPA Register, Logius, ebms-admin or another adapter."""

from __future__ import annotations

from datetime import datetime

from lopendezaken.cpa.check import check as judge
from lopendezaken.cpa.rules.catalogue import RULES
from lopendezaken.cpa.rules.document import Environment
from lopendezaken.lint.finding import Finding
from lopendezaken.lint.source import Source

__all__ = ["RULES", "check"]


def check(source: Source, moment: datetime, environment: Environment | None = None) -> list[Finding]:
    """Judge one CPA at ``moment`` (aware)."""
    return judge(source.data, moment, source.name, environment)
