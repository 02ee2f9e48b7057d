"""Each partner has loaded the CPA; Logius tells so by mail."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Judge the last message of each partner about loading."""
    for key, partner in case.partners.items():
        at, agreed = case.at("partners", key, "cpa"), partner.cpa.id
        seen = case.latest("cpa-loaded", key, side="partner")
        if seen is None:
            yield unknown("not-loaded", at, partner=partner.name, cpa=agreed)
        elif seen.raw["cpa_id"] != agreed:
            found = seen.raw["cpa_id"]
            yield not_met("other-id", at, seen, partner=partner.name, found=found, expected=agreed)
        else:
            yield met("loaded", at, seen, partner=partner.name, cpa=agreed, day=seen.collected.date())
