"""Judges a CRL: who signed it, whether it still holds, and what it says of certificates that are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from lopendezaken.lint.certificate import Wish
from lopendezaken.lint.finding import Finding, mended, must, should
from lopendezaken.lint.rule import rules
from lopendezaken.lint.source import Source
from lopendezaken.pki.certificate import Certificate
from lopendezaken.pki.crl import Crl, instant, read_crl

RULES = rules(
    ("NCSC-008", "must", "signed with SHA-2 of 256 bits or more", "NCSC 3.3.5"),
    ("PKIO-003", "must", "the certificates that were given are not revoked", "BV PKI002"),
    ("PKIO-028", "must", "has not ended, and ends within days", "GAC 7.3; PKIo"),
    ("PKIO-029", "must", "signed by the issuer that was given, and speaks of its certificates", "GAC 7.3"),
    ("RFC 5280", "must", "has a number, a begin and an end", "RFC 5280 5.1, 5.2"),
)

REMEDIES = {
    "NCSC-008": "Fetch it anew; no TSP of PKIoverheid signs like this any more.",
    "PKIO-028": "Ask the TSP why, and fetch it at least every four hours all the same.",
    "PKIO-029": "Give the CRL, the issuer and the certificate that belong together.",
    "RFC 5280": "Fetch it anew from where the certificate says; check the clock of this machine too.",
}

_REFRESH = timedelta(hours=4)
# G4 publishes for two days; G1 for longer, never for weeks.
_LONGEST = timedelta(days=14)
# Clocks differ.
_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Beside:
    """What may be given beside a CRL: certificates of issuers, and certificates to look up."""

    issuers: tuple[Certificate, ...] = ()
    certificates: tuple[Certificate, ...] = ()


def check(source: Source, wish: Wish, beside: Beside) -> list[Finding]:
    """Judge one CRL."""
    crl = read_crl(source.data, source.name)
    found = [*_term(crl, wish), *_form(crl, wish), *_signature(crl, beside.issuers), *_revoked(crl, beside)]
    return mended(found, REMEDIES)


def _term(crl: Crl, wish: Wish) -> Iterator[Finding]:
    moment = wish.moment
    if crl.this_update > moment + _SKEW:
        yield must(None, "RFC 5280", "begins in the future", found=instant(crl.this_update))
    if crl.next_update is None:
        yield must(None, "RFC 5280", "has no end (nextUpdate)", expected="a moment within days")
        return
    if crl.next_update < moment:
        yield must(
            None,
            "PKIO-028",
            "has ended: until there is a new one, no certificate of this issuer counts",
            found=instant(crl.next_update),
            remedy="Fetch it anew from its crlDistributionPoint, at least every four hours.",
        )
    elif crl.next_update < moment + _REFRESH:
        remedy = "Fetch it at least every four hours."
        yield should(
            None, "PKIO-028", "ends within four hours", found=instant(crl.next_update), remedy=remedy
        )
    if crl.next_update - crl.this_update > _LONGEST:
        found = f"{(crl.next_update - crl.this_update).days} days"
        yield should(None, "PKIO-028", "holds for very long", found=found, expected="48 hours under G4")


def _form(crl: Crl, wish: Wish) -> Iterator[Finding]:
    if crl.number is None:
        yield must(None, "RFC 5280", "has no number (cRLNumber), so nobody can tell which is the newest")
    reading = wish.data.tls(wish.moment.date())
    if reading.below(reading.guideline.hashes, [crl.signature_hash or "-"]):
        found, expected = crl.signature_hash or "unknown", "SHA-2 of 256 bits or more"
        yield must(None, "NCSC-008", "hash in the signature", found=found, expected=expected)


def _signature(crl: Crl, issuers: Sequence[Certificate]) -> Iterator[Finding]:
    named = [each for each in issuers if each.subject == crl.issuer]
    if issuers and not named:
        yield must(
            None,
            "PKIO-029",
            "in the name of another issuer than was given",
            found=crl.issuer,
            expected=" or ".join(each.subject for each in issuers),
        )
    elif named and not any(crl.signed_by(each) for each in named):
        yield must(
            None,
            "PKIO-029",
            "not signed by its issuer: forged, damaged, or of an issuer with the same name",
            found=crl.issuer,
            remedy="Do not use it. Fetch it anew and compare the issuer with cert.pkioverheid.nl.",
        )


def _revoked(crl: Crl, beside: Beside) -> Iterator[Finding]:
    spoken_of = [each for each in beside.certificates if each.issuer == crl.issuer and crl.covers(each)]
    if beside.certificates and not spoken_of:
        yield should(
            None,
            "PKIO-029",
            "says nothing of the certificates that were given: of another issuer, or limited to others",
            found=crl.issuer,
            expected=" or ".join(dict.fromkeys(each.issuer for each in beside.certificates)),
        )
    for each in spoken_of:
        if since := crl.revoked_on(each):
            yield must(
                None,
                "PKIO-003",
                f"{each.common_name or each.subject} is revoked since {instant(since)}",
                found=f"serial {each.serial}",
                remedy="Stop using it, and order a new one with a new key pair.",
            )
