"""Those who take part in the limited run agreed to it before it ended."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Read the record of their consent; who they are is not in it."""
    at, ran = ("limited_run",), case.dossier.limited_run
    if ran is None or ran.consent is None:
        yield unknown("not-recorded", at)
    elif ran.consent.checked_on > (ran.finished_on or case.day):
        yield not_met("later", (*at, "consent"), day=ran.consent.checked_on)
    else:
        yield met("agreed", at, count=ran.participants, day=ran.consent.checked_on)
