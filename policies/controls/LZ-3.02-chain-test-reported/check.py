"""The chain test covered every item of the checklist and was reported to Logius."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Go through the record of the chain test."""
    at, test = ("chain_test",), case.dossier.chain_test
    if test is None or test.period is None:
        yield unknown("not-agreed", at)
        return
    bad = [(n, item) for n, item in enumerate(test.checklist) if item.result in {"open", "failed"}]
    sent = [report.sent_on for report in test.reports if report.sent_on <= case.day]
    found = [not_met("open", (*at, "checklist", n), id=item.id, result=item.result) for n, item in bad]
    if not test.checklist:
        found.append(not_met("no-checklist", at))
    if not sent:
        found.append(not_met("not-reported", at))
    yield from found or [met("reported", at, count=len(test.checklist), day=max(sent))]
