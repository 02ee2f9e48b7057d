"""Each partner has loaded the CPA; Logius tells so by mail, in the lab its adapter can be asked."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Judge the last that was heard of each partner about loading."""
    for key, partner in case.partners.items():
        at, agreed = case.at("partners", key, "cpa"), partner.cpa.id
        seen, file = case.latest("cpa-loaded", key, side="partner"), case.latest("cpa-file", key)
        if seen is None:
            yield unknown("not-loaded", at, partner=partner.name, cpa=agreed)
        elif seen.raw["cpa_id"] != agreed:
            found = seen.raw["cpa_id"]
            yield not_met("other-id", at, seen, partner=partner.name, found=found, expected=agreed)
        elif seen.raw["source"] == "rest" and seen.raw["digest"] is None:
            yield not_met("not-there", at, seen, partner=partner.name, cpa=agreed)
        elif file and seen.raw["digest"] not in {None, file.raw["digest"]}:
            yield not_met("other-meaning", at, seen, file, partner=partner.name, cpa=agreed)
        else:
            yield met("loaded", at, seen, partner=partner.name, cpa=agreed, day=seen.collected.date())
