"""The network of an environment in words that do not name it, so that both can be held side by side."""

from __future__ import annotations

from lopendezaken.dossier.network import NetworkPlan, Side
from lopendezaken.dossier.schema import Dossier, host_of


def flows(plan: NetworkPlan, dossier: Dossier, environment: str) -> dict[str, str]:
    """Give each flow of an environment: who to whom, in roles, and what it may carry."""
    names = _names(plan, dossier, environment)
    zones = {each.name: each.name.replace(environment, "*") for each in plan.zones}
    found: dict[str, str] = {}
    for flow in plan.flows:
        if flow.environment == environment:
            key = f"{_side(flow.source, names, zones)} to {_side(flow.destination, names, zones)}, {flow.service}"
            carries = f"{flow.protocol} {flow.port or ''}".strip()
            found[key] = ", ".join(sorted({*found.get(key, "").split(", "), carries} - {""}))
    return found


def _names(plan: NetworkPlan, dossier: Dossier, environment: str) -> dict[str, str]:
    """Name each system by its part: a partner by its key in the dossier, any other by its role."""
    environments = {str(key): each for key, each in dossier.environments.items()}
    partners = environments[environment].partners if environment in environments else {}
    hosts = {host_of(partner.endpoint): str(key) for key, partner in partners.items()}
    of_names = {each.system: hosts[each.name] for each in plan.names if each.name in hosts}
    # A system that two environments share, or that is no part of the chain, is its own name.
    return {
        each.name: of_names.get(each.name)
        or (each.role if each.environment == environment and each.role != "other" else each.name)
        for each in plan.systems
    }


def _side(side: Side, names: dict[str, str], zones: dict[str, str]) -> str:
    if side.system is None:
        return f"zone {zones[side.zone]}" if side.zone else "anywhere"
    return f"{names[side.system]} ({side.address})"
