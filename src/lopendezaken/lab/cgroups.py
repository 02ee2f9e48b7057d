"""Control groups of the lab: they tell which processes are its own, without any pid file to trust.

Each host has groups of its own in the systemd and unified hierarchies; plainly started, nspawn hosts share
one and break each other. The machine's other hierarchies (memory, cpu, pids) stay as they are.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from lopendezaken.errors import LzError

ROOT = Path("/sys/fs/cgroup")


def hierarchies() -> list[Path]:
    """Return where groups are made: two places on a hybrid machine, one on a unified machine."""
    hybrid = [ROOT / name for name in ("systemd", "unified") if (ROOT / name / "cgroup.procs").exists()]
    return hybrid or [ROOT]


def create(group: str) -> list[Path]:
    """Make a group in each hierarchy; return the files a process writes its pid to in order to join."""
    folders = [hierarchy / group for hierarchy in hierarchies()]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    return [folder / "cgroup.procs" for folder in folders]


def processes(group: str) -> set[int]:
    """Return the pids in a group and in all groups below it."""
    return {pid for hierarchy in hierarchies() for file in _procs(hierarchy / group) for pid in _read(file)}


def kill(group: str, patience: float = 15.0) -> None:
    """End all processes of a group and remove it. Raises :class:`LzError` if some will not go."""
    end = time.monotonic() + patience
    while pids := processes(group):
        if time.monotonic() > end:
            raise LzError(f"processes {sorted(pids)} of {group} do not end", exit_code=3)
        for pid in pids:
            _send(pid, signal.SIGKILL)
        time.sleep(0.02)
    remove(group)


def remove(group: str) -> None:
    """Remove an empty group, the groups below it first."""
    for hierarchy in hierarchies():
        for folder, _, _ in os.walk(hierarchy / group, topdown=False):
            _rmdir(Path(folder))


def _rmdir(folder: Path) -> None:
    for _ in range(50):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:  # a process that has just ended still counts for a moment
            time.sleep(0.02)
        else:
            return


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _procs(folder: Path) -> Iterator[Path]:
    for name, _, files in os.walk(folder):
        if "cgroup.procs" in files:
            yield Path(name) / "cgroup.procs"


def _read(file: Path) -> list[int]:
    try:
        return [int(pid) for pid in file.read_text().split()]
    except OSError:  # the group went away while we looked
        return []
