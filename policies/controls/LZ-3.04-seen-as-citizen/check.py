"""What citizens see was looked at with each test account, and so was what only we see."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Go through the accounts and the own parts."""
    at, test = ("chain_test",), case.dossier.chain_test
    if test is None or not test.logins:
        yield unknown("no-accounts", at)
        return
    found = []
    for n, each in enumerate(test.logins):
        if each.seen_on is None or each.seen is None or each.seen_on > case.day:
            found.append(not_met("not-seen", (*at, "logins", n), account=each.name))
    if test.own_parts is None or test.own_parts.checked_on > case.day:
        found.append(not_met("own-not-tested", at))
    yield from found or [met("seen", at, count=len(test.logins))]
