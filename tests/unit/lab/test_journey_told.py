"""The story is the same every time: docs/journey.md has it, and whoever plays it holds it against that.

Here nothing is played: only what would be told is collected. After a change that is meant: LZ_WRITE_GOLDEN=1.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lopendezaken.lab.journey.papers import Papers
from lopendezaken.lab.journey.play import in_document, tell
from lopendezaken.lab.journey.stage import GOVERNMENT, SUPPLIER, Stage
from lopendezaken.lab.journey.story import Story
from lopendezaken.lab.layout import Layout
from tests.unit.gate.attacks import AT_THE_HOST
from tests.unit.policies.example import ROOT

DOCUMENT = ROOT / "docs/journey.md"
HEAD = """\
# What `make journey` tells

Every line is a step that really ran, on hosts of the lab: each a command that did as told, and `NO` one that was refused in
the words that were expected. The run ends where one does not. It tells this and nothing else each time, or it fails; a test
holds this page equal to the code.
"""


@dataclass(frozen=True)
class SilentStage(Stage):
    """A stage on which every command says nothing."""

    def play(self, words: tuple[str, ...], log: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(words, 0, "")


class Told(Story):
    """Believes every step."""

    def _expect(self, held: object, text: str, words: tuple[str, ...], output: str) -> None:
        pass


class SomePapers(Papers):
    """Papers of which the originals were never made."""

    def sent(self, made: str, name: str) -> str:
        return name

    def bsns_left(self) -> Iterator[str]:
        yield from ()


def story(folder: Path, kind: str) -> Story:
    stage = SilentStage(folder / "clone", Layout(folder / "lab", 0), Stage.first_day(), kind)
    made = Told(stage, folder / "log", lambda line: None)
    tell(made, SomePapers(stage))
    return made


@pytest.fixture
def stories(tmp_path: Path) -> list[Story]:
    return [story(tmp_path / kind, kind) for kind in (GOVERNMENT, SUPPLIER)]


def test_the_document_tells_both_stories(stories: list[Story]) -> None:
    one, other = map(in_document, stories)
    made = f"{HEAD}\n## A government organisation\n\n{one}\n## A supplier\n\n{other}"
    if os.environ.get("LZ_WRITE_GOLDEN"):
        DOCUMENT.write_text(made)
    assert DOCUMENT.read_text() == made


def test_the_story_does_not_hang_on_the_day(tmp_path: Path, stories: list[Story]) -> None:
    assert [line for each in stories for line in each.told if Stage.first_day().isoformat()[:4] in line] == []


def test_what_the_table_of_attacks_leaves_to_the_journey_is_played_there(stories: list[Story]) -> None:
    told = "\n".join(stories[0].told)
    assert [each.what for each in AT_THE_HOST if f"NO  {each.what}" not in told] == []
