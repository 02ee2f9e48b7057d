"""What production would get otherwise than preproduction, and whether it may (policies/data/promotion.yml)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from lopendezaken.dossier.part import Part
from lopendezaken.dossier.read import read_as

Area = Literal["settings", "dossier", "network", "files"]
NOTHING = "-"


class Reason(Part):
    """Why a difference is meant, in both languages."""

    nl: str
    en: str


class Allowed(Part):
    """A difference that is meant; ``key`` may hold ``*``, ``prod`` is the only value it may have there."""

    key: str
    why: Reason
    prod: str | None = None

    def covers(self, key: str, prod: str) -> bool:
        """Whether it means this difference."""
        return fnmatchcase(key, self.key) and self.prod in {None, prod}


class Promotion(Part):
    """What may differ, area by area."""

    settings: tuple[Allowed, ...]
    dossier: tuple[Allowed, ...]
    network: tuple[Allowed, ...]


@dataclass(frozen=True)
class Difference:
    """One value that differs; ``why`` it may, else ``None``. ``-`` where an environment has none."""

    area: Area
    key: str
    preprod: str
    prod: str
    why: Reason | None = None

    @property
    def allowed(self) -> bool:
        """Whether it is on the list of what may differ."""
        return self.why is not None


def promotion(policies: Path) -> Promotion:
    """Read what may differ. Raises :class:`lopendezaken.errors.LzError`."""
    return read_as(Promotion, policies / "data/promotion.yml")


def differences(
    area: Area, preprod: Mapping[str, str], prod: Mapping[str, str], allowed: Iterable[Allowed]
) -> Iterator[Difference]:
    """Compare texts by their keys."""
    known = tuple(allowed)
    for key in sorted(set(preprod) | set(prod)):
        one, other = preprod.get(key, NOTHING), prod.get(key, NOTHING)
        if one != other:
            why = next((each.why for each in known if each.covers(key, other)), None)
            yield Difference(area, key, one, other, why)
