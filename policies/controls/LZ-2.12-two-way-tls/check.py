"""Both sides show a certificate on every connection, over TLS 1.2 or 1.3."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown

ALLOWED = frozenset({"TLSv1.2", "TLSv1.3"})


def check(case: Case) -> Iterator[Finding]:
    """Judge the last scans of our endpoint and of each partner."""
    at = case.at("endpoint")
    known = case.latest("tls-scan", direction="in", with_client_certificate=True)
    stranger = case.latest("tls-scan", direction="in", with_client_certificate=False)
    if known is None or stranger is None:
        yield unknown("no-scan-in", at)
    elif stranger.raw["outcome"] == "accepted":
        yield not_met("open", at, stranger)
    elif known.raw["outcome"] != "accepted":
        yield not_met("closed", at, known)
    elif known.raw["protocol"] not in ALLOWED:
        yield not_met("old-protocol", at, known, who=case.here.endpoint, protocol=known.raw["protocol"])
    else:
        yield met("in-guarded", at, known, stranger)
    for key, partner in case.partners.items():
        place, name = case.at("partners", key, "endpoint"), partner.name
        seen = case.latest("tls-scan", key, direction="out", with_client_certificate=True)
        if seen is None:
            yield unknown("no-scan-out", place, partner=name)
        elif seen.raw["outcome"] != "accepted":
            yield not_met("refused", place, seen, partner=name, outcome=seen.raw["error"] or "?")
        elif seen.raw["protocol"] not in ALLOWED:
            yield not_met("old-protocol", place, seen, who=name, protocol=seen.raw["protocol"])
        else:
            yield met("both-ways", place, seen, partner=name, protocol=seen.raw["protocol"])
