"""The console of a host: past ssh and the gate, and always in the host's own journal."""

from __future__ import annotations

import os
import subprocess
from typing import NoReturn

from lopendezaken.errors import LzError
from lopendezaken.lab import world
from lopendezaken.lab.command import failed, run
from lopendezaken.lab.host import leader
from lopendezaken.lab.layout import Layout

TAG = "console"
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}


def become(layout: Layout, host: world.Host, command: list[str]) -> NoReturn:
    """Turn this process into a shell, or one command, on the host. Raises :class:`LzError` when it is off."""
    way_in = inside(layout, host)
    what = command[0] if command else "shell"
    run(*way_in, "logger", "--priority", "auth.warning", "--tag", TAG, f"root at the console: {what}")
    words = [*way_in, *(command or ["/bin/bash", "--login"])]
    environment = {**_ENVIRONMENT, "TERM": os.environ.get("TERM", "dumb")}
    os.execvpe(words[0], words, environment)  # noqa: S606 - no shell between


def inside(layout: Layout, host: world.Host) -> tuple[str, ...]:
    """Give the words before a command on the host. Raises :class:`LzError` when it is off."""
    pid = leader(layout, host)
    if pid is None:
        raise LzError(f"host {host.name} does not run", remedy=f"Run: lz lab up {host.name}")
    return ("nsenter", "--all", f"--target={pid}", "--wd=/", "--")


def run_on(layout: Layout, host: world.Host, script: str, stdin: bytes = b"") -> str:
    """Run a shell script as root at the console of a host. Raises :class:`LzError` with what it said last."""
    words = [*inside(layout, host), "/bin/bash", "-c", script]
    done = subprocess.run(words, input=stdin, capture_output=True, check=False, env=_ENVIRONMENT)
    said = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode:
        raise failed(["lz", "lab", "console", host.name], done.returncode, said)
    return said
