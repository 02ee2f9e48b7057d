"""Preproduction and production share nothing that a message or an intruder could cross."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, certificates, met, not_met, unknown

OURS = frozenset({"adapter", "proxy", "other"})
TWO = frozenset({"preprod", "prod"})


def check(case: Case) -> Iterator[Finding]:
    """Compare both environments in network plan, dossier and evidence."""
    at = ("environments",)
    chains = [case.evidence.latest("certificate-chain", name, role="own") for name in sorted(TWO)]
    own = [each for each in chains if each]
    found = list(network(case))
    sides = [
        {e.endpoint, *(p.endpoint for p in e.partners.values())} for e in case.dossier.environments.values()
    ]
    for endpoint in sorted(set.intersection(*sides) if len(sides) > 1 else ()):
        found.append(not_met("same-endpoint", at, endpoint=endpoint))
    if len(own) > len({certificates(each.raw["pem"])[0].spki_sha256 for each in own}):
        found.append(not_met("same-key", at, *own))
    yield from found or [met("cut-off", at, *own)]


def network(case: Case) -> Iterator[Finding]:
    """Judge the network plan."""
    at, plan = ("environments",), case.network
    if plan is None:
        yield unknown("no-plan", at)
        return
    of = {system.name: system.environment for system in plan.systems}
    for system in plan.systems:
        if system.environment == "shared" and system.role in OURS:
            yield not_met("shared-system", at, system=system.name)
    for flow in plan.flows:
        if {of.get(flow.source.system or ""), of.get(flow.destination.system or "")} == TWO:
            yield not_met("flow", at, flow=flow.id)
