"""Somebody signed for the dossier as it is now."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, flawed, met


def check(case: Case) -> Iterator[Finding]:
    """Tell what is not as it was signed, else who signed."""
    at, by = ("organisation",), case.integrity.dossier_by
    yield from flawed(case.integrity.dossier, at)
    if by and not case.integrity.dossier:
        yield met("signed", at, who=by.name, day=by.when.date())
