"""A new certificate was requested weeks before it is needed."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown

WEEKS = 4


def check(case: Case) -> Iterator[Finding]:
    """Compare the days in the dossier."""
    at, own = case.at("certificate"), case.here.certificate
    asked, needed = own.requested_on, own.needed_on
    if own.origin == "reused":
        yield met("reused", at)
    elif own.received_on is not None and own.received_on <= case.day:
        yield met("received", at, day=own.received_on)
    elif needed is None:
        yield unknown("not-recorded", at)
    elif asked is None and (needed - case.day).days < WEEKS * 7:
        yield not_met("order-now", at, needed=needed, weeks=WEEKS)
    elif asked is None:
        yield unknown("not-recorded", at)
    elif (needed - asked).days < WEEKS * 7:
        yield not_met("too-late", at, needed=needed, day=asked, weeks=WEEKS)
    else:
        yield met("in-time", at, day=asked, weeks=(needed - asked).days // 7)
