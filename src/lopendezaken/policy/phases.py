"""The guide's phases with the results that each must give, and the stages of production that need them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lopendezaken.dossier import loader
from lopendezaken.dossier.fields import Text, Whole, Word
from lopendezaken.dossier.part import Part
from lopendezaken.dossier.problems import At, Problem
from lopendezaken.dossier.read import read_as
from lopendezaken.dossier.schema import EnvironmentName
from lopendezaken.policy.control import Both, Control
from lopendezaken.policy.outcomes import Outcome, worst
from lopendezaken.policy.run import Result


class Criterion(Part):
    """A result that the guide asks for, in our own words; ``source`` is the section of the guide.

    Without controls it is ``unknown``, and ``reason`` says why there are none.
    """

    id: Text
    text: Both
    source: Text
    environment: EnvironmentName
    organisations: tuple[Literal["government", "supplier"], ...] = ("government", "supplier")
    controls: tuple[Text, ...] = ()
    reason: Both | None = None


class Phase(Part):
    """A phase of the guide."""

    id: Whole
    title: Both
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]


class Stage(Part):
    """A step into production: all criteria of ``phases``, and the ``criteria`` named here."""

    id: Word
    title: Both
    phases: tuple[Whole, ...]
    criteria: tuple[Text, ...] = ()


class Phases(Part):
    """policies/phases.yml."""

    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    looking: Stage

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """All criteria, in the order of the guide."""
        return tuple(criterion for phase in self.phases for criterion in phase.criteria)

    def needed_for(self, stage: Stage) -> tuple[Criterion, ...]:
        """Give what a stage needs, in the order of the guide."""
        return tuple(
            criterion
            for phase in self.phases
            for criterion in phase.criteria
            if phase.id in stage.phases or criterion.id in stage.criteria
        )


@dataclass(frozen=True)
class Verdict:
    """Where a criterion stands, and the results that say so."""

    criterion: Criterion
    outcome: Outcome
    results: tuple[Result, ...]


def load(path: Path, controls: Iterable[Control]) -> Phases:
    """Read phases.yml. Raises :class:`lopendezaken.errors.LzError`, also when it names no such control."""
    phases = read_as(Phases, path)
    known = {control.id: control for control in controls}
    loader.refuse(loader.load(path), list(_problems(phases, known)))
    return phases


def _problems(phases: Phases, controls: dict[str, Control]) -> Iterator[Problem]:
    for i, phase in enumerate(phases.phases):
        for j, criterion in enumerate(phase.criteria):
            at = ("phases", i, "criteria", j)
            if bool(criterion.controls) == bool(criterion.reason):
                yield Problem((*at, "id"), f"{criterion.id} needs controls, or the reason why there are none")
            for k, name in enumerate(criterion.controls):
                control = controls.get(name)
                if control is None or criterion.environment not in control.facts.applies.environments:
                    where = f"a control for {criterion.environment}"
                    yield Problem((*at, "controls", k), "no such control", name, where)
    known = {criterion.id for criterion in phases.criteria}
    places: list[tuple[At, Stage]] = [(("stages", i), each) for i, each in enumerate(phases.stages)]
    for place, stage in (*places, (("looking",), phases.looking)):
        for j, name in enumerate(stage.criteria):
            if name not in known:
                yield Problem((*place, "criteria", j), "no such criterion", name)


def verdicts(
    criteria: Iterable[Criterion], results: Iterable[Result], organisation_kind: str
) -> tuple[Verdict, ...]:
    """Give where each criterion stands: the worst of its controls; ``unknown`` without any."""
    by_key = {(result.control.id, result.environment): result for result in results}
    found = []
    for criterion in criteria:
        own = tuple(
            by_key[name, criterion.environment]
            for name in criterion.controls
            if (name, criterion.environment) in by_key
        )
        outcome = worst(result.outcome for result in own)
        if len(own) < len(criterion.controls):
            outcome = worst((outcome, Outcome.UNKNOWN))
        if organisation_kind not in criterion.organisations:
            outcome = Outcome.NOT_APPLICABLE
        found.append(Verdict(criterion, outcome, own))
    return tuple(found)


def phase_outcomes(phases: Phases, results: Iterable[Result], organisation_kind: str) -> dict[int, Outcome]:
    """Give where each phase stands: the worst of its criteria and of the phases before it."""
    judged = {
        verdict.criterion.id: verdict.outcome
        for verdict in verdicts(phases.criteria, results, organisation_kind)
    }
    outcomes: dict[int, Outcome] = {}
    so_far: list[Outcome] = []
    for phase in phases.phases:
        so_far += [judged[criterion.id] for criterion in phase.criteria]
        outcomes[phase.id] = worst(so_far)
    return outcomes
