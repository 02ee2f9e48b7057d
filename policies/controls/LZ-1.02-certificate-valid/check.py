"""Our certificate and every certificate in its chain are valid, and stay so for 30 days."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, certificates, met, not_met, unknown

RENEW_DAYS = 30
PLAN_DAYS = 60


def check(case: Case) -> Iterator[Finding]:
    """Compare the validity of every certificate with the day; the day of expiry itself is too late."""
    file = case.at("certificate", "file")
    seen = case.latest("certificate-chain", role="own")
    if seen is None:
        yield unknown("no-certificate", file)
        return
    chain = certificates(seen.raw["pem"])
    for each in chain:
        until, since = each.not_after.date(), each.not_before.date()
        name, days = each.common_name or each.subject, (until - case.day).days
        if case.day < since:
            yield not_met("not-yet-valid", file, seen, subject=name, since=since)
        elif days <= 0:
            yield not_met("expired", file, seen, subject=name, until=until)
        elif days < RENEW_DAYS:
            yield not_met("renew-now", file, seen, subject=name, until=until, days=days)
    first = min(each.not_after.date() for each in chain)
    if (first - case.day).days >= RENEW_DAYS and all(each.not_before.date() <= case.day for each in chain):
        code = "valid" if (first - case.day).days >= PLAN_DAYS else "renew-soon"
        yield met(code, file, seen, until=first, days=(first - case.day).days)
