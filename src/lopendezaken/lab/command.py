"""Run the machine's own tools; a failure becomes one readable error."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from lopendezaken.errors import LzError

# Tools of /usr/sbin are found also where `su` kept the PATH of a user; their words are in one language.
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
ENVIRONMENT = {**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8"}


def run(*words: str | Path, stdin: str | None = None, cwd: Path | None = None) -> str:
    """Run a tool and return its stdout. Raises :class:`LzError` (exit code 3) with its last words."""
    done = subprocess.run(
        [str(word) for word in words],
        input=stdin,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    if done.returncode:
        raise failed(words, done.returncode, done.stderr or done.stdout)
    return done.stdout


def try_run(*words: str | Path, stdin: str | None = None) -> bool:
    """Run a tool whose failure is an answer, not an error; say whether it succeeded."""
    done = subprocess.run(
        [str(word) for word in words],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    return done.returncode == 0


def follow(words: Sequence[str | Path], tell: Callable[[str], None]) -> None:
    """Run a long tool and hand each line it writes to ``tell``. Raises like :func:`run`."""
    lines: list[str] = []
    with subprocess.Popen(
        [str(word) for word in words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=ENVIRONMENT,
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            tell(line.strip())
    if process.returncode:
        raise failed(words, process.returncode, "".join(lines))


def failed(words: Sequence[str | Path], code: int, output: str) -> LzError:
    """Make the error of a tool that ended with ``code``."""
    last = " / ".join(line.strip() for line in output.strip().splitlines()[-6:]) or "no message"
    return LzError(f"`{shlex.join(str(word) for word in words)}` failed ({code}): {last}", exit_code=3)
