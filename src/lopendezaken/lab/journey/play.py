"""Plays the whole journey and tells it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lopendezaken.lab.journey.chapters import CHAPTERS
from lopendezaken.lab.journey.papers import Papers
from lopendezaken.lab.journey.stage import Stage
from lopendezaken.lab.journey.story import Story
from lopendezaken.lab.layout import Layout


def play(folder: Path, layout: Layout, say: Callable[[str], None]) -> Story:
    """Play it in ``folder``, which is made anew. Raises :class:`LzError` where a step does not do as it says."""
    stage = Stage.build(folder.resolve(), layout)
    story, papers = Story(stage, folder.resolve() / "journey.log", say), Papers(stage)
    try:
        for chapter in CHAPTERS:
            chapter(story, papers)
    finally:
        papers.last_message.unlink(missing_ok=True)  # it bears a BSN, be it one of nobody
    return story
