"""Certificates and CRLs made from their facts, in the likeness of PKIoverheid G4, each with at most one fault."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

# "flat" is a TSP right below the root, "constrained" one whose certificate is not that of a CA.
LAYERS = {"root": "root", "domain": "root", "tsp": "domain", "flat": "root", "constrained": "domain"}
COMMON_NAMES = {
    "flat": "Flat TSP",
    "constrained": "G4 PKIo Priv G-TLS SYS",
    "root": "G4 Root Priv G-TLS",
    "domain": "G4 Intm Priv G-TLS SYS",
    "tsp": "G4 PKIo Priv G-TLS SYS",
}
POLICY = "2.16.528.1.1003.1.2.41.15.35.11"
FAR = date(2035, 1, 1)
BORN = date(2020, 1, 1)


@functools.cache
def key(name: str, bits: int = 3072) -> Key:
    """Give the key of that name; ``bits`` 0 means an elliptic curve, and the key "three" has that exponent."""
    if not bits:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(3 if name == "three" else 65537, bits)


def noon(day: date) -> datetime:
    """Give noon (UTC) of a day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def authority(layer: str, pki: str = "TRIAL Voorbeeld", until: date = FAR) -> x509.Certificate:
    """Make the certificate of a layer (root, domain, tsp); the same facts give the same certificate."""
    return _authority(layer, pki, until)


@functools.cache
def _authority(layer: str, pki: str, until: date) -> x509.Certificate:
    issuer = LAYERS[layer]
    subject = _name(("common", f"{pki} - {COMMON_NAMES[layer]}"), ("organisation", _owner(pki)))
    above = subject if layer == issuer else authority(issuer, pki).subject
    builder = _builder(subject, above, _authority_key(pki), BORN, until)
    builder = builder.add_extension(x509.BasicConstraints(layer != "constrained", None), critical=True)
    builder = builder.add_extension(_usage(ca=True), critical=True)
    return _signed(builder, _authority_key(pki))


def _owner(pki: str) -> str:
    return f"{pki} - not for Production use" if pki.startswith("TRIAL") else pki


def _authority_key(pki: str) -> Key:
    # One key for all layers of a PKI: making them takes most of the time, and names keep them apart.
    return key(f"authority {pki}", 4096)


def leaf(
    oin: str | None,
    since: date,
    until: date,
    names: tuple[str, ...],
    name: str = "",
    fault: str = "",
    pki: str = "TRIAL Voorbeeld",
    bits: int = 3072,
) -> x509.Certificate:
    """Make a leaf with the key called ``name``; the same facts give the same leaf. ``fault`` spoils one thing."""
    return _leaf(oin, since, until, names, name, fault, pki, bits)


@functools.cache
def _leaf(
    oin: str | None,
    since: date,
    until: date,
    names: tuple[str, ...],
    name: str,
    fault: str,
    pki: str,
    bits: int,
) -> x509.Certificate:
    attributes = [("common", f"TRIAL {names[0]}"[:64]), ("organisation", "TRIAL Gemeente Voorbeeldstad")]
    if fault != "no-organisation-id":
        attributes.append(("organisation_id", "NTRNL-10000000"))
    if oin:
        attributes.append(("serial", oin))
    issuer = authority("flat" if fault == "flat" else "tsp", pki).subject
    builder = _builder(_name(*attributes), issuer, key(name, bits), since, until)
    for extension, critical in _extensions(names, fault):
        builder = builder.add_extension(extension, critical)
    return _signed(builder, _authority_key(pki), fault)


def _extensions(names: tuple[str, ...], fault: str) -> Iterable[tuple[x509.ExtensionType, bool]]:
    yield x509.BasicConstraints(fault == "ca", None), fault != "constraints-not-critical"
    yield _usage(ca=False, extra=fault == "usage-more"), fault != "usage-not-critical"
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    if fault == "no-client-auth":
        usages.pop()
    if fault != "no-extended-usage":
        yield x509.ExtendedKeyUsage(usages), False
    if fault != "no-names":
        shown = [x509.DNSName("*.voorbeeldstad.example" if fault == "wildcard" else each) for each in names]
        yield x509.SubjectAlternativeName(shown), False
    policy = "2.16.528.1.1003.1.2.8.6" if fault in {"other-policy", "g1"} else POLICY
    yield (
        x509.CertificatePolicies(
            [x509.PolicyInformation(x509.ObjectIdentifier(each), None) for each in (policy, "0.4.0.2042.1.1")]
        ),
        False,
    )


def chain(
    leaf: x509.Certificate,
    pki: str = "TRIAL Voorbeeld",
    tsp_until: date = FAR,
    layers: int = 3,
    fault: str = "",
) -> str:
    """Give leaf and what stands above it, without the root, in PEM."""
    if fault == "flat":
        return pem(leaf, authority("flat", pki))
    tsp = authority("constrained" if fault == "constrained" else "tsp", pki, tsp_until)
    return pem(leaf, *[tsp, authority("domain", pki)][: layers - 1])


def pem(*certificates: x509.Certificate) -> str:
    """Give certificates in PEM."""
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates)


def crl(
    layer: str,
    since: datetime,
    hours: float = 48,
    revoked: Iterable[x509.Certificate] = (),
    pki: str = "TRIAL Voorbeeld",
    *,
    forged: bool = False,
    since_number: int | None = None,
    scope: x509.IssuingDistributionPoint | None = None,
) -> bytes:
    """Make the CRL of a layer (DER), valid for ``hours``; with ``since_number`` a delta, with ``scope`` limited."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority(layer, pki).subject)
        .last_update(since)
        .next_update(since + timedelta(hours=hours))
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    if since_number is not None:
        builder = builder.add_extension(x509.DeltaCRLIndicator(since_number), critical=True)
    if scope is not None:
        builder = builder.add_extension(scope, critical=True)
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.serial_number).revocation_date(since)
        builder = builder.add_revoked_certificate(entry.build())
    signer = key("forger", 4096) if forged else _authority_key(pki)
    return builder.sign(_rsa(signer), hashes.SHA512(), rsa_padding=_PSS).public_bytes(Encoding.DER)


PUBLISHED_AT = x509.UniformResourceIdentifier("http://crl.pkioverheid.example/crl")
_CRL = x509.DistributionPoint([PUBLISHED_AT], None, None, None)
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64)
_OIDS = {
    "common": NameOID.COMMON_NAME,
    "organisation": NameOID.ORGANIZATION_NAME,
    "organisation_id": NameOID.ORGANIZATION_IDENTIFIER,
    "serial": NameOID.SERIAL_NUMBER,
}


def _name(*attributes: tuple[str, str]) -> x509.Name:
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "NL")
    return x509.Name([country, *(x509.NameAttribute(_OIDS[kind], value) for kind, value in attributes)])


def _builder(
    subject: x509.Name, issuer: x509.Name, of: Key, since: date, until: date
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(of.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(noon(since))
        .not_valid_after(noon(until))
        .add_extension(x509.CRLDistributionPoints([_CRL]), critical=False)
    )


def _usage(*, ca: bool, extra: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=not ca,
        data_encipherment=extra,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _signed(builder: x509.CertificateBuilder, signer: Key, fault: str = "") -> x509.Certificate:
    if fault in {"no-pss", "g1"}:
        return builder.sign(signer, hashes.SHA256())
    salt = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=20 if fault == "short-salt" else 64)
    weak = padding.PSS(mgf=padding.MGF1(hashes.SHA224()), salt_length=28)
    if fault == "weak-hash":
        return builder.sign(_rsa(signer), hashes.SHA224(), rsa_padding=weak)
    return builder.sign(_rsa(signer), hashes.SHA512(), rsa_padding=salt)


def _rsa(signer: Key) -> rsa.RSAPrivateKey:
    assert isinstance(signer, rsa.RSAPrivateKey)
    return signer
