"""Signatures of people and machines in the format of ``ssh-keygen -Y``.

Made by ssh-keygen itself; verified here, because starting a program for each of a thousand seals takes longer
than all the rest. Whatever this accepts, ``ssh-keygen -Y verify`` accepts too (tested both ways). Format:
PROTOCOL.sshsig of OpenSSH.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lopendezaken.errors import LzError
from lopendezaken.evidence import sealing

# One for each role; which role may sign what: policies/trust/roles.yml.
Namespace = Literal[
    "lz-evidence", "lz-record", "lz-dossier", "lz-waiver", "lz-results", "lz-gate", "lz-hoster"
]
ED25519 = b"ssh-ed25519"
# The same on a token (FIDO2), which signs only when somebody touches it: PROTOCOL.u2f of OpenSSH.
ED25519_SK = b"sk-ssh-ed25519@openssh.com"
_TOUCHED, _TOKEN_BYTES = 1, 5
_ARMOUR = re.compile(
    rb"-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n?", re.ASCII
)
_MAGIC = b"SSHSIG"
_MAX_BYTES = 10_000


class MalformedError(ValueError):
    """Bytes that are no signature, or no key, of a kind that counts here."""


@dataclass(frozen=True)
class Signature:
    """A detached signature. ``key`` is the public key as ssh writes it, type included.

    ``token``: what a token adds to what it signs, flags and a counter; nothing for a key in a file.
    """

    key: bytes
    namespace: str
    hash_name: str
    value: bytes
    token: bytes = b""

    def fits(self, content: bytes) -> bool:
        """Whether the owner of the key signed exactly ``content``."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        parts = (self.namespace.encode(), b"", self.hash_name.encode())
        signed = _MAGIC + b"".join(map(_packed, (*parts, hashlib.new(self.hash_name, content).digest())))
        number, application = raw_key(self.key)
        if self.token:
            signed = _sha256(application) + self.token + _sha256(signed)
        try:
            Ed25519PublicKey.from_public_bytes(number).verify(self.value, signed)
        except (InvalidSignature, ValueError):
            return False
        return True


def read(armoured: bytes) -> Signature:
    """Read a ``.sig`` file. Raises :class:`MalformedError`."""
    found = _ARMOUR.fullmatch(armoured) if len(armoured) <= _MAX_BYTES else None
    if not found:
        raise MalformedError("no SSH signature")
    try:
        rest = base64.b64decode(found[1].replace(b"\n", b""), validate=True)
    except binascii.Error:
        raise MalformedError("no SSH signature") from None
    if not rest.startswith(_MAGIC + b"\x00\x00\x00\x01"):
        raise MalformedError("no SSH signature of version 1")
    key, namespace, reserved, hash_name, value = _strings(rest[len(_MAGIC) + 4 :], 5)
    _, application = raw_key(key)
    token = value[-_TOKEN_BYTES:] if application else b""
    kind, number = _strings(value.removesuffix(token), 2)
    if kind != _kind(key) or reserved or hash_name not in {b"sha256", b"sha512"}:
        raise MalformedError("a kind of signature that does not count here")
    if token and not token[0] & _TOUCHED:
        raise MalformedError("nobody touched the token")
    return Signature(key, namespace.decode("utf-8", "replace"), hash_name.decode(), number, token)


def raw_key(key: bytes) -> tuple[bytes, bytes]:
    """Give the 32 bytes of an Ed25519 key, and the application of a key on a token (else nothing).

    Raises :class:`MalformedError` for every other kind.
    """
    on_token = _kind(key) == ED25519_SK
    kind, number, *rest = _strings(key, 3 if on_token else 2)
    if kind not in {ED25519, ED25519_SK} or len(number) != 32 or rest == [b""]:
        raise MalformedError("no Ed25519 key")
    return number, rest[0] if on_token else b""


def _kind(key: bytes) -> bytes:
    return key[4 : 4 + int.from_bytes(key[:4], "big")]


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def fingerprint(key: bytes) -> str:
    """Name a public key as ``ssh-keygen -l`` does."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def sign(path: Path, key: Path, namespace: Namespace) -> Path:
    """Sign a file and give the signature's, ``<file>.sig``. Raises :class:`LzError`."""
    signature = path.with_name(f"{path.name}.sig")
    if signature.exists():
        raise LzError("there is a signature already", where=str(signature), remedy="It is never replaced")
    try:
        made = sealing.sign(path.read_bytes(), key, namespace)
    except sealing.SealError as error:
        raise LzError("signing failed", where=str(path), found=str(error)) from None
    signature.write_bytes(made)
    return signature


def make_key(path: Path, comment: str) -> str:
    """Make an Ed25519 key without passphrase (0600) and give its public line. Raises :class:`LzError`."""
    if path.exists():
        raise LzError("there is a key already", where=str(path), remedy="It is never replaced")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise LzError(
            "ssh-keygen cannot make a key", where=str(path), found=str(error), exit_code=3
        ) from None
    return path.with_name(f"{path.name}.pub").read_text(encoding="utf-8").strip()


def _strings(data: bytes, count: int) -> list[bytes]:
    """Take ``data`` apart into so many strings of ssh, with nothing left. Raises :class:`MalformedError`."""
    found = []
    for _ in range(count):
        end = 4 + int.from_bytes(data[:4], "big")
        if len(data) < max(4, end):
            raise MalformedError("cut off")
        found.append(data[4:end])
        data = data[end:]
    if data:
        raise MalformedError("something follows")
    return found


def _packed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
