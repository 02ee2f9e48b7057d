"""The facts of a certificate request (PKCS#10) that rules and people ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from lopendezaken.errors import LzError
from lopendezaken.pki.certificate import UNREADABLE

_BLOCK = re.compile(
    rb"-----BEGIN (NEW )?CERTIFICATE REQUEST-----[^-]*(?:-(?!----)[^-]*)*-----END (NEW )?CERTIFICATE REQUEST-----"
)


@dataclass(frozen=True)
class Request:
    """Facts of one request; texts of the subject are ``None`` when they are not there."""

    country: str | None
    organisation: str | None
    organisation_id: str | None
    common_name: str | None
    oin: str | None
    """serialNumber of the subject, whatever it holds."""
    dns_names: tuple[str, ...]
    other_names: tuple[str, ...]
    key_type: str
    key_bits: int
    key_exponent: int | None
    signature_hash: str | None
    signed_with_own_key: bool
    line: int | None


def read_request(data: bytes, where: str) -> Request:
    """The facts of the first request in ``data`` (PEM or DER). Raises :class:`LzError`."""
    block = _BLOCK.search(data)
    try:
        if block is not None:
            plain = block.group().replace(b"NEW CERTIFICATE REQUEST", b"CERTIFICATE REQUEST")
            return _facts(x509.load_pem_x509_csr(plain), data.count(b"\n", 0, block.start()) + 1)
        return _facts(x509.load_der_x509_csr(data), None)
    except UNREADABLE as error:
        raise LzError(
            "not a readable certificate request",
            where=where,
            found="a certificate" if b"BEGIN CERTIFICATE-" in data else None,
            expected="PEM (BEGIN CERTIFICATE REQUEST) or DER",
        ) from error


def _facts(request: x509.CertificateSigningRequest, line: int | None) -> Request:
    key = request.public_key()
    # Reads the extensions whole, so that what cannot be read is known here.
    names = _names(request)
    algorithm = request.signature_hash_algorithm
    request.public_bytes(Encoding.DER)
    return Request(
        country=_attribute(request, NameOID.COUNTRY_NAME),
        organisation=_attribute(request, NameOID.ORGANIZATION_NAME),
        organisation_id=_attribute(request, x509.ObjectIdentifier("2.5.4.97")),
        common_name=_attribute(request, NameOID.COMMON_NAME),
        oin=_attribute(request, NameOID.SERIAL_NUMBER),
        dns_names=tuple(names.get_values_for_type(x509.DNSName)) if names else (),
        other_names=tuple(str(name.value) for name in names or () if not isinstance(name, x509.DNSName)),
        key_type=_kind(key),
        key_bits=getattr(key, "key_size", 0),
        key_exponent=key.public_numbers().e if isinstance(key, rsa.RSAPublicKey) else None,
        signature_hash=algorithm.name.upper() if algorithm else None,
        signed_with_own_key=request.is_signature_valid,
        line=line,
    )


def _kind(key: object) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA"
    return "EC" if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__


def _names(request: x509.CertificateSigningRequest) -> x509.SubjectAlternativeName | None:
    try:
        return request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def _attribute(request: x509.CertificateSigningRequest, oid: x509.ObjectIdentifier) -> str | None:
    values = request.subject.get_attributes_for_oid(oid)
    return str(values[0].value) if values else None
