"""The certificates in each CPA are the ones in use: ours that is installed, and the one that the partner shows."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import (
    Case,
    Finding,
    certificate_digests,
    certificates,
    cpa,
    met,
    not_met,
    number_of,
    unknown,
)


def check(case: Case) -> Iterator[Finding]:
    """Compare fingerprints for both parties of every CPA."""
    own = case.latest("certificate-chain", role="own")
    if own is None:
        yield unknown("no-certificate", case.at("certificate", "file"))
        return
    server = case.here.server_certificate and case.latest("certificate-chain", role="server")
    installed = {certificates(each.raw["pem"])[0].sha256 for each in (own, server) if each}
    for key, partner in case.partners.items():
        at, name, file = case.at("partners", key, "cpa"), partner.name, case.latest("cpa-file", key)
        seen = case.shown_by(key)
        if file is None:
            yield unknown("no-cpa", at, partner=name)
        elif seen is None or not seen.raw["peer"]:
            yield unknown("no-peer", at, partner=name)
        else:
            used = {case.dossier.organisation.number: installed, partner.oin: {seen.raw["peer"]["sha256"]}}
            parties = cpa(file.raw["xml"]).parties
            inside = {number_of(each.oin): certificate_digests(each.certificates) for each in parties}
            wrong = [number for number, digests in used.items() if inside.get(number) != digests]
            for number in wrong:
                found, expected = sorted(inside.get(number, ())), sorted(used[number])
                texts = {"found": ", ".join(found) or "-", "expected": ", ".join(expected)}
                yield not_met("other-in-cpa", at, own, file, seen, partner=name, party=number, **texts)
            if not wrong:
                yield met("agreed", at, own, file, seen, partner=name)
