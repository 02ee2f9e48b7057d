"""What controls look up in policies/data: read once, when the first control asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lopendezaken.dossier.read import read_as

if TYPE_CHECKING:
    from lopendezaken.pki.anchors import Anchors
    from lopendezaken.pki.ncsc import Digikoppeling, Guideline, Reading


@dataclass(frozen=True)
class Data:
    """The dated data files of a folder of policies. Raises :class:`lopendezaken.errors.LzError` on use."""

    folder: Path

    @cached_property
    def anchors(self) -> Anchors:
        """The roots that count."""
        from lopendezaken.pki.anchors import Anchors

        return read_as(Anchors, self.folder / "anchors.yml")

    def tls(self, day: date) -> Reading:
        """Give the guideline for TLS that holds for Digikoppeling on ``day``."""
        from lopendezaken.pki.ncsc import Reading

        period = self._digikoppeling.period(day)
        return Reading(self._guidelines[period.guideline], period.accepts)

    @cached_property
    def _digikoppeling(self) -> Digikoppeling:
        from lopendezaken.pki.ncsc import Digikoppeling

        return read_as(Digikoppeling, self.folder / "digikoppeling.yml")

    @cached_property
    def _guidelines(self) -> dict[str, Guideline]:
        from lopendezaken.pki.ncsc import Guideline

        names = {period.guideline for period in self._digikoppeling.tls}
        return {name: read_as(Guideline, self.folder / f"{name}.yml") for name in sorted(names)}
