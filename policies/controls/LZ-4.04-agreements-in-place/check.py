"""DAP, SNO, helpdesk and campaign are arranged."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown

YEAR = 365


def check(case: Case) -> Iterator[Finding]:
    """Go through the four records."""
    d = case.dossier
    parts = {"dap": d.dap, "sno": d.sno, "helpdesk": d.helpdesk, "campaign": d.campaign}
    found = [unknown("missing", (key,), subject=key) for key, part in parts.items() if part is None]
    for key, part in (("dap", d.dap), ("sno", d.sno)):
        if part and (case.day - part.checked_on).days > YEAR:
            found.append(not_met("old", (key, "checked_on"), subject=key.upper(), day=part.checked_on))
    if d.helpdesk and d.helpdesk.ready_on > case.day:
        found.append(not_met("not-ready", ("helpdesk", "ready_on"), day=d.helpdesk.ready_on))
    if d.campaign and d.campaign.wanted and d.campaign.agreed_on is None:
        found.append(not_met("not-agreed", ("campaign",)))
    yield from found or [met("in-place", ("dap",))]
