"""What a run of the compliance list found, for machines and for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the list; ``seconds`` is how long it took."""

    id: str
    title: str
    expected: str
    outcome: str
    found: str
    seconds: float = 0.0
    message_ids: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Report:
    """A run."""

    organisation: str
    oin: str
    partner: str
    environment: str
    started: datetime
    tool: str
    items: Sequence[Item]

    @property
    def passed(self) -> bool:
        """Whether every item passed; what did not run did not pass."""
        return bool(self.items) and all(item.outcome == PASSED for item in self.items)

    def json(self) -> str:
        """The report for machines."""
        data = asdict(self) | {
            "started": self.started.isoformat(timespec="seconds"),
            "passed": self.passed,
            "counts": self.counts,
        }
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

    def markdown(self) -> str:
        """The report for people (English)."""
        counts = ", ".join(f"{number} {outcome}" for outcome, number in self.counts.items())
        lines = [
            f"# Compliance list: {_cell(self.organisation)} ({self.environment})",
            "",
            f"- Adapter of: {_cell(self.organisation)}, OIN {self.oin}",
            f"- Against: {_cell(self.partner)}, played by the lab. This is a rehearsal, no statement of Logius.",
            f"- Started: {self.started:%Y-%m-%d %H:%M:%S} UTC, by {self.tool}",
            f"- Result: **{'passed' if self.passed else 'not passed'}** ({counts})",
            "",
            "| Id | Item | Result | Time | Found | MessageIds |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {item.id} | {_cell(item.title)} | {item.outcome} | {item.seconds:.1f} s | {_cell(item.found)} |"
            f" {' '.join(f'`{_cell(one)}`' for one in item.message_ids)} |"
            for item in self.items
        ]
        lines += ["", "## What was expected", ""]
        lines += [f"- **{item.id}** {_cell(item.expected)}" for item in self.items]
        return "\n".join(lines) + "\n"

    @property
    def counts(self) -> dict[str, int]:
        """How many items had each outcome."""
        return {
            outcome: sum(item.outcome == outcome for item in self.items)
            for outcome in (PASSED, FAILED, NOT_RUN)
        }


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
