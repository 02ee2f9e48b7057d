"""Certificates, keys and CRLs by the command ``openssl``, which hosts have before any Python library for it."""

from __future__ import annotations

import hashlib
import re
import ssl
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)
_SHORT = {"2.5.4.5": "serialNumber", "2.5.4.97": "organizationIdentifier"}


class OpensslError(Exception):
    """``openssl`` is missing or refused its input; the text says what to do."""


def openssl(
    *arguments: str, stdin: bytes = b"", ok_to_fail: bool = False
) -> subprocess.CompletedProcess[bytes]:
    """Run ``openssl``; raises :class:`OpensslError` with its last words, never with its input."""
    try:
        done = subprocess.run(
            ["openssl", *arguments], input=stdin, capture_output=True, timeout=120, check=False
        )
    except FileNotFoundError as error:
        raise OpensslError("the command openssl is missing: install the Debian package openssl") from error
    if done.returncode and not ok_to_fail:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise OpensslError(f"openssl {arguments[0]} failed: {words[-1] if words else 'no message'}")
    return done


def split(pem: str) -> list[str]:
    """The certificates of a PEM text, in order."""
    return [match if match.endswith("\n") else match + "\n" for match in CERTIFICATE.findall(pem)]


def der_of(pem: str) -> bytes:
    """The one certificate of a PEM text as DER."""
    return ssl.PEM_cert_to_DER_cert(pem.strip() + "\n")


def key_digest(public_key_pem: bytes) -> str:
    """SHA-256 of the SubjectPublicKeyInfo: what a key, its request and its certificate have in common."""
    return hashlib.sha256(
        openssl("pkey", "-pubin", "-outform", "DER", stdin=public_key_pem).stdout
    ).hexdigest()


def key_digest_of_private_key(path: Path) -> str:
    """The digest of the public half of the private key in this file."""
    return key_digest(openssl("pkey", "-in", str(path), "-pubout").stdout)


def key_digest_of_request(pem: str) -> str:
    """The digest of the public key that a request holds."""
    return key_digest(openssl("req", "-noout", "-pubkey", stdin=pem.encode()).stdout)


@dataclass(frozen=True)
class Certificate:
    """What people and checks want to know of one certificate."""

    pem: str
    subject: dict[str, str]
    names: list[str]
    not_before: datetime
    not_after: datetime
    serial: str
    key_sha256: str
    sha256: str
    extended_key_usage: str

    @property
    def oin(self) -> str:
        """The OIN or HRN: attribute serialNumber of the subject (PKIO-001), not the serial number."""
        return self.subject.get("serialNumber", "")

    def line(self) -> str:
        """One line for messages and diffs; nothing of it is secret."""
        return (
            f"CN={self.subject.get('CN', '')} serialNumber={self.oin} until {self.not_after:%Y-%m-%dT%H:%MZ}"
            f" sha256={self.sha256}"
        )


def certificate(pem: str) -> Certificate:
    """Read one PEM certificate; raises :class:`OpensslError` when it is none."""
    data = pem.encode()
    out = openssl(
        *(
            "x509",
            "-noout",
            "-subject",
            "-serial",
            "-startdate",
            "-enddate",
            "-nameopt",
            "multiline,utf8,-esc_msb",
        ),
        *("-ext", "subjectAltName,extendedKeyUsage", "-pubkey"),
        stdin=data,
    ).stdout.decode(errors="replace")
    key = re.search(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----\n", out, re.DOTALL)
    usage = re.search(r"Extended Key Usage:[^\n]*\n\s+([^\n]+)", out)
    return Certificate(
        pem=pem,
        subject=_subject(out),
        names=re.findall(r"DNS:([^,\s]+)", out),
        not_before=moment(_field(out, "notBefore")),
        not_after=moment(_field(out, "notAfter")),
        serial=_field(out, "serial"),
        key_sha256=key_digest(key.group(0).encode()) if key else "",
        sha256=hashlib.sha256(der_of(pem)).hexdigest(),
        extended_key_usage=usage.group(1).strip() if usage else "",
    )


def _subject(out: str) -> dict[str, str]:
    names = {
        "countryName": "C",
        "organizationName": "O",
        "organizationalUnitName": "OU",
        "commonName": "CN",
    }
    pairs = re.findall(r"^ {4}(\S+) *= (.*)$", out, re.MULTILINE)
    return {names.get(key, _SHORT.get(key, key)): value.strip() for key, value in pairs}


def _field(out: str, name: str) -> str:
    found = re.search(rf"^{name}=(.*)$", out, re.MULTILINE)
    return found.group(1).strip() if found else ""


def moment(text: str) -> datetime:
    """``Nov 24 06:00:00 2026 GMT`` as a moment in UTC."""
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), tz=UTC)


def verify(leaf: str, untrusted: str, anchors: str, *, purpose: str, crls: list[Path]) -> tuple[int, str]:
    """Verify a chain as a peer would; ``(0, "")`` is fine, else openssl's error number and its text.

    With ``crls`` every layer must have a current CRL (PKIO-029).
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in (("leaf.pem", leaf), ("untrusted.pem", untrusted), ("anchors.pem", anchors)):
            (folder / file).write_text(text)
        arguments = ["-no-CApath", "-no-CAstore", "-CAfile", f"{folder}/anchors.pem", "-purpose", purpose]
        if split(untrusted):
            arguments += ["-untrusted", f"{folder}/untrusted.pem"]
        if crls:
            (folder / "crls.pem").write_bytes(b"".join(crl_pem(path) for path in crls))
            arguments += ["-crl_check_all", "-CRLfile", f"{folder}/crls.pem"]
        done = openssl("verify", *arguments, f"{folder}/leaf.pem", ok_to_fail=True)
    if done.returncode == 0:
        return 0, ""
    words = (done.stderr + done.stdout).decode(errors="replace")
    found = re.search(r"error (\d+) at \d+ depth lookup: ?(.*)", words)
    return (int(found.group(1)), found.group(2).strip()) if found else (1, words.strip().splitlines()[-1])


def crl_pem(path: Path) -> bytes:
    """A CRL file, DER or PEM, as PEM."""
    data = path.read_bytes()
    return data if data.startswith(b"-----BEGIN") else openssl("crl", "-inform", "DER", stdin=data).stdout
