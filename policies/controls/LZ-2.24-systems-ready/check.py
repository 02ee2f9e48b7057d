"""The own systems were changed, closed to others and are like production; the Profielservice was decided."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown

YEAR = 365


def check(case: Case) -> Iterator[Finding]:
    """Read the record of the own systems."""
    at, systems = ("systems",), case.dossier.systems
    if systems is None:
        yield unknown("not-recorded", at)
        return
    found = []
    for n, change in enumerate(systems.changes):
        if change.ready_on is None or change.ready_on > case.day:
            found.append(not_met("not-ready", (*at, "changes", n), what=change.what))
    for key, looked in (("access", systems.access), ("production_like", systems.production_like)):
        if looked is None or looked.checked_on > case.day:
            found.append(unknown("not-checked", (*at, key), subject=key))
        elif (case.day - looked.checked_on).days > YEAR:
            found.append(not_met("old", (*at, key, "checked_on"), subject=key, day=looked.checked_on))
    if systems.asks_profile_service is None:
        found.append(unknown("undecided", at))
    yield from found or [met("ready", at, count=len(systems.changes))]
