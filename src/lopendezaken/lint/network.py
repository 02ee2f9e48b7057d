"""Judges a network plan (network.yml): every mistake that `lz dossier check` would tell of it."""

from __future__ import annotations

from pathlib import Path

from lopendezaken.dossier import loader
from lopendezaken.dossier.problems import FileError
from lopendezaken.dossier.read import plan_of
from lopendezaken.errors import LzError
from lopendezaken.lint.finding import Finding, mended, must
from lopendezaken.lint.rule import rules
from lopendezaken.lint.source import Source

RULES = rules(
    (
        "LZ-003",
        "must",
        "every system, address, name and flow once, complete, and without contradiction",
        "HLZ phase 2",
    ),
)

REMEDIES = {"LZ-003": "Mend it in the plan; lz dossier schema network tells what each key takes."}


def check(source: Source) -> list[Finding]:
    """Judge one plan. Raises :class:`LzError` for what is no YAML."""
    document = loader.parse(source.data, source.path or Path(source.name))
    try:
        plan_of(document)
    except FileError as error:
        return mended(map(_finding, error.mistakes), REMEDIES)
    return []


def _finding(mistake: LzError) -> Finding:
    return must(
        _line(mistake.where),
        "LZ-003",
        mistake.what,
        found=mistake.found,
        expected=mistake.expected,
        remedy=mistake.remedy and f"{mistake.remedy.rstrip('.')}.",
    )


def _line(where: str | None) -> int | None:
    """The line in ``file:line:column``."""
    parts = (where or "").rsplit(":", 2)
    return int(parts[1]) if len(parts) == 3 and parts[1].isdigit() else None
