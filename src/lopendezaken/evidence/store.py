"""Reading the evidence of an organisation: every file is verified before anyone looks at it."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lopendezaken.errors import LzError
from lopendezaken.evidence.envelope import make, relative_path


@dataclass(frozen=True)
class Evidence:
    """One piece of evidence. ``path`` is relative to the evidence folder; instants are UTC.

    ``sha256`` is that of the raw part, ``file`` that of the bytes of its file (empty when there is none).
    """

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
    file: str = ""


class EvidenceSet:
    """Evidence in the order in which it was collected.

    ``asked`` holds the kinds and environments that somebody looked for: what a verdict rests on, found or not.
    """

    def __init__(self, items: Iterable[Evidence]) -> None:
        self.items = tuple(sorted(items, key=lambda each: (each.collected, each.path)))
        self.asked: set[tuple[str, str]] = set()
        self._by_kind: dict[tuple[str, str], list[Evidence]] = defaultdict(list)
        for each in self.items:
            self._by_kind[each.kind, each.environment].append(each)

    def view(self) -> EvidenceSet:
        """Give the same evidence, of which nobody asked anything yet."""
        view = EvidenceSet(())
        view.items, view._by_kind = self.items, self._by_kind
        return view

    def until(self, day: date) -> EvidenceSet:
        """Give what was collected on ``day`` or before: what one could know then."""
        return EvidenceSet(each for each in self.items if each.collected.date() <= day)

    def of(self, kind: str, environment: str, partner: str | None = None, **raw: Any) -> tuple[Evidence, ...]:
        """Give all evidence of a kind in an environment, oldest first.

        ``partner`` narrows it to one partner; further words narrow it to raw facts with that value.
        """
        self.asked.add((kind, environment))
        return tuple(
            each
            for each in self._by_kind.get((kind, environment), ())
            if partner in {None, each.partner}
            and all(each.raw.get(key) == value for key, value in raw.items())
        )

    def latest(self, kind: str, environment: str, partner: str | None = None, **raw: Any) -> Evidence | None:
        """Give the newest of what :meth:`of` gives."""
        found = self.of(kind, environment, partner, **raw)
        return found[-1] if found else None


@dataclass(frozen=True)
class Unsound:
    """A file that is no evidence as it stands, and why; ``path`` is relative to the evidence folder."""

    path: str
    why: str


def load(folder: Path) -> EvidenceSet:
    """Read all evidence below ``folder``; a folder that is not there holds none.

    Raises :class:`LzError` (exit code 2) that names every file that is unreadable, altered or misplaced.
    """
    items, unsound = read(folder)
    if unsound:
        raise LzError(
            "evidence cannot be trusted",
            found="\n  ".join(["", *(f"{folder / each.path}: {each.why}" for each in unsound)]),
            remedy="\nEvidence is never edited: remove what is named here and collect it again",
        )
    return items


def read(folder: Path, sealed: Mapping[str, str] | None = None) -> tuple[EvidenceSet, tuple[Unsound, ...]]:
    """Read all evidence below ``folder``, and tell which files are unreadable, altered or misplaced.

    ``sealed``: SHA-256 of files that somebody vouched for when they were sound; these are not judged again.
    """
    items: list[Evidence] = []
    unsound: list[Unsound] = []
    for name in names(folder):
        try:
            items.append(_verified(folder, name, (sealed or {}).get(name)))
        except ValueError as error:
            unsound.append(Unsound(name, str(error)))
    return EvidenceSet(items), tuple(unsound)


def names(folder: Path) -> list[str]:
    """Give the files of evidence, relative to ``folder``; the drafts of collectors are none yet."""
    top = os.fspath(folder)
    found = [
        f"{where[len(top) + 1 :]}/{name}".lstrip("/")
        for where, _, files in os.walk(top)
        for name in files
        if name.endswith(".json") and not name.startswith(".")
    ]
    return sorted(found)


def _verified(folder: Path, name: str, sealed: str | None) -> Evidence:
    try:
        with open(f"{folder}/{name}", "rb") as stream:  # noqa: PTH123 (thousands of files: a Path for each costs)
            content = stream.read()
        envelope = json.loads(content)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    file = hashlib.sha256(content).hexdigest()
    if file == sealed:
        return _as_sealed(envelope, name, file)
    made = _made_again(envelope)
    if envelope["sha256"] != made["sha256"]:
        raise ValueError("its contents were altered: the digest of raw does not match")
    if str(relative_path(made)) != name:
        raise ValueError(f"does not belong here: by its contents it is {relative_path(made)}")
    return _evidence(made, name, file)


def _as_sealed(envelope: Any, name: str, file: str) -> Evidence:
    try:
        found = _evidence(envelope, name, file)
    except (KeyError, TypeError, AttributeError):
        raise ValueError("is not evidence: parts of the envelope are missing") from None
    if not name.startswith(f"{found.environment}/{found.kind}/") or not isinstance(found.raw, dict):
        raise ValueError("does not belong here: it is about something else")
    return found


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


def _evidence(envelope: dict[str, Any], path: str, file: str = "") -> Evidence:
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
        file=file,
    )


def from_parts(path: str, envelope: dict[str, Any]) -> Evidence:
    """Give evidence that is not in a file (examples of controls). Raises ``ValueError``."""
    return _evidence(_made_again(envelope), path)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
