"""The adapter finds and reaches every partner."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Judge the last attempt to reach each partner."""
    for key, partner in case.partners.items():
        at, seen = case.at("partners", key, "endpoint"), case.latest("network-reach", key)
        if seen is None:
            yield unknown("not-tried", at, partner=partner.name)
            continue
        dns, tcp = seen.raw["dns"], seen.raw["tcp"]
        if dns and dns["outcome"] != "found":
            yield not_met("no-name", at, seen, partner=partner.name)
        elif tcp["outcome"] != "open":
            facts = {"address": tcp["address"], "outcome": tcp["outcome"]}
            yield not_met("not-reached", at, seen, partner=partner.name, **facts)
        else:
            yield met("reached", at, seen, partner=partner.name, address=tcp["address"])
