from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from lopendezaken.errors import LzError
from lopendezaken.lab import locks

NAME = f"test/{os.getpid()}"


def test_a_lock_is_free_again_after_use() -> None:
    for _ in range(2):
        with locks.exclusive(NAME, lambda text: None):
            pass


def test_a_second_one_waits_says_so_and_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "PATIENCE", 0.3)
    told: list[str] = []
    with (
        locks.exclusive(NAME, lambda text: None),
        pytest.raises(LzError, match="held the lock"),
        locks.exclusive(NAME, told.append),
    ):
        pass
    assert len(told) == 1


def test_a_killed_holder_holds_it_no_longer() -> None:
    program = (
        "import sys, time; from lopendezaken.lab.locks import exclusive\n"
        f"with exclusive({NAME!r}, print): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    start = time.monotonic()
    with locks.exclusive(NAME, lambda text: None):
        assert time.monotonic() - start < 5
