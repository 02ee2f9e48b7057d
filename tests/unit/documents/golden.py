"""Golden documents: what they were, byte for byte. ``LZ_WRITE_GOLDEN=1`` writes them anew; then read the difference."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def same(folder: Path, files: Mapping[str, bytes]) -> None:
    """Assert that ``folder`` holds exactly these files."""
    if os.environ.get("LZ_WRITE_GOLDEN"):
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    kept = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert files.keys() == kept.keys()
    for name, content in files.items():
        assert content == kept[name].read_bytes(), name
