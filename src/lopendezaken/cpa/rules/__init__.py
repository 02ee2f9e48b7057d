"""The rules on a CPA that a grammar cannot say, one module a subject, each function a few that belong together.

Rule ids are those of the compliance rules (CPA-nnn, DK-EBMS2-nnn, OIN-nnn, PKIO-nnn); ``catalogue`` tells each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lopendezaken.cpa.rules import (
    actions,
    agreement,
    certificates,
    channels,
    packaging,
    parties,
    references,
    security,
)
from lopendezaken.cpa.rules.document import Document
from lopendezaken.lint.finding import Finding

__all__ = ["Document", "all_findings"]

_RULES: tuple[Callable[[Document], Iterator[Finding]], ...] = (
    *agreement.RULES,
    *parties.RULES,
    *actions.RULES,
    *channels.RULES,
    *security.RULES,
    *packaging.RULES,
    *references.RULES,
    *certificates.RULES,
)


def all_findings(document: Document) -> Iterator[Finding]:
    """Every rule on ``document``."""
    for rule in _RULES:
        yield from rule(document)
