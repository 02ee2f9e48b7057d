"""In the limited run nothing went to others than those who had agreed to take part."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Hold every message of production against the list of participants."""
    at, ran = ("limited_run",), case.dossier.limited_run
    sent = list({each.raw["message_id"]: each for each in case.all("message-delivered")}.values())
    listed = case.latest("limited-run-list")
    if listed is None:
        yield unknown("no-list", at)
        return
    if not sent:
        yield unknown("no-message", at, listed)
        return
    agreed = {each["digest"]: each["agreed_on"] for each in listed.raw["participants"]}
    found = []
    for each in sent:
        since, when = agreed.get(each.raw["citizen"], "never"), each.raw["sent"]
        if each.raw["allowed_by"] != "participants" or when[:10] < since:
            found.append(not_met("stranger", at, each, listed, sent=when))
    if ran is None:
        found.append(unknown("not-recorded", at, listed))
    elif ran.messages != len(sent):
        found.append(
            not_met("count-differs", (*at, "messages"), sent[-1], told=ran.messages, count=len(sent))
        )
    yield from found or [met("only-participants", at, sent[-1], listed, count=len(sent))]
