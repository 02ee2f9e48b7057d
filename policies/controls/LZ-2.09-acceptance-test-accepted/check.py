"""The internal user acceptance test was finished and accepted."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Read the record of the test."""
    at, test = ("acceptance_test",), case.dossier.acceptance_test
    if test is None:
        yield unknown("not-recorded", at)
    elif test.finished_on is None or test.finished_on > case.day:
        yield not_met("not-finished", at)
    elif test.accepted_by is None:
        yield not_met("not-accepted", at)
    else:
        yield met("accepted", at, day=test.finished_on, by=test.accepted_by)
