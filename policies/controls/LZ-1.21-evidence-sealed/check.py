"""All evidence of an environment is as it was sealed by who may."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, flawed, met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Tell what does not count, else how much does."""
    own = [each for each in case.integrity.evidence if each.environment in {None, case.environment}]
    count = sum(path.startswith(f"{case.environment}/") for path in case.integrity.signed_by)
    yield from flawed(own, case.at())
    if not own and count:
        yield met("sealed", case.at(), count=count)
    elif not own:
        yield unknown("nothing", case.at())
