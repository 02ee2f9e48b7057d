"""What the CPA Register was told of us keeps every rule, and is what the dossier and our certificates say."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import (
    Case,
    Finding,
    certificates,
    met,
    not_applicable,
    not_met,
    specification,
    specification_breaks,
    unknown,
)


def check(case: Case) -> Iterator[Finding]:
    """Judge the last Consumerspecificatie for each partner, when the CPA Register makes the CPA."""
    chains = tuple({each.host: each for each in case.all("certificate-chain", role="own")}.values())
    installed = {certificates(each.raw["pem"])[0].sha256 for each in chains}
    ours = {"PartyId": {case.dossier.organisation.number}, "EndpointUri": {case.here.endpoint}}
    ours |= dict.fromkeys(("ClientCert", "ServerCert"), installed)
    for key, partner in case.partners.items():
        at, name, seen = case.at("partners", key, "cpa"), partner.name, case.latest("consumer-spec", key)
        if seen is None and partner.cpa.origin == "register":
            yield unknown("no-specification", at, partner=name)
        elif seen is None:
            yield not_applicable("made-elsewhere", at, partner=name)
        elif not chains:
            yield unknown("no-certificate", case.at("certificate", "file"), seen, partner=name)
        else:
            must, should = specification_breaks(seen.raw["xml"], case.day, chains)
            told, used = specification(seen.raw["xml"]), (seen, *chains)
            other = [what for what, said in told.items() if said and said not in ours[what]]
            for each in must:
                yield not_met("breaks", at, *used, partner=name, finding=each.rstrip("."))
            for what in other:
                texts = {"what": what, "found": told[what], "expected": ", ".join(sorted(ours[what]))}
                yield not_met("other", at, *used, partner=name, **texts)
            if not must and not other:
                advice = "; ".join(each.rstrip(".") for each in should) or "-"
                yield met("follows", at, *used, partner=name, advice=advice)
