"""The code that acts: the commit that is checked out, when nothing in the tree differs from it.

Git tells what belongs to the commit; whether a file is that, is found out by hashing what lies there. So nothing that
makes git overlook a change counts: a note in the index, a filter, a setting, a variable.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from lopendezaken.errors import LzError

# Organisations change all the time; what of them counts is bound by digests of its own.
_BESIDE = "inventories/"
# Folders of which every file can change what happens; git ignores none of these but compiled Python.
_ACTING = ("src", "roles", "playbooks", "plugins", "policies")
_DECIDING = (*_ACTING, "ansible.cfg", "pyproject.toml", "constraints.txt")
_HARMLESS = ("__pycache__/", ".pyc", ".egg-info/")


def repository() -> Path:
    """Give the repository that this very code is of."""
    return Path(__file__).resolve().parents[3]


def commit(repository: Path) -> str:
    """Give the commit (40 or 64 hex digits) that the tree is, byte for byte.

    Raises :class:`LzError` when there is none, when a file differs or is new, whatever git was told of it.
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
    known = dict(_committed(repository))
    yield from (name for name, blob in known.items() if _lies_there(repository / name, len(blob[1])) != blob)
    listed = _git(repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in sorted({*listed.split("\0")} - {*known, ""}):
        if not name.startswith(_BESIDE) and os.path.lexists(repository / name):
            yield name
    ignored = _git(
        repository, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--", *_ACTING
    )
    for name in ignored.split("\0"):
        if name and not any(part in name for part in _HARMLESS):
            yield f"{name} (ignored by git)"


def _committed(repository: Path) -> Iterator[tuple[str, tuple[bool, str]]]:
    """Give each file of the commit: whether it is a link, and the digest of its contents."""
    for entry in _git(repository, "ls-tree", "-r", "-z", "HEAD").split("\0"):
        about, _, name = entry.partition("\t")
        if name and not name.startswith(_BESIDE):
            mode, _, digest = about.split()
            yield name, (mode == "120000", digest)


def _lies_there(path: Path, length: int) -> tuple[bool, str]:
    """Give the same of what lies there; what cannot be read has no digest. ``length``: of git's digests here."""
    link = path.is_symlink()
    try:
        content = os.fsencode(path.readlink()) if link else path.read_bytes()
    except OSError:
        return link, ""
    algorithm = hashlib.sha1 if length == 40 else hashlib.sha256
    return link, algorithm(b"blob %d\0" % len(content) + content).hexdigest()


def _git(repository: Path, *words: str) -> str:
    """Ask git about this folder and no other, whatever variables, settings or replacements say."""
    place = (f"--git-dir={repository / '.git'}", f"--work-tree={repository}", "--no-replace-objects")
    try:
        done = subprocess.run(
            ["git", *place, "-c", "core.fsmonitor=false", *words],
            cwd=repository,
            env={key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
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
