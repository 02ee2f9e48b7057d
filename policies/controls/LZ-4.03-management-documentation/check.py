"""The management documentation was updated after the limited run, and tells what is needed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown

YEAR = timedelta(days=365)
NEEDED = ("cpa", "certificates", "contacts")


def check(case: Case) -> Iterator[Finding]:
    """Read the record of the documentation."""
    at, known, ran = (
        ("management_documentation",),
        case.dossier.management_documentation,
        case.dossier.limited_run,
    )
    if known is None:
        yield unknown("not-recorded", at)
        return
    day, missing = known.updated_on, [each for each in NEEDED if each not in known.tells_of]
    for subject in missing:
        yield not_met("incomplete", (*at, "tells_of"), subject=subject)
    if day > case.day:
        yield not_met("later", (*at, "updated_on"), day=day)
    elif day < case.day - YEAR:
        yield not_met("old", (*at, "updated_on"), day=day)
    elif ran is None or ran.finished_on is None or day < ran.finished_on:
        yield not_met("before-run", (*at, "updated_on"), day=day)
    elif not missing:
        yield met("up-to-date", at, day=day)
