"""Packs the played MijnOverheid into one zip file that Python runs."""

from __future__ import annotations

from pathlib import Path

import lopendezaken
from lopendezaken.ebms.build import build_program

_NOT = ("build.py", "files.py")
_ALSO = ("__init__.py", "errors.py", "cpa/__init__.py", "cpa/model.py", "cpa/xml.py", "lab/__init__.py")


def build(output: Path) -> None:
    """Write the program to ``output``; the same sources give the same bytes."""
    package = Path(lopendezaken.__file__).parent
    found = [
        path.relative_to(package).as_posix()
        for folder in ("casemessage", "lab/mijnoverheid")
        for path in (package / folder).rglob("*")
        if path.suffix in {".py", ".rng"} and path.name not in _NOT
    ]
    build_program(output, "lopendezaken.lab.mijnoverheid", [*_ALSO, *found])
