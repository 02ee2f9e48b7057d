"""Signatures of people and machines by stock ``ssh-keygen -Y``: one tool for us and for an auditor.

Who may sign what stands in policies/trust/allowed_signers, in the format of ssh-keygen(1): the name, the
namespaces (one for each kind of signature) and the days between which the key counts.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from lopendezaken.errors import LzError

Namespace = Literal["lz-evidence", "lz-waiver"]


@dataclass(frozen=True)
class Trust:
    """The keys that count on a day."""

    allowed_signers: Path
    day: date

    def verify(self, content: bytes, signature: Path, namespace: Namespace, signer: str) -> bool:
        """Tell whether ``signer``, who may sign this on the day, signed exactly ``content``."""
        if not self.allowed_signers.is_file() or not signature.is_file() or not _is_name(signer):
            return False
        who = ("-n", namespace, "-I", signer, "-f", self.allowed_signers)
        return _keygen("verify", *who, "-s", signature, *self._moment(), content=content).returncode == 0

    def signers(self, content: bytes, signature: Path, namespace: Namespace) -> tuple[str, ...]:
        """Give the names under which the signature over ``content`` counts; none when it does not."""
        if not self.allowed_signers.is_file() or not signature.is_file():
            return ()
        asked = ("-f", self.allowed_signers, "-s", signature, *self._moment())
        found = _keygen("find-principals", *asked).stdout.decode(errors="replace").splitlines()
        return tuple(name for name in found if self.verify(content, signature, namespace, name))

    def _moment(self) -> tuple[str, str]:
        return "-O", f"verify-time={self.day:%Y%m%d}1200"


def sign(path: Path, key: Path, namespace: Namespace) -> Path:
    """Sign a file and give the signature's, ``<file>.sig``. Raises :class:`LzError`."""
    signature = path.with_name(f"{path.name}.sig")
    if signature.exists():
        raise LzError("there is a signature already", where=str(signature), remedy="It is never replaced")
    done = _keygen("sign", "-n", namespace, "-f", key, content=path.read_bytes())
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip()
        raise LzError("signing failed", where=str(path), found=told, remedy="Is this a private SSH key?")
    signature.write_bytes(done.stdout)
    return signature


def make_key(path: Path, comment: str) -> str:
    """Make an Ed25519 key without passphrase (0600) and give its public line. Raises :class:`LzError`."""
    if path.exists():
        raise LzError("there is a key already", where=str(path), remedy="It is never replaced")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path)
    return path.with_name(f"{path.name}.pub").read_text(encoding="utf-8").strip()


def _is_name(signer: str) -> bool:
    """Whether it names one signer; ssh-keygen takes patterns only in the file, but an option here."""
    return bool(signer) and not signer.startswith("-") and not set(signer) & set("*?!,\n")


def _keygen(action: str, *words: str | Path, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return _run("ssh-keygen", "-Y", action, *words, content=content)


def _run(*command: str | Path, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command, days being those of UTC."""
    try:
        return subprocess.run(
            [str(word) for word in command],
            input=content,
            capture_output=True,
            check=False,
            timeout=20,
            env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LzError("ssh-keygen cannot be run", found=str(error), exit_code=3) from None
