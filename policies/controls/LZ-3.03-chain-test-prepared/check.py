"""Checklist, test data and messages are ready, and every test account is known on the portal."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Go through what must be there before the chain test."""
    at, test, got = ("chain_test",), case.dossier.chain_test, case.dossier.received
    lists = [each for each in (got.documents if got else ()) if each.kind == "test-checklist"]
    if not any(each.received_on <= case.day for each in lists):
        yield unknown("no-checklist", ("received",))
        return
    if test is None or test.preparation is None or not test.logins:
        yield unknown("not-recorded", at)
        return
    found, ready = [], test.preparation
    citizens = [each.citizen for each in test.logins]
    if max(ready.data_ready_on, ready.messages_ready_on) > case.day:
        found.append(not_met("not-ready", (*at, "preparation")))
    for n, each in enumerate(test.logins):
        if citizens.count(each.citizen) > 1:
            found.append(not_met("shared", (*at, "logins", n), account=each.name, citizen=each.citizen))
        if each.registered_on is None or each.registered_on > case.day:
            found.append(not_met("not-registered", (*at, "logins", n), account=each.name))
    yield from found or [met("prepared", at, count=len(citizens))]
