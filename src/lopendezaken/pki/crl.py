"""The facts of a certificate revocation list."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from lopendezaken.errors import LzError
from lopendezaken.pki.certificate import UNREADABLE, Certificate


@dataclass(frozen=True)
class Crl:
    """Facts of one CRL. Dates are aware (UTC)."""

    issuer: str
    this_update: datetime
    next_update: datetime | None
    sha256: str
    number: int | None
    signature_hash: str | None
    der: bytes = field(repr=False)

    def signed_by(self, issuer: Certificate) -> bool:
        """Whether ``issuer`` signed it."""
        return _signed(self.der, issuer.der)

    def covers(self, certificate: Certificate) -> bool:
        """Whether it speaks of ``certificate``: it may be limited to some certificates, or to what changed.

        A critical extension that is not known here limits it in a way that is not known either (RFC 5280, 5.2).
        """
        for extension in _loaded(self.der).extensions:
            if isinstance(extension.value, x509.IssuingDistributionPoint):
                if not _within(extension.value, certificate):
                    return False
            elif extension.critical:
                return False
        return True

    def revoked_on(self, certificate: Certificate) -> datetime | None:
        """The moment from which ``certificate`` is revoked by its issuer, or ``None``."""
        entry = _loaded(self.der).get_revoked_certificate_by_serial_number(int(certificate.serial, 16))
        return entry.revocation_date_utc if entry else None


def read_crl(data: bytes, where: str | None = None) -> Crl:
    """The facts of a CRL (DER or PEM). Raises :class:`LzError`."""
    try:
        crl = _loaded(data)
        return Crl(
            issuer=crl.issuer.rfc4514_string(),
            this_update=crl.last_update_utc,
            next_update=crl.next_update_utc,
            sha256=hashlib.sha256(data).hexdigest(),
            number=_number(crl),
            signature_hash=_hash(crl),
            der=crl.public_bytes(Encoding.DER),
        )
    except UNREADABLE as error:
        raise LzError("not a readable CRL", where=where, expected="DER, or PEM (BEGIN X509 CRL)") from error


def _number(crl: x509.CertificateRevocationList) -> int | None:
    try:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        return None


def _hash(crl: x509.CertificateRevocationList) -> str | None:
    algorithm = crl.signature_hash_algorithm
    return algorithm.name.upper() if algorithm else None


def _within(scope: x509.IssuingDistributionPoint, certificate: Certificate) -> bool:
    if scope.indirect_crl or scope.only_contains_attribute_certs or scope.only_some_reasons:
        return False
    if scope.only_contains_ca_certs if not certificate.is_ca else scope.only_contains_user_certs:
        return False
    if scope.relative_name:
        return False
    names = {str(name.value) for name in scope.full_name or ()}
    return not names or not names.isdisjoint(certificate.crl_urls)


@lru_cache(maxsize=64)  # the same few lists are about all leaves
def _signed(crl: bytes, issuer: bytes) -> bool:
    key = x509.load_der_x509_certificate(issuer).public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return False
    try:
        return _loaded(crl).is_signature_valid(key)
    except UNREADABLE:
        return False


@lru_cache(maxsize=8)
def _loaded(data: bytes) -> x509.CertificateRevocationList:
    if b"-----BEGIN X509 CRL" in data:
        return x509.load_pem_x509_crl(data)
    return x509.load_der_x509_crl(data)


def instant(moment: datetime) -> str:
    """A moment as people read it: ``2026-11-24 10:00 UTC``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
