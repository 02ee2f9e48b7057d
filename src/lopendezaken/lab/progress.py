"""Tell what is going on: one moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

_console = Console(stderr=True, highlight=False)


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """Show a step while it runs and how long it took; the yielded function shows what it is doing now."""
    start = time.monotonic()
    if _console.is_terminal:
        with _console.status(title) as status:
            yield lambda detail: status.update(f"{title}: {detail[:80]}")
    else:
        _console.print(f"{title} ...", markup=False)
        yield lambda detail: _console.print(f"  {detail}", markup=False, soft_wrap=True)
    _console.print(f"{title}: done ({time.monotonic() - start:.1f} s)", markup=False)


def say(text: str) -> None:
    """Show one line."""
    _console.print(text, markup=False, soft_wrap=True)
