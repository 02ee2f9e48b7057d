"""The seven outcomes of a control, and that the worst one decides."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """Worst first. ``unknown``: no evidence, or waiting for Logius; never a reason to open anything."""

    ERROR = "error"
    NOT_MET = "not met"
    STALE = "stale"
    UNKNOWN = "unknown"
    WAIVED = "waived"
    NOT_APPLICABLE = "not applicable"
    MET = "met"

    @property
    def passes(self) -> bool:
        """Whether a gate may open with it."""
        return self in {Outcome.WAIVED, Outcome.NOT_APPLICABLE, Outcome.MET}


_RANKS = {outcome: rank for rank, outcome in enumerate(Outcome)}


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Give the outcome that decides; of nothing, ``unknown``: an empty run proves nothing.

    What does not apply decides only when there is nothing else: a phase of which a part does not apply
    is met when the rest is.
    """
    given = list(outcomes)
    deciding = [each for each in given if each is not Outcome.NOT_APPLICABLE] or given
    return min(deciding, key=_RANKS.__getitem__, default=Outcome.UNKNOWN)
