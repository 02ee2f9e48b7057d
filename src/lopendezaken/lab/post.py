"""The post: what the played Logius and TSP send reaches the dossier of the organisation that lives in this lab."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lopendezaken.lab.layout import REPOSITORY, Layout

EXAMPLE = REPOSITORY / "inventories/voorbeeldstad"


def deliver(layout: Layout, received: Path | None = None) -> None:
    """Copy what was sent to ``dossier/received``, of the organisation that lives here unless told otherwise.

    A file that is right already keeps its date.
    """
    for source, target in _letters(layout, received or received_folder(layout)):
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def withdraw(layout: Layout) -> None:
    """Take back what :func:`deliver` brought; what is no longer the same is somebody else's by now."""
    for source, target in _letters(layout, received_folder(layout)):
        if target.is_file() and target.read_bytes() == source.read_bytes():
            target.unlink()
            _remove_empty(target.parent, layout)


def _letters(layout: Layout, received: Path | None) -> list[tuple[Path, Path]]:
    if received is None or not layout.received.is_dir():
        return []
    sources = [path for path in sorted(layout.received.rglob("*")) if path.is_file()]
    return [(source, received / source.relative_to(layout.received)) for source in sources]


def received_folder(layout: Layout) -> Path | None:
    """Where mail arrives: LZ_ORGANISATION lives in the lab of this environment; without it, the example organisation in lab 0."""
    if organisation := os.environ.get("LZ_ORGANISATION"):
        return Path(organisation) / "dossier/received"
    return EXAMPLE / "dossier/received" if layout.instance == 0 else None


def _remove_empty(folder: Path, layout: Layout) -> None:
    top = received_folder(layout)
    while folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        if folder == top:
            return
        folder = folder.parent
