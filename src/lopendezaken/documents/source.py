"""What documents are made from: the dossier, the network plan and the evidence, as on one day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from lopendezaken.dossier import load, load_network
from lopendezaken.dossier.network import NetworkPlan
from lopendezaken.dossier.place import repository
from lopendezaken.dossier.schema import Dossier, Environment
from lopendezaken.errors import LzError
from lopendezaken.evidence import chosen, roles, waiting
from lopendezaken.evidence.integrity import Integrity
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
    def integrity(self) -> Integrity:
        """The evidence held against its seals. Raises :class:`LzError` that names what was tampered with."""
        policies = repository() / "policies"
        trust = chosen.choose(self.folder, policies)
        found = waiting.integrity_of(self.dossier, trust, roles.load(policies))
        altered = [str(each) for each in found.evidence if each.altered]
        if altered:
            raise LzError(
                "evidence cannot be trusted",
                where=str(self.dossier.folder / "evidence"),
                found="\n  ".join(["", *altered]),
                remedy="\nEvidence is never edited: lz evidence verify tells more",
            )
        return chosen.confined(found, self.dossier, trust, policies)

    @cached_property
    def evidence(self) -> EvidenceSet:
        """What was collected until that day, also what nobody vouches for: :attr:`unvouched`."""
        return self.integrity.items.until(self.day)

    @property
    def unvouched(self) -> tuple[str, ...]:
        """The evidence that nobody vouches for who may; people must see that, for no control counts it."""
        return tuple(each.path for each in self.evidence.items if each.path not in self.integrity.signed_by)

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
        copy = replace(self, environment=environment)
        # What was read is the same for each of them.
        vars(copy).update({name: vars(self)[name] for name in ("network", "integrity") if name in vars(self)})
        return copy


def read(folder: Path, day: date) -> Source:
    """Read the organisation in ``folder``. Raises :class:`LzError`."""
    return Source(folder, load(folder), day)
