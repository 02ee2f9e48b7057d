"""One command at a time: locks that leave no file behind and go when their holder dies, however it dies."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lopendezaken.errors import LzError

PATIENCE = 300.0


@contextmanager
def exclusive(name: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Hold the machine-wide lock ``name``. Raises :class:`LzError` when it stays taken for 5 minutes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as lock:
        end = time.monotonic() + PATIENCE
        told = False
        while not _taken(lock, name):
            if time.monotonic() > end:
                raise LzError(f"another lz command has held the lock {name} for 5 minutes", exit_code=3)
            if not told:
                tell(f"waiting for another lz command ({name})")
                told = True
            time.sleep(0.2)
        yield


def _taken(lock: socket.socket, name: str) -> bool:
    try:
        lock.bind(f"\0lopendezaken/{name}")  # abstract: no file, ends with the process
    except OSError:
        return False
    return True
