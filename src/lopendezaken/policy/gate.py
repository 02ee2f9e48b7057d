"""The gate to production: open when every criterion that a stage needs passes, else closed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lopendezaken.errors import LzError
from lopendezaken.policy.phases import Phases, Stage, Verdict, verdicts
from lopendezaken.policy.run import Result


@dataclass(frozen=True)
class Decision:
    """Whether a stage of production is open, with the verdict on every criterion that it needs."""

    stage: Stage
    verdicts: tuple[Verdict, ...]

    @property
    def unmet(self) -> tuple[Verdict, ...]:
        """What keeps the gate closed, in the order of the guide."""
        return tuple(verdict for verdict in self.verdicts if not verdict.outcome.passes)

    @property
    def open(self) -> bool:
        """Whether production may go on. Nothing needed would be nothing proven, so that is closed."""
        return bool(self.verdicts) and not self.unmet


def decide(phases: Phases, stage: str, results: Iterable[Result], organisation_kind: str) -> Decision:
    """Decide on a stage. Raises :class:`LzError` when there is no such stage."""
    asked = (*phases.stages, phases.looking)
    found = next((each for each in asked if each.id == stage), None)
    if found is None:
        known = ", ".join(each.id for each in asked)
        raise LzError("no such stage of production", found=stage, expected=f"one of {known}")
    return Decision(found, verdicts(phases.needed_for(found), results, organisation_kind))
