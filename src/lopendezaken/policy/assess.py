"""Everything about one organisation on one day, read once: dossier, evidence, controls, phases, results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lopendezaken.dossier import load as load_dossier
from lopendezaken.dossier import load_network
from lopendezaken.dossier.network import NetworkPlan
from lopendezaken.dossier.place import repository
from lopendezaken.dossier.schema import Dossier
from lopendezaken.evidence import chosen, integrity
from lopendezaken.evidence.integrity import Integrity
from lopendezaken.evidence.store import EvidenceSet
from lopendezaken.evidence.trust import Trust
from lopendezaken.policy import gate, phases, waivers
from lopendezaken.policy.control import Control
from lopendezaken.policy.gate import Decision
from lopendezaken.policy.outcomes import Outcome
from lopendezaken.policy.phases import Phases
from lopendezaken.policy.policies import Policies
from lopendezaken.policy.policies import load as load_policies
from lopendezaken.policy.run import Result, run
from lopendezaken.policy.waivers import Judged

ENVIRONMENTS = ("preprod", "prod")


@dataclass(frozen=True)
class Assessment:
    """An organisation with all results; the gate looks at both environments whatever was asked.

    ``evidence`` is only what counts; ``integrity`` tells by whose signature, and what does not count.
    """

    organisation: Path
    dossier: Dossier
    evidence: EvidenceSet
    day: date
    network: NetworkPlan | None
    policies: Policies
    results: tuple[Result, ...]
    trust: Trust
    integrity: Integrity
    waivers: tuple[Judged, ...] = ()

    @property
    def controls(self) -> tuple[Control, ...]:
        """All controls, whether they apply here or not."""
        return self.policies.controls

    @property
    def phases(self) -> Phases:
        """The phases of the guide."""
        return self.policies.phases

    def gate(self, stage: str) -> Decision:
        """Decide on a stage of production."""
        return gate.decide(self.phases, stage, self.results, self.dossier.organisation.kind)

    def phase_outcomes(self) -> dict[int, Outcome]:
        """Give where each phase stands."""
        return phases.phase_outcomes(self.phases, self.results, self.dossier.organisation.kind)


def assess(organisation: Path, day: date, policies: Policies | Path | None = None) -> Assessment:
    """Read and judge an organisation as it was on ``day``. Raises :class:`lopendezaken.errors.LzError`."""
    if not isinstance(policies, Policies):
        policies = load_policies(policies or repository() / "policies")
    dossier = load_dossier(organisation)
    trust = chosen.choose(organisation, policies.folder)
    found = integrity.read(dossier.folder, dossier.organisation.slug, trust, policies.roles)
    found = chosen.confined(found, dossier, trust, policies.folder)
    evidence = found.counted.until(day)
    network = _network(dossier)
    own = run(policies.controls, dossier, evidence, day, ENVIRONMENTS, network, found)
    asked = waivers.load(dossier.folder / "waivers", policies.controls, trust, day)
    results, judged = waivers.apply(own, asked)
    return Assessment(organisation, dossier, evidence, day, network, policies, results, trust, found, judged)


def _network(dossier: Dossier) -> NetworkPlan | None:
    path = dossier.folder / "network.yml"
    return load_network(path) if path.exists() else None
