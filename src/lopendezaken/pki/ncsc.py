"""The TLS guidelines of NCSC as data, and how Digikoppeling reads them (policies/data/ncsc-*.yml, digikoppeling.yml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from lopendezaken.dossier.fields import Day, Text, Whole
from lopendezaken.dossier.part import Part

Rating = Literal["good", "sufficient", "phase-out", "insufficient"]
Names = dict[Rating, tuple[Text, ...]]


class Guideline(Part):
    """One edition of the guidelines. What it does not name is insufficient (NCSC-002)."""

    name: Text
    published: Text
    source: Text
    protocols: Names
    suites: Names
    groups: Names
    hashes: Names
    curves: Names
    rsa_bits: dict[Rating, Whole]

    def rsa(self, bits: int) -> Rating:
        """Rate an RSA key (NCSC-003)."""
        reached = [(least, rating) for rating, least in self.rsa_bits.items() if bits >= least]
        return max(reached)[1] if reached else "insufficient"


class Period(Part):
    """Which edition Digikoppeling follows from one day until another, and which ratings it takes (DK-TLS-007)."""

    since: Day
    until: Day | None = None
    guideline: Text
    accepts: Annotated[tuple[Rating, ...], Field(min_length=1)]
    source: Text


class Digikoppeling(Part):
    """The reading of Digikoppeling, by period."""

    tls: Annotated[tuple[Period, ...], Field(min_length=1)]

    def period(self, day: date) -> Period:
        """Give the period of a day. Raises ``LookupError`` when none is known."""
        for each in self.tls:
            if each.since <= day and (each.until is None or day <= each.until):
                return each
        raise LookupError(f"no TLS guideline is known for {day}")


@dataclass(frozen=True)
class Reading:
    """A guideline as Digikoppeling reads it on a day: a rating that is not accepted is a break (DK-TLS-008)."""

    guideline: Guideline
    accepts: tuple[Rating, ...]

    def below(self, names: Names, found: Mapping[str, object] | tuple[str, ...] | list[str]) -> list[str]:
        """Give those of ``found`` that are not accepted, in their order."""
        ratings = {name: rating for rating, listed in names.items() for name in listed}
        return [name for name in found if ratings.get(name, "insufficient") not in self.accepts]

    def accepts_rsa(self, bits: int) -> bool:
        """Whether an RSA key is large enough (NCSC-003)."""
        return self.guideline.rsa(bits) in self.accepts

    @property
    def least_rsa(self) -> int:
        """The smallest RSA key that is accepted, in bits."""
        return min(bits for rating, bits in self.guideline.rsa_bits.items() if rating in self.accepts)
