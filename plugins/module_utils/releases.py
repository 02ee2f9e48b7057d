"""Releases of a service on its host: its files as they were when it worked, and a way back to them.

A release is a folder ``<UTC>-<digest>``, to the microsecond, with ``release.json`` and the files. Nothing secret belongs in one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

DESCRIPTION = "release.json"


class ReleaseError(Exception):
    """There is no way back, or a release is not what it was; the text says why."""


@dataclass(frozen=True)
class Release:
    """What is on the host, or was: ``files`` by path (digest, mode, uid, gid), and what came with them by name."""

    label: str
    files: Mapping[str, Mapping[str, Any]]
    with_it: Mapping[str, str]
    folder: Path | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        told = json.dumps([self.label, self.files, self.with_it], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def name(self) -> str:
        """How people know it."""
        return self.folder.name if self.folder else self.digest[:12]


def present(label: str, paths: Sequence[str], with_it: Mapping[str, str]) -> Release:
    """Describe what is on the host now. Raises :class:`ReleaseError` for a file that is not there."""
    missing = [path for path in paths if not Path(path).is_file()]
    if missing:
        raise ReleaseError(f"not there: {', '.join(missing)}")
    return Release(label, {path: _described(Path(path)) for path in paths}, dict(with_it))


def kept(folder: Path) -> list[Release]:
    """Give the releases that were kept, oldest first; a folder that was cut off halfway is none."""
    found = []
    for description in sorted(folder.glob(f"[0-9]*/{DESCRIPTION}")):
        told = json.loads(description.read_text(encoding="utf-8"))
        found.append(Release(told["label"], told["files"], told["with_it"], description.parent))
    return found


def keep(release: Release, folder: Path, limit: int, now: datetime) -> Release:
    """Copy a release of the host beside those that were kept; the oldest go when there are more than ``limit``."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = now.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")  # noqa: UP017 (Python of the host)
    place = folder / f"{stamp}-{release.digest[:12]}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700)
    for path in release.files:
        shutil.copyfile(path, place / _flat(path))
    told = {"label": release.label, "files": release.files, "with_it": release.with_it}
    # Last, so that a copy that was cut off is no release.
    (place / DESCRIPTION).write_text(json.dumps(told, indent=1, sort_keys=True), encoding="utf-8")
    for old in kept(folder)[:-limit]:
        shutil.rmtree(old.folder or place)
    return Release(release.label, release.files, release.with_it, place)


def way_back(now: Release, releases: Sequence[Release]) -> Release:
    """Give the release before the one on the host; before a state that never worked, the last that did.

    Raises :class:`ReleaseError` when there is none.
    """
    place = next((i for i, each in enumerate(releases) if each.digest == now.digest), len(releases))
    if place == 0:
        known = "this is the oldest that was kept" if releases else "none was kept yet"
        raise ReleaseError(f"no earlier release on this host: {known}")
    return releases[place - 1]


def restore(release: Release, folder: Path) -> list[str]:
    """Put the files of a release in place, and forget those that came after it. Gives the paths that changed.

    Raises :class:`ReleaseError`, before anything is touched, when its files are not what was kept.
    """
    source = release.folder
    if source is None:
        raise ReleaseError("this release was not kept")
    for path, told in release.files.items():
        if not (source / _flat(path)).is_file() or _digest(source / _flat(path)) != told["sha256"]:
            raise ReleaseError(f"{source / _flat(path)} is not what was kept; nothing was put back")
    changed = [path for path, told in release.files.items() if _differs(Path(path), told)]
    for path in changed:
        _place(source / _flat(path), Path(path), release.files[path])
    for later in kept(folder):
        if later.folder and later.folder.name > source.name:
            shutil.rmtree(later.folder)
    return changed


def _place(source: Path, path: Path, told: Mapping[str, Any]) -> None:
    """Write beside the file, then rename: nobody ever meets half a file."""
    new = path.with_name(f".{path.name}.back")
    path.parent.mkdir(parents=True, exist_ok=True)
    new.touch(mode=0o600)
    shutil.copyfile(source, new)
    os.chown(new, told["uid"], told["gid"])
    new.chmod(told["mode"])
    new.replace(path)


def _differs(path: Path, told: Mapping[str, Any]) -> bool:
    return not path.is_file() or _described(path) != dict(told)


def _described(path: Path) -> dict[str, Any]:
    state = path.stat()
    return {"sha256": _digest(path), "mode": state.st_mode & 0o7777, "uid": state.st_uid, "gid": state.st_gid}


def _digest(path: Path) -> str:
    whole = hashlib.sha256()
    with path.open("rb") as stream:
        for part in iter(lambda: stream.read(1 << 20), b""):
            whole.update(part)
    return whole.hexdigest()


def _flat(path: str) -> str:
    return path.strip("/").replace("_", "__").replace("/", "_")
