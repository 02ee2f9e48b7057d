"""Looks for BSNs where none may be: in files that people can read, and in what hosts wrote in their logs."""

from __future__ import annotations

import base64
import gzip
import io
import re
import subprocess
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from lopendezaken.lab import world
from lopendezaken.lab.host import leader
from lopendezaken.lab.layout import Layout

# Everything that a host has written for people: its journal, and files of services such as Squid's.
_LOGS = "journalctl --all --no-pager --output=cat; find /var/log -type f -not -path '*/journal/*' -exec zcat -f {} +"


def in_files(folder: Path, numbers: Iterable[str], but: Iterable[Path] = ()) -> Iterator[str]:
    """Give each file below ``folder`` that holds one of the numbers, packed or not; never what it holds."""
    forms, left = _forms(numbers), set(but)
    for path in sorted(folder.rglob("*")):
        if path not in left and path.is_file() and not path.is_symlink() and _holds(path.read_bytes(), forms):
            yield str(path)


def in_logs(layout: Layout, numbers: Iterable[str]) -> Iterator[str]:
    """Give each running host of the lab whose journal or logs hold one of the numbers."""
    forms = _forms(numbers)
    for host in world.HOSTS:
        pid = leader(layout, host)
        inside = ("nsenter", "--all", f"--target={pid}", "--", "sh", "-c", _LOGS)
        if pid and _holds(subprocess.run(inside, capture_output=True, check=False).stdout, forms):
            yield f"logs of {host.name}"


def known_to_git(clone: Path) -> set[Path]:
    """Give the files of a clone that are as they were committed, compiled or not: what was made there is all the rest."""

    def listed(*words: str) -> set[str]:
        command = ["git", "-C", str(clone), *words, "-z"]
        return {*subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")} - {
            ""
        }

    files = listed("ls-files") - listed("diff", "--name-only", "HEAD")
    known = {clone / name for name in files}
    compiled = {
        each
        for path in known
        if path.suffix == ".py"
        for each in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")
    }
    return known | compiled | {*(clone / ".git").rglob("*")}


def _forms(numbers: Iterable[str]) -> re.Pattern[bytes]:
    """Give a pattern of how a number may stand somewhere: as it is, in UTF-16, in base64 wherever it began."""
    forms: set[bytes] = set()
    for number in numbers:
        forms.add(rb"(?<!\d)" + number.encode() + rb"(?!\d)")
        forms.add(re.escape(number.encode("utf-16-le")))
        # What stands before it shifts it by no, one or two bytes; the letters on the edge hold bits of others.
        for shift in range(3):
            whole = base64.b64encode(b"\0" * shift + number.encode() + b"\0" * 3)
            forms.add(re.escape(whole[(shift * 8 + 5) // 6 : (shift + len(number)) * 8 // 6]))
    return re.compile(b"|".join(sorted(forms)))


def _holds(content: bytes, forms: re.Pattern[bytes]) -> bool:
    return any(forms.search(layer) for layer in _layers(content))


def _layers(content: bytes) -> Iterator[bytes]:
    """Give a file as it is, and what is packed in it: gzip, zip (office files), streams of a PDF."""
    yield content
    try:
        if content.startswith(b"\x1f\x8b"):
            yield gzip.decompress(content)
        elif content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                yield from (packed.read(name) for name in packed.namelist())
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
        pass
    if content.startswith(b"%PDF-"):
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
            try:
                yield zlib.decompressobj().decompress(stream)
            except zlib.error:
                continue
