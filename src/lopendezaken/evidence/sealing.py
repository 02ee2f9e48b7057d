"""Making seals: signed lists of files. What a seal is: lopendezaken/evidence/seal.py.

Standard library only: Ansible modules use this very file (plugins/module_utils/evidence_sealing.py).
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

SEALS = "seals"
ATTEMPTS = 5
_ED25519 = (b"\0\0\0\x0bssh-ed25519", b"\0\0\0\x1ask-ssh-ed25519@openssh.com")
INSTANT = "%Y-%m-%dT%H:%M:%SZ"
_NAME = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")


class SealError(ValueError):
    """A seal that cannot be made; the text says why."""


def seal(
    folder: str | Path,
    files: Mapping[str, str],
    key: str | Path,
    namespace: str,
    when: datetime | None = None,
) -> Path:
    """Seal files (name relative to ``folder``: SHA-256) with a private key, and give the path of the seal.

    The seal appears with its signature or not at all. Raises :class:`SealError`.
    """
    for _ in range(ATTEMPTS):
        try:
            return _seal(Path(folder), files, key, namespace, when)
        except FileExistsError:
            continue  # somebody else made one just now; name that one as the one before
    raise SealError(f"others seal in {folder} all the time")


def _seal(
    folder: Path, files: Mapping[str, str], key: str | Path, namespace: str, when: datetime | None
) -> Path:
    odd = [name for name in files if not _NAME.fullmatch(name) or ".." in name]
    if odd:
        raise SealError(f"a name that no seal can list: {odd[0]!r}")
    before = numbered(folder)
    path = folder / SEALS / f"{int(before[-1].stem) + 1 if before else 1:06d}.sums"
    last = {f"{SEALS}/{before[-1].name}": file_digest(before[-1])} if before else {}
    moment = (when or datetime.now(UTC)).strftime(INSTANT)
    listed = "".join(f"{digest}  {name}\n" for name, digest in {**last, **files}.items())
    content = f"# sealed {moment}\n{listed}".encode()
    signature = sign(content, key, namespace)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as stream:
        stream.write(content)
    path.with_name(f"{path.name}.sig").write_bytes(signature)
    return path


def sign(content: bytes, key: str | Path, namespace: str) -> bytes:
    """Sign ``content`` as ``ssh-keygen -Y sign`` does. Raises :class:`SealError`."""
    if not Path(key).is_file():
        raise SealError(f"there is no key {key}; lz trust init makes one")
    try:
        done = subprocess.run(
            ["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", str(key)],
            input=content,
            capture_output=True,
            check=False,
            timeout=60,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SealError(f"ssh-keygen cannot be run: {error}") from None
    if done.returncode:
        raise SealError(done.stderr.decode(errors="replace").strip() or "ssh-keygen gave no reason")
    made = base64.b64decode(b"".join(done.stdout.splitlines()[1:-1]))
    if not any(kind in made for kind in _ED25519):
        raise SealError(f"{key} is no Ed25519 key, and no other counts; ssh-keygen -t ed25519 makes one")
    return done.stdout


def numbered(folder: str | Path) -> list[Path]:
    """Give the seals of a folder, oldest first."""
    return sorted(path for path in Path(folder, SEALS).glob("*.sums") if re.fullmatch(r"\d{6}", path.stem))


def file_digest(path: Path) -> str:
    """Give the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
