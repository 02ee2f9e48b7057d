"""Makes documents and writes them: all files of one document, or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lopendezaken.documents.document import Document, File, Missing, files_of
from lopendezaken.documents.page import with_pdf
from lopendezaken.documents.registry import applies, document, documents, each_for
from lopendezaken.documents.source import Source
from lopendezaken.documents.template import cell, day_in_dutch
from lopendezaken.errors import LzError


@dataclass(frozen=True)
class State:
    """Where a document stands: it can be made, or waits."""

    document: Document
    environment: str
    missing: tuple[Missing, ...]

    @property
    def name(self) -> str:
        """Its id, and the environment when there is one."""
        return f"{self.document.id} ({self.environment})" if self.environment else self.document.id

    def line(self) -> str:
        """Give it for people: one line, and one for each thing that is missing."""
        head = f"{self.name}: {self.document.title}"
        if not self.missing:
            return f"{head}: can be made"
        return "\n  ".join([f"{head}: waits for", *(str(each) for each in self.missing)])

    def plain(self) -> dict[str, Any]:
        """Give it for machines."""
        return {
            "id": self.document.id,
            "title": self.document.title,
            "environment": self.environment or None,
            "missing": [
                {"what": each.what, "where": each.where, "remedy": each.remedy} for each in self.missing
            ],
        }


def render(
    name: str, source: Source, environment: str | None, output: Path | None, *, as_pdf: bool = False
) -> list[Path]:
    """Make one document, for one environment or each that it is for. Raises :class:`LzError`."""
    asked = document(name)
    if not applies(asked, source):
        raise LzError(
            f"{name} is not for a {source.dossier.organisation.kind}", expected=" or ".join(asked.kinds)
        )
    needed = list(each_for(asked, source))
    copies = [each for each in needed if environment in {None, each.environment}]
    if not needed:
        raise LzError(
            f"{name} is not needed now", found=asked.title, remedy="lz documents list shows what is"
        )
    if not copies:
        raise LzError(
            f"{name} is not made for this environment",
            found=environment,
            expected=" or ".join(asked.environments) or "no --env: it is for the organisation",
        )
    files = [file for copy in copies for file in _files(asked, copy, as_pdf=as_pdf)]
    return list(_write(_folder(source, output), files))


def states(source: Source) -> list[State]:
    """Tell of every document that the organisation needs whether it can be made."""
    return [
        State(each, copy.environment, tuple(each.missing(copy)))
        for each in documents().values()
        if applies(each, source)
        for copy in each_for(each, source)
    ]


def build(source: Source, output: Path | None, *, as_pdf: bool = False) -> Iterator[str]:
    """Make all that can be made now, and an index; gives a line for each thing done or waited for.

    Last comes what nobody vouches for among the evidence that documents rest on.
    """
    unvouched, folder, rows = source.unvouched, _folder(source, output), []
    for state in states(source):
        if not state.missing:
            files = _files(state.document, source.of(state.environment), as_pdf=as_pdf)
            yield from (str(path) for path in _write(folder, files))
            rows.append((state, tuple(file.name for file in files)))
        else:
            yield state.line()
            rows.append((state, ()))
    index = File("index.md", _index(source, rows).encode())
    yield from (str(path) for path in _write(folder, [index]))
    if unvouched:
        yield f"nobody vouches for {len(unvouched)} pieces of evidence, as the index says: lz evidence seal"


def _files(document: Document, source: Source, *, as_pdf: bool) -> list[File]:
    files = list(files_of(document, source))
    if as_pdf:
        files += [with_pdf(file, document.title) for file in files if file.name.endswith(".md")]
    return files


def _folder(source: Source, output: Path | None) -> Path:
    return output or source.folder / "documents"


def _write(folder: Path, files: Iterable[File]) -> Iterator[Path]:
    """Write beside the old file first, so that nobody ever reads half a document."""
    for file in files:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_bytes(file.content)
        beside.replace(path)
        yield path


def _index(source: Source, rows: Iterable[tuple[State, tuple[str, ...]]]) -> str:
    lines = [
        f"# Documenten van {cell(source.dossier.organisation.name)}",
        "",
        f"Gemaakt uit het dossier van {day_in_dutch(source.day)}. Wat er precies ontbreekt, zegt `lz documents list`.",
        "",
        "| Document | Omgeving | Bestanden of waar het op wacht |",
        "| --- | --- | --- |",
    ]
    for state, names in rows:
        places = dict.fromkeys(cell(each.where) for each in state.missing)
        told = ", ".join(f"[{cell(name)}]({name})" for name in names) or f"wacht op {'; '.join(places)}"
        lines.append(f"| {state.document.title} | {state.environment or '-'} | {told} |")
    if source.unvouched:
        lines += [
            "",
            "Voor dit bewijs staat nog niemand in met een handtekening; documenten die erop steunen zijn dus voorlopig:",
            "",
            *(f"- `{each}`" for each in source.unvouched),
        ]
    return "\n".join([*lines, ""])
