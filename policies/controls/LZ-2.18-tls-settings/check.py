"""Our endpoint offers only protocols, suites, groups and settings that Digikoppeling allows on the day."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, tls_breaks, tls_open_questions, unknown

CODES = frozenset(
    {
        "protocol",
        "no-tls-1-2",
        "suite",
        "group",
        "sha1-signature",
        "compression",
        "renegotiation-insecure",
        "renegotiation-by-client",
        "no-extended-master-secret",
        "early-data",
    }
)


def check(case: Case) -> Iterator[Finding]:
    """Judge the last survey of our endpoint from outside."""
    at, seen, reading = case.at("endpoint"), case.latest("tls-settings", direction="in"), case.tls
    if seen is None:
        yield unknown("no-scan", at)
        return
    guideline = reading.guideline.name
    found = [
        not_met(each.code, at, seen, guideline=guideline, **each.values)
        for each in tls_breaks(seen.raw, reading)
    ]
    open_questions = tls_open_questions(seen.raw)
    found += [unknown("not-established", at, seen, **each.values) for each in open_questions]
    yield from (each for each in found if each.code in CODES or open_questions)
    if not found:
        protocols = ", ".join(name for name, taken in seen.raw["protocols"].items() if taken)
        suites = sum(len(names) for names in seen.raw["suites"].values())
        yield met("sound", at, seen, guideline=guideline, protocols=protocols, suites=suites)
