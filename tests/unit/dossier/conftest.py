"""A sound dossier and plan to break."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "inventories/voorbeeldstad/dossier"
Change = Callable[..., Path]


@pytest.fixture
def changed(tmp_path: Path) -> Change:
    """Give the folder of the example dossier in which, in one file, patterns were replaced."""

    def change(file: str, *replacements: tuple[str, str]) -> Path:
        for path in EXAMPLE.glob("*.yml"):
            text = path.read_text(encoding="utf-8")
            for pattern, new in replacements if path.name == file else ():
                text, count = re.subn(pattern, new, text, count=1)
                assert count == 1, f"{pattern} not found in {file}"
            (tmp_path / path.name).write_text(text, encoding="utf-8")
        return tmp_path

    return change
