"""Put files on a host and run a script there, in one ssh connection."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from lopendezaken.lab.command import ENVIRONMENT, failed
from lopendezaken.lab.layout import Layout


@dataclass(frozen=True)
class File:
    """A file for a host; it belongs to root and to ``group``."""

    content: bytes = field(repr=False)
    mode: int = 0o644
    group: str = "root"


def run(layout: Layout, host: str, script: str, stdin: bytes = b"") -> None:
    """Run a shell script as root on a host. Raises :class:`LzError` with what it said last."""
    words = ["ssh", "-F", str(layout.ssh_config), host, "--", script]
    done = subprocess.run(words, input=stdin, capture_output=True, check=False, env=ENVIRONMENT)
    if done.returncode:
        shown = ["lz", "lab", "shell", host, "--", script.strip().splitlines()[0]]
        raise failed(shown, done.returncode, (done.stdout + done.stderr).decode(errors="replace"))


def succeeds(layout: Layout, host: str, script: str) -> bool:
    """Tell whether a shell script succeeds on a host."""
    words = ["ssh", "-F", str(layout.ssh_config), host, "--", script]
    return subprocess.run(words, capture_output=True, check=False, env=ENVIRONMENT).returncode == 0


def archive(files: Mapping[str, File]) -> bytes:
    """Pack files by absolute path; the same files always give the same bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path, file in sorted(files.items()):
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(file.content), file.mode
            entry.uname, entry.gname = "root", file.group
            tar.addfile(entry, io.BytesIO(file.content))
    return buffer.getvalue()
