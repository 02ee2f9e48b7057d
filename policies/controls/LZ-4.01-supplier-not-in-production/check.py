"""The connection of a supplier is for developing systems and never goes to production."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, not_met


def check(case: Case) -> Iterator[Finding]:
    """Refuse: this control applies to suppliers only, and nothing they do makes production possible."""
    yield not_met("supplier", ("organisation", "kind"), name=case.dossier.organisation.name)
