"""Waivers: a finding that the organisation lives with for a while, on another person's signature.

The check always runs and its own outcome stays. Only ``not met`` and ``stale`` can be waived: an error or
missing evidence is no fact that anyone could accept. A waiver that does not count changes nothing and says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from lopendezaken.dossier.fields import Day, Text
from lopendezaken.dossier.part import Part
from lopendezaken.dossier.problems import dotted, shown
from lopendezaken.dossier.read import read_as
from lopendezaken.dossier.schema import EnvironmentName
from lopendezaken.errors import LzError
from lopendezaken.evidence.sshsig import Trust
from lopendezaken.policy.api import Finding
from lopendezaken.policy.control import Control
from lopendezaken.policy.outcomes import Outcome
from lopendezaken.policy.run import Result

MAX_DAYS = 180
WAIVABLE = {Outcome.NOT_MET, Outcome.STALE}


class State(StrEnum):
    """What became of a waiver; only one in force changes an outcome."""

    UNREADABLE = "unreadable"
    NO_CONTROL = "no such control"
    NOT_WAIVABLE = "control cannot be waived"
    TOO_LONG = "longer than 180 days"
    BY_REQUESTER = "approved by the requester"
    UNSIGNED = "not signed by the approver"
    NOT_YET = "not yet in force"
    EXPIRED = "expired"
    UNUSED = "unused"
    IN_FORCE = "in force"


class Subject(Part):
    """What is waived: findings in one environment, at or below ``at`` (a path of dossier.yml) if given."""

    environment: EnvironmentName
    at: Text | None = None


class Waiver(Part):
    """W-*.yml; ``until`` is its last day."""

    id: Text
    control: Text
    subject: Subject
    reason: Text
    risk: Text
    compensating: Text
    requested_by: Text
    approved_by: Text
    from_: Annotated[Day, Field(alias="from")]
    until: Day

    def covers(self, result: Result, finding: Finding) -> bool:
        """Whether it is about this finding."""
        at, asked = dotted(finding.at), self.subject.at
        here = asked is None or at == asked or at.startswith((f"{asked}.", f"{asked}["))
        of = (result.control.id, result.environment) == (self.control, self.subject.environment)
        return of and here and finding.outcome in WAIVABLE


@dataclass(frozen=True)
class Judged:
    """A waiver with its state; ``waiver`` is ``None`` when it could not be read, ``problem`` says why."""

    id: str
    state: State
    waiver: Waiver | None = None
    problem: str = ""


def is_id(text: str) -> bool:
    """Whether it is the id of a waiver, and thereby the name of its file."""
    return bool(re.fullmatch(r"W-[A-Za-z0-9-]+", text))


def load(folder: Path, controls: Iterable[Control], trust: Trust) -> tuple[Judged, ...]:
    """Read and judge every waiver in ``folder``; whatever is in the way of one is its state."""
    known = {control.id: control for control in controls}
    files = sorted(path for path in folder.glob("*") if not path.name.endswith(".sig"))
    return tuple(_judged(path, known, trust) for path in files)


def apply(
    results: Iterable[Result], waivers: Iterable[Judged]
) -> tuple[tuple[Result, ...], tuple[Judged, ...]]:
    """Waive what waivers in force cover, and find which of them cover nothing."""
    judged = tuple(waivers)
    force = [each.waiver for each in judged if each.state is State.IN_FORCE and each.waiver]
    waived = tuple(_waived(result, force) for result in results) if force else tuple(results)
    used = {finding.waiver for result in waived for finding in result.findings}
    idle = (
        replace(e, state=State.UNUSED) if e.state is State.IN_FORCE and e.id not in used else e
        for e in judged
    )
    return waived, tuple(idle)


def _waived(result: Result, waivers: list[Waiver]) -> Result:
    if not result.control.facts.waivable:
        return result
    return replace(result, findings=tuple(_waive(result, each, waivers) for each in result.findings))


def _waive(result: Result, finding: Finding, waivers: list[Waiver]) -> Finding:
    by = next((each for each in waivers if each.covers(result, finding)), None)
    return replace(finding, outcome=Outcome.WAIVED, own=finding.outcome, waiver=by.id) if by else finding


def _judged(path: Path, controls: dict[str, Control], trust: Trust) -> Judged:
    try:
        if path.suffix != ".yml" or not is_id(path.stem):
            raise LzError("not a waiver", where=path.name, expected="W-<id>.yml and W-<id>.yml.sig")
        waiver = read_as(Waiver, path)
        if waiver.id != path.stem:
            raise LzError("the id is not the name of the file", where=path.name, found=waiver.id)
        if waiver.until < waiver.from_:
            raise LzError("ends before it begins", where=path.name, found=str(waiver.until))
        signed = trust.verify(
            path.read_bytes(), path.with_name(f"{path.name}.sig"), "lz-waiver", waiver.approved_by
        )
    except (LzError, OSError) as error:
        return Judged(path.stem, State.UNREADABLE, problem=str(error).replace(shown(path), path.name))
    return Judged(waiver.id, _state(waiver, controls.get(waiver.control), signed, trust.day), waiver)


def _state(waiver: Waiver, control: Control | None, signed: bool, day: date) -> State:
    if control is None:
        return State.NO_CONTROL
    wrong = (
        (not control.facts.waivable, State.NOT_WAIVABLE),
        (waiver.until - waiver.from_ >= timedelta(days=MAX_DAYS), State.TOO_LONG),
        (_person(waiver.approved_by) == _person(waiver.requested_by), State.BY_REQUESTER),
        (not signed, State.UNSIGNED),
        (day < waiver.from_, State.NOT_YET),
        (day > waiver.until, State.EXPIRED),
    )
    return next((state for holds, state in wrong if holds), State.IN_FORCE)


def _person(name: str) -> str:
    return " ".join(name.split()).casefold()
