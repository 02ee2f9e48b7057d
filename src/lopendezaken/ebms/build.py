"""Packs the engine, with what it needs of this package, into one zip file that Python runs.

The same sources give the same bytes.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable
from pathlib import Path

import lopendezaken

_PACKAGE = Path(lopendezaken.__file__).parent
_SHEBANG = b"#!/usr/bin/python3\n"
_DATE = (2026, 1, 1, 0, 0, 0)
# Beside all of ebms/ but its command for lz, which needs typer.
_ALSO = ("__init__.py", "errors.py", "cpa/__init__.py", "cpa/model.py", "cpa/profile.py", "cpa/xml.py")
_NOT = frozenset({"cli.py", "build.py"})


def build_engine(output: Path) -> None:
    """Write the engine to ``output`` (mode 0755, replaced in one step)."""
    ours = {f"ebms/{path.name}" for path in (_PACKAGE / "ebms").glob("*.py") if path.name not in _NOT}
    build_program(output, "lopendezaken.ebms", {*_ALSO, *ours})


def build_program(output: Path, main: str, names: Iterable[str]) -> None:
    """Write a program of the files ``names`` of this package; ``main`` is the package with its ``__main__``."""
    output.parent.mkdir(parents=True, exist_ok=True)
    # Runs for several organisations may make it at the same time.
    partial = output.with_name(f".{output.name}.{os.getpid()}")
    with partial.open("wb") as file:
        file.write(_SHEBANG)
        with zipfile.ZipFile(file, "w") as archive:
            _add(archive, "__main__.py", f"from {main}.__main__ import main\n\nmain()\n".encode())
            for name in sorted(set(names)):
                _add(archive, f"lopendezaken/{name}", (_PACKAGE / name).read_bytes())
    partial.chmod(0o755)
    partial.replace(output)


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    info.create_system = 3
    archive.writestr(info, data)
