"""What documents are made from: the dossier, the network plan and the evidence, as on one day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from lopendezaken.dossier import load, load_network
from lopendezaken.dossier.network import NetworkPlan
from lopendezaken.dossier.schema import Dossier, Environment
from lopendezaken.errors import LzError
from lopendezaken.evidence import store
from lopendezaken.evidence.store import EvidenceSet


@dataclass(frozen=True)
class Source:
    """An organisation on a day; ``environment`` is set for a document that is made per environment."""

    folder: Path
    dossier: Dossier
    day: date
    environment: str = ""

    @cached_property
    def network(self) -> NetworkPlan:
        """The network plan. Raises :class:`LzError` when it is not sound."""
        return load_network(self.folder)

    @cached_property
    def evidence(self) -> EvidenceSet:
        """What was collected until that day. Raises :class:`LzError` for a file that was tampered with."""
        return store.load(self.dossier.folder / "evidence").until(self.day)

    @property
    def own(self) -> Environment:
        """Our side of the environment that this document is for. Raises :class:`LzError`."""
        environments = {str(name): each for name, each in self.dossier.environments.items()}
        if self.environment not in environments:
            raise LzError(
                "no such environment in the dossier",
                found=self.environment or "none",
                expected=" or ".join(environments),
            )
        return environments[self.environment]

    def of(self, environment: str) -> Source:
        """Give the same for one environment."""
        return replace(self, environment=environment)


def read(folder: Path, day: date) -> Source:
    """Read the organisation in ``folder``. Raises :class:`LzError`."""
    return Source(folder, load(folder), day)
