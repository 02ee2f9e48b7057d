"""The commit counts only when the tree is exactly that commit, whatever git was told to overlook."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.gate.code import commit


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=T", "-c", "user.email=t@voorbeeld.example")
    return subprocess.run(
        ["git", "-C", str(folder), *identity, *words], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tmp_path = tmp_path / "tree"
    tmp_path.mkdir()
    git(tmp_path, "init", "-q")
    for name in ("roles/adapter/tasks.yml", "src/gate.py", "inventories/stad/dossier.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a: 1\n")
    (tmp_path / ".gitignore").write_text("/build/\n__pycache__/\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_a_clean_tree_is_its_commit(tree: Path) -> None:
    (tree / "build").mkdir()
    (tree / "build/engine.pyz").write_text("made")
    (tree / "src/__pycache__").mkdir()
    (tree / "src/__pycache__/gate.pyc").write_text("compiled")
    (tree / "inventories/stad/new.json").write_text("{}")
    assert commit(tree) == git(tree, "rev-parse", "HEAD")


def changed(tree: Path) -> None:
    (tree / "src/gate.py").write_text("a: 2\n")


def staged(tree: Path) -> None:
    changed(tree)
    git(tree, "add", "-A")


def deleted(tree: Path) -> None:
    (tree / "roles/adapter/tasks.yml").unlink()


def added(tree: Path) -> None:
    (tree / "roles/adapter/more.yml").write_text("")


def told_not_to_look(tree: Path) -> None:
    git(tree, "update-index", "--assume-unchanged", "src/gate.py")
    changed(tree)


def told_to_skip(tree: Path) -> None:
    git(tree, "update-index", "--skip-worktree", "src/gate.py")
    changed(tree)


def excluded(tree: Path) -> None:
    (tree / ".git/info/exclude").write_text("plugins/\n")
    (tree / "plugins").mkdir()
    (tree / "plugins/ssh.py").write_text("")


def filtered(tree: Path) -> None:
    git(tree, "config", "filter.as-it-was.clean", "git show HEAD:%f")
    (tree / ".git/info/attributes").write_text("*.py filter=as-it-was\n")
    changed(tree)
    git(tree, "add", "src/gate.py")


def looked_at_elsewhere(tree: Path) -> None:
    git(tree, "clone", "-q", ".", "../elsewhere")
    changed(tree)
    git(tree, "config", "core.worktree", str(tree.parent / "elsewhere"))


def a_replaced_commit(tree: Path) -> None:
    before = git(tree, "rev-parse", "HEAD")
    changed(tree)
    git(tree, "commit", "-qam", "second")
    after = git(tree, "rev-parse", "HEAD")
    git(tree, "reset", "-q", "--soft", before)
    git(tree, "replace", before, after)


def linked(tree: Path) -> None:
    (tree / "src/gate.py").unlink()
    (tree / "src/gate.py").symlink_to("/etc/hostname")


@pytest.mark.parametrize(
    "change",
    [
        changed,
        staged,
        deleted,
        added,
        told_not_to_look,
        told_to_skip,
        excluded,
        filtered,
        looked_at_elsewhere,
        a_replaced_commit,
        linked,
    ],
)
def test_a_tree_that_differs_is_refused_and_the_file_named(tree: Path, change: object) -> None:
    change(tree)  # type: ignore[operator]
    with pytest.raises(LzError, match=r"the tree is not the commit.*found .*(gate|tasks|more|ssh)") as caught:
        commit(tree)
    assert caught.value.exit_code == 2


def test_variables_do_not_show_git_another_place(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tree.parent / "elsewhere"
    git(tree, "clone", "-q", ".", str(other))
    changed(tree)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    with pytest.raises(LzError, match=r"the tree is not the commit.*src/gate.py"):
        commit(tree)


def test_a_folder_without_commits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LzError, match="no commit to be found here"):
        commit(tmp_path)
