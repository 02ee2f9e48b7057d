from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lopendezaken.lab import mounts


def test_a_disk_that_was_half_removed_is_not_taken_for_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "host"
    (folder / "upper/etc").mkdir(parents=True)
    (folder / "upper/etc/passwd").touch()
    (folder / mounts.BASE_MARK).write_text("/cache/base-1")
    with monkeypatch.context() as cut_off:
        cut_off.setattr(shutil, "rmtree", lambda path, ignore_errors: None)
        mounts.wipe(folder)
    monkeypatch.setattr(mounts, "run", lambda *words: "")
    mounts.mount_overlay(Path("/cache/base-1"), folder)
    assert not (folder / "upper/etc").exists()


@pytest.mark.parametrize(("base", "kept"), [("/cache/base-1", True), ("/cache/base-2", False)])
def test_changes_are_kept_on_the_same_base_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: str, kept: bool
) -> None:
    monkeypatch.setattr(mounts, "run", lambda *words: "")
    mounts.mount_overlay(Path("/cache/base-1"), tmp_path)
    (tmp_path / "upper/changed").touch()
    mounts.mount_overlay(Path(base), tmp_path)
    assert (tmp_path / "upper/changed").exists() is kept


def test_nothing_is_mounted_below_an_ordinary_folder(tmp_path: Path) -> None:
    assert mounts.mounted_below(tmp_path) == []
    assert Path("/proc") in mounts.mounted_below(Path("/proc"))
