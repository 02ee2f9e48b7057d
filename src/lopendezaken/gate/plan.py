"""What production would get that preproduction did not have, before anything happens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lopendezaken.dossier import load, load_network
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
    allowed = promotion(policies)
    dossier, network = load(organisation), load_network(organisation)
    sides = {
        environment: {
            "settings": compare_settings.settings(organisation, environment),
            "dossier": compare_dossier.values(dossier, environment),
            "network": compare_network.flows(network, dossier, environment),
        }
        for environment in ("preprod", "prod")
    }
    one, other = sides["preprod"], sides["prod"]
    found = (
        *differences("settings", one["settings"], other["settings"], allowed.settings),
        *differences("dossier", one["dossier"], other["dossier"], allowed.dossier),
        *differences("network", one["network"], other["network"], allowed.network),
    )
    return Plan(found, {area: len(set(one[area]) | set(other[area])) for area in one})
