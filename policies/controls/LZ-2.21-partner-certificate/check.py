"""The certificate that each partner shows leads to our root, is not revoked, and carries the number of the partner."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, presented_path, unknown

BREAKS = frozenset(
    {
        "no-path",
        "outside-validity",
        "revoked",
        "crl-missing",
        "crl-forged",
        "crl-expired",
        "crl-unreadable",
    }
)


def check(case: Case) -> Iterator[Finding]:
    """Walk from the leaf of every partner to our root, as our adapter has to at each connection."""
    own, crls = case.latest("certificate-chain", role="own"), case.crls
    for key, partner in case.partners.items():
        at, name = case.at("partners", key, "endpoint"), partner.name
        seen = case.shown_by(key)
        if seen is None or not seen.raw.get("chain"):
            yield unknown("no-chain", at, partner=name)
        elif own is None or not own.raw.get("anchors") or not crls:
            yield unknown("no-crls", at, seen, partner=name)
        else:
            path = presented_path(seen, own, crls)
            number, until = path.layers[0].oin or "-", path.crls_until
            if number != partner.oin:
                yield not_met("other-number", at, seen, partner=name, found=number, expected=partner.oin)
            for problem in path.problems:
                code = problem.code if problem.code in BREAKS else "refused"
                yield not_met(code, at, seen, own, *crls, partner=name, **problem.values)
            if number == partner.oin and not path.problems:
                facts = {"number": number, "layers": len(path.layers) + 1, "until": until}
                yield met("sound", at, seen, own, *crls, partner=name, **facts)
