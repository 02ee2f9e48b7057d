"""What the rules over our own files read."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


def tracked(*patterns: str) -> list[Path]:
    """Files that git tracks or would track, by git's own patterns."""
    out = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [ROOT / line for line in out.splitlines() if (ROOT / line).is_file()]


def role_names() -> list[str]:
    """Names of all roles."""
    return sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())


def plays() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every play of every playbook, imports left out."""
    for path in sorted((ROOT / "playbooks").glob("*.yml")):
        for play in yaml.safe_load(path.read_text()) or []:
            if "hosts" in play:
                yield path, play


def tasks_in(node: object) -> Iterator[dict[str, Any]]:
    """Every task in a task list, blocks opened."""
    for task in node if isinstance(node, list) else []:
        if not isinstance(task, dict):
            continue
        nested = [key for key in ("block", "rescue", "always") if key in task]
        if not nested:
            yield task
        for key in nested:
            yield from tasks_in(task[key])


def task_files() -> list[Path]:
    """Task and handler files of all roles."""
    return sorted((ROOT / "roles").glob("*/tasks/*.yml")) + sorted((ROOT / "roles").glob("*/handlers/*.yml"))
