"""What the rules on certificates and chains found, told as findings: each code has its rule and its words."""

from __future__ import annotations

from lopendezaken.lint.finding import Finding, must
from lopendezaken.pki.problem import Problem

# Code of a problem, the rule that it breaks, and what is wrong; values of the problem fill in the rest.
_WORDS = {
    "constraints": ("PKIO-017", "basicConstraints"),
    "key-usage": ("PKIO-014", "keyUsage"),
    "extended-key-usage": ("PKIO-015", "extendedKeyUsage"),
    "names": ("PKIO-018", "subjectAltName"),
    "organisation-id": ("PKIO-020", "organizationIdentifier of the subject"),
    "layers": ("PKIO-011", "number of certificates up to and with the root"),
    "key-kind": ("PKIO-023", "kind of key of {subject}"),
    "key-short": ("NCSC-003", "bits in the RSA key of {subject}"),
    "key-exponent": ("PKIO-023", "exponent of the key of {subject}"),
    "hash": ("NCSC-008", "hash in the signature on {subject}"),
    "signature": ("PKIO-024", "signature on {subject}"),
    "no-path": ("PKIO-006", "the chain ends at {subject} and reaches no root of PKIoverheid"),
    "outside-validity": ("PKIO-003", "{subject} is not valid on this day"),
    "revoked": ("PKIO-003", "{subject} was revoked on {since}"),
    "crl-missing": ("PKIO-029", "no CRL of {issuer} to look up {subject} in"),
    "crl-forged": ("PKIO-029", "no CRL in the name of {issuer} was signed by it"),
    "crl-expired": ("PKIO-028", "the CRL of {issuer} ended on {until}"),
    "crl-unreadable": ("PKIO-029", "one of the CRLs cannot be read"),
    "refused": ("RFC 5280", "a second program refuses the chain"),
}
_EXPECTED = {
    "names": "one or more full host names (a.b.example), no wildcard, no address",
    "key-kind": "RSA",
    "key-exponent": "65537",
    "hash": "SHA-2 of 256 bits or more",
}
_REMEDIES = {
    "key-short": "Make a new key pair of at least that size and order a new certificate.",
    "key-usage": "Order a certificate for servers (TLS) at the TSP; this is one of another type.",
    "extended-key-usage": "Order one that serves as server and as client: both sides open connections.",
    "names": "Order it anew with the host names of your endpoint in it.",
    "no-path": "Put the certificate of its issuer in the file, or give the root by --anchors.",
    "revoked": "Stop using it, and order a new one with a new key pair.",
    "crl-missing": "Fetch the CRL of each layer from its crlDistributionPoint and give it by --crl.",
    "crl-expired": "Fetch a new one; until then no certificate of this issuer counts.",
    "layers": "Leave out what does not belong in the chain, or add what is missing.",
}


_NAMES = {"1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth"}


def _readable(found: str | None) -> str | None:
    if found is None:
        return None
    return "none" if found == "-" else ", ".join(_NAMES.get(each, each) for each in found.split(", "))


def told(problem: Problem, line: int | None) -> Finding:
    """The finding for ``problem``."""
    rule, what = _WORDS[problem.code]
    values = problem.values
    found = values.get("found") or values.get("reason") or values.get("serial")
    if problem.code == "outside-validity":
        found = f"valid from {values['since']} until {values['until']}"
    if problem.code == "no-path":
        found = f"issued by {values['issuer']}, which is not here"
    return must(
        line,
        rule,
        what.format(**values),
        found=_readable(found),
        expected=values.get("expected") or _EXPECTED.get(problem.code),
        remedy=_REMEDIES.get(problem.code),
    )
