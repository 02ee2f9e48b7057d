"""Many organisations at once: results and all that machines read of each, on every core."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from lopendezaken.errors import LzError
from lopendezaken.policy.assess import assess
from lopendezaken.policy.control import Language
from lopendezaken.policy.policies import Policies
from lopendezaken.policy.results import of_assessment
from lopendezaken.report.outputs import machine


@dataclass(frozen=True)
class Done:
    """What became of one organisation: its outcome, or why its dossier cannot be read."""

    name: str
    outcome: str
    mistake: str | None = None


def organisations(folder: Path) -> list[Path]:
    """Give every organisation right below ``folder``. Raises :class:`LzError` when there is none."""
    found = sorted(path.parent.parent for path in folder.glob("*/dossier/dossier.yml"))
    if not found:
        raise LzError("no organisation here", where=str(folder), expected="*/dossier/dossier.yml")
    return found


def report(
    folders: Sequence[Path],
    day: date,
    policies: Policies,
    language: Language,
    output: Path,
    workers: int | None = None,
) -> Iterator[Done]:
    """Check every organisation and write its machine outputs to a folder of its own name.

    One that cannot be read does not stop the others. ``workers``: processes, default one a core.
    """
    # Read now, once, so that the processes share them.
    _ = policies.digest, policies.words
    one = partial(_one, day=day, policies=policies, language=language, output=output)
    count = workers or os.cpu_count() or 1
    if count == 1:
        yield from map(one, folders)
        return
    with ProcessPoolExecutor(count, get_context("fork"), _share, (one,)) as pool:
        yield from pool.map(_call, folders, chunksize=max(1, min(20, len(folders) // count)))


_SHARED: list[partial[Done]] = []


def _share(one: partial[Done]) -> None:
    _SHARED.append(one)


def _call(folder: Path) -> Done:
    return _SHARED[0](folder)


def _one(folder: Path, day: date, policies: Policies, language: Language, output: Path) -> Done:
    try:
        results = of_assessment(assess(folder, day, policies))
    except LzError as error:
        return Done(folder.name, "error", str(error))
    for name, content in machine(results, policies, language):
        path = output / folder.name / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return Done(folder.name, results["outcome"])
