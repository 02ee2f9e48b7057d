"""Contacts of all who manage a part of the chain are there and were checked of late."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met

MAX_DAYS = 180


def check(case: Case) -> Iterator[Finding]:
    """Judge who is there, how fresh that is, and in production whether somebody always answers."""
    at, everyone, own = ("contacts",), case.dossier.contacts, case.dossier.organisation.name
    roles = {each.role for each in everyone if each.organisation == own}
    found = [
        not_met("missing", at, organisation=own, role=role)
        for role in ("technical", "functional")
        if role not in roles
    ]
    if all(each.organisation == own for each in everyone):
        found.append(not_met("missing", at, organisation="Logius", role="functional"))
    for n, each in enumerate(everyone):
        if (case.day - each.checked_on).days > MAX_DAYS:
            facts = {"name": each.name, "organisation": each.organisation, "day": each.checked_on}
            found.append(not_met("old", (*at, n, "checked_on"), days=MAX_DAYS, **facts))
    always = any(each.always_reachable for each in everyone if each.organisation == own)
    if case.environment == "prod" and not always:
        found.append(not_met("not-always", at, organisation=own))
    yield from found
    if not found:
        yield met("up-to-date", at, count=len(everyone), day=min(each.checked_on for each in everyone))
