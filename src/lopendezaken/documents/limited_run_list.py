"""Who takes part in the limited run (P4-13): a list that is encrypted, stays out of git, and is never copied.

It is YAML below ansible-vault or age: a secret ``salt`` (64 hexadecimal digits) and ``participants``, each with a
``bsn`` and the day on which they ``agreed_on``. Evidence and reports know participants by a digest only: the
HMAC-SHA-256 of the BSN under that salt. Without a key all BSNs are tried in minutes; so the salt stays in the list.
"""

from __future__ import annotations

import hmac
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from lopendezaken.casemessage.bsn import passes_eleven_test
from lopendezaken.casemessage.secret_file import read_secret
from lopendezaken.dossier import loader
from lopendezaken.dossier.fields import Day, Sha256, wrong
from lopendezaken.dossier.part import Part
from lopendezaken.errors import LzError

FILE = "received/participants.vault"
IDENTITY = "LZ_AGE_IDENTITY"
_WHAT = "the list of participants"


def _bsn(value: str) -> str:
    if not passes_eleven_test(value):
        raise wrong("something else", "a BSN: nine digits that pass the eleven test, between quotes")
    return value


class Entry(Part):
    """Somebody who takes part."""

    bsn: Annotated[str, AfterValidator(_bsn)] = Field(repr=False)
    agreed_on: Day


class _List(Part):
    salt: Sha256 = Field(repr=False)
    participants: Annotated[tuple[Entry, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Participants:
    """The list, opened. Nothing of it shows in a trace or a log."""

    salt: bytes = field(repr=False)
    entries: tuple[Entry, ...] = field(repr=False)

    def digest(self, content: bytes) -> str:
        """Give a digest that nobody can guess back without the list."""
        return hmac.new(self.salt, content, "sha256").hexdigest()

    def agreed(self, day: date) -> dict[str, str]:
        """Give those who had agreed on ``day``: their BSN, and the digest that evidence knows them by."""
        return {each.bsn: self.digest(each.bsn.encode()) for each in self.entries if each.agreed_on <= day}

    def as_evidence(self) -> list[dict[str, str]]:
        """Give what evidence may hold of it, in an order that says nothing."""
        rows = [(self.digest(each.bsn.encode()), each.agreed_on.isoformat()) for each in self.entries]
        return [{"digest": digest, "agreed_on": agreed} for digest, agreed in sorted(rows)]


def read(dossier_folder: Path) -> Participants:
    """Open the list. Raises :class:`LzError`, in which no BSN stands."""
    path = dossier_folder / FILE
    text = _decrypted(path, read_secret(path, _WHAT))
    try:
        found = _List.model_validate(loader.parse(text, path).value)
    except LzError as error:
        raise LzError(
            f"{_WHAT} is no YAML", where=error.where
        ) from None  # its words may quote what stands there
    except ValidationError as error:
        places = (_place(each["loc"]) for each in error.errors(include_input=False))
        raise LzError(
            f"{_WHAT} is not as expected",
            where=str(path),
            found=", ".join(places),
            expected="salt: 64 hexadecimal digits; participants: each with bsn between quotes and agreed_on",
        ) from None
    bsns = [each.bsn for each in found.participants]
    if len(set(bsns)) < len(bsns):
        raise LzError("somebody stands in the list twice", where=str(path))
    return Participants(bytes.fromhex(found.salt), found.participants)


def _place(at: tuple[str | int, ...]) -> str:
    """Name a place by our own keys and numbers only: a wrong key may be a BSN."""
    known = {*_List.model_fields, *Entry.model_fields}
    names = (str(key) if isinstance(key, int) or key in known else "(unknown key)" for key in at)
    return ".".join(names) or "all"


def _decrypted(path: Path, content: bytes) -> bytes:
    if content.startswith(b"$ANSIBLE_VAULT;"):
        program = str(Path(sys.executable).with_name("ansible-vault"))
        return _run([program, "decrypt", "--output", "-", str(path)], "ANSIBLE_VAULT_PASSWORD_FILE")
    if content.startswith((b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----")):
        return _run(["age", "--decrypt", "--identity", os.environ.get(IDENTITY, ""), str(path)], IDENTITY)
    raise LzError(
        f"{_WHAT} is not encrypted",
        where=str(path),
        expected="a file of ansible-vault or age",
        remedy=f"ansible-vault encrypt {path}",
    )


def _run(words: list[str], setting: str) -> bytes:
    # What they say stays unheard: it may quote what they read.
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        done = None
    if done is None or done.returncode:
        raise LzError(
            f"{_WHAT} cannot be opened",
            found=f"{Path(words[0]).name} gives nothing",
            expected=f"{Path(words[0]).name} installed, and {setting} with the name of the file that opens it",
        )
    return done.stdout
