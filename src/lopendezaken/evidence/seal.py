"""Seals: signed lists of files, each naming the one before, so that nothing changes or goes unnoticed.

A seal is ``seals/<number>.sums`` in the format of ``sha256sum -c``: a line ``# sealed <instant>``, a line for the
seal before it, and one for each file; ``<number>.sums.sig`` is its SSH signature. That the newest
seals went away with all that they list shows only where somebody signed them: with the dossier, or in a statement.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lopendezaken.errors import LzError
from lopendezaken.evidence import sealing
from lopendezaken.evidence.flaws import Flaw
from lopendezaken.evidence.sealing import INSTANT, SEALS, numbered
from lopendezaken.evidence.sshsig import Namespace
from lopendezaken.evidence.trust import SIGNERS, Signer, Trust, UntrustedError

# Clocks differ; a seal dated further back than this was dated so that an expired key counts.
SKEW = timedelta(days=1)
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*)")
_HEAD = re.compile(r"# sealed (\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)")


@dataclass(frozen=True)
class Seal:
    """A seal as it was found: what it lists, who signed it (``None``: nobody who counts), what is wrong."""

    name: str
    files: Mapping[str, str]
    signer: Signer | None
    flaws: tuple[Flaw, ...]

    @property
    def told(self) -> str:
        """Say which seal, and by whom and when."""
        who = f", {self.signer.name}, {self.signer.when:%Y-%m-%d}" if self.signer else ""
        return f"{self.name}{who}"


def make(
    folder: Path,
    files: Mapping[str, str],
    key: Path,
    namespace: Namespace,
    when: datetime | None = None,
    trust: Trust | None = None,
) -> Path:
    """Seal files (name relative to ``folder``: SHA-256) with a private key, and give the path of the seal.

    Raises :class:`LzError`, also when by ``trust`` the signature would not count; then there is no seal.
    """
    moment = when or datetime.now(UTC)
    try:
        if trust:
            probe = b"may I sign?"
            trust.signer(probe, sealing.sign(probe, key, namespace), (namespace,), moment)
        return sealing.seal(folder, files, key, namespace, moment)
    except sealing.SealError as error:
        raise LzError("no seal was made", where=str(folder), found=str(error)) from None
    except UntrustedError as error:
        raise LzError(
            f"this key does not count as {namespace}",
            where=str(key),
            found=str(error),
            expected=f"a key in {trust.folder if trust else ''}/{SIGNERS}",
            remedy="Add its line there and have somebody else review it, or give another key with --key",
        ) from None


def read(folder: Path, trust: Trust, roles: Collection[Namespace]) -> list[Seal]:
    """Read all seals of a folder, oldest first, and hold each against its signature and the seal before it.

    ``roles``: who may sign here.
    """
    found: list[Seal] = []
    content = b""
    for path in numbered(folder):
        before, last = content, found[-1] if found else None
        content = path.read_bytes()
        found.append(_seal(path, content, (trust, roles), last, hashlib.sha256(before).hexdigest()))
    return found


def _seal(
    path: Path,
    content: bytes,
    who: tuple[Trust, Collection[Namespace]],
    last: Seal | None,
    digest: str,
) -> Seal:
    name = f"{SEALS}/{path.name}"
    try:
        when, files = _lines(content)
    except LzError as error:
        return Seal(name, {}, None, (Flaw(name, "seal-unreadable", str(error.found)),))
    flaws, signer, (trust, roles) = [], None, who
    try:
        signer = trust.signer(content, signature_of(path), roles, when)
    except UntrustedError as error:
        flaws.append(Flaw(name, error.code, error.detail))
    missing = list(_gone(path, last))
    flaws += (Flaw(each, "seal-gone") for each in missing)
    if last and not missing:
        if files.get(last.name) != digest:
            flaws.append(Flaw(name, "seal-order", last.name))
        if last.signer and when < last.signer.when - SKEW:
            flaws.append(Flaw(name, "seal-early", f"{when:%Y-%m-%d} < {last.signer.when:%Y-%m-%d}"))
    return Seal(name, {k: v for k, v in files.items() if not k.startswith(f"{SEALS}/")}, signer, tuple(flaws))


def signature_of(path: Path) -> bytes:
    """Give the detached signature of a file; nothing when there is none."""
    signature = path.with_name(f"{path.name}.sig")
    return signature.read_bytes() if signature.is_file() else b""


def _gone(path: Path, last: Seal | None) -> Iterator[str]:
    before = int(last.name.removeprefix(f"{SEALS}/")[:6]) if last else 0
    return (f"{SEALS}/{number:06d}.sums" for number in range(before + 1, int(path.stem)))


def _lines(content: bytes) -> tuple[datetime, dict[str, str]]:
    """Give the instant, and each file with its digest; a path out of the folder is no line of ours."""
    head, *lines = content.decode("utf-8", "replace").split("\n")
    started = _HEAD.fullmatch(head)
    found = [_LINE.fullmatch(line) for line in lines[:-1]]
    strange = [line for line, match in zip(lines, found, strict=False) if not match or ".." in line]
    if not started or strange or lines[-1:] != [""]:
        raise LzError("not a seal", found=(strange or [head])[0][:100])
    try:
        when = datetime.strptime(started[1], INSTANT).replace(tzinfo=UTC)
    except ValueError:
        raise LzError("not a seal", found=head[:100]) from None
    return when, {match[2]: match[1] for match in found if match}
