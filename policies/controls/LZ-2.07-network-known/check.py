"""The network plan has every name, both addresses, and the way to and from each partner."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Follow each endpoint of the dossier through the network plan."""
    at, plan = case.at("endpoint"), case.network
    if plan is None:
        yield unknown("no-plan", at)
        return
    owner = {name.name: name.system for name in plan.names}
    found = []
    endpoints = [(case.here.endpoint, at)]
    endpoints += [
        (each.endpoint, case.at("partners", key, "endpoint")) for key, each in case.partners.items()
    ]
    for endpoint, place in endpoints:
        name = endpoint.split("/")[2].split(":")[0]
        if name not in owner:
            found.append(not_met("no-name", place, name=name))
    ours = [each for each in plan.systems if each.role == "proxy" and each.environment == case.environment]
    addresses = {a.direction: a.address for each in ours for a in each.addresses if a.direction != "both"}
    if set(addresses) != {"in", "out"}:
        found.append(not_met("no-addresses", at, environment=case.environment))
    proxies, ways = (
        {each.name for each in ours},
        [f for f in plan.flows if f.service == "ebms" and f.port == 443],
    )
    for key, partner in case.partners.items():
        theirs, place = owner.get(partner.endpoint.split("/")[2].split(":")[0]), case.at("partners", key)
        if not any(f.source.system in proxies and f.destination.system == theirs for f in ways):
            found.append(not_met("no-way-out", place, partner=partner.name))
        if not any(f.source.system == theirs and f.destination.system in proxies for f in ways):
            found.append(not_met("no-way-in", place, partner=partner.name))
    yield from found
    if not found:
        yield met("known", at, inbound=addresses["in"], outbound=addresses["out"])
