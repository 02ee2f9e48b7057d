"""A CPA names the two numbers of the dossier, and each certificate in it carries the number of its party."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import (
    Case,
    Finding,
    certificate_numbers,
    cpa,
    met,
    not_met,
    number_of,
    unknown,
)


def check(case: Case) -> Iterator[Finding]:
    """Compare the parties and certificates of the CPA with each partner in the dossier."""
    own = case.dossier.organisation.number
    for key, partner in case.partners.items():
        at = case.at("partners", key, "cpa")
        seen = case.latest("cpa-file", key)
        if seen is None:
            yield unknown("no-cpa", at, partner=partner.name)
            continue
        agreed = cpa(seen.raw["xml"])
        numbers = {number_of(party.oin): certificate_numbers(party.certificates) for party in agreed.parties}
        if set(numbers) != {own, partner.oin}:
            found, expected = ", ".join(sorted(numbers)), ", ".join(sorted({own, partner.oin}))
            yield not_met("other-parties", at, seen, cpa=agreed.id, found=found, expected=expected)
            continue
        wrong = [(party, inside) for party, inside in numbers.items() if inside != {party}]
        for party, inside in wrong:
            carried = ", ".join(sorted(inside)) or "-"
            yield not_met("other-certificate", at, seen, cpa=agreed.id, party=party, found=carried)
        if not wrong:
            yield met("parties-match", at, seen, cpa=agreed.id, own=own, theirs=partner.oin)
