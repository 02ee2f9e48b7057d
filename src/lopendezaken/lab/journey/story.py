"""Tells a journey while it is played: a line a step, each by a command that did what the story says, or the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lopendezaken.errors import LzError
from lopendezaken.lab.journey.stage import Stage


@dataclass
class Story:
    """The story so far: on which day it is, and how many steps and refusals it has."""

    stage: Stage
    log: Path
    say: Callable[[str], None]
    today: int = 0
    steps: int = 0
    refusals: int = 0
    told: list[str] = field(default_factory=list)

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._say(f"\n{title}")

    def day(self, number: int) -> None:
        """Go to a later day."""
        self.today = number

    @property
    def date(self) -> str:
        """The date of today in the story."""
        return self.stage.day(self.today).isoformat()

    def does(self, text: str, *words: str, shows: str = "") -> str:
        """Run a command that must succeed, and whose output must have ``shows`` (a pattern). Give the output.

        Raises :class:`LzError` (exit code 1) when it does not: then the story is not true.
        """
        done = self.stage.play(words, self.log)
        self._expect(done.returncode == 0 and re.search(shows, done.stdout), text, words, done.stdout)
        self._tell("   ", text)
        return done.stdout

    def is_refused(self, text: str, *words: str, told: str) -> None:
        """Run a command that must be refused in these words (a pattern). Raises :class:`LzError` if it is not."""
        done = self.stage.play(words, self.log)
        self._expect(done.returncode != 0 and re.search(told, done.stdout), text, words, done.stdout)
        self.refusals += 1
        self._tell("NO ", text)

    def finds_none(self, text: str, found: Iterable[str]) -> None:
        """Tell that something is nowhere. Raises :class:`LzError` that says where it was ``found``."""
        where = list(found)
        self._expect(not where, text, ("found in:",), "\n".join(where))
        self._tell("   ", text)

    def note(self, text: str) -> None:
        """Tell something that no command does: what others do."""
        self._tell("   ", text)

    def silently(self, *words: str) -> None:
        """Run a command that belongs to the step before it. Raises :class:`LzError` when it fails."""
        done = self.stage.play(words, self.log)
        self._expect(done.returncode == 0, "what belongs to it", words, done.stdout)

    def sets(self, text: str, **values: str) -> None:
        """Record values in the dossier by their paths, with ``__`` for a dot, and sign for it."""
        for path, value in values.items():
            self.silently("lz", "dossier", "set", path.replace("__", "."), value)
        self.does(text, "lz", "dossier", "sign")

    def _tell(self, mark: str, text: str) -> None:
        self.steps += 1
        self._say(f"  day {self.today:3}  {mark} {text}")

    def _say(self, line: str) -> None:
        self.told.append(line)
        self.say(line)

    def _expect(self, held: object, text: str, words: tuple[str, ...], output: str) -> None:
        if not held:
            raise LzError(
                f"the story ends here: day {self.today}, {text}",
                where=str(self.log),
                found=f"{' '.join(words)}\n" + "\n".join(output.strip().splitlines()[-25:]),
                exit_code=1,
            )
