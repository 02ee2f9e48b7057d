"""There are people with hours, who together know all subjects; in production some of our own stay."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown

SUBJECTS = ("ebms", "network", "certificates", "case-system")


def check(case: Case) -> Iterator[Finding]:
    """Go through the team."""
    at, team, own = ("team",), case.dossier.team, case.dossier.organisation.name
    if not team:
        yield unknown("no-team", at)
        return
    known = {subject for member in team for subject in member.knows}
    found = [not_met("not-known", at, subject=each) for each in SUBJECTS if each not in known]
    for n, member in enumerate(team):
        if member.hours == 0:
            found.append(not_met("no-hours", (*at, n, "hours"), role=member.role))
    if case.environment == "prod" and not any(each.stays and each.organisation == own for each in team):
        found.append(not_met("nobody-stays", at))
    yield from found or [met("known", at, count=len(team), hours=sum(each.hours for each in team))]
