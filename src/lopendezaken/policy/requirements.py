"""Every requirement of the guide, and the controls that cover it: policies/requirements/*.yml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lopendezaken.dossier import loader
from lopendezaken.dossier.fields import Text, Word
from lopendezaken.dossier.part import Part
from lopendezaken.dossier.problems import Problem
from lopendezaken.dossier.read import read_as
from lopendezaken.policy.control import Both, Control
from lopendezaken.policy.outcomes import Outcome, worst
from lopendezaken.policy.run import Result

REASONS = "reasons.yml"
COVERED = {"automated", "evidence", "attestation"}


class Requirement(Part):
    """What the guide asks, in our own words; ``source`` is the section of the guide.

    Coverage: ``automated`` a control judges facts; ``evidence`` a control judges what was observed;
    ``attestation`` a control judges what people recorded; ``information`` nothing to establish;
    ``planned`` there is no control yet. The last two say ``why`` (a key of reasons.yml), the others
    name their controls.
    """

    id: Text
    source: Text
    applies_to: Annotated[tuple[Literal["government", "supplier"], ...], Field(min_length=1)]
    text: Both
    coverage: Literal["automated", "evidence", "attestation", "information", "planned"]
    controls: tuple[Text, ...] = ()
    why: Word | None = None

    @property
    def environments(self) -> tuple[str, ...]:
        """Where it is to hold: phases 1 to 3 are preproduction, phase 4 is production."""
        if self.id.startswith("P"):
            return ("prod",) if self.id.startswith("P4") else ("preprod",)
        return ("preprod", "prod")


class _File(Part):
    requirements: Annotated[tuple[Requirement, ...], Field(min_length=1)]


class _Reasons(Part):
    reasons: dict[Word, Both]


@dataclass(frozen=True)
class Requirements:
    """All requirements by id, in the order of the guide, and the reasons that they name."""

    all: dict[str, Requirement]
    reasons: dict[str, Both]

    def coverage(self) -> dict[str, int]:
        """Count the requirements of the guide by coverage; those of this project (E) are all covered."""
        return dict(Counter(each.coverage for key, each in self.all.items() if not key.startswith("E-")))


def load(folder: Path, controls: Iterable[Control]) -> Requirements:
    """Read all files of requirements; they and the controls must name each other.

    Raises :class:`lopendezaken.errors.LzError` that names each place where they do not.
    """
    reasons = read_as(_Reasons, folder / REASONS).reasons
    known = {control.id: control for control in controls}
    found: dict[str, Requirement] = {}
    for path in sorted(folder.glob("*.yml")):
        if path.name != REASONS:
            requirements = read_as(_File, path).requirements
            loader.refuse(loader.load(path), list(_problems(requirements, found, known, reasons)))
            found |= {each.id: each for each in requirements}
    for control in known.values():
        path = control.folder / "control.yml"
        loader.refuse(loader.load(path), list(_unknown(control, found)))
    return Requirements(found, reasons)


def _problems(
    requirements: Iterable[Requirement],
    before: dict[str, Requirement],
    controls: dict[str, Control],
    reasons: dict[str, Both],
) -> Iterator[Problem]:
    seen = set(before)
    for index, each in enumerate(requirements):
        at = ("requirements", index)
        if each.id in seen:
            yield Problem((*at, "id"), "this requirement stands here twice", each.id)
        seen.add(each.id)
        covered = each.coverage in COVERED
        if covered != bool(each.controls):
            expected = "controls" if covered else "no controls"
            yield Problem((*at, "coverage"), f"{each.id} does not fit its coverage", each.coverage, expected)
        if covered != (each.why is None) or (each.why and each.why not in reasons):
            expected = "no reason" if covered else f"one of {', '.join(reasons)}"
            yield Problem((*at, "why"), f"why {each.id} has no control", each.why, expected)
        for place, name in enumerate(each.controls):
            if name not in controls or each.id not in controls[name].facts.requirements:
                where = f"a control that names {each.id}"
                yield Problem((*at, "controls", place), "no such control", name, where)


def _unknown(control: Control, requirements: dict[str, Requirement]) -> Iterator[Problem]:
    for index, key in enumerate(control.facts.requirements):
        if key not in requirements:
            yield Problem(("requirements", index), "no such requirement", key)
        elif control.id not in requirements[key].controls:
            expected = f"{control.id} among the controls of {key}"
            yield Problem(("requirements", index), "the requirement does not name it", key, expected)


@dataclass(frozen=True)
class Standing:
    """Where a requirement stands; ``outcome`` is ``None`` when there is nothing to establish."""

    requirement: Requirement
    outcome: Outcome | None
    results: tuple[Result, ...]


def standing(requirement: Requirement, results: Iterable[Result], organisation_kind: str) -> Standing:
    """Give the worst of its controls, in the environment that it is about; ``planned`` is unknown."""
    covering = [result for result in results if result.control.id in requirement.controls]
    own = tuple(result for result in covering if result.environment in requirement.environments)
    own = own or tuple(covering)
    if organisation_kind not in requirement.applies_to:
        return Standing(requirement, Outcome.NOT_APPLICABLE, ())
    if requirement.coverage == "information":
        return Standing(requirement, None, ())
    return Standing(requirement, worst(result.outcome for result in own), own)
