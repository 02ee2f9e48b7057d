"""The console of a host: past ssh and the gate, and always in the host's own journal."""

from __future__ import annotations

import os
from typing import NoReturn

from lopendezaken.errors import LzError
from lopendezaken.lab import world
from lopendezaken.lab.command import run
from lopendezaken.lab.host import leader
from lopendezaken.lab.layout import Layout

TAG = "console"


def become(layout: Layout, host: world.Host, command: list[str]) -> NoReturn:
    """Turn this process into a shell, or one command, on the host. Raises :class:`LzError` when it is off."""
    pid = leader(layout, host)
    if pid is None:
        raise LzError(f"host {host.name} does not run", remedy=f"Run: lz lab up {host.name}")
    inside = ("nsenter", "--all", f"--target={pid}", "--wd=/", "--")
    what = command[0] if command else "shell"
    run(*inside, "logger", "--priority", "auth.warning", "--tag", TAG, f"root at the console: {what}")
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "TERM": os.environ.get("TERM", "dumb"),
    }
    words = [*inside, *(command or ["/bin/bash", "--login"])]
    os.execvpe(words[0], words, {**environment, "LC_ALL": "C.UTF-8"})  # noqa: S606 - no shell between
