"""How long steps take and what they wait for: policies/data/planning.yml, dated, with a source for each figure."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lopendezaken.dossier.fields import Day, Text, Whole, Word, Yes
from lopendezaken.dossier.part import Part
from lopendezaken.dossier.place import repository
from lopendezaken.dossier.read import read_as
from lopendezaken.dossier.schema import Dossier
from lopendezaken.dossier.workdays import after_months, after_working_days, on_working_day
from lopendezaken.errors import LzError
from lopendezaken.policy.control import Both

Who = Literal["own", "logius", "tsp", "koppelnet"]
Basis = Literal["guide", "logius", "estimate", "own"]


class Takes(Part):
    """A duration; weeks are of seven days, and it always ends on a working day."""

    working_days: Whole = 0
    weeks: Whole = 0
    months: Whole = 0

    def after(self, day: date) -> date:
        """Give the day on which it is over when it starts on ``day``."""
        if self.working_days:
            return after_working_days(day, self.working_days)
        return on_working_day(after_months(day, self.months) + timedelta(weeks=self.weeks))


class Least(Part):
    """The least that the whole takes, counted from the end of a step."""

    takes: Takes
    after: Word
    basis: Basis
    source: Text


class Step(Part):
    """A step of connecting: who has it in hand, and which steps come before it.

    ``proves``: it cannot be done without those, so they are done too.
    """

    id: Word
    phase: Whole
    title: Both
    who: Who
    takes: Takes
    basis: Basis
    source: Text
    after: tuple[Word, ...] = ()
    proves: Yes = False
    kinds: tuple[Literal["government", "supplier"], ...] = ("government", "supplier")
    connections: tuple[Literal["internet", "diginetwerk"], ...] = ("internet", "diginetwerk")


class LeadTimes(Part):
    """All steps, each after those that it waits for."""

    checked_on: Day
    least: Least
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]


def lead_times(policies: Path | None = None) -> LeadTimes:
    """Read the figures in a folder of policies, or of this repository. Raises :class:`LzError`."""
    return read_as(LeadTimes, (policies or repository() / "policies") / "data/planning.yml")


def steps_for(found: LeadTimes, dossier: Dossier) -> tuple[Step, ...]:
    """Give the steps of this organisation, with its own figures. Raises :class:`LzError` for an unknown step."""
    own = dossier.planning.working_days if dossier.planning else {}
    known = [each.id for each in found.steps]
    for name in own:
        if name not in known:
            at = dossier.where(("planning", "working_days", name))
            raise LzError("no such step of the planning", where=at, found=name, expected=", ".join(known))
    kept = [
        step
        for step in found.steps
        if dossier.organisation.kind in step.kinds and dossier.service.connection in step.connections
    ]
    names = {step.id for step in kept}
    return tuple(_own(step, own.get(step.id), names) for step in kept)


def _own(step: Step, working_days: int | None, names: set[str]) -> Step:
    """Leave out what this organisation does not wait for, and put in its own figure."""
    changed: dict[str, object] = {"after": tuple(name for name in step.after if name in names)}
    if working_days is not None:
        changed |= {
            "takes": Takes(working_days=working_days),
            "basis": "own",
            "source": "dossier.yml, planning.working_days",
        }
    return step.model_copy(update=changed)
