"""From a certificate to the root, with the CRL of every layer: what a partner does at each connection.

Pure: the moment is given and nothing is fetched. First it says in words what is wrong; then the verifier of cryptography
judges the path once more by RFC 5280, so that what is not thought of here is refused too. A layer without a sound and
current CRL is refused as well (PKIO-028, PKIO-029). Tests hold all verdicts against those of pyhanko-certvalidator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from lopendezaken.errors import LzError
from lopendezaken.pki.certificate import Certificate, read_chain
from lopendezaken.pki.crl import Crl, instant, read_crl
from lopendezaken.pki.problem import Problem

# Clocks differ: a CRL that was signed a moment ago counts.
_SKEW = timedelta(minutes=5)
_DEEPEST = 8


@dataclass(frozen=True)
class Way:
    """The layers from a leaf up, by their signatures alone, and the anchor that they reach, if any."""

    layers: tuple[Certificate, ...]
    root: Certificate | None


@dataclass(frozen=True)
class Path(Way):
    """The same, and what is wrong with it."""

    problems: tuple[Problem, ...]
    next_update: datetime | None
    """When the first of the CRLs ends."""

    @property
    def crls_until(self) -> str:
        """The same for people."""
        return instant(self.next_update) if self.next_update else "-"


@lru_cache(maxsize=32)
def validate(
    chain: str,
    anchors: str,
    crls: tuple[bytes, ...],
    moment: datetime,
    fetched: datetime | None = None,
) -> Path:
    """Judge ``chain`` (PEM, leaf first) under ``anchors`` (PEM) with ``crls`` (DER) at ``moment`` (aware).

    ``fetched`` is when the CRLs were fetched, if that was before ``moment``: they must have been current then.
    ``layers`` holds the leaf and what stands between it and the root. Raises :class:`LzError` when the chain cannot
    be read.
    """
    way = climb(chain, anchors)
    layers, root = way.layers, way.root
    if root is None:
        top = layers[-1]
        return Path(layers, None, (Problem.of("no-path", subject=_name(top), issuer=top.issuer),), None)
    lists, problems = _readable(crls)
    ends: list[datetime] = []
    for certificate, issuer in zip(layers, (*layers[1:], root), strict=True):
        problems += _validity(certificate, moment)
        problems += _revocation(certificate, issuer, lists, fetched or moment, ends)
    problems += _validity(root, moment)
    if not problems and (reason := _second_opinion(layers, root, moment)):
        problems.append(Problem.of("refused", reason=reason))
    return Path(layers, root, tuple(problems), min(ends, default=None))


def _name(certificate: Certificate) -> str:
    return certificate.common_name or certificate.subject


@lru_cache(maxsize=32)
def climb(chain: str, anchors: str) -> Way:
    """Find the way from a leaf to an anchor. Raises :class:`LzError` when the chain cannot be read."""
    certificates, roots = read_chain(chain.encode()), read_chain(anchors.encode())
    layers = [certificates[0]]
    while len(layers) < _DEEPEST:
        root = next((each for each in roots if _issued(layers[-1], each)), None)
        if root is not None:
            return Way(tuple(layers), root)
        above = [each for each in certificates[1:] if each not in layers and _issued(layers[-1], each)]
        if not above:
            break
        layers.append(above[0])
    return Way(tuple(layers), None)


def _issued(certificate: Certificate, issuer: Certificate) -> bool:
    return certificate.issuer == issuer.subject and _signed(certificate.der, issuer.der)


@lru_cache(maxsize=256)  # the same few issuers stand above all leaves
def _signed(certificate: bytes, issuer: bytes) -> bool:
    above = x509.load_der_x509_certificate(issuer)
    try:
        x509.load_der_x509_certificate(certificate).verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _readable(crls: Sequence[bytes]) -> tuple[list[Crl], list[Problem]]:
    lists, problems = [], []
    for data in crls:
        try:
            lists.append(read_crl(data))
        except LzError:
            problems.append(Problem.of("crl-unreadable", size=len(data)))
    return lists, problems


def _validity(certificate: Certificate, moment: datetime) -> list[Problem]:
    if certificate.valid_at(moment):
        return []
    return [
        Problem.of(
            "outside-validity",
            subject=_name(certificate),
            since=instant(certificate.not_before),
            until=instant(certificate.not_after),
        )
    ]


def _revocation(
    certificate: Certificate,
    issuer: Certificate,
    lists: Sequence[Crl],
    moment: datetime,
    ends: list[datetime],
) -> list[Problem]:
    """What the newest CRL of ``issuer`` says; without a sound and current one nobody can tell."""
    named = [crl for crl in lists if crl.issuer == issuer.subject and crl.covers(certificate)]
    sound = [crl for crl in named if crl.signed_by(issuer) and crl.this_update <= moment + _SKEW]
    if not sound:
        code = "crl-forged" if named else "crl-missing"
        return [Problem.of(code, subject=_name(certificate), issuer=_name(issuer))]
    newest = max(sound, key=lambda crl: crl.this_update)
    if since := newest.revoked_on(certificate):
        return [
            Problem.of("revoked", subject=_name(certificate), serial=certificate.serial, since=instant(since))
        ]
    if newest.next_update is None or newest.next_update < moment:
        until = instant(newest.next_update) if newest.next_update else "-"
        return [Problem.of("crl-expired", issuer=_name(issuer), until=until)]
    ends.append(newest.next_update)
    return []


def _second_opinion(layers: Sequence[Certificate], root: Certificate, moment: datetime) -> str | None:
    """The reason why another implementation refuses this path, or ``None``.

    What a leaf must look like is for :mod:`lopendezaken.pki.profile`: the defaults here are those of public websites.
    """
    leaf, *above = (x509.load_der_x509_certificate(each.der) for each in layers)
    verifier = (
        PolicyBuilder()
        .store(Store([x509.load_der_x509_certificate(root.der)]))
        .time(moment)
        .extension_policies(
            ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
        )
        .build_client_verifier()
    )
    try:
        verifier.verify(leaf, above)
    except VerificationError as error:
        return str(error)
    return None
