"""Every test message went to a citizen of the list of test BSNs who has a test account."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Go through all messages that were sent in preproduction."""
    at, test, found = ("chain_test", "logins"), case.dossier.chain_test, []
    sent = list({each.raw["message_id"]: each for each in case.all("message-delivered")}.values())
    if not sent:
        yield unknown("no-message", at)
        return
    known = {each.citizen for each in test.logins} if test else set()
    for each in sent:
        citizen = each.raw["citizen"]
        if each.raw["allowed_by"] != "test-bsns":
            found.append(not_met("no-list", at, each, sent=each.raw["sent"]))
        elif citizen not in known:
            found.append(not_met("stranger", at, each, sent=each.raw["sent"], citizen=citizen))
    yield from found or [met("all-known", at, sent[-1], count=len(sent))]
