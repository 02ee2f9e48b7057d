"""What production would get that preproduction did not have, before anything happens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lopendezaken.dossier import load, load_network
from lopendezaken.dossier.network import NetworkPlan
from lopendezaken.dossier.schema import Dossier
from lopendezaken.gate import compare_dossier, compare_network, compare_settings
from lopendezaken.gate.difference import Difference, differences, promotion


@dataclass(frozen=True)
class Plan:
    """All differences, and how many values were compared in each area."""

    differences: tuple[Difference, ...]
    compared: dict[str, int]

    @property
    def forbidden(self) -> tuple[Difference, ...]:
        """What differs and must not."""
        return tuple(each for each in self.differences if not each.allowed)


def plan(organisation: Path, policies: Path) -> Plan:
    """Compare preproduction and production of an organisation. Raises :class:`lopendezaken.errors.LzError`."""
    return compare(organisation, policies, load(organisation), None)


def compare(organisation: Path, policies: Path, dossier: Dossier, network: NetworkPlan | None) -> Plan:
    """Compare them when the dossier, and perhaps the network plan, were read already. Raises as :func:`plan`."""
    allowed, network = promotion(policies), network or load_network(organisation)
    settings = compare_settings.settings(organisation)
    sides = {
        environment: {
            "settings": settings[environment],
            "dossier": compare_dossier.values(dossier, environment),
            "network": compare_network.flows(network, dossier, environment),
        }
        for environment in compare_settings.ENVIRONMENTS
    }
    one, other = sides["preprod"], sides["prod"]
    found = (
        *differences("settings", one["settings"], other["settings"], allowed.settings),
        *differences("dossier", one["dossier"], other["dossier"], allowed.dossier),
        *differences("network", one["network"], other["network"], allowed.network),
    )
    return Plan(found, {area: len(set(one[area]) | set(other[area])) for area in one})
