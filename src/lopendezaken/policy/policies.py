"""The folder policies/, read once: controls, phases, requirements, and the digest of all that decides."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lopendezaken.evidence import roles
from lopendezaken.evidence.roles import Roles
from lopendezaken.policy import control, phases, requirements
from lopendezaken.policy.control import LANGUAGES, Control, Language
from lopendezaken.policy.phases import Phases
from lopendezaken.policy.requirements import Requirements
from lopendezaken.policy.words import Words


@dataclass(frozen=True)
class Policies:
    """All policies, ready to run over any number of organisations."""

    folder: Path
    controls: tuple[Control, ...]
    phases: Phases

    @cached_property
    def requirements(self) -> Requirements:
        """Every requirement of the guide."""
        return requirements.load(self.folder / "requirements", self.controls)

    @cached_property
    def roles(self) -> Roles:
        """Who may sign what."""
        return roles.load(self.folder)

    @cached_property
    def words(self) -> dict[Language, Words]:
        """What to say to people, by language."""
        return {language: Words(self.folder, language) for language in LANGUAGES}

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all files but the examples, as stock tools give it.

        In policies/: ``find . -type f -not -path '*/examples/*' | LC_ALL=C sort | xargs sha256sum | sha256sum``.
        """
        listed = "".join(f"{digest}  ./{name}\n" for name, digest in self.files.items())
        return hashlib.sha256(listed.encode()).hexdigest()

    @cached_property
    def files(self) -> dict[str, str]:
        """The SHA-256 of each file but the examples."""
        return digests(self.folder)


def digests(folder: Path) -> dict[str, str]:
    """Give the SHA-256 of each file of policies but the examples, in the order of their names."""
    files = (path for path in folder.rglob("*") if path.is_file())
    named = ((path.relative_to(folder).as_posix(), path) for path in files)
    own = sorted(each for each in named if "examples" not in each[0].split("/"))
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in own}


def load(folder: Path) -> Policies:
    """Read the policies. Raises :class:`lopendezaken.errors.LzError` that names what is wrong where."""
    controls = control.load_all(folder / "controls")
    return Policies(folder, controls, phases.load(folder / "phases.yml", controls))
