"""TLS as Digikoppeling wants it: two-sided, 1.2 and 1.3, three suites, CRLs of the whole chain.

DK-TLS-002, -004, -005, -008 to -012, NCSC-002, NCSC-010 to -012, DK-EBMS2-023, PKIO-029. A missing or
expired CRL refuses every connection (PKIO-028).
"""

from __future__ import annotations

import base64
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lopendezaken.errors import LzError

# All that NCSC 2025-05 leaves of TLS 1.2 for RSA certificates.
TLS12_SUITES = "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where the material lies. ``certificate`` is leaf and chain; ``crls`` None means no revocation check."""

    certificate: Path
    key: Path
    anchors: Path
    crls: Path | None


@dataclass(frozen=True, slots=True)
class Contexts:
    """One state of the material: what new connections are made with. ``crl_count`` 0 refuses them all."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    crl_count: int | None


def load(files: TlsFiles) -> Contexts:
    """Read the material. Raises :class:`LzError` naming the file at fault."""
    crls = None if files.crls is None else crl_texts(files.crls)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Every handshake is a full one, so that a reloaded CRL counts from the next connection on.
    server.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
    server.num_tickets = 0
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = True
    client.hostname_checks_common_name = False
    for context in (server, client):
        _common(context, files, crls)
    return Contexts(server, client, None if crls is None else len(crls))


def _common(context: ssl.SSLContext, files: TlsFiles, crls: list[str] | None) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION
    context.set_ciphers(TLS12_SUITES)
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(files.certificate, files.key, password=_no_password)
    except (OSError, ValueError) as error:
        raise LzError(
            "certificate and key cannot be used", where=f"{files.certificate}, {files.key}", found=str(error)
        ) from error
    try:
        context.load_verify_locations(cafile=files.anchors)
    except OSError as error:
        raise LzError("trust anchors cannot be read", where=str(files.anchors), found=str(error)) from error
    if crls is not None:
        _load_crls(context, crls)


def _no_password() -> str:
    raise ValueError("the key asks a password; this engine takes keys without one")


def crl_texts(folder: Path) -> list[str]:
    """The CRLs of a folder as PEM, from DER or PEM. Raises :class:`LzError`."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in {".crl", ".pem"})
        return [_crl_pem(path) for path in paths]
    except OSError as error:
        raise LzError("CRLs cannot be read", where=str(folder), found=str(error)) from error


def _crl_pem(path: Path) -> str:
    data = path.read_bytes()
    if b"-----BEGIN X509 CRL-----" in data:
        return data.decode("ascii", errors="replace")
    body = base64.encodebytes(data).decode("ascii")
    return f"-----BEGIN X509 CRL-----\n{body}-----END X509 CRL-----\n"


def _load_crls(context: ssl.SSLContext, crls: list[str]) -> None:
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    if not crls:
        return
    # OpenSSL takes CRLs from a file only.
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write("\n".join(crls))
        file.flush()
        try:
            context.load_verify_locations(cafile=file.name)
        except OSError as error:
            raise LzError("a CRL is neither DER nor PEM", found=str(error)) from error
