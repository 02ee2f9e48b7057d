"""Whether a stage of production is open: the guide's criteria, and that production gets what was proven."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lopendezaken.errors import LzError
from lopendezaken.evidence.adapter_statement import SOURCE
from lopendezaken.evidence.store import Evidence, EvidenceSet
from lopendezaken.gate import code, settings
from lopendezaken.gate.opened import opened
from lopendezaken.gate.plan import compare
from lopendezaken.policy.assess import Assessment
from lopendezaken.policy.gate import Decision
from lopendezaken.policy.statement import files_now

# Hosts and network may be prepared before preproduction is proven (guide, section 2.8a).
_BEFORE_PROOF = "network"
_LET_IN = "connect"


@dataclass(frozen=True)
class Obstacle:
    """What keeps the gate closed beside the criteria of the guide.

    ``differs``: production would get something else; ``tree``: this is not the code of any commit; ``unproven``:
    preproduction was connected with other code or settings; ``stranger``: to look, who was never let in before.
    """

    code: Literal["differs", "tree", "unproven", "stranger"]
    detail: str


@dataclass(frozen=True)
class Judgement:
    """The decision of the policies, what else is in the way, and the digests of all that it rests on."""

    decision: Decision
    obstacles: tuple[Obstacle, ...]
    subjects: dict[str, Any]

    @property
    def open(self) -> bool:
        """Whether production may be entered."""
        return self.decision.open and not self.obstacles


def judge(assessment: Assessment, stage: str, repository: Path) -> Judgement:
    """Judge a stage. Raises :class:`LzError` for a stage that is none and for input that cannot be read."""
    digests = settings.digests(assessment.organisation)
    organisation, policies = assessment.organisation, assessment.policies.folder
    subjects = {**files_now(organisation, policies), "settings": digests, "commit": ""}
    looking = stage == assessment.phases.looking.id
    obstacles = list(_strange(assessment) if looking else _different(assessment))
    try:
        subjects["commit"] = code.commit(repository)
    except LzError as error:
        obstacles.append(Obstacle("tree", str(error)))
    if not looking and stage != _BEFORE_PROOF:
        obstacles += _unproven(assessment, repository, subjects["commit"], settings.digest(digests))
    return Judgement(assessment.gate(stage), tuple(obstacles), subjects)


def _different(assessment: Assessment) -> Iterator[Obstacle]:
    found = compare(
        assessment.organisation, assessment.policies.folder, assessment.dossier, assessment.network
    )
    yield from (Obstacle("differs", f"{each.area} {each.key}") for each in found.forbidden)


def _strange(assessment: Assessment) -> Iterator[Obstacle]:
    """Who was let in may look from then on, whatever has grown old since: else nobody would see what has."""
    if _LET_IN not in opened(assessment.organisation, assessment.policies.folder):
        yield Obstacle("stranger", _LET_IN)


def _unproven(assessment: Assessment, repository: Path, commit: str, digest: str) -> Iterator[Obstacle]:
    proof = proof_of_preproduction(assessment.evidence)
    if proof is None:
        return  # a criterion of the guide says so already
    yield from _other_code(proof, repository, commit)
    if proof.collector.get("settings") != digest:
        yield Obstacle("unproven", f"evidence/{proof.path}: settings")


def proof_of_preproduction(evidence: EvidenceSet) -> Evidence | None:
    """Give what shows with which code and settings preproduction was connected: the last Ping.

    Where others host the adapter they state that Ping, and what our last run before it saw of the way shows it.
    """
    ping = evidence.latest("ebms-ping", "preprod", "mijnoverheid")
    if ping is None or ping.raw.get("source") != SOURCE:
        return ping
    seen = evidence.of("network-reach", "preprod", "mijnoverheid")
    return next((each for each in reversed(seen) if each.collected <= ping.collected), ping)


def _other_code(proof: Evidence, repository: Path, commit: str) -> Iterator[Obstacle]:
    then = proof.collector.get("commit", "")
    if commit and (then.endswith("+") or not code.same(repository, then, commit)):
        yield Obstacle("unproven", f"evidence/{proof.path}: {then[:12] or '-'}")
