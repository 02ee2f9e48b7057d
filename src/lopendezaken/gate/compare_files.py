"""The files that hosts of both environments would get, rendered on the controller and held side by side."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from lopendezaken.errors import LzError
from lopendezaken.gate.compare_settings import pairs


def diffs(organisation: Path, repository: Path) -> Iterator[str]:
    """Give the lines of a unified diff of each pair of files. Raises :class:`LzError` when one cannot be made."""
    with tempfile.TemporaryDirectory() as folder:
        _render(organisation, repository, Path(folder))
        for preprod, prod in pairs(organisation):
            yield from _between(Path(folder), preprod, prod)


def _between(folder: Path, preprod: str | None, prod: str | None) -> Iterator[str]:
    one, other = (_files(folder / host) if host else {} for host in (preprod, prod))
    for name in sorted({*one, *other}):
        titles = (f"{preprod}/{name}", f"{prod}/{name}")
        yield from unified_diff(one.get(name, []), other.get(name, []), *titles, n=1, lineterm="")


def _files(folder: Path) -> dict[str, list[str]]:
    return {path.name: path.read_text().splitlines() for path in sorted(folder.iterdir())}


def _render(organisation: Path, repository: Path, folder: Path) -> None:
    words = ["ansible-playbook", "-i", str(organisation / "hosts.yml"), "playbooks/render-files.yml"]
    done = subprocess.run(
        [str(Path(sys.executable).with_name(words[0])), *words[1:], "-e", f"render_directory={folder}"],
        cwd=repository,
        env={**os.environ, "ANSIBLE_CONFIG": str(repository / "ansible.cfg"), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        told = [
            line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line or "fatal" in line
        ]
        raise LzError("the files cannot be rendered", found="\n".join(told[:5]) or done.stdout[-500:])
