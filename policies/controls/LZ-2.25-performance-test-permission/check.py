"""Performance tests on MijnOverheid are done only with a permission that was there before."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met


def check(case: Case) -> Iterator[Finding]:
    """Go through the performance tests, those to come included."""
    at, tests = ("performance_tests",), case.dossier.performance_tests
    allowed = True
    for n, test in enumerate(tests):
        if test.target == "own":
            continue
        if test.permission is None or test.permission.given_on > test.day:
            allowed = False
            yield not_met("no-permission", (*at, n), day=test.day)
    if allowed:
        yield met("allowed", at, count=len(tests))
