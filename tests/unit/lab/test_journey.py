"""A story is true or it ends: each step ran, did as told, and a refusal was a refusal in those words."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from lopendezaken.errors import LzError
from lopendezaken.lab.journey.papers import CITIZEN, STRANGER, UNKNOWN_CITIZEN, Papers
from lopendezaken.lab.journey.story import Story
from tests.unit.policies.example import ROOT


@dataclass
class FakeStage:
    clone: Path
    number: str = "00000099100000001000"
    answers: list[tuple[int, str]] = field(default_factory=list)
    played: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def dossier(self) -> Path:
        return self.clone / "dossier"

    def day(self, number: int) -> date:
        return date(2026, 1, 1) + timedelta(days=number)

    def play(self, words: tuple[str, ...], _log: Path) -> subprocess.CompletedProcess[str]:
        self.played.append(words)
        code, text = self.answers.pop(0)
        return subprocess.CompletedProcess(words, code, text)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def story(tmp_path: Path, told: list[str]) -> Story:
    stage: Any = FakeStage(tmp_path / "clone")
    return Story(stage, tmp_path / "log", told.append)


def test_a_step_tells_its_day_and_a_refusal_says_no(story: Story, told: list[str]) -> None:
    story.stage.answers[:] = [(0, "fine"), (1, "CLOSED")]  # type: ignore[attr-defined]
    story.day(3)
    assert story.does("It works.", "lz", "check") == "fine"
    story.is_refused("May we?", "lz", "gate", told="CLOSED")
    assert told == ["  day   3      It works.", "  day   3  NO  May we?"]
    assert (story.steps, story.refusals) == (2, 1)


@pytest.mark.parametrize(
    ("answer", "step"),
    [
        ((1, "no"), lambda story: story.does("x", "lz")),
        ((0, "something else"), lambda story: story.does("x", "lz", shows="OPEN")),
        ((0, "CLOSED"), lambda story: story.is_refused("x", "lz", told="CLOSED")),
        ((1, "another reason"), lambda story: story.is_refused("x", "lz", told="CLOSED")),
    ],
)
def test_a_story_that_is_not_true_ends_with_what_was_said(
    story: Story, told: list[str], answer: tuple[int, str], step: Any
) -> None:
    story.stage.answers[:] = [answer]  # type: ignore[attr-defined]
    with pytest.raises(LzError, match=f"(?s)the story ends here: day 0, x.*{answer[1]}") as caught:
        step(story)
    assert caught.value.exit_code == 1
    assert told == []


def test_a_case_message_is_for_its_owner_only_and_outside_the_dossier(tmp_path: Path) -> None:
    stage: Any = FakeStage(tmp_path / "clone")
    path = Path(Papers(stage).message("Omgevingsvergunning aanvragen", CITIZEN, "preprod"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert CITIZEN in path.read_text()
    assert not path.is_relative_to(stage.dossier)


def test_the_story_names_no_citizen() -> None:
    texts = (ROOT / "src/lopendezaken/lab/journey/chapters.py").read_text()
    assert not [number for number in (CITIZEN, UNKNOWN_CITIZEN, STRANGER) if number in texts]
