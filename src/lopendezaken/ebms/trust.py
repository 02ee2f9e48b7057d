"""Whether a certificate of a CPA leads to a trust anchor and is not revoked (DK-EBMS2-023, PKIO-029).

For certificates that no TLS handshake has shown: those that only sign. Asked of ``openssl verify``, which every
host has.
"""

from __future__ import annotations

import ssl
import subprocess
import tempfile
import time
from pathlib import Path

from lopendezaken.ebms.tls import TlsFiles, crl_texts

REMEMBERED = 300.0  # seconds; a CRL that ran out in the meantime counts after this


class Trust:
    """Judges certificates by one state of anchors, chain and CRLs; a reload makes a new one."""

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self._crls = None if files.crls is None else "\n".join(crl_texts(files.crls))
        self._known: dict[bytes, tuple[float, bool]] = {}

    def __call__(self, der: bytes) -> bool:
        """Whether to trust it now. A missing or expired CRL means no (PKIO-028)."""
        until, verdict = self._known.get(der, (0.0, False))
        if until < time.monotonic():
            verdict = self._verify(der)
            self._known[der] = time.monotonic() + REMEMBERED, verdict
        return verdict

    def _verify(self, der: bytes) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            leaf, crls = Path(folder, "leaf.pem"), Path(folder, "crls.pem")
            leaf.write_text(ssl.DER_cert_to_PEM_cert(der))
            revocation: list[str] = []
            if self._crls is not None:
                crls.write_text(self._crls)
                revocation = ["-crl_check_all", "-CRLfile", str(crls)]
            done = subprocess.run(
                [
                    *("openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", str(self._files.anchors)),
                    # The partner's TSP is ours too, or it comes with the anchors.
                    *("-untrusted", str(self._files.certificate), *revocation, str(leaf)),
                ],
                capture_output=True,
                timeout=30,
                check=False,
            )
        return done.returncode == 0
