"""The processes to send case messages and to handle errors are in place."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Read the record of both processes."""
    at, known = ("processes",), case.dossier.processes
    if known is None:
        yield unknown("not-recorded", at)
        return
    days = {"sending": known.sending.ready_on, "errors": known.errors.ready_on}
    late = [name for name, day in days.items() if day is None or day > case.day]
    for name in late:
        yield not_met("not-ready", (*at, name), process=name)
    if not late:
        last = max(day for day in days.values() if day)
        yield met("in-place", at, day=last, sending=known.sending.owner, errors=known.errors.owner)
