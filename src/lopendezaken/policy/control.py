"""A control: a folder that says what is required, why, how it is established and how to repair it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from lopendezaken.dossier.fields import Text, Whole, Word, Yes, wrong
from lopendezaken.dossier.part import Part
from lopendezaken.dossier.problems import shown
from lopendezaken.dossier.read import read_as
from lopendezaken.dossier.schema import EnvironmentName
from lopendezaken.errors import LzError
from lopendezaken.evidence.envelope import LIFETIME_DAYS
from lopendezaken.policy.api import Case, Finding
from lopendezaken.policy.data import Data
from lopendezaken.policy.purity import impurities

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = ("nl", "en")
HEADINGS: dict[Language, tuple[str, str, str, str]] = {
    "nl": ("Eis", "Waarom", "Hoe vastgesteld", "Herstel"),
    "en": ("Requirement", "Why", "How established", "How to repair"),
}
Check = Callable[[Case], Iterator[Finding]]


def _known_kind(kind: str) -> str:
    if kind not in LIFETIME_DAYS:
        raise wrong(kind, f"one of {', '.join(LIFETIME_DAYS)}")
    return kind


class Both(Part):
    """A text in both languages."""

    nl: Text
    en: Text

    def in_(self, language: Language) -> str:
        """Give the text in ``language``."""
        return self.nl if language == "nl" else self.en


class Applies(Part):
    """To whom and where a control applies."""

    organisations: Annotated[tuple[Literal["government", "supplier"], ...], Field(min_length=1)]
    environments: Annotated[tuple[EnvironmentName, ...], Field(min_length=1)]


class Facts(Part):
    """control.yml: what the control is about; ``findings`` has a sentence for every code of check.py.

    Method as in OSCAL: ``test`` a fact was measured, ``examine`` a document was looked at, ``interview``
    a person was asked.
    """

    id: Text
    phase: Whole
    severity: Literal["low", "medium", "high", "critical"]
    method: Literal["test", "examine", "interview"]
    applies: Applies
    requirements: Annotated[tuple[Text, ...], Field(min_length=1)]
    references: tuple[Text, ...]
    evidence: tuple[Annotated[Word, AfterValidator(_known_kind)], ...]
    max_age_days: Whole
    gate: Yes
    waivable: Yes
    findings: Annotated[dict[str, Both], Field(min_length=1)]


@dataclass(frozen=True)
class Words:
    """The text of a control in one language."""

    title: str
    requirement: str
    why: str
    how: str
    repair: str


@dataclass(frozen=True)
class Control:
    """A control, ready to run."""

    folder: Path
    facts: Facts
    words: dict[Language, Words]
    check: Check
    data: Data

    @cached_property
    def titles(self) -> dict[Language, str]:
        """The title in each language."""
        return {language: words.title for language, words in self.words.items()}

    @property
    def id(self) -> str:
        """The stable id, ``LZ-<phase>.<number>``."""
        return self.facts.id


def load_all(folder: Path) -> tuple[Control, ...]:
    """Read every control below ``folder``, in the order of their ids.

    Raises :class:`LzError` that names what is wrong with which control.
    """
    data = Data(folder.parent / "data")
    controls = [load(each, data) for each in sorted(folder.iterdir()) if (each / "control.yml").is_file()]
    return tuple(sorted(controls, key=lambda control: control.id))


def load(folder: Path, data: Data | None = None) -> Control:
    """Read one control; ``data`` is what it may look up. Raises :class:`LzError`."""
    facts = read_as(Facts, folder / "control.yml")
    if not re.fullmatch(r"LZ-[1-4]\.\d{2}", facts.id) or not folder.name.startswith(f"{facts.id}-"):
        raise LzError(
            "the id does not fit the name of the folder",
            where=shown(folder / "control.yml"),
            found=facts.id,
            expected="LZ-<phase>.<two digits>, and a folder <id>-<slug>",
        )
    words = {language: _words(folder / f"text.{language}.md", language) for language in LANGUAGES}
    data = data or Data(folder.parent.parent / "data")
    return Control(folder, facts, words, _check(folder / "check.py"), data)


def _words(path: Path, language: Language) -> Words:
    headings = HEADINGS[language]
    text = _read(path)
    title, *parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    found = tuple(heading.strip() for heading in parts[::2])
    if found != headings or not title.startswith("# ") or not all(part.strip() for part in parts):
        raise LzError(
            "the headings of a control are fixed",
            where=shown(path),
            found=", ".join(found) or "none",
            expected=f"'# title', then ## {', ## '.join(headings)}, each with text",
        )
    return Words(title[2:].strip(), *(part.strip() for part in parts[1::2]))


def _check(path: Path) -> Check:
    source = _read(path)
    problems = impurities(source)
    if problems:
        raise LzError("a check is pure and short", where=shown(path), found="; ".join(problems))
    names: dict[str, object] = {"__name__": f"control_{path.parent.name}"}
    exec(compile(source, str(path), "exec"), names)  # noqa: S102 (its text was judged above)
    check = names["check"]
    assert callable(check)  # noqa: S101 (its text was judged above)
    return check


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise LzError("part of a control is missing", where=shown(path), found=error.strerror) from None
