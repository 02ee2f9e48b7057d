"""The name of the service that Logius gave is the one in the CPA."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Compare the name that was received with the one in the dossier that the CPA is made from."""
    at, partner = ("received", "services"), case.partners.get("mijnoverheid")
    got = case.dossier.received.services if case.dossier.received else None
    given = (got.preprod if case.environment == "preprod" else got.prod) if got else None
    if partner is None or given is None:
        yield unknown("not-received", at, environment=case.environment)
    elif partner.cpa.service != given:
        here = case.at("partners", "mijnoverheid", "cpa", "service")
        yield not_met("other", here, given=given, found=partner.cpa.service)
    else:
        yield met("same", at, given=given)
