"""There is a planning that was looked at of late."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown

MAX_DAYS = 90


def check(case: Case) -> Iterator[Finding]:
    """Read the record of the planning."""
    at, plan = ("planning",), case.dossier.planning
    if plan is None:
        yield unknown("not-recorded", at)
    elif (case.day - plan.reviewed_on).days > MAX_DAYS:
        yield not_met("old", at, day=plan.reviewed_on, days=MAX_DAYS)
    else:
        yield met("reviewed", at, day=plan.reviewed_on)
