"""Overlay mounts: a host's disk is the base image with its own changes on top."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

from lopendezaken.errors import LzError
from lopendezaken.lab.command import run, try_run

# Names the base image that a disk was made on; a disk without it is not whole.
BASE_MARK = "base"


def mounted_below(folder: Path) -> list[Path]:
    """Return the mount points at or below a folder, the deepest first."""
    points = []
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        point = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), line.split()[4])
        if Path(point).is_relative_to(folder):
            points.append(Path(point))
    return sorted(points, reverse=True)


def mount_overlay(base: Path, folder: Path) -> None:
    """Mount ``folder/root`` as ``base`` plus ``folder/upper``. Changes to another base are thrown away."""
    remembered = folder / BASE_MARK
    if not remembered.exists() or remembered.read_text() != str(base):
        wipe(folder)
    for name in ("upper", "work", "root"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    remembered.write_text(str(base))
    options = f"lowerdir={base},upperdir={folder / 'upper'},workdir={folder / 'work'}"
    run("mount", "-t", "overlay", "overlay", "-o", options, folder / "root")


def unmount_below(folder: Path) -> None:
    """Unmount all that is mounted at or below a folder. Raises :class:`LzError` if something holds it."""
    for point in mounted_below(folder):
        for _ in range(50):
            if try_run("umount", point):
                break
            time.sleep(0.1)
        else:
            raise LzError(f"cannot unmount {point}", remedy="Close what still uses it", exit_code=3)


def wipe(folder: Path) -> None:
    """Remove a host's folder. Nothing may be mounted in it any more."""
    unmount_below(folder)
    # First of all, so that a disk of which a cut-off run removed a part is never taken for a whole one.
    (folder / BASE_MARK).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
