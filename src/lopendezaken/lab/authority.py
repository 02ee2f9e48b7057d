"""A test PKI in the likeness of PKIoverheid G4 TRIAL: root, domain, TSP and leaves with an OIN.

One folder holds it all. Every file is complete or absent, so a run that was cut off can be repeated.
It plays the TSP for the lab and also makes the certificates that must be refused.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypedDict

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from lopendezaken.errors import LzError
from lopendezaken.pki.oin import parse_oin

CA_BITS = 4096
LEAF_BITS = 3072
LEAF_DAYS = 397
CRL_HOURS = 48
PUBLISHED_AT = "http://crl.pkioverheid.example"
OTHER_OIN = "00000099900000009000"

# TRIAL arc of the G4 leaf for TLS, and NCP of ETSI (PKIO-016).
POLICIES = ("2.16.528.1.1003.1.2.41.15.35.11", "0.4.0.2042.1.1")
TRIAL_ORGANISATION = "TRIAL Lab PKIoverheid - not for Production use"

_DNS_NAME = re.compile(r"(?!\*\.)[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+")
_ORGANISATION_ID = re.compile(r"NTRNL-[0-9]{8}")
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64)
# Clocks of hosts differ: what is signed now must be valid there too.
_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class _Layer:
    name: str
    common_name: str
    issuer: str
    years: int
    path_length: int | None


_LAYERS = (
    _Layer("root", "TRIAL Lab PKIoverheid - G4 Root Priv G-TLS", "root", 20, None),
    _Layer("domain", "TRIAL Lab PKIoverheid - G4 Intm Priv G-TLS SYS", "root", 15, 1),
    _Layer("tsp", "TRIAL Lab TSP - G4 PKIo Priv G-TLS SYS", "domain", 12, 0),
)


class Kind(StrEnum):
    """A leaf as it should be, or with one thing wrong."""

    GOOD = "good"
    NO_OIN = "no-oin"
    OTHER_OIN = "other-oin"
    EXPIRED = "expired"
    REVOKED = "revoked"
    OTHER_ROOT = "other-root"
    NO_CLIENT_AUTH = "no-client-auth"
    SELF_SIGNED = "self-signed"


@dataclass(frozen=True)
class Leaf:
    """A key and its certificate with the chain up to, and without, the root (all PEM)."""

    key_pem: bytes = field(repr=False)
    certificate_pem: bytes


@dataclass(frozen=True)
class _Subscriber:
    oin: str
    names: tuple[str, ...]
    organisation: str
    common_name: str
    organisation_id: str


@dataclass(frozen=True)
class _Signer:
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


class _State(TypedDict):
    crl_number: int
    revoked: dict[str, dict[str, str]]


class Authority:
    """The test PKI in folder ``path``.

    ``key_bits`` replaces the sizes of G4 (CAs 4096, leaves 3072) by a smaller one, for quick tests.
    """

    def __init__(self, path: Path, key_bits: int | None = None) -> None:
        self.path = path
        self._ca_bits = key_bits or CA_BITS
        self.leaf_bits = key_bits or LEAF_BITS

    # -- the folder -------------------------------------------------------------------------------

    def init(self) -> bool:
        """Make what is missing and sign CRLs that are past half their life. True when anything was made."""
        for folder in (self.path, self.path / "crl", self.path / "issued", self.path / "requests"):
            folder.mkdir(parents=True, exist_ok=True)
        private = self.path / "private"
        private.mkdir(mode=0o700, exist_ok=True)
        private.chmod(0o700)
        with self._locked():
            made = False
            for layer in _LAYERS:
                # A new issuer makes what lies below it worthless.
                if made or not self._complete(layer):
                    self._make_layer(layer)
                    made = True
            self._write_bundles()
            return self._sign_due_crls() or made

    def crls(self) -> dict[str, bytes]:
        """The CRLs by file name (DER), each signed anew when past half its life."""
        with self._locked():
            self._sign_due_crls()
        names = [f"{layer.name}.crl" for layer in _LAYERS]
        return {name: (self.path / "crl" / name).read_bytes() for name in names}

    def sign_crls(self, hours: float = CRL_HOURS) -> None:
        """Sign all CRLs now, valid for ``hours`` (48 at most, PKIO-028; negative makes an expired one)."""
        if hours > CRL_HOURS:
            raise LzError(
                "a CRL of G4 lives too long", found=f"{hours} hours", expected=f"{CRL_HOURS} at most"
            )
        with self._locked():
            for layer in _LAYERS:
                self._sign_crl(layer, hours)

    def chain_pem(self) -> bytes:
        """TSP and domain certificates: what a party sends along with its leaf (DK-TLS-012)."""
        return (self.path / "chain.pem").read_bytes()

    def anchors_pem(self) -> bytes:
        """The root certificate."""
        return (self.path / "anchors.pem").read_bytes()

    # -- certificates -----------------------------------------------------------------------------

    def issue(self, csr_pem: bytes, oin: str | None = None, kind: Kind = Kind.GOOD) -> bytes:
        """Leaf and chain (PEM) for a request, as a TSP would: checked first (PKIO-021, PKIO-023, PKIO-035).

        ``oin`` is the one registered for the subscriber. The same request again gives the same
        certificate. ``kind`` other than good spoils the certificate on purpose. Raises LzError.
        """
        csr = _read_csr(csr_pem)
        subscriber = _subscriber_of(csr, oin)
        key = csr.public_key()
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < min(LEAF_BITS, self.leaf_bits):
            size = f"RSA {key.key_size}" if isinstance(key, rsa.RSAPublicKey) else type(key).__name__
            raise LzError(
                "the TSP refuses this key (PKIO-023)", found=size, expected=f"RSA of {LEAF_BITS} bits or more"
            )
        if kind is Kind.SELF_SIGNED:
            raise LzError("a self-signed certificate needs the private key", remedy="Use `lz lab pki leaf`.")
        stored = self._stored(key, subscriber) if kind is Kind.GOOD else None
        if stored is not None:
            return _pem(stored) + self.chain_pem()
        with self._locked():
            write_file(self.path / "requests" / f"{_fingerprint(key)}.csr", csr_pem)
        return self._certify(subscriber, key, kind)

    def leaf(
        self,
        oin: str,
        names: Sequence[str],
        organisation: str,
        kind: Kind = Kind.GOOD,
    ) -> Leaf:
        """A new key with a certificate for it. ``names`` are FQDNs for the SAN. Raises LzError."""
        parse_oin(oin)
        subscriber = _Subscriber(oin, _checked_names(names), organisation, names[0], f"NTRNL-{oin[8:16]}")
        key = rsa.generate_private_key(65537, self.leaf_bits)
        if kind is Kind.SELF_SIGNED:
            builder = _leaf_builder(subscriber, _leaf_name(subscriber, kind), key.public_key(), kind)
            return Leaf(_key_pem(key), _pem(builder.sign(key, hashes.SHA512(), rsa_padding=_PSS)))
        return Leaf(_key_pem(key), self._certify(subscriber, key.public_key(), kind))

    def leaf_into(
        self, folder: Path, oin: str, names: Sequence[str], organisation: str, kind: Kind = Kind.GOOD
    ) -> bool:
        """Put a :meth:`leaf` in ``folder``: key.pem (0600), certificate.pem, anchors.pem. True when new.

        A good one that is there already, for the same subscriber, stays.
        """
        folder.mkdir(parents=True, exist_ok=True)
        subscriber = _Subscriber(oin, tuple(names), organisation, names[0], f"NTRNL-{oin[8:16]}")
        if kind is Kind.GOOD and self._holds(folder, subscriber):
            return False
        leaf = self.leaf(oin, names, organisation, kind)
        (folder / "certificate.pem").unlink(missing_ok=True)
        write_file(folder / "anchors.pem", self.anchors_pem())
        write_file(folder / "key.pem", leaf.key_pem, mode=0o600)
        write_file(folder / "certificate.pem", leaf.certificate_pem)
        return True

    def revoke(self, cert_pem: bytes) -> None:
        """Put the first certificate of ``cert_pem`` on the CRL of its issuer. Raises LzError."""
        certificate = _first_certificate(cert_pem)
        with self._locked():
            layer = self._issuer_of(certificate)
            state = self._state()
            serials = state["revoked"].setdefault(layer.name, {})
            moment = datetime.now(UTC).isoformat(timespec="seconds")
            serials.setdefault(f"{certificate.serial_number:x}", moment)
            self._save_state(state)
            self._sign_crl(layer, CRL_HOURS)

    def is_revoked(self, certificate: x509.Certificate) -> bool:
        """Whether this certificate of a layer of ours was revoked."""
        revoked = self._state()["revoked"]
        return any(f"{certificate.serial_number:x}" in serials for serials in revoked.values())

    # -- layers -----------------------------------------------------------------------------------

    def _complete(self, layer: _Layer) -> bool:
        try:
            signer = self._signer(layer.name)
            issuer = self._signer(layer.issuer)
        except (OSError, ValueError):
            return False
        same_key = signer.certificate.public_key() == signer.key.public_key()
        return same_key and _signed_by(signer.certificate, issuer.certificate)

    def _signer(self, name: str) -> _Signer:
        certificate = x509.load_pem_x509_certificate((self.path / f"{name}.pem").read_bytes())
        # Our own key, written whole: testing its primes at each load would take a second.
        key = load_pem_private_key(
            (self.path / "private" / f"{name}.key").read_bytes(), None, unsafe_skip_rsa_key_validation=True
        )
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError(f"{name}.key is no RSA key")
        return _Signer(certificate, key)

    def _make_layer(self, layer: _Layer) -> None:
        key = rsa.generate_private_key(65537, self._ca_bits)
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, TRIAL_ORGANISATION),
                x509.NameAttribute(NameOID.COMMON_NAME, layer.common_name),
            ]
        )
        is_root = layer.issuer == layer.name
        issuer = None if is_root else self._signer(layer.issuer)
        now = datetime.now(UTC).replace(microsecond=0)
        builder = _builder(
            subject,
            subject if issuer is None else issuer.certificate.subject,
            key.public_key(),
            (now - _SKEW, now + timedelta(days=365 * layer.years)),
        )
        builder = builder.add_extension(x509.BasicConstraints(True, layer.path_length), critical=True)
        builder = builder.add_extension(_key_usage(ca=True), critical=True)
        builder = _key_identifiers(builder, key.public_key(), issuer.certificate if issuer else None)
        if issuer is not None:
            builder = _pointers(builder, layer.issuer)
            builder = builder.add_extension(_policies("2.5.29.32.0"), critical=False)
        signed_with = key if issuer is None else issuer.key
        certificate = builder.sign(signed_with, hashes.SHA512(), rsa_padding=_PSS)
        (self.path / f"{layer.name}.pem").unlink(missing_ok=True)
        write_file(self.path / "private" / f"{layer.name}.key", _key_pem(key), mode=0o600)
        write_file(self.path / f"{layer.name}.pem", _pem(certificate))
        (self.path / "crl" / f"{layer.name}.crl").unlink(missing_ok=True)

    def _write_bundles(self) -> None:
        pem = {layer.name: (self.path / f"{layer.name}.pem").read_bytes() for layer in _LAYERS}
        files = {"chain.pem": pem["tsp"] + pem["domain"], "anchors.pem": pem["root"]}
        for name, text in pem.items():
            der = x509.load_pem_x509_certificate(text).public_bytes(Encoding.DER)
            files[f"crl/{name}.cer"] = der
        for name, content in files.items():
            path = self.path / name
            if not path.exists() or path.read_bytes() != content:
                write_file(path, content)

    # -- leaves -----------------------------------------------------------------------------------

    def _certify(self, subscriber: _Subscriber, key: rsa.RSAPublicKey, kind: Kind) -> bytes:
        if kind is Kind.OTHER_ROOT:
            other = Authority(self.path / "other-root", self._ca_bits if self._ca_bits != CA_BITS else None)
            other.init()
            return other._certify(subscriber, key, Kind.GOOD)
        self._must_exist()
        signer = self._signer("tsp")
        builder = _leaf_builder(subscriber, signer.certificate.subject, key, kind)
        builder = _key_identifiers(builder, key, signer.certificate)
        builder = _pointers(builder, "tsp")
        certificate = builder.sign(signer.key, hashes.SHA512(), rsa_padding=_PSS)
        with self._locked():
            name = f"{_fingerprint(key)}-{certificate.serial_number:x}.pem"
            write_file(self.path / "issued" / name, _pem(certificate))
        if kind is Kind.REVOKED:
            self.revoke(_pem(certificate))
        return _pem(certificate) + self.chain_pem()

    def _holds(self, folder: Path, subscriber: _Subscriber) -> bool:
        try:
            certificate = x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())
            key = load_pem_private_key((folder / "key.pem").read_bytes(), None)
            same_anchors = (folder / "anchors.pem").read_bytes() == self.anchors_pem()
        except (OSError, ValueError):
            return False
        same_key = key.public_key() == certificate.public_key()
        return same_anchors and same_key and self._is_current(certificate, subscriber)

    def _is_current(self, certificate: x509.Certificate, subscriber: _Subscriber) -> bool:
        """Whether ``certificate`` still is what the subscriber would get now."""
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        return (
            certificate.subject == _leaf_name(subscriber, Kind.GOOD)
            and _dns_names(certificate) == subscriber.names
            and ExtendedKeyUsageOID.CLIENT_AUTH in usages
            and certificate.not_valid_after_utc > datetime.now(UTC)
            and _signed_by(certificate, self._signer("tsp").certificate)
            and not self.is_revoked(certificate)
        )

    def _stored(self, key: rsa.RSAPublicKey, subscriber: _Subscriber) -> x509.Certificate | None:
        """What this key got before, when it still says the same and holds."""
        for path in sorted((self.path / "issued").glob(f"{_fingerprint(key)}-*.pem")):
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
            if self.is_revoked(certificate):
                raise LzError(
                    "the TSP refuses this key: a certificate for it was revoked",
                    found=f"serial {certificate.serial_number:x}",
                    remedy="Make a new key pair and a new request (PKIO-026).",
                )
            if self._is_current(certificate, subscriber):
                return certificate
        return None

    # -- revocation -------------------------------------------------------------------------------

    def _issuer_of(self, certificate: x509.Certificate) -> _Layer:
        self._must_exist()
        for layer in _LAYERS:
            if _signed_by(certificate, self._signer(layer.name).certificate):
                return layer
        raise LzError(
            "this certificate was not issued by this test PKI",
            found=certificate.issuer.rfc4514_string(),
            where=str(self.path),
        )

    def _sign_due_crls(self) -> bool:
        signed = False
        for layer in _LAYERS:
            if self._crl_due(layer):
                self._sign_crl(layer, CRL_HOURS)
                signed = True
        return signed

    def _crl_due(self, layer: _Layer) -> bool:
        path = self.path / "crl" / f"{layer.name}.crl"
        try:
            crl = x509.load_der_x509_crl(path.read_bytes())
        except (OSError, ValueError):
            return True
        key = self._signer(layer.name).certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey) or not crl.is_signature_valid(key):
            return True
        end = crl.next_update_utc
        return end is None or end - datetime.now(UTC) < timedelta(hours=CRL_HOURS / 2)

    def _sign_crl(self, layer: _Layer, hours: float) -> None:
        signer = self._signer(layer.name)
        state = self._state()
        state["crl_number"] += 1
        # The number is kept first: after a cut-off it has a gap, never the same number twice.
        self._save_state(state)
        now = datetime.now(UTC).replace(microsecond=0)
        begin, end = now - _SKEW, now - _SKEW + timedelta(hours=hours)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(signer.certificate.subject)
            .last_update(min(begin, end - timedelta(seconds=1)))
            .next_update(end)
            .add_extension(x509.CRLNumber(state["crl_number"]), critical=False)
            .add_extension(_authority_key(signer.certificate), critical=False)
        )
        for serial, moment in sorted(state["revoked"].get(layer.name, {}).items()):
            entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16))
            builder = builder.add_revoked_certificate(
                entry.revocation_date(datetime.fromisoformat(moment)).build()
            )
        crl = builder.sign(signer.key, hashes.SHA512(), rsa_padding=_PSS)
        write_file(self.path / "crl" / f"{layer.name}.crl", crl.public_bytes(Encoding.DER))

    # -- state ------------------------------------------------------------------------------------

    def _state(self) -> _State:
        try:
            loaded: _State = json.loads((self.path / "state.json").read_text())
        except FileNotFoundError:
            return {"crl_number": 0, "revoked": {}}
        return loaded

    def _save_state(self, state: _State) -> None:
        write_file(self.path / "state.json", json.dumps(state, indent=1, sort_keys=True).encode())

    def _must_exist(self) -> None:
        if not (self.path / "tsp.pem").exists():
            raise LzError("no test PKI here yet", where=str(self.path), remedy="Run `lz lab pki init`.")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _leaf_builder(
    subscriber: _Subscriber, issuer: x509.Name, key: rsa.RSAPublicKey, kind: Kind
) -> x509.CertificateBuilder:
    begin = datetime.now(UTC).replace(microsecond=0) - _SKEW
    if kind is Kind.EXPIRED:
        begin -= timedelta(days=LEAF_DAYS + 1)
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    if kind is Kind.NO_CLIENT_AUTH:
        usages.remove(ExtendedKeyUsageOID.CLIENT_AUTH)
    names = x509.SubjectAlternativeName([x509.DNSName(name) for name in subscriber.names])
    validity = (begin, begin + timedelta(days=LEAF_DAYS))
    return (
        _builder(_leaf_name(subscriber, kind), issuer, key, validity)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(_key_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(names, critical=False)
        .add_extension(_policies(*POLICIES), critical=False)
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey, validity: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
    )


def _leaf_name(subscriber: _Subscriber, kind: Kind) -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, _trial(subscriber.organisation)),
        x509.NameAttribute(NameOID.COMMON_NAME, _trial(subscriber.common_name)),
        x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, subscriber.organisation_id),
    ]
    oin = OTHER_OIN if kind is Kind.OTHER_OIN else subscriber.oin
    if kind is not Kind.NO_OIN:
        attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, oin))
    return x509.Name(attributes)


def _trial(text: str) -> str:
    """The mark of every test certificate, within the 64 positions that X.520 gives."""
    return text if text.startswith("TRIAL ") else f"TRIAL {text}"[:64]


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=not ca,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _policies(*oids: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in oids]
    )


def _authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _key_identifiers(
    builder: x509.CertificateBuilder, key: rsa.RSAPublicKey, issuer: x509.Certificate | None
) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    if issuer is None:
        return builder
    return builder.add_extension(_authority_key(issuer), critical=False)


def _pointers(builder: x509.CertificateBuilder, issuer: str) -> x509.CertificateBuilder:
    """Where the issuer's certificate and CRL are published; no OCSP, as in G4 (PKIO-030)."""
    ca_issuers = x509.AccessDescription(
        AuthorityInformationAccessOID.CA_ISSUERS,
        x509.UniformResourceIdentifier(f"{PUBLISHED_AT}/{issuer}.cer"),
    )
    crl = x509.DistributionPoint(
        [x509.UniformResourceIdentifier(f"{PUBLISHED_AT}/{issuer}.crl")], None, None, None
    )
    builder = builder.add_extension(x509.AuthorityInformationAccess([ca_issuers]), critical=False)
    return builder.add_extension(x509.CRLDistributionPoints([crl]), critical=False)


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _read_csr(pem: bytes) -> x509.CertificateSigningRequest:
    try:
        csr = x509.load_pem_x509_csr(pem)
    except ValueError as error:
        raise LzError(
            "not a certificate request in PEM", remedy="Expected BEGIN CERTIFICATE REQUEST."
        ) from error
    if not csr.is_signature_valid:
        raise LzError("the request is not signed with its own key: it was changed on the way")
    return csr


def _subscriber_of(csr: x509.CertificateSigningRequest, registered_oin: str | None) -> _Subscriber:
    asked = _attribute(csr.subject, NameOID.SERIAL_NUMBER)
    if asked is None:
        raise LzError(
            "the request asks no OIN (PKIO-021)",
            expected="the OIN in serialNumber of the subject",
            remedy="Make the request anew with the OIN in it.",
        )
    parse_oin(asked, "serialNumber of the request")
    if registered_oin is not None and asked != registered_oin:
        raise LzError(
            "the request asks the OIN of another organisation (PKIO-035)",
            found=asked,
            expected=registered_oin,
        )
    organisation = _attribute(csr.subject, NameOID.ORGANIZATION_NAME)
    if not organisation:
        raise LzError("the request has no O (organisation) in its subject (PKIO-021)")
    names = _checked_names(_dns_names(csr))
    asked_id = _attribute(csr.subject, NameOID.ORGANIZATION_IDENTIFIER) or ""
    return _Subscriber(
        oin=asked,
        names=names,
        organisation=organisation,
        common_name=_attribute(csr.subject, NameOID.COMMON_NAME) or names[0],
        organisation_id=asked_id if _ORGANISATION_ID.fullmatch(asked_id) else f"NTRNL-{asked[8:16]}",
    )


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str | None:
    values = name.get_attributes_for_oid(oid)
    return str(values[0].value) if values else None


def _dns_names(holder: x509.Certificate | x509.CertificateSigningRequest) -> tuple[str, ...]:
    try:
        names = holder.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(names.get_values_for_type(x509.DNSName))


def _checked_names(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        raise LzError("no host name asked (PKIO-018)", expected="at least one dNSName in subjectAltName")
    for name in names:
        if not _DNS_NAME.fullmatch(name):
            raise LzError(
                "the TSP refuses this host name (PKIO-018)",
                found=name,
                expected="a full name, no wildcard, no address",
            )
    return tuple(names)


def _first_certificate(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise LzError("not a certificate in PEM") from error


def _fingerprint(key: rsa.RSAPublicKey) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return digest.finalize().hex()[:32]


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_file(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Complete or absent: a temporary file beside it, closed to others, then a rename."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
