"""The CPA with each partner has the right form and follows every mandatory rule."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, cpa_breaks, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Judge the last CPA file of each partner by all rules, at noon of the day."""
    for key, partner in case.partners.items():
        at, seen = case.at("partners", key, "cpa"), case.latest("cpa-file", key)
        if seen is None:
            yield unknown("no-cpa", at, partner=partner.name)
            continue
        must, should = cpa_breaks(seen.raw["xml"], case.day)
        for finding in must:
            yield not_met("breaks", at, seen, partner=partner.name, finding=finding.rstrip("."))
        if not must:
            advice = "; ".join(each.rstrip(".") for each in should) or "-"
            yield met("follows", at, seen, partner=partner.name, advice=advice)
