"""Seals: signed lists of evidence, each naming the one before, so that nothing changes or goes unnoticed.

A seal is ``evidence/seals/<number>.sums`` in the format of ``sha256sum -c``: a line for each file since the seal
before, and one for that seal itself; ``<number>.sums.sig`` is its SSH signature. What cannot be seen from here
is that the newest seals went away with all that they list: only a copy elsewhere (git) tells that.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lopendezaken.errors import LzError
from lopendezaken.evidence.sshsig import Trust, sign

SEALS = "seals"
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*)")


@dataclass(frozen=True)
class Break:
    """What is wrong with which file, relative to the evidence folder."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


@dataclass(frozen=True)
class Verified:
    """What holds (file and who signed for it) and what does not."""

    signed_by: dict[str, tuple[str, ...]]
    breaks: tuple[Break, ...]


def seal(folder: Path, key: Path) -> Path | None:
    """Seal the evidence that no seal lists yet; ``None`` when there is none. Raises :class:`LzError`."""
    before = _seals(folder)
    listed = {name for path in before for name, _ in _lines(path)}
    new = [name for name in _evidence(folder) if name not in listed]
    if not new:
        return None
    (folder / SEALS).mkdir(exist_ok=True)
    last = [before[-1].relative_to(folder).as_posix()] if before else []
    path = folder / SEALS / f"{len(before) + 1:06d}.sums"
    with path.open("x", encoding="utf-8") as stream:
        stream.writelines(f"{_sha256(folder / name)}  {name}\n" for name in (*last, *new))
    try:
        sign(path, key, "lz-evidence")
    except LzError:
        path.unlink()  # a list that nobody signed would stand in the way of the next
        raise
    return path


def verify(folder: Path, trust: Trust) -> Verified:
    """Hold all evidence against all seals, and every seal against its signature."""
    signed_by: dict[str, tuple[str, ...]] = {}
    breaks: list[Break] = []
    seen: set[str] = set()
    for number, path in enumerate(_seals(folder), 1):
        name = path.relative_to(folder).as_posix()
        signers = trust.signers(path.read_bytes(), path.with_name(f"{path.name}.sig"), "lz-evidence")
        broken = list(_seal_breaks(path, name, number, signers))
        breaks += broken
        try:
            lines = _lines(path)
        except LzError:
            continue  # told as a break of the seal
        for listed, digest in lines:
            seen.add(listed)
            if what := _file_break(folder / listed, digest, name):
                breaks.append(Break(listed, what))
            elif not broken:
                signed_by[listed] = signers
    unlisted = (name for name in _evidence(folder) if name not in seen)
    breaks += [Break(name, "in no seal: forged, re-dated, or not sealed yet") for name in unlisted]
    altered = {each.path for each in breaks}
    return Verified({name: who for name, who in signed_by.items() if name not in altered}, tuple(breaks))


def _seal_breaks(path: Path, name: str, number: int, signers: tuple[str, ...]) -> Iterator[Break]:
    if not signers:
        yield Break(name, "no signature of anyone who may sign evidence (policies/trust) fits it")
    if path.name != f"{number:06d}.sums":
        yield Break(f"{SEALS}/{number:06d}.sums", "this seal is gone: evidence may have gone with it")
    try:
        lines = _lines(path)
    except LzError as error:
        yield Break(name, str(error))
        return
    before = f"{SEALS}/{int(path.stem) - 1:06d}.sums"
    if number > 1 and before not in {listed for listed, _ in lines}:
        yield Break(name, f"does not name the seal before it, {before}")


def _file_break(path: Path, digest: str, by: str) -> str | None:
    if not path.is_file():
        return f"deleted or renamed since {by} listed it"
    return None if _sha256(path) == digest else f"edited or swapped since {by} listed it"


def _lines(path: Path) -> list[tuple[str, str]]:
    """Give file and digest of each line; a path out of the folder is no line of ours."""
    found = [(_LINE.fullmatch(line), line) for line in path.read_text("utf-8", "replace").splitlines()]
    strange = [line for match, line in found if not match or ".." in line]
    if strange:
        raise LzError("not a list of sha256sum", where=f"{SEALS}/{path.name}", found=strange[0][:100])
    return [(match[2], match[1]) for match, _ in found if match]


def _seals(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / SEALS).glob("*.sums") if re.fullmatch(r"\d{6}", path.stem))


def _evidence(folder: Path) -> list[str]:
    files = (path for path in folder.rglob("*.json") if not path.name.startswith("."))
    return sorted(path.relative_to(folder).as_posix() for path in files)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
