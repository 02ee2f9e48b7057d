"""Start a process that outlives ``lz``, inside a control group of the lab."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from lopendezaken.lab import cgroups
from lopendezaken.lab.command import ENVIRONMENT

# Joins the groups ($1, separated by blanks) before anything else, then becomes the program.
JOIN = 'for file in $1; do echo $$ > "$file"; done; shift; exec "$@"'


def start(group: str, words: Sequence[str | Path], log: Path, extra: dict[str, str] | None = None) -> None:
    """Start ``words`` in a session of its own, what it says to ``log``; return once it is in its group."""
    joins = cgroups.create(group)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            ["/bin/sh", "-c", JOIN, "join", " ".join(map(str, joins)), *(str(word) for word in words)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
            env={**ENVIRONMENT, **(extra or {})},
        )
    while child.poll() is None and child.pid not in cgroups.processes(group):
        time.sleep(0.01)
