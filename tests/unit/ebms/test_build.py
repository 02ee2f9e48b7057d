"""The engine in one file: same bytes each time, and no more inside than it needs."""

from __future__ import annotations

import stat
import subprocess
import sys
import zipfile
from pathlib import Path

from lopendezaken.ebms.build import build_engine


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "engine.pyz", tmp_path / "engine.pyz"
    build_engine(first)
    build_engine(second)
    build_engine(second)
    assert first.read_bytes() == second.read_bytes()
    assert stat.S_IMODE(first.stat().st_mode) == 0o755
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["engine.pyz"]


def test_it_runs_on_its_own_without_the_packages_of_the_controller(tmp_path: Path) -> None:
    build_engine(tmp_path / "engine.pyz")
    names = zipfile.ZipFile(tmp_path / "engine.pyz").namelist()
    assert "lopendezaken/ebms/service.py" in names
    assert not [name for name in names if "cli" in name.split("/")[-1].removesuffix(".py").split("_")]
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['typer', 'pydantic', 'yaml', 'rich'])); "
        f"sys.path.insert(0, {str(tmp_path / 'engine.pyz')!r}); "
        "import lopendezaken.ebms.service as s; print(s.__file__)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert str(tmp_path) in run.stdout


def test_help_and_errors_are_readable(tmp_path: Path) -> None:
    build_engine(tmp_path / "engine.pyz")
    program = [sys.executable, str(tmp_path / "engine.pyz")]
    run = subprocess.run([*program, "--help"], capture_output=True, text=True, check=False)
    assert run.returncode == 0
    assert "serve" in run.stdout
    run = subprocess.run(
        [*program, "check", "--config", "/nowhere.toml"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert run.stderr.startswith("engine: /nowhere.toml: configuration cannot be read")
    assert "Traceback" not in run.stderr
