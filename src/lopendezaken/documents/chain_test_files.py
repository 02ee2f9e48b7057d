"""The chain test as people keep it beside the dossier: a checklist, and a file of results for each round.

``dossier/chain-test/checklist.yml`` is filled by the organisation from the checklist of Logius. A round is a file of
its own (``round-1.yml`` …) to which results are only added; the next names its digest, so that history stays as it
was (P3-19). Citizens are labels; a BSN is refused by every text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lopendezaken.dossier.fields import Day, File, Sha256, Text, Whole, Word
from lopendezaken.dossier.part import Part
from lopendezaken.dossier.read import read_as
from lopendezaken.errors import LzError

FOLDER = "chain-test"
Result = Literal["passed", "failed", "not-applicable"]


class Item(Part):
    """An item of the checklist: what is tested, in which scenario, how, and with which test citizens."""

    id: Text
    what: Text
    scenario: Text
    how: Text
    citizens: tuple[Word, ...] = ()


class Checklist(Part):
    """All items; ``title`` and ``version`` are those of the checklist of Logius."""

    title: Text
    version: Text
    items: Annotated[tuple[Item, ...], Field(min_length=1)]


class Screenshot(Part):
    """A picture below the dossier's folder."""

    file: File
    sha256: Sha256


class Outcome(Part):
    """What came of testing an item: who tested, by role, and what was seen. ``messages`` are MessageIds."""

    item: Text
    result: Result
    tested_on: Day
    tester: Text
    found: Text
    messages: tuple[Text, ...] = ()
    screenshots: tuple[Screenshot, ...] = ()


class Round(Part):
    """One round: the items that are tested in it; ``previous`` is the digest of the file of the round before."""

    round: Whole
    started_on: Day
    previous: Sha256 | None = None
    items: Annotated[tuple[Text, ...], Field(min_length=1)]
    results: tuple[Outcome, ...] = ()

    @property
    def open(self) -> list[str]:
        """Items of this round without a result."""
        done = {each.item for each in self.results}
        return [each for each in self.items if each not in done]


@dataclass(frozen=True)
class Tested:
    """An item with its results so far, by round, oldest first."""

    item: Item
    results: tuple[tuple[int, Outcome], ...]

    @property
    def last(self) -> Outcome | None:
        """What counts."""
        return self.results[-1][1] if self.results else None

    @property
    def passes(self) -> bool:
        """Whether nothing of it is to be tested again."""
        return self.last is not None and self.last.result != "failed"


@dataclass(frozen=True)
class Record:
    """Checklist and rounds as they were read. ``folder`` is that of the dossier."""

    folder: Path
    checklist: Checklist
    rounds: tuple[Round, ...]

    @cached_property
    def tested(self) -> list[Tested]:
        """Every item of the checklist, in its order."""
        found: dict[str, list[tuple[int, Outcome]]] = {each.id: [] for each in self.checklist.items}
        for each in self.rounds:
            for outcome in each.results:
                found.get(outcome.item, []).append((each.round, outcome))
        return [Tested(item, tuple(found[item.id])) for item in self.checklist.items]

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Tell what does not fit together: the file and what is wrong."""
        names = [each.id for each in self.checklist.items]
        yield from (("checklist.yml", f"{name} stands there twice") for name in sorted(_twice(names)))
        for number, each in enumerate(self.rounds, start=1):
            yield from ((f"round-{number}.yml", what) for what in self._of_round(number, each, names))

    def _of_round(self, number: int, each: Round, names: list[str]) -> Iterator[str]:
        if each.round != number:
            yield f"calls itself round {each.round}"
        before = digest(path_of(self.folder, number - 1)) if number > 1 else None
        if each.previous != before:
            yield f"the file of round {number - 1} was changed after this round began"
        results = [outcome.item for outcome in each.results]
        yield from (f"{name} has two results" for name in sorted(_twice(results)))
        yield from (f"{name} is not tested in this round" for name in results if name not in each.items)
        yield from (f"{name} is not in the checklist" for name in each.items if name not in names)
        for outcome in each.results:
            for picture in outcome.screenshots:
                path = self.folder / picture.file
                if not path.is_file():
                    yield f"{outcome.item}: {picture.file} is not there"
                elif digest(path) != picture.sha256:
                    yield f"{outcome.item}: {picture.file} is another picture than was recorded"


def read(folder: Path) -> Record:
    """Read checklist and rounds below the dossier's ``folder``. Raises :class:`LzError`."""
    path = folder / FOLDER / "checklist.yml"
    if not path.is_file():
        raise LzError(
            "no checklist of the chain test",
            where=str(path),
            expected="the items of the Checklist Testen of Logius, in the form of inventories/voorbeeldstad",
        )
    rounds: list[Round] = []
    while (file := path_of(folder, len(rounds) + 1)).is_file():
        rounds.append(read_as(Round, file))
    return Record(folder, read_as(Checklist, path), tuple(rounds))


def path_of(folder: Path, number: int) -> Path:
    """Give the file of a round."""
    return folder / FOLDER / f"round-{number}.yml"


def digest(path: Path) -> str:
    """Give the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _twice(names: list[str]) -> set[str]:
    return {name for name in names if names.count(name) > 1}
