"""Plays a whole journey and tells it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lopendezaken.errors import LzError
from lopendezaken.lab.journey import chapters, supplier
from lopendezaken.lab.journey.papers import Papers
from lopendezaken.lab.journey.stage import GOVERNMENT, SUPPLIER, Stage
from lopendezaken.lab.journey.story import Story
from lopendezaken.lab.layout import Layout

CHAPTERS = {GOVERNMENT: chapters.CHAPTERS, SUPPLIER: supplier.CHAPTERS}


def play(folder: Path, layout: Layout, say: Callable[[str], None], kind: str = GOVERNMENT) -> Story:
    """Play it in ``folder``, which is made anew. Raises :class:`LzError` where a step does not do as it says."""
    stage = Stage.build(folder.resolve(), layout, kind)
    story, papers = Story(stage, folder.resolve() / "journey.log", say), Papers(stage)
    try:
        tell(story, papers)
    finally:
        papers.last_message.unlink(missing_ok=True)  # it bears a BSN, be it one of nobody
    (folder / "story.txt").write_text("\n".join(story.told) + "\n")
    known = (stage.clone / "docs/journey.md").read_text()
    if in_document(story) not in known:
        raise LzError(
            "this is another story than the last one",
            where=str(folder / "story.txt"),
            expected="what docs/journey.md tells",
            remedy="If that is meant: LZ_WRITE_GOLDEN=1 pytest tests/unit/lab/test_journey_told.py",
            exit_code=1,
        )
    return story


def in_document(story: Story) -> str:
    """Give the story as it stands in docs/journey.md."""
    return "```text" + "\n".join(story.told) + "\n```\n"


def tell(story: Story, papers: Papers) -> None:
    """Go through the chapters of whoever it is about."""
    for chapter in CHAPTERS[story.stage.kind]:
        chapter(story, papers)
