"""Our certificate has the shape of a TLS certificate of PKIoverheid."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, certificate_shape, certificate_way, met, not_met, unknown

CODES = frozenset({"layers", "constraints", "key-usage", "extended-key-usage", "names", "organisation-id"})


def check(case: Case) -> Iterator[Finding]:
    """Lay the certificate beside the profile of its root."""
    at, seen = case.at("certificate", "file"), case.latest("certificate-chain", role="own")
    if seen is None or not seen.raw.get("anchors"):
        yield unknown("no-certificate", at)
        return
    way = certificate_way(seen)
    anchor = case.anchor(way.root)
    if anchor is None:
        yield not_met("unknown-root", at, seen)
        return
    breaks = [each for each in certificate_shape(way, anchor) if each.code in CODES]
    for each in breaks:
        yield not_met(each.code, at, seen, **each.values)
    policies = way.layers[0].policies
    if not breaks and anchor.policy in policies:
        yield met("profile-followed", at, seen, generation=anchor.generation)
    elif not breaks:
        found, generation = ", ".join(policies) or "-", anchor.generation
        yield met("other-policy", at, seen, generation=generation, expected=anchor.policy, found=found)
