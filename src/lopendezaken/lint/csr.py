"""Judges a certificate request before it goes to the TSP: what is wrong in it comes back in the certificate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lopendezaken.lint.certificate import Wish
from lopendezaken.lint.finding import Finding, mended, must, should
from lopendezaken.lint.numbers import number_findings
from lopendezaken.lint.rule import rules
from lopendezaken.lint.source import Source
from lopendezaken.pki.private_key import lines_with_private_key
from lopendezaken.pki.profile import is_full_name, is_organisation_id
from lopendezaken.pki.request import Request, read_request

RULES = rules(
    ("CPA-013", "must", "asks the OIN that you meant", "EB 5.1.1"),
    ("DK-TLS-014", "must", "asks the host names that you meant", "BP 3.4.11"),
    ("NCSC-003", "must", "RSA key of the size that NCSC finds sufficient", "NCSC 3.3.2; BV TLSCIPH001"),
    ("NCSC-008", "must", "signed with SHA-2 of 256 bits or more", "NCSC 3.3.5"),
    ("OIN-001", "must", "an OIN or HRN has 20 positions in its form", "OIN 6.1"),
    ("OIN-002", "must", "positions 18 to 20 are 000", "OIN 6.1"),
    ("OIN-003", "must", "the prefix is one of the table", "OIN 6.2"),
    ("OIN-004", "must", "a KvK number has eight digits", "OIN 6.1"),
    ("OIN-006", "should", "an RSIN passes the eleven test", "ours"),
    ("OIN-009", "must", "no test number in production", "OIN 6.2"),
    ("PKIO-018", "must", "full host names, no wildcard, no address", "PKIo"),
    ("PKIO-020", "should", "organizationIdentifier: NTRNL- and the KvK number (G4)", "PKIo"),
    ("PKIO-021", "must", "asks C=NL, O, CN and the OIN, and is signed with its own key", "GAC 4.2, 4.3; HLZ"),
    ("PKIO-023", "must", "an RSA key with exponent 65537", "PKIo"),
    ("PKIO-032", "must", "no private key in the file that goes out, nor beside it", "GAC 5"),
)

REMEDIES = {
    "CPA-013": "Make the request anew with the OIN of the organisation that the certificate is for.",
    "DK-TLS-014": "Make the request anew: names cannot be added to a certificate later.",
    "NCSC-008": "Make the request anew and sign it with SHA-256.",
    "PKIO-021": "Make the request anew with it.",
    "PKIO-023": "Make a new RSA key pair (3072 bits or more, exponent 65537) and a new request.",
}

_BESIDE = 100
_KEY_SIZE = 65_536


def check(source: Source, wish: Wish) -> list[Finding]:
    """Judge one request."""
    request = read_request(source.data, source.name)
    found = [*_keys(source), *_key(request, wish), *_subject(request, wish), *_names(request, wish)]
    return mended(found, REMEDIES)


def _keys(source: Source) -> Iterator[Finding]:
    for line in lines_with_private_key(source.data):
        yield must(
            line,
            "PKIO-032",
            "a private key stands in the file",
            remedy="Send the request only. If this file went out, make a new key pair and a new request.",
        )
    for name in _keys_beside(source.path):
        yield should(
            None,
            "PKIO-032",
            "a private key without password lies in the same folder",
            found=name,
            remedy="Keep it on the host that uses it, and attach the request alone.",
        )


def _keys_beside(path: Path | None) -> Iterator[str]:
    if path is None:
        return
    for each in sorted(path.resolve().parent.iterdir())[:_BESIDE]:
        try:
            small = each.is_file() and each.name != path.name and each.stat().st_size <= _KEY_SIZE
            data = each.read_bytes() if small else b""
        except OSError:
            continue
        if b"PRIVATE KEY-----" in data and b"ENCRYPTED" not in data:
            yield each.name


def _key(request: Request, wish: Wish) -> Iterator[Finding]:
    line, reading = request.line, wish.data.tls(wish.moment.date())
    if not request.signed_with_own_key:
        yield must(
            line,
            "PKIO-021",
            "not signed with its own key: it was changed, or made from parts",
            remedy="Make the request anew.",
        )
    if request.key_type != "RSA":
        yield must(line, "PKIO-023", "kind of key", found=request.key_type, expected="RSA")
    elif not reading.accepts_rsa(request.key_bits):
        yield must(
            line,
            "NCSC-003",
            "bits in the RSA key",
            found=str(request.key_bits),
            expected=f"{reading.least_rsa} or more ({reading.guideline.name})",
            remedy="Make a new key pair: a new certificate with this one would have to be replaced.",
        )
    elif request.key_exponent != 65537:
        yield must(line, "PKIO-023", "exponent of the key", found=str(request.key_exponent), expected="65537")
    if reading.below(reading.guideline.hashes, [request.signature_hash or "-"]):
        yield must(
            line,
            "NCSC-008",
            "hash in the signature",
            found=request.signature_hash or "unknown",
            expected="SHA-2 of 256 bits or more",
        )


def _subject(request: Request, wish: Wish) -> Iterator[Finding]:
    line = request.line
    if request.country != "NL":
        yield must(
            line, "PKIO-021", "C (country) of the subject", found=request.country or "none", expected="NL"
        )
    for name, value in (("O (name of the organisation)", request.organisation), ("CN", request.common_name)):
        if not value:
            yield must(line, "PKIO-021", f"no {name} in the subject")
    if not request.oin:
        yield must(
            line,
            "PKIO-021",
            "asks no OIN",
            expected=f"serialNumber={wish.oin or 'the OIN or HRN'} in the subject",
            remedy="Without it the TSP may make a certificate that Digikoppeling does not accept; also name it in the"
            " order.",
        )
    else:
        yield from number_findings(line, request.oin, wish.environment)
        if wish.oin is not None and request.oin != wish.oin:
            yield must(line, "CPA-013", "another OIN than you meant", found=request.oin, expected=wish.oin)
    if not is_organisation_id(request.organisation_id):
        yield should(
            line,
            "PKIO-020",
            "organizationIdentifier of the subject",
            found=request.organisation_id or "none",
            expected="NTRNL- and the eight digits of the KvK number",
            remedy="Most TSPs fill it in themselves.",
        )


def _names(request: Request, wish: Wish) -> Iterator[Finding]:
    line = request.line
    odd = [*(name for name in request.dns_names if not is_full_name(name)), *request.other_names]
    what, expected = "subjectAltName", "the full host name of each endpoint, no wildcard, no address"
    if odd:
        remedy = "Make the request anew: the certificate gets these names, and they cannot be changed later."
        yield must(line, "PKIO-018", what, found=", ".join(odd), expected=expected, remedy=remedy)
    elif not request.dns_names:
        remedy = (
            "Ask them in the request, or see to it that the order names them: they cannot be added later."
        )
        yield should(line, "PKIO-018", what, found="no names", expected=expected, remedy=remedy)
    known = {name.lower() for name in request.dns_names}
    for host in wish.hosts:
        if host.lower() not in known:
            found = ", ".join(request.dns_names) or "no names"
            yield must(line, "DK-TLS-014", "a host name is missing", found=found, expected=host)
