"""Waivers: a finding that the organisation lives with for a while, on another person's signature.

The check always runs and its own outcome stays. Only ``not met`` and ``stale`` can be waived: an error or
missing evidence is no fact that anyone could accept, and evidence that was tampered with neither. A waiver that
does not count changes nothing and says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
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
from lopendezaken.evidence.seal import signature_of
from lopendezaken.evidence.sshsig import Namespace
from lopendezaken.evidence.trust import Signer, Trust, UntrustedError
from lopendezaken.policy.api import Finding
from lopendezaken.policy.control import Control
from lopendezaken.policy.outcomes import Outcome
from lopendezaken.policy.run import NOT_COUNTED, Result

MAX_DAYS = 180
WARN_DAYS = 14
ROLE: Namespace = "lz-waiver"
WAIVABLE = {Outcome.NOT_MET, Outcome.STALE}


class State(StrEnum):
    """What became of a waiver; only one in force changes an outcome. Words for people: words.*.yml."""

    UNREADABLE = "unreadable"
    NO_CONTROL = "no such control"
    NOT_WAIVABLE = "control cannot be waived"
    TOO_LONG = "longer than 180 days"
    REQUESTER_UNKNOWN = "requester is not among the signers"
    BY_REQUESTER = "approved by the requester"
    NOT_APPROVED_YET = "approved after this day"
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
    """W-*.yml; ``until`` is its last day.

    ``requested_by`` and ``approved_by`` are names in allowed_signers: only so is it known that they are two
    persons. The approver's key must have counted on ``approved_on``.
    """

    id: Text
    control: Text
    subject: Subject
    reason: Text
    risk: Text
    compensating: Text
    requested_by: Text
    approved_by: Text
    approved_on: Day
    from_: Annotated[Day, Field(alias="from")]
    until: Day

    def covers(self, result: Result, finding: Finding) -> bool:
        """Whether it is about this finding."""
        at, asked = dotted(finding.at), self.subject.at
        here = asked is None or at == asked or at.startswith((f"{asked}.", f"{asked}["))
        of = (result.control.id, result.environment) == (self.control, self.subject.environment)
        return of and here and finding.outcome in WAIVABLE and finding.code != NOT_COUNTED


@dataclass(frozen=True)
class Judged:
    """A waiver with its state; ``waiver`` is ``None`` when it could not be read, ``problem`` says why.

    ``signer``: whose signature counts.
    """

    id: str
    state: State
    waiver: Waiver | None = None
    problem: str = ""
    signer: Signer | None = None

    def days_left(self, day: date) -> int | None:
        """How many days it still holds; ``None`` when it does not."""
        return (self.waiver.until - day).days if self.state is State.IN_FORCE and self.waiver else None

    def ends_soon(self, day: date) -> bool:
        """Whether somebody has to look at it now."""
        left = self.days_left(day)
        return left is not None and left <= WARN_DAYS


def is_id(text: str) -> bool:
    """Whether it is the id of a waiver, and thereby the name of its file."""
    return bool(re.fullmatch(r"W-[A-Za-z0-9-]+", text))


def load(folder: Path, controls: Iterable[Control], trust: Trust, day: date) -> tuple[Judged, ...]:
    """Read and judge every waiver in ``folder``; whatever is in the way of one is its state."""
    known = {control.id: control for control in controls}
    files = sorted(path for path in folder.glob("*") if not path.name.endswith(".sig"))
    return tuple(_judged(path, known, trust, day) for path in files)


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


def _judged(path: Path, controls: dict[str, Control], trust: Trust, day: date) -> Judged:
    try:
        if path.suffix != ".yml" or not is_id(path.stem):
            raise LzError("not a waiver", where=path.name, expected="W-<id>.yml and W-<id>.yml.sig")
        waiver = read_as(Waiver, path)
        if waiver.id != path.stem:
            raise LzError("the id is not the name of the file", where=path.name, found=waiver.id)
        if waiver.until < waiver.from_:
            raise LzError("ends before it begins", where=path.name, found=str(waiver.until))
        content, signature = path.read_bytes(), signature_of(path)
    except (LzError, OSError) as error:
        return Judged(path.stem, State.UNREADABLE, problem=str(error).replace(shown(path), path.name))
    signer, problem = None, ""
    try:
        noon = datetime.combine(waiver.approved_on, time(12), UTC)
        signer = trust.signer(content, signature, (ROLE,), noon)
    except UntrustedError as error:
        problem = str(error)
    state = _state(waiver, controls.get(waiver.control), signer, trust, day)
    return Judged(waiver.id, state, waiver, problem if state is State.UNSIGNED else "", signer)


def _state(waiver: Waiver, control: Control | None, signer: Signer | None, trust: Trust, day: date) -> State:
    if control is None:
        return State.NO_CONTROL
    by = signer.name if signer else waiver.approved_by
    wrong = (
        (not control.facts.waivable, State.NOT_WAIVABLE),
        (waiver.until - waiver.from_ >= timedelta(days=MAX_DAYS), State.TOO_LONG),
        (trust.same_person(waiver.approved_by, waiver.requested_by), State.BY_REQUESTER),
        (trust.same_person(by, waiver.requested_by), State.BY_REQUESTER),
        (signer is None or not trust.same_person(by, waiver.approved_by), State.UNSIGNED),
        (not trust.knows(waiver.requested_by), State.REQUESTER_UNKNOWN),
        (day < waiver.approved_on, State.NOT_APPROVED_YET),
        (day < waiver.from_, State.NOT_YET),
        (day > waiver.until, State.EXPIRED),
    )
    return next((state for holds, state in wrong if holds), State.IN_FORCE)
