"""Changing one value of a file of the dossier; every other byte stays as it was.

The new text is read again before it is kept: it must be sound, hold the new value, and nothing else may differ.
"""

from __future__ import annotations

import copy
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

from lopendezaken.dossier import loader
from lopendezaken.dossier.loader import Document
from lopendezaken.dossier.problems import At, dotted, shown
from lopendezaken.errors import LzError

Check = Callable[[Document], Any]
_STEP = re.compile(r"(?:^|\.)([A-Za-z_][A-Za-z0-9_-]*)|\[(\d{1,4})\]")
_UNSAFE = re.compile(r'[\\"]')
_PATH_EXAMPLE = "keys and places in lists, like chain_test.status or contacts[0].phone"


@dataclass(frozen=True)
class _Edit:
    """Replace the characters from ``start`` up to ``end``; ``before`` and ``after`` go around the value."""

    start: int
    end: int
    before: str = ""
    after: str = ""

    def apply(self, text: str, value: str) -> str:
        return text[: self.start] + self.before + value + self.after + text[self.end :]


def path_of(text: str) -> At:
    """Read a path like ``contacts[0].phone``. Raises :class:`LzError`."""
    at: list[str | int] = []
    position = 0
    while position < len(text):
        step = _STEP.match(text, position)
        if step is None or (not at and step[2]):
            raise LzError("not a path", found=f"'{text}'", expected=_PATH_EXAMPLE)
        at.append(step[1] if step[2] is None else int(step[2]))
        position = step.end()
    if not at:
        raise LzError("not a path", found="nothing", expected=_PATH_EXAMPLE)
    return tuple(at)


def changed(content: bytes, path: Path, at: At, value: str, check: Check, *, as_text: bool = False) -> bytes:
    """Give the file with ``value`` at ``at``: text, or a list or keys as YAML writes them on one line.

    A key that is not there is added to what is around it; so is the next place of a list. ``as_text``:
    what starts with ``[`` or ``{`` is text too. Raises :class:`LzError`; ``path`` is for telling where.
    """
    before = loader.parse(content, path)
    check(before)
    text = content.decode("utf-8")
    edit = _place(text, before, at)
    refusal: LzError | None = None
    for spelling, meant in _spellings(value, _old(text, before, at), as_text=as_text):
        try:
            found = edit.apply(text, spelling).encode("utf-8")
            after = loader.parse(found, path)
            if after.value != _with(before.value, at, meant):
                continue
            sound = check(after)
        except LzError as error:
            refusal = refusal or error
            continue
        if _other_tools_differ(spelling) and isinstance(_field(sound, at), str):
            continue
        return found
    if refusal:
        raise refusal
    raise LzError("this value cannot be written here", where=before.where(at), found=repr(value))


def change(path: Path, at: At, value: str, check: Check, *, as_text: bool = False) -> None:
    """As :func:`changed`, in the file itself: it is whole at every moment. Raises :class:`LzError`."""
    before = loader.load(path)
    content = changed(path.read_bytes(), before.path, at, value, check, as_text=as_text)
    target = path.resolve()
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(draft).chmod(target.stat().st_mode & 0o7777)
        Path(draft).replace(target)
    except OSError as error:
        Path(draft).unlink(missing_ok=True)
        raise LzError("cannot write the file", where=shown(path), found=error.strerror, exit_code=3) from None


def _place(text: str, document: Document, at: At) -> _Edit:
    node: Any = yaml.compose(text, Loader=yaml.CBaseLoader)
    for depth, key in enumerate(at):
        child = _child(node, key)
        if child is None:
            return _addition(text, node, at, depth, document)
        node = child
    if not isinstance(node, yaml.ScalarNode) and not node.flow_style:
        raise LzError(
            f"{dotted(at)} stands on more than one line",
            where=document.where(at),
            remedy="Set the values in it one by one",
        )
    start, end = node.start_mark.index, node.end_mark.index
    end = start + len(text[start:end].rstrip())
    return _Edit(start, end, " " if start == end and text[start - 1 : start] in {":", "-"} else "")


def _child(node: Any, key: str | int) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key]
    return None


def _addition(text: str, node: Any, at: At, depth: int, document: Document) -> _Edit:
    """Find where a new key, or the next place of a list, goes: behind its last neighbour."""
    key, here = at[depth], at[:depth]
    fits = isinstance(node, yaml.MappingNode) if isinstance(key, str) else _is_next(node, key)
    if depth + 1 < len(at) or not fits:
        raise LzError(
            f"there is no {dotted(at[: depth + 1])}",
            where=document.where(here),
            expected=_PATH_EXAMPLE,
            remedy="Add what is around it first, like '{ready_on: 2026-11-24, instruction: help.pdf}'",
        )
    label = f"{key}: " if isinstance(key, str) else ""
    if node.flow_style:
        end = node.end_mark.index - 1
        kept = len(text[:end].rstrip())
        return _Edit(kept, kept, (", " if node.value and text[kept - 1] != "," else "") + label)
    end = _last_end(node)
    end = text.index("\n", end) if "\n" in text[end:] else len(text)
    end -= text[end - 1 : end] == "\r"
    newline = "\r\n" if "\r\n" in text else "\n"
    first = node.value[0][0] if isinstance(node, yaml.MappingNode) else node
    return _Edit(end, end, newline + " " * first.start_mark.column + (label or "- "))


def _is_next(node: Any, key: int) -> bool:
    return isinstance(node, yaml.SequenceNode) and key == len(node.value)


def _last_end(node: Any) -> int:
    """Give where the text of a node ends; the mark of a block is only at what follows it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _last_end(last[1] if isinstance(last, tuple) else last)


def _old(text: str, document: Document, at: At) -> str:
    """Give the character that the old value starts with, which tells its quotes."""
    if at not in document.places:
        return ""
    line, column = document.places[at]
    return text.split("\n")[line - 1][column - 1 : column]


def _spellings(value: str, old: str, *, as_text: bool) -> Iterator[tuple[str, Any]]:
    """Give the ways to write a value, the likeliest first, each with what it is to mean."""
    if value[:1] in {"[", "{"} and not as_text:
        yield value, loader.parse(value.encode("utf-8", "replace"), Path("VALUE")).value
        return
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise LzError("the value is not text", found=ascii(value)) from None
    double = quoted(value)
    single = "'" + value.replace("'", "''") + "'"
    ways = {'"': (double,), "'": (single, double)}.get(old, (value, double))
    for way in ways:
        if way and "\n" not in way and "\r" not in way:
            yield way, value


def quoted(value: str) -> str:
    """Write text between double quotes, with everything odd escaped."""
    return '"' + "".join(_escaped(character) for character in value) + '"'


def _escaped(character: str) -> str:
    if _UNSAFE.match(character):
        return "\\" + character
    code = ord(character)
    if character.isprintable() and code != 0xFEFF:
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _with(value: Any, at: At, new: Any) -> Any:
    whole = copy.deepcopy(value)
    around = reduce(lambda inner, key: inner[key], at[:-1], whole)
    if isinstance(around, list) and at[-1] == len(around):
        around.append(new)
    else:
        around[at[-1]] = new
    return whole


def _other_tools_differ(spelling: str) -> bool:
    """Tell whether YAML 1.1 makes something else than text of it: ``no``, ``0123``, ``12:30``, a date."""
    if spelling[:1] in {'"', "'", "[", "{"}:
        return False
    resolver: Any = yaml.SafeLoader("")
    return bool(resolver.resolve(yaml.ScalarNode, spelling, (True, False)) != "tag:yaml.org,2002:str")


def _field(sound: Any, at: At) -> Any:
    """Give the value that the schema made at ``at``; ``None`` when the check gave nothing to look in."""
    for key in at:
        sound = (
            getattr(sound, key, None) if isinstance(key, str) and not isinstance(sound, dict) else sound[key]
        )
        if sound is None:
            return None
    return sound
