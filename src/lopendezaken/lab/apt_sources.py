"""The Debian sources that this machine's apt uses, so that the lab's hosts use the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

RELEASE = "bookworm"
SUITES = (RELEASE, f"{RELEASE}-updates", f"{RELEASE}-security")


@dataclass(frozen=True)
class Source:
    """One archive and suite, with the keyring that signs it (empty: apt's own)."""

    uri: str
    suite: str
    keyring: str

    def line(self) -> str:
        """Render as a line of sources.list."""
        options = f" [signed-by={self.keyring}]" if self.keyring else ""
        return f"deb{options} {self.uri} {self.suite} main"

    def through_cache(self) -> Source:
        """The same for a host behind the apt cache, which speaks TLS to the archive in its place."""
        return Source(re.sub(r"^https:", "http:", self.uri), self.suite, self.keyring)


def of_machine(folder: Path = Path("/etc/apt")) -> list[Source]:
    """Return the machine's sources of the release's own suites, component main."""
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    found: dict[tuple[str, str], Source] = {}
    for file in files:
        if not file.is_file():
            continue
        text = file.read_text(encoding="utf-8")
        read = _stanzas(text) if file.suffix == ".sources" else _lines(text) if file.suffix == ".list" else ()
        for source in read:
            if source.suite in SUITES:
                found.setdefault((source.uri, source.suite), source)
    return list(found.values())


def _lines(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        match = re.match(r"deb\s+(?:\[([^]]*)\]\s*)?(\S+)\s+(\S+)\s+(.*)", line.strip())
        if match and "main" in match[4].split("#")[0].split():
            keyring = re.search(r"signed-by=(\S+)", match[1] or "")
            yield Source(match[2].rstrip("/"), match[3], keyring[1] if keyring else "")


def _stanzas(text: str) -> Iterator[Source]:
    for block in re.split(r"\n\s*\n", text):
        fields = dict(_fields(block.splitlines()))
        if "deb" not in fields.get("types", "").split() or "main" not in fields.get("components", "").split():
            continue
        if fields.get("enabled", "yes").lower() == "no":
            continue
        # A key written out in the stanza itself has more than one word; apt's own keyring serves then.
        keyring = fields.get("signed-by", "")
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(uri.rstrip("/"), suite, keyring if keyring.startswith("/") else "")


def _fields(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and not line.startswith(("#", " ", "\t")):
            yield name.strip().lower(), value.strip()
