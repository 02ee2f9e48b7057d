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
from lopendezaken.errors import LzError
from lopendezaken.evidence import store
from lopendezaken.evidence.sshsig import Trust
from lopendezaken.evidence.store import EvidenceSet
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
    """An organisation with all results; the gate looks at both environments whatever was asked."""

    organisation: Path
    dossier: Dossier
    evidence: EvidenceSet
    day: date
    network: NetworkPlan | None
    policies: Policies
    results: tuple[Result, ...]
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
    evidence = _own(store.load(dossier.folder / "evidence"), dossier.organisation.slug).until(day)
    network = _network(dossier)
    found = run(policies.controls, dossier, evidence, day, ENVIRONMENTS, network)
    trust = Trust(policies.folder / "trust/allowed_signers", day)
    asked = waivers.load(dossier.folder / "waivers", policies.controls, trust)
    results, judged = waivers.apply(found, asked)
    return Assessment(organisation, dossier, evidence, day, network, policies, results, judged)


def _network(dossier: Dossier) -> NetworkPlan | None:
    path = dossier.folder / "network.yml"
    return load_network(path) if path.exists() else None


def _own(evidence: EvidenceSet, slug: str) -> EvidenceSet:
    """Refuse evidence about another organisation: it proves nothing here."""
    strange = [each for each in evidence.items if each.organisation != slug]
    if strange:
        raise LzError(
            "evidence of another organisation",
            found=", ".join(f"evidence/{each.path} of {each.organisation}" for each in strange),
            expected=slug,
            remedy="Remove it from this dossier",
        )
    return evidence
