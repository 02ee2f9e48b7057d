"""Each change was reported to Logius as many working days beforehand as the DAP says."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, after_working_days, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Go through the changes; one that is far off need not be reported yet."""
    at, dap, changes = ("changes",), case.dossier.dap, case.dossier.changes
    if dap is None:
        yield unknown("no-dap", ("dap",))
        return
    found = []
    for n, change in enumerate(changes):
        if after_working_days(change.reported_on or case.day, dap.notice_days) > change.planned_for:
            place, days = (*at, n), dap.notice_days
            found.append(not_met("late", place, what=change.what, day=change.planned_for, days=days))
    yield from found or [met("in-time", at, count=len(changes))]
