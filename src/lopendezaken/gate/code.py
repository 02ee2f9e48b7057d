"""The code that acts: the commit that is checked out, when nothing in the tree differs from it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from lopendezaken.errors import LzError

# Organisations change all the time; what of them counts is bound by digests of its own.
_BESIDE = ":(exclude)inventories"
# Folders of which every file can change what happens; git ignores none of these but compiled Python.
_ACTING = ("src", "roles", "playbooks", "plugins", "policies")
_DECIDING = (*_ACTING, "ansible.cfg", "pyproject.toml", "constraints.txt")
_HARMLESS = ("__pycache__/", ".pyc", ".egg-info/")


def repository() -> Path:
    """Give the repository that this very code is of."""
    return Path(__file__).resolve().parents[3]


def commit(repository: Path) -> str:
    """Give the commit (40 or 64 hex digits) that the tree is, byte for byte.

    Raises :class:`LzError` when there is none, when a file differs, is new, or is hidden from git.
    """
    head = _git(repository, "rev-parse", "--verify", "HEAD").strip()
    strange = list(_differences(repository))
    if strange:
        raise LzError(
            "the tree is not the commit that it says",
            where=str(repository),
            found=", ".join(strange[:5]) + (f" and {len(strange) - 5} more" if len(strange) > 5 else ""),
            expected=f"exactly commit {head[:12]}",
            remedy="Commit what is meant, remove the rest",
        )
    return head


def described(repository: Path) -> str:
    """Give the commit, with ``+`` behind it when the tree differs; empty where there is no git."""
    try:
        head = _git(repository, "rev-parse", "--verify", "HEAD").strip()
        return f"{head}+" if any(_differences(repository)) else head
    except LzError:
        return ""


def same(repository: Path, one: str, other: str) -> bool:
    """Tell whether two commits act the same: they differ in nothing that decides or that hosts get."""
    try:
        return not _git(repository, "diff", "--name-only", "--no-renames", one, other, "--", *_DECIDING)
    except LzError:  # a commit that is not here proves nothing
        return False


def _differences(repository: Path) -> Iterator[str]:
    changed = _git(repository, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--", ".", _BESIDE)
    yield from (entry[3:] for entry in changed.split("\0") if entry[3:])
    # "h" or "S" in front: git was told not to look whether this file changed.
    listed = _git(repository, "ls-files", "-v", "-z", "--", ".", _BESIDE)
    yield from (f"{entry[2:]} (hidden from git)" for entry in listed.split("\0") if entry and entry[0] != "H")
    ignored = _git(
        repository, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--", *_ACTING
    )
    for name in ignored.split("\0"):
        if name and not any(part in name for part in _HARMLESS):
            yield f"{name} (ignored by git)"


def _git(repository: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), "-c", "core.fsmonitor=false", *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LzError("git cannot be run", found=str(error), exit_code=3) from None
    if done.returncode:
        raise LzError(
            "no commit to be found here",
            where=str(repository),
            found=done.stderr.strip(),
            remedy="Production is reached only from a clone of the repository",
        )
    return done.stdout
