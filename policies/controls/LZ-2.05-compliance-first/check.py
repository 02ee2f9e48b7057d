"""The adapter answered to the Compliance Voorziening before it was connected to MijnOverheid."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Compare the first Pong of the Compliance Voorziening with the last one of MijnOverheid."""
    at = case.at("partners")
    compliance = case.all("ebms-ping", "compliance", outcome="pong")
    chain = case.latest("ebms-ping", "mijnoverheid", outcome="pong")
    if not compliance:
        yield unknown("no-pong", at)
    elif chain is not None and chain.collected < compliance[0].collected:
        yield not_met("not-first", at, chain, compliance[0])
    else:
        yield met("compliance-first", at, compliance[-1], day=compliance[0].collected.date())
