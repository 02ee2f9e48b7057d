"""The facts of a certificate that rules and people ask for (section 6 of the PKIoverheid profile).

Works with cryptography 38 of Debian 12, which does not know the parameters of RSASSA-PSS.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lopendezaken.errors import LzError

RSASSA_PSS = "1.2.840.113549.1.1.10"

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]*(?:-(?!----)[^-]*)*-----END CERTIFICATE-----")
_SIGNATURES = {
    RSASSA_PSS: "RSASSA-PSS",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
}
_HASHES = {
    "1.3.14.3.2.26": "SHA1",
    "2.16.840.1.101.3.4.2.4": "SHA224",
    "2.16.840.1.101.3.4.2.1": "SHA256",
    "2.16.840.1.101.3.4.2.2": "SHA384",
    "2.16.840.1.101.3.4.2.3": "SHA512",
}
_KEY_USAGES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}

# What cryptography raises, now or at first use of a part, for bytes that are no sound certificate.
UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)

_E = TypeVar("_E", bound=x509.ExtensionType)


@dataclass(frozen=True)
class Certificate:
    """Facts of one certificate. Dates are aware (UTC); fingerprints are lower-case hex."""

    subject: str
    issuer: str
    common_name: str | None
    organisation: str | None
    organisation_id: str | None
    oin: str | None
    """Subject serialNumber when it has the twenty positions of an OIN (PKIO-001, PKIO-002)."""
    subject_serial_number: str | None
    serial: str
    dns_names: tuple[str, ...]
    other_names: tuple[str, ...]
    """What subjectAltName holds besides DNS names: addresses, mail, URIs (PKIO-018)."""
    not_before: datetime
    not_after: datetime
    key_type: str
    key_bits: int
    key_exponent: int | None
    """Of an RSA key."""
    key_curve: str | None
    """Of an elliptic curve key, as IANA names it."""
    signature_algorithm: str
    signature_hash: str | None
    pss_salt: int | None
    pss_mgf_hash: str | None
    """Hash of the mask generation function, when the signature is RSASSA-PSS (PKIO-024)."""
    key_usage: tuple[str, ...]
    key_usage_critical: bool
    extended_key_usage: tuple[str, ...]
    policies: tuple[str, ...]
    crl_urls: tuple[str, ...]
    is_ca: bool
    constraints_critical: bool
    """Whether there are basicConstraints and they are critical (PKIO-017)."""
    sha256: str
    spki_sha256: str
    der: bytes = field(repr=False)

    @property
    def self_signed(self) -> bool:
        """Whether issuer and subject are the same name (DK-EBMS2-022)."""
        return self.issuer == self.subject

    @property
    def for_server(self) -> bool:
        """Usable as TLS server: no extended key usage at all, or serverAuth (PKIO-015)."""
        return (
            not self.extended_key_usage
            or ExtendedKeyUsageOID.SERVER_AUTH.dotted_string in self.extended_key_usage
        )

    @property
    def for_client(self) -> bool:
        """Usable as TLS client: no extended key usage at all, or clientAuth (PKIO-015)."""
        return (
            not self.extended_key_usage
            or ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string in self.extended_key_usage
        )

    def valid_at(self, moment: datetime) -> bool:
        """Whether ``moment`` (aware) lies within the validity (PKIO-003)."""
        return self.not_before <= moment <= self.not_after

    @property
    def pem(self) -> bytes:
        """The certificate in PEM."""
        return x509.load_der_x509_certificate(self.der).public_bytes(Encoding.PEM)


def read(data: bytes, where: str | None = None) -> Certificate:
    """The facts of the first certificate in ``data`` (PEM or DER). Raises :class:`LzError`."""
    return read_chain(data, where)[0]


def read_chain(data: bytes, where: str | None = None) -> tuple[Certificate, ...]:
    """The facts of every certificate in ``data`` (PEM, or one in DER), in order. Raises :class:`LzError`."""
    try:
        return _read_all(data)
    except UNREADABLE as error:
        raise LzError(
            "not a readable certificate",
            where=where,
            expected="PEM (BEGIN CERTIFICATE) or DER",
            found="a private key" if b"PRIVATE KEY" in data else None,
        ) from error


def read_file(path: Path) -> tuple[Certificate, ...]:
    """The facts of every certificate in a file. Raises :class:`LzError` that names it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LzError("cannot read the certificate", where=str(path), found=error.strerror) from error
    return read_chain(data, str(path))


@lru_cache(maxsize=32)  # many rules look at the same chain
def _read_all(data: bytes) -> tuple[Certificate, ...]:
    return tuple(map(_read_one, _PEM.findall(data) or [data]))


@lru_cache(maxsize=128)  # the same few are read again and again: by rules, and with every message
def _read_one(data: bytes) -> Certificate:
    load = x509.load_pem_x509_certificate if data.startswith(b"-----") else x509.load_der_x509_certificate
    return _facts(load(data))


def _facts(certificate: x509.Certificate) -> Certificate:
    der = certificate.public_bytes(Encoding.DER)
    key = certificate.public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    serial_number = _attribute(certificate, NameOID.SERIAL_NUMBER)
    signature_hash, salt, mgf_hash = _signature_details(certificate, der)
    usage, usage_critical = _key_usage(certificate)
    names = _extension(certificate, x509.SubjectAlternativeName)
    extended = _extension(certificate, x509.ExtendedKeyUsage)
    policies = _extension(certificate, x509.CertificatePolicies)
    constraints, constraints_critical = _critical(certificate, x509.BasicConstraints)
    oid = certificate.signature_algorithm_oid.dotted_string
    return Certificate(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        common_name=_attribute(certificate, NameOID.COMMON_NAME),
        organisation=_attribute(certificate, NameOID.ORGANIZATION_NAME),
        organisation_id=_attribute(certificate, x509.ObjectIdentifier("2.5.4.97")),
        oin=serial_number if serial_number and len(serial_number) == 20 else None,
        subject_serial_number=serial_number,
        serial=f"{certificate.serial_number:x}",
        dns_names=tuple(names.get_values_for_type(x509.DNSName)) if names else (),
        other_names=tuple(str(name.value) for name in names or () if not isinstance(name, x509.DNSName)),
        not_before=_moment(certificate, "not_valid_before"),
        not_after=_moment(certificate, "not_valid_after"),
        key_type=_key_type(key),
        key_bits=getattr(key, "key_size", 0),
        key_exponent=key.public_numbers().e if isinstance(key, rsa.RSAPublicKey) else None,
        key_curve=key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else None,
        signature_algorithm=_SIGNATURES.get(oid, oid),
        signature_hash=signature_hash,
        pss_salt=salt,
        pss_mgf_hash=mgf_hash,
        key_usage=usage,
        key_usage_critical=usage_critical,
        extended_key_usage=tuple(item.dotted_string for item in extended) if extended else (),
        policies=tuple(item.policy_identifier.dotted_string for item in policies) if policies else (),
        crl_urls=_crl_urls(certificate),
        is_ca=bool(constraints and constraints.ca),
        constraints_critical=constraints_critical,
        sha256=hashlib.sha256(der).hexdigest(),
        spki_sha256=hashlib.sha256(spki).hexdigest(),
        der=der,
    )


def _key_type(key: object) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA"
    return "EC" if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str | None:
    values = certificate.subject.get_attributes_for_oid(oid)
    return str(values[0].value) if values else None


def _extension(certificate: x509.Certificate, kind: type[_E]) -> _E | None:
    return _critical(certificate, kind)[0]


def _critical(certificate: x509.Certificate, kind: type[_E]) -> tuple[_E | None, bool]:
    """An extension, and whether it is critical."""
    try:
        extension = certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None, False
    return extension.value, extension.critical


def _moment(certificate: x509.Certificate, name: str) -> datetime:
    # Aware since cryptography 42; the naive one before that is UTC.
    aware = getattr(certificate, f"{name}_utc", None)
    value: datetime = aware or getattr(certificate, name)
    return value.replace(tzinfo=UTC)


def _key_usage(certificate: x509.Certificate) -> tuple[tuple[str, ...], bool]:
    usage, critical = _critical(certificate, x509.KeyUsage)
    return tuple(
        name for attribute, name in _KEY_USAGES.items() if usage and getattr(usage, attribute)
    ), critical


def _crl_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    points = _extension(certificate, x509.CRLDistributionPoints)
    return tuple(
        name.value
        for point in points or ()
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    )


def _signature_details(
    certificate: x509.Certificate, der: bytes
) -> tuple[str | None, int | None, str | None]:
    """Hash of the signature; of RSASSA-PSS also the salt length and the hash of its mask (PKIO-024)."""
    if certificate.signature_algorithm_oid.dotted_string == RSASSA_PSS:
        return _pss_parameters(der)
    algorithm = certificate.signature_hash_algorithm
    return (algorithm.name.upper() if algorithm else None), None, None


def _pss_parameters(der: bytes) -> tuple[str, int, str]:
    """Hash, salt length and hash of the mask from the DER; the defaults of RFC 4055 are SHA-1 and 20."""
    _, outer, _ = _tlv(der, 0)
    _, _, after_tbs = _tlv(der, outer)
    _, algorithm, _ = _tlv(der, after_tbs)
    _, _, after_oid = _tlv(der, algorithm)
    _, position, end = _tlv(der, after_oid)
    name, salt, mask = "SHA1", 20, "SHA1"
    while position < end:
        tag, content, following = _tlv(der, position)
        _, inner, inner_end = _tlv(der, content)
        if tag == 0xA0:
            _, oid, oid_end = _tlv(der, inner)
            name = _HASHES.get(_dotted(der[oid:oid_end]), "unknown")
        elif tag == 0xA1:
            _, _, after_mgf = _tlv(der, inner)
            _, hash_start, _ = _tlv(der, after_mgf)
            _, oid, oid_end = _tlv(der, hash_start)
            mask = _HASHES.get(_dotted(der[oid:oid_end]), "unknown")
        elif tag == 0xA2:
            salt = int.from_bytes(der[inner:inner_end], "big")
        position = following
    return name, salt, mask


def _tlv(der: bytes, position: int) -> tuple[int, int, int]:
    """Tag, start and end of the content of the element at ``position``."""
    tag, length, start = der[position], der[position + 1], position + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(der[start : start + size], "big")
        start += size
    return tag, start, start + length


def _dotted(content: bytes) -> str:
    """An OBJECT IDENTIFIER in dots; the first arc is 0, 1 or 2."""
    numbers, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))
