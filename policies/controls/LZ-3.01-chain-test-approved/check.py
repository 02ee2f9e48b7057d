"""Logius approved the report of the chain test; what the dossier says of itself does not count."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Judge the last message of Logius about the report."""
    seen = case.latest("chain-test-approval", "mijnoverheid")
    if seen is None:
        status = case.dossier.chain_test.status if case.dossier.chain_test else "-"
        yield unknown("no-approval", ("chain_test", "status"), status=status)
    elif seen.raw["outcome"] == "approved":
        yield met("approved", ("chain_test", "status"), seen, day=seen.raw["dated"])
    else:
        yield not_met("refused", ("chain_test", "status"), seen, day=seen.raw["dated"])
