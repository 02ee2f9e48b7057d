"""Reading the evidence of an organisation: every file is verified before anyone looks at it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from lopendezaken.errors import LzError
from lopendezaken.evidence.envelope import make, relative_path


@dataclass(frozen=True)
class Evidence:
    """One piece of evidence. ``path`` is relative to the evidence folder; instants are UTC."""

    path: str
    kind: str
    organisation: str
    environment: str
    host: str
    partner: str | None
    collector: Mapping[str, str]
    collected: datetime
    expires: datetime
    sha256: str
    raw: Mapping[str, Any]


class EvidenceSet:
    """Evidence in the order in which it was collected."""

    def __init__(self, items: Iterable[Evidence]) -> None:
        self.items = tuple(sorted(items, key=lambda each: (each.collected, each.path)))

    def until(self, day: date) -> EvidenceSet:
        """Give what was collected on ``day`` or before: what one could know then."""
        return EvidenceSet(each for each in self.items if each.collected.date() <= day)

    def of(self, kind: str, environment: str, partner: str | None = None, **raw: Any) -> tuple[Evidence, ...]:
        """Give all evidence of a kind in an environment, oldest first.

        ``partner`` narrows it to one partner; further words narrow it to raw facts with that value.
        """
        return tuple(
            each
            for each in self.items
            if (each.kind, each.environment) == (kind, environment)
            and partner in {None, each.partner}
            and all(each.raw.get(key) == value for key, value in raw.items())
        )

    def latest(self, kind: str, environment: str, partner: str | None = None, **raw: Any) -> Evidence | None:
        """Give the newest of what :meth:`of` gives."""
        found = self.of(kind, environment, partner, **raw)
        return found[-1] if found else None


def load(folder: Path) -> EvidenceSet:
    """Read all evidence below ``folder``; a folder that is not there holds none.

    Raises :class:`LzError` (exit code 2) that names every file that is unreadable, altered or misplaced.
    """
    items: list[Evidence] = []
    mistakes: list[str] = []
    for path in sorted(folder.rglob("*.json")):
        if path.name.startswith("."):
            continue  # the draft of a collector that is writing now
        try:
            items.append(_verified(path, path.relative_to(folder)))
        except ValueError as error:
            mistakes.append(f"{path}: {error}")
    if mistakes:
        raise LzError(
            "evidence cannot be trusted",
            found="\n  ".join(["", *mistakes]),
            remedy="\nEvidence is never edited: remove what is named here and collect it again",
        )
    return EvidenceSet(items)


def _verified(path: Path, name: Path) -> Evidence:
    try:
        envelope = json.loads(path.read_bytes())
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise ValueError("is not JSON") from None
    made = _made_again(envelope)
    if envelope["sha256"] != made["sha256"]:
        raise ValueError("its contents were altered: the digest of raw does not match")
    if relative_path(made) != name:
        raise ValueError(f"does not belong here: by its contents it is {relative_path(made)}")
    return _evidence(made, str(name))


def _made_again(envelope: Any) -> dict[str, Any]:
    """Make the envelope anew from its parts, so that all checks of making it hold for reading it."""
    try:
        made = make(
            envelope["kind"],
            envelope["subject"],
            envelope["collector"],
            envelope["collected"],
            envelope["raw"],
            expires=envelope["expires"],
        )
    except (KeyError, TypeError, AttributeError):
        raise ValueError("is not evidence: parts of the envelope are missing") from None
    if envelope.keys() != made.keys():
        raise ValueError("is not evidence: unknown parts in the envelope")
    return made


def _evidence(envelope: dict[str, Any], path: str) -> Evidence:
    subject = envelope["subject"]
    return Evidence(
        path=path,
        kind=envelope["kind"],
        organisation=subject["organisation"],
        environment=subject["environment"],
        host=subject["host"],
        partner=subject.get("partner"),
        collector=envelope["collector"],
        collected=_instant(envelope["collected"]),
        expires=_instant(envelope["expires"]),
        sha256=envelope["sha256"],
        raw=envelope["raw"],
    )


def from_parts(path: str, envelope: dict[str, Any]) -> Evidence:
    """Give evidence that is not in a file (examples of controls). Raises ``ValueError``."""
    return _evidence(_made_again(envelope), path)


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
