"""YAML as text: every scalar stays what was written, and every value knows its line and column.

YAML's own types destroy identifiers: an unquoted ``00000001002220647000`` is an octal number to one parser
and a decimal one to the next. So no scalar is typed here; the schema does that, and it can see whether
there were quotes (:class:`Plain`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lopendezaken.dossier.problems import At, FileError, Problem, dotted, shown
from lopendezaken.errors import LzError

MAX_BYTES = 5_000_000
MAX_DEPTH = 50
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# YAML 1.1 breaks lines at these; editors do not, and folding would change the text.
_ODD_BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")

# What libyaml says, what it means to a person, and how to mend it.
_ADVICE = (
    (
        "mapping values are not allowed",
        "one 'key: value' on a line",
        "Put a value that holds ': ' between quotes",
    ),
    ("',' or ']'", "a comma or the closing ]", "Close the list that was opened with ["),
    ("',' or '}'", "a comma or the closing }", "Close the mapping that was opened with {"),
    ("unexpected end of stream", "the closing quote", "Close the text that was opened with a quote"),
    ("'-' indicator", "the next '- ' of the list", "Give the lines of a list the same indentation"),
    ("did not find expected key", "a key", "Check the indentation, and that nothing follows a closing quote"),
    ("cannot start any token", "a value", "Put a value that starts with @, % or ` between quotes"),
    ("could not find expected ':'", "a colon after the key", "Write 'key: value'"),
    ("<document start>", "the indentation of the first line", "Start every top-level key in column 1"),
)


class Plain(str):
    """A scalar written without quotes; its text is exactly what stands in the file."""

    __slots__ = ()


@dataclass
class Document:
    """What a file holds: dicts, lists and text; and where each part of it stands."""

    path: Path
    value: Any = None
    places: dict[At, tuple[int, int]] = field(default_factory=dict)
    keys: dict[At, tuple[int, int]] = field(default_factory=dict)

    def position(self, at: At, *, key: bool = False) -> tuple[int, int]:
        """Give line and column of the value at ``at`` (or of its key), or of the nearest thing around it."""
        if key and at in self.keys:
            return self.keys[at]
        while at not in self.places and at:
            at = at[:-1]
        return self.places.get(at, (1, 1))

    def where(self, at: At = (), *, key: bool = False) -> str:
        """Give ``file:line:column`` of the value at ``at``, or of its key."""
        line, column = self.position(at, key=key)
        return f"{shown(self.path)}:{line}:{column}"

    def error(self, problem: Problem) -> LzError:
        """Tell ``problem`` with its place in this file."""
        place = dotted(problem.at)
        return LzError(
            f"{place}: {problem.what}" if place else problem.what,
            where=self.where(problem.at, key=problem.at_key),
            found=problem.found,
            expected=problem.expected,
            remedy=problem.remedy,
        )


def load(path: Path) -> Document:
    """Read a YAML file. Raises :class:`LzError` (exit code 2) with file, line and column."""
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise LzError(f"cannot read the file: {error.strerror}", where=shown(path)) from None
    if size > MAX_BYTES:
        raise LzError(
            "the file is too big", where=shown(path), found=f"{size} bytes", expected="at most 5 MB"
        )
    return parse(content, path)


def parse(content: bytes, path: Path) -> Document:
    """Read the bytes of a YAML file; ``path`` is only for telling where something stands."""
    text = _text(content, path)
    document = Document(path)
    try:
        _Composer(text, document).compose()
    except yaml.MarkedYAMLError as error:
        raise _malformed(error, text, path) from None
    except yaml.reader.ReaderError as error:
        raise _unprintable(error, text, path) from None
    return document


def _text(content: bytes, path: Path) -> str:
    if content.startswith(_BYTE_ORDER_MARKS):
        raise LzError(
            "the file starts with a byte order mark",
            where=f"{shown(path)}:1:1",
            remedy="Save it as UTF-8 without BOM",
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = len(content[content.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8")) + 1
        where = f"{shown(path)}:{line}:{column}"
        found = f"byte 0x{content[error.start]:02x}"
        raise LzError("not UTF-8", where=where, found=found, remedy="Save the file as UTF-8") from None
    if "\t" in text:
        where = _place(text, text.index("\t"), path)
        raise LzError("found a tab", where=where, expected="spaces", remedy="Replace every tab by spaces")
    odd = _ODD_BREAKS.search(text)
    if odd:
        where = _place(text, odd.start(), path)
        raise LzError(
            "found an unusual line break", where=where, found=repr(odd.group()), expected="a newline"
        )
    return text


def _place(text: str, index: int, path: Path) -> str:
    line = text.count("\n", 0, index) + 1
    return f"{shown(path)}:{line}:{index - text.rfind(chr(10), 0, index)}"


class _Composer:
    """Builds the document from parser events, so that nothing a dossier must not have gets through."""

    def __init__(self, text: str, document: Document) -> None:
        self.next: Callable[[], Any] = yaml.CBaseLoader(text).get_event
        self.document = document

    def compose(self) -> None:
        self.next()
        event = self.next()
        if isinstance(event, yaml.StreamEndEvent):
            raise self._refuse(event, "the file holds nothing")
        self.document.value = self._value(self.next(), ())
        self.next()
        event = self.next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._refuse(
                event, "a second document starts here", remedy="Keep one document a file: remove '---'"
            )

    def _value(self, event: Any, at: At) -> Any:
        mark = event.start_mark
        self.document.places[at] = (mark.line + 1, mark.column + 1)
        if event.anchor:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            raise self._refuse(
                event,
                "anchors and aliases are not allowed",
                found=f"{sign}{event.anchor}",
                remedy="Write it out in full",
            )
        if event.tag:
            raise self._refuse(event, "tags are not allowed", found=event.tag, remedy="Remove the tag")
        if isinstance(event, yaml.ScalarEvent):
            return event.value if event.style else Plain(event.value)
        if len(at) >= MAX_DEPTH:
            raise self._refuse(event, "nested too deeply", expected=f"at most {MAX_DEPTH} levels")
        return self._mapping(at) if isinstance(event, yaml.MappingStartEvent) else self._sequence(at)

    def _mapping(self, at: At) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            key, mark = self._key(event), event.start_mark
            here = (*at, key)
            if key in result:
                raise self._refuse(event, f"{dotted(here)} stands here twice", remedy="Keep one of the two")
            self.document.keys[here] = (mark.line + 1, mark.column + 1)
            result[key] = self._value(self.next(), here)
        return result

    def _key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag:
            raise self._refuse(event, "a key must be plain text")
        return str(event.value)

    def _sequence(self, at: At) -> list[Any]:
        result: list[Any] = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            result.append(self._value(event, (*at, len(result))))
        return result

    def _refuse(self, event: Any, what: str, **parts: Any) -> LzError:
        mark = event.start_mark
        return LzError(what, where=f"{shown(self.document.path)}:{mark.line + 1}:{mark.column + 1}", **parts)


def _malformed(error: yaml.MarkedYAMLError, text: str, path: Path) -> LzError:
    problem = error.problem or "not readable"
    mark = error.problem_mark
    expected, remedy = next(((e, r) for sign, e, r in _ADVICE if sign in problem), (None, None))
    if mark is None:
        return LzError(f"malformed YAML, {problem}", where=shown(path), expected=expected, remedy=remedy)
    lines = text.split("\n")
    found = lines[mark.line].strip() if mark.line < len(lines) else ""
    opened = error.context_mark
    if opened is not None and opened.line != mark.line and remedy:
        remedy += f" on line {opened.line + 1}" if "opened" in remedy else ""
    return LzError(
        f"malformed YAML, {problem}",
        where=f"{shown(path)}:{mark.line + 1}:{mark.column + 1}",
        found=f"'{found[:60]}'" if found else "the end of the file",
        expected=expected,
        remedy=remedy,
    )


def _unprintable(error: yaml.reader.ReaderError, text: str, path: Path) -> LzError:
    # libyaml counts bytes, and may have read on; the character itself tells where it stands.
    character = error.character if isinstance(error.character, int) else ord(error.character[:1])
    index = text.find(chr(character))
    where = _place(text, index, path) if index >= 0 else shown(path)
    return LzError(
        "found a character that YAML does not allow",
        where=where,
        found=f"U+{character:04X}",
        remedy="Remove it",
    )


def refuse(document: Document, problems: list[Problem]) -> None:
    """Raise one :class:`FileError` with all ``problems``, in the order of the file; do nothing if none."""
    if problems:
        ordered = sorted(problems, key=lambda problem: document.position(problem.at, key=problem.at_key))
        raise FileError(document.error(problem) for problem in ordered)
