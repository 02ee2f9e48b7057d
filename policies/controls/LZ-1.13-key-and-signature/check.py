"""Keys and signatures, from our certificate up to the root, are strong enough and as PKIoverheid makes them."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import (
    Case,
    Finding,
    certificate_strength,
    certificate_way,
    met,
    not_met,
    unknown,
)

CODES = frozenset({"key-kind", "key-short", "key-exponent", "hash", "signature"})


def check(case: Case) -> Iterator[Finding]:
    """Judge every layer by the guideline that holds on the day."""
    at, seen = case.at("certificate", "file"), case.latest("certificate-chain", role="own")
    if seen is None or not seen.raw.get("anchors"):
        yield unknown("no-certificate", at)
        return
    way = certificate_way(seen)
    anchor, reading = case.anchor(way.root), case.tls
    if anchor is None:
        yield not_met("unknown-root", at, seen)
        return
    breaks = [each for each in certificate_strength(way, anchor, reading) if each.code in CODES]
    for each in breaks:
        yield not_met(each.code, at, seen, guideline=reading.guideline.name, **each.values)
    if not breaks:
        own = way.layers[0]
        yield met("strong", at, seen, guideline=reading.guideline.name, kind=f"{own.key_type} {own.key_bits}")
