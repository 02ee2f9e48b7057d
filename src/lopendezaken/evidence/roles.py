"""Who may sign what: policies/trust/roles.yml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from lopendezaken.dossier.fields import Text, Word
from lopendezaken.dossier.part import Part
from lopendezaken.dossier.read import read_as
from lopendezaken.evidence.sshsig import Namespace


class Title(Part):
    """What people call a role."""

    nl: Text
    en: Text


class Rule(Part):
    """Evidence of this kind (and, where it has one, of this ``source``) counts when this role signed it."""

    kind: Word
    source: Text | None = None
    role: Namespace


class Roles(Part):
    """The roles, and which of them each kind of evidence needs."""

    roles: dict[Namespace, Title]
    evidence: Annotated[tuple[Rule, ...], Field(min_length=1)]

    def needed(self, kind: str, raw: Mapping[str, Any]) -> Namespace | None:
        """Give the role that must sign this evidence; ``None``: nobody can, so it does not count."""
        fitting = (each for each in self.evidence if each.kind == kind)
        return next((each.role for each in fitting if each.source in {None, raw.get("source")}), None)


def load(policies: Path) -> Roles:
    """Read it. Raises :class:`lopendezaken.errors.LzError`."""
    return read_as(Roles, policies / "trust/roles.yml")
