"""Whose signature counts: allowed_signers and revoked, in the formats of ssh-keygen(1).

Stricter than ssh-keygen: every key says what it may sign and who it is by name, without patterns, and only
Ed25519 counts, in a file or on a token. So a mistake in the file never lets in more than meant.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import get_args

from lopendezaken.errors import LzError
from lopendezaken.evidence import sshsig
from lopendezaken.evidence.sshsig import MalformedError, Namespace

SIGNERS, REVOKED = "allowed_signers", "revoked"
NAMESPACES: tuple[Namespace, ...] = get_args(Namespace)
_LINE = re.compile(r"(\S+)\s+((?:[^\s\"]|\"[^\"]*\")+)\s+(\S+)\s+(\S+)(?:\s.*)?")
_OPTION = re.compile(r'([a-z-]+)="([^"]*)"')
_INSTANT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


class UntrustedError(Exception):
    """A signature that does not count; ``code`` is that of a flaw, ``detail`` says whose key it is."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Signer:
    """Who signed, in which role (a namespace), with which key (fingerprint), and when by their own word."""

    name: str
    role: Namespace
    fingerprint: str
    when: datetime


@dataclass(frozen=True)
class Key:
    """A line of allowed_signers: a key, whose it is, what it may sign, and between which instants (UTC)."""

    names: tuple[str, ...]
    namespaces: tuple[str, ...]
    after: datetime | None
    before: datetime | None
    key: bytes


@dataclass(frozen=True)
class Trust:
    """A folder with allowed_signers and, if keys were lost, revoked; one that is not there trusts nobody."""

    folder: Path

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """All keys. Raises :class:`LzError` (exit code 2) at a line that cannot be understood."""
        return tuple(_key(line, where) for line, where in self._lines(SIGNERS))

    @cached_property
    def revoked(self) -> frozenset[bytes]:
        """Keys that no longer count, whenever they signed: one public key a line."""
        return frozenset(_blob(*_two(line), where) for line, where in self._lines(REVOKED))

    @cached_property
    def files(self) -> dict[str, str]:
        """The SHA-256 of each of its files, for statements and reports."""
        paths = (self.folder / name for name in (SIGNERS, REVOKED))
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()}

    def signer(
        self, content: bytes, signature: bytes, roles: Collection[Namespace], when: datetime
    ) -> Signer:
        """Tell who signed ``content`` in which of the ``roles``. Raises :class:`UntrustedError`.

        ``when`` is the instant that the signer names in what is signed: the key must have counted then.
        """
        try:
            found = sshsig.read(signature)
        except MalformedError:
            raise UntrustedError("no-signature", "") from None
        name = sshsig.fingerprint(found.key)
        if not found.fits(content):
            raise UntrustedError("forged", name)
        if found.key in self.revoked:
            raise UntrustedError("revoked", name)
        known = [each for each in self.keys if each.key == found.key]
        if not known:
            raise UntrustedError("stranger", name)
        role = next((role for role in roles if role == found.namespace), None)
        fitting = [each for each in known if role in each.namespaces]
        if role is None or not fitting:
            raise UntrustedError("not-for-this", f"{known[0].names[0]}, {found.namespace}")
        for each in fitting:
            if (each.after is None or each.after <= when) and (each.before is None or when <= each.before):
                return Signer(each.names[0], role, name, when)
        raise UntrustedError("out-of-time", f"{fitting[0].names[0]}, {when:%Y-%m-%d}")

    def same_person(self, one: str, other: str) -> bool:
        """Whether two names are one person: by name, by a shared line, or by a shared key."""
        known, found = {_plain(one)}, set[str]()
        groups = [{_plain(name) for name in each.names} | {each.key} for each in self.keys]
        while known != found:
            found = set(known)
            known |= {each for group in groups if group & known for each in group}  # type: ignore[misc]
        return _plain(other) in known

    def knows(self, name: str) -> bool:
        """Whether a key bears this name."""
        return any(_plain(name) in map(_plain, each.names) for each in self.keys)

    def _lines(self, name: str) -> Iterator[tuple[str, str]]:
        path = self.folder / name
        text = path.read_text("utf-8", "replace") if path.is_file() else ""
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                yield line.strip(), f"{path}:{number}"


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _key(line: str, where: str) -> Key:
    found = _LINE.fullmatch(line)
    options = dict(_OPTION.findall(found[2])) if found else {}
    if not found or ",".join(f'{name}="{value}"' for name, value in options.items()) != found[2]:
        expected = 'name namespaces="…" ssh-ed25519 AAAA…'
        raise LzError("not a line of allowed_signers", where=where, found=line[:100], expected=expected)
    names, namespaces = tuple(found[1].split(",")), tuple(options.pop("namespaces", "").split(","))
    odd = [name for name in names if not name or set(name) & set('*?!"')]
    unknown = [name for name in namespaces if name not in NAMESPACES]
    if odd:
        raise LzError("a name stands for one signer", where=where, found=odd[0] or "nothing")
    if unknown:
        expected = f"namespaces among {', '.join(NAMESPACES)}"
        raise LzError("what may it sign?", where=where, found=unknown[0] or "nothing", expected=expected)
    after, before = (_instant(options.pop(f"valid-{side}", ""), where) for side in ("after", "before"))
    if options:
        raise LzError("an option that does not count here", where=where, found=next(iter(options)))
    return Key(names, namespaces, after, before, _blob(found[3], found[4], where))


def _two(line: str) -> tuple[str, str]:
    kind, _, rest = line.partition(" ")
    return kind, rest.split(" ")[0]


def _blob(kind: str, text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
        sshsig.raw_key(key)
    except (binascii.Error, MalformedError):
        raise LzError("not an Ed25519 key", where=where, found=f"{kind} {text[:30]}") from None
    return key


def _instant(text: str, where: str) -> datetime | None:
    """Read an instant as ssh-keygen writes it; always UTC (``Z`` may stand behind it)."""
    digits = text.removesuffix("Z")
    if not text:
        return None
    try:
        return datetime.strptime(digits, _INSTANT[len(digits)]).replace(tzinfo=UTC)
    except (KeyError, ValueError):
        expected = "YYYYMMDD or YYYYMMDDHHMMSS"
        raise LzError("not an instant", where=where, found=text, expected=expected) from None
