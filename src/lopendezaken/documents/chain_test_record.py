"""Recording the chain test: a round begins, an item gets its result, a report goes to Logius.

A result is added and never changed; who was wrong tests again, in the next round.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lopendezaken.documents.chain_test_files import FOLDER, Outcome, Record, Round, digest, path_of, read
from lopendezaken.dossier import loader
from lopendezaken.dossier.edit import change, quoted
from lopendezaken.dossier.problems import At, shown
from lopendezaken.dossier.read import dossier_of, read_as
from lopendezaken.errors import LzError


def start(folder: Path, day: date, again: Iterable[str] = ()) -> Round:
    """Begin the next round: all items first, then what failed; ``again``: items that Logius wants tested again.

    Raises :class:`LzError` when the round before has items without a result, or nothing is left to test.
    """
    record = sound(folder)
    number = len(record.rounds) + 1
    if record.rounds and record.rounds[-1].open:
        raise LzError(
            f"round {number - 1} is not finished",
            where=shown(path_of(folder, number - 1)),
            found=f"no result of {', '.join(record.rounds[-1].open)}",
        )
    known = [each.item.id for each in record.tested]
    asked = _known(again, known)
    items = [each.item.id for each in record.tested if each.item.id in asked or not each.passes]
    if not items:
        raise LzError(
            "nothing is left to test", remedy="Name what Logius wants tested again: --item ID", exit_code=1
        )
    lines = [
        f"# Round {number} of the chain test. Results are added by `lz chain-test record`; nothing here is changed.",
        f"round: {number}",
        f"started_on: {day}",
        *([f"previous: {digest(path_of(folder, number - 1))}"] if number > 1 else []),
        f"items: [{', '.join(map(quoted, items))}]",
    ]
    _write_new(path_of(folder, number), "\n".join([*lines, ""]).encode())
    return read_as(Round, path_of(folder, number))


def picture(folder: Path, file: Path) -> dict[str, str]:
    """Give a picture below the dossier's ``folder`` as a result names it, with its digest. Raises :class:`LzError`."""
    content = _bytes(file)
    if not file.resolve().is_relative_to(folder.resolve()):
        raise LzError(
            "the picture is not below the dossier's folder", found=str(file), expected=f"below {folder}"
        )
    name = file.resolve().relative_to(folder.resolve()).as_posix()
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest()}


def add(folder: Path, values: Mapping[str, object]) -> Path:
    """Add the result of an item to the round that is under way; the file of it. Raises :class:`LzError`."""
    try:
        outcome = Outcome.model_validate(values)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)
        told = (
            f"{'.'.join(map(str, each['loc']))}: {each.get('ctx', {}).get('expected', each['msg'])}"
            for each in wrong
        )
        raise LzError("this is no result", expected="; ".join(told)) from None
    record = sound(folder)
    path = path_of(folder, len(record.rounds))
    if not record.rounds or outcome.item not in record.rounds[-1].items:
        raise LzError(
            "this item is not tested now",
            found=outcome.item,
            expected=", ".join(record.rounds[-1].items) if record.rounds else "a round: lz chain-test start",
        )
    if outcome.item not in record.rounds[-1].open:
        raise LzError(
            "this item has its result in this round, which stays",
            where=shown(path),
            found=outcome.item,
            remedy="A retest belongs to the next round: lz chain-test start",
            exit_code=1,
        )
    text = path.read_text(encoding="utf-8")
    text += "" if record.rounds[-1].results else "results:\n"
    _replace_sound(path, f"{text}  - {_flow(outcome.model_dump(mode='json'))}\n")
    return path


def sent(folder: Path, report: Path, day: date) -> Path:
    """Record that a report went to Logius: keep a copy of it, and bring ``chain_test`` of the dossier in step.

    Raises :class:`LzError` when an item has no result, or another report of this round was sent.
    """
    record = sound(folder)
    lacking = [each.item.id for each in record.tested if each.last is None]
    if lacking:
        raise LzError(
            "not every item has a result (P3-16)", found=f"nothing of {', '.join(lacking)}", exit_code=1
        )
    name = f"{FOLDER}/reports/round-{len(record.rounds)}{report.suffix}"
    copy, content = folder / name, _bytes(report)
    if not copy.is_file():
        _write_new(copy, content)
    elif copy.read_bytes() != content:
        raise LzError(
            "another report of this round was sent", where=shown(copy), remedy="Begin a new round first"
        )
    results = {each.item.id: each.last.result for each in record.tested if each.last}
    _in_step(folder / "dossier.yml", results, {"document": name, "sha256": digest(copy), "sent_on": str(day)})
    return copy


def _in_step(path: Path, results: Mapping[str, str], report: dict[str, str]) -> None:
    written = loader.load(path).value.get("chain_test")
    if written is None:
        raise LzError(
            "the dossier has no chain_test", where=shown(path), remedy="Add it: chain_test: {status: running}"
        )
    at = {each["id"]: number for number, each in enumerate(written.get("checklist", ()))}
    missing = []
    for name, result in results.items():
        if name in at:
            _set(path, ("chain_test", "checklist", at[name], "result"), result)
        else:
            missing.append({"id": name, "result": result})
    _extend(path, "checklist", written, missing)
    _extend(
        path,
        "reports",
        written,
        [] if report in [dict(each) for each in written.get("reports", ())] else [report],
    )
    _set(path, ("chain_test", "status"), "reported")


def _extend(path: Path, key: str, written: dict[str, Any], new: list[dict[str, str]]) -> None:
    """Add rows to a list of ``chain_test``, which may not be there yet."""
    if new and key not in written:
        _set(path, ("chain_test", key), _flow(new))
        return
    for number, row in enumerate(new, start=len(written.get(key, ()))):
        _set(path, ("chain_test", key, number), _flow(row))


def _set(path: Path, at: At, value: str) -> None:
    change(path, at, value, dossier_of)


def sound(folder: Path) -> Record:
    """Read the record, which must fit together. Raises :class:`LzError`."""
    record = read(folder)
    found = [f"{FOLDER}/{file}: {what}" for file, what in record.mistakes()]
    if found:
        raise LzError("the record of the chain test does not fit together", found="\n  ".join(["", *found]))
    return record


def _known(asked: Iterable[str], known: list[str]) -> set[str]:
    found = set(asked)
    if not found <= set(known):
        raise LzError("no such item", found=", ".join(sorted(found - set(known))), expected=", ".join(known))
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LzError("the file cannot be read", where=str(path), found=error.strerror) from None


def _write_new(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as stream:
        stream.write(content)


def _replace_sound(path: Path, text: str) -> None:
    """Write beside it, read that, and only then take its place. Raises :class:`LzError`."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    try:
        read_as(Round, beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _flow(value: Any) -> str:
    """Write a value as YAML on one line, every text between quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return quoted(str(value))
