"""Judges certificates one by one: whose they are, what they are for, how strong they are and how long they last."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lopendezaken.cpa.rules.document import Environment
from lopendezaken.lint.finding import Finding, mended, must, should
from lopendezaken.lint.numbers import number_findings
from lopendezaken.lint.problems import told
from lopendezaken.lint.rule import rules
from lopendezaken.lint.source import Source
from lopendezaken.pki.anchors import Anchor
from lopendezaken.pki.bundle import Bundle, Placed, read_bundle
from lopendezaken.pki.certificate import Certificate
from lopendezaken.pki.profile import has_policy, shape, strength
from lopendezaken.policy.data import Data

# As control LZ-1.02 has them: from when a certificate is replaced, and from when that is planned.
RENEW_DAYS = 30
PLAN_DAYS = 60
_LONGEST = timedelta(days=5 * 366)

RULES = rules(
    ("CPA-013", "must", "the OIN in the certificate is the one that you asked for", "EB 5.1.1"),
    ("DK-EBMS2-022", "must", "not self-signed", "EB 5.2.1, 5.11.4"),
    ("DK-TLS-014", "must", "the host names are those that you asked for", "BP 3.4.11"),
    ("NCSC-003", "must", "RSA key of the size that NCSC finds sufficient", "NCSC 3.3.2; BV TLSCIPH001"),
    ("NCSC-008", "must", "signed with SHA-2 of 256 bits or more", "NCSC 3.3.5"),
    ("OIN-001", "must", "an OIN or HRN has 20 positions in its form", "OIN 6.1"),
    ("OIN-002", "must", "positions 18 to 20 are 000", "OIN 6.1"),
    ("OIN-003", "must", "the prefix is one of the table", "OIN 6.2"),
    ("OIN-004", "must", "a KvK number has eight digits", "OIN 6.1"),
    ("OIN-006", "should", "an RSIN passes the eleven test", "ours"),
    ("OIN-009", "must", "no test number in production", "OIN 6.2"),
    ("PKIO-001", "must", "OIN or HRN in serialNumber of the subject", "BV PKI001"),
    ("PKIO-003", "must", "valid on the day", "BV PKI002"),
    ("PKIO-005", "must", "names where its CRL is published", "BV PKI004"),
    ("PKIO-006", "must", "issued under a private root of PKIoverheid", "BV PKI005"),
    ("PKIO-012", "must", "no test certificate in production", "BV 3.3.2"),
    ("PKIO-013", "should", "no production certificate in a test environment", "GAC 7.3; contested, ask Logius"),
    ("PKIO-014", "must", "keyUsage: digitalSignature and keyEncipherment, critical, nothing else", "GAC 4.3; PKIo"),
    ("PKIO-015", "must", "extendedKeyUsage: serverAuth and clientAuth", "PKIo"),
    ("PKIO-016", "should", "names the policy of its type", "PKIo"),
    ("PKIO-017", "must", "basicConstraints: no CA, critical", "PKIo"),
    ("PKIO-018", "must", "subjectAltName: full host names, no wildcard, no address", "PKIo"),
    ("PKIO-020", "must", "organizationIdentifier with the KvK number (G4)", "PKIo"),
    ("PKIO-023", "must", "an RSA key with exponent 65537", "PKIo"),
    ("PKIO-024", "must", "signed as its generation signs: G1 RSA with SHA-256, G4 RSASSA-PSS", "GAC 3; PKIo"),
    ("PKIO-025", "should", "valid for five years at most", "GAC 2.1.6"),
    ("PKIO-027", "must", "renewed in time: planned from 60, done by 30 days before the end", "GAC 7.3"),
    ("PKIO-032", "must", "no private key in a file that goes round; in a PKCS#12 that of the certificate", "GAC 5"),
    ("PKIO-036", "should", "O in the subject is the name of the organisation", "OIN annex"),
)  # fmt: skip


REMEDIES = {
    "CPA-013": "Use the certificate of the organisation itself, or record the mandate of who does the TLS for it.",
    "NCSC-008": "Have the TSP make it anew; no TSP of PKIoverheid signs like this any more.",
    "PKIO-003": "Wait until then, or order one that is valid now.",
    "PKIO-005": "It is none of PKIoverheid then: order one at a TSP of PKIoverheid.",
    "PKIO-006": "Order a certificate under a private root of PKIoverheid that still counts.",
    "PKIO-012": "Order one for production; a test certificate is for the preproduction environment.",
    "PKIO-016": "Ask the TSP for a certificate for servers (TLS) under the private root.",
    "PKIO-017": "Order a certificate for servers (TLS) at the TSP; this is one of another type.",
    "PKIO-020": "Have the TSP make it anew with the KvK number of the organisation in it.",
    "PKIO-023": "Make a new RSA key pair with the usual exponent and order the certificate anew.",
    "PKIO-024": "Have the TSP make it anew; it is no certificate of that generation.",
    "PKIO-025": "Ask the TSP why: PKIoverheid gives three years, five at most.",
    "PKIO-036": "Have the TSP make it anew with the registered name of the organisation.",
}


@dataclass(frozen=True)
class Wish:
    """What the reader asks of the certificate. ``moment`` is aware; everything else may be left out."""

    data: Data
    moment: datetime = field(default_factory=lambda: datetime.now(UTC))
    environment: Environment | None = None
    oin: str | None = None
    hosts: tuple[str, ...] = ()
    password: Callable[[], bytes | None] = lambda: None


def check(source: Source, wish: Wish) -> list[Finding]:
    """Judge every certificate in a file; of a chain those of CAs are left to ``lz lint chain``."""
    bundle = read_bundle(source.data, source.name, wish.password)
    leaves = [each for each in bundle.certificates if not each.certificate.is_ca]
    found = list(of_bundle(bundle))
    for placed in leaves:
        found += of_certificate(placed, wish)
    if not leaves:
        found.append(
            must(
                bundle.certificates[0].line,
                "PKIO-017",
                "the certificate of a CA, not of an organisation",
                found=", ".join(name_of(each.certificate) for each in bundle.certificates),
                remedy="Give the one that the TSP made for you; a chain goes to lz lint chain.",
            )
        )
    return mended(found, REMEDIES)


def of_bundle(bundle: Bundle) -> Iterator[Finding]:
    """What is wrong with the file itself."""
    if bundle.has_key and bundle.form == "PEM":
        yield should(
            None,
            "PKIO-032",
            "a private key stands in the same file",
            remedy="Keep it apart, readable by the service only, and send this file to nobody.",
        )
    if bundle.other_key:
        yield must(
            None,
            "PKIO-032",
            "the private key in the file belongs to none of its certificates",
            remedy="Put the key together with the certificate that was made for it.",
        )


def of_certificate(placed: Placed, wish: Wish) -> Iterator[Finding]:
    """Everything that shows from one certificate."""
    certificate, line = placed.certificate, placed.line
    day = wish.moment.astimezone(UTC).date()
    yield from identity(line, certificate, wish)
    yield from _issuer(line, certificate, wish)
    yield from term(line, certificate, wish.moment)
    yield from _names(line, certificate, wish)
    anchor = expected_anchor(certificate, wish.data)
    if anchor is None:
        return
    for problem in (*shape([certificate], anchor), *strength([certificate], anchor, wish.data.tls(day))):
        if problem.code != "layers":
            yield told(problem, line)
    if not has_policy(certificate, anchor):
        found, what = (
            ", ".join(certificate.policies) or "none",
            f"policy of a {anchor.generation} certificate for TLS",
        )
        yield should(line, "PKIO-016", what, found=found, expected=anchor.policy)


def identity(line: int | None, certificate: Certificate, wish: Wish) -> Iterator[Finding]:
    """The number of the organisation, and its name."""
    found = certificate.subject_serial_number
    if found is None or len(found) != 20:
        yield must(
            line,
            "PKIO-001",
            "no OIN or HRN in serialNumber of the subject",
            found=found or "no serialNumber",
            expected=wish.oin or "the 20 positions of the OIN or HRN",
            remedy="The serial number of the certificate itself is something else. Have the TSP make it anew, and name"
            " the OIN in the request.",
        )
    else:
        yield from number_findings(line, found, wish.environment)
        if wish.oin is not None and found != wish.oin:
            yield must(line, "CPA-013", "another OIN than you asked for", found=found, expected=wish.oin)
    if not certificate.organisation:
        yield should(
            line, "PKIO-036", "no O (name of the organisation) in the subject", found=certificate.subject
        )


def name_of(certificate: Certificate) -> str:
    """How people know it."""
    return certificate.common_name or certificate.subject


def roots_of(data: Data) -> str:
    """The roots that count in production."""
    return " or ".join(each.common_name for each in data.anchors.anchors if each.use == "production")


def expected_anchor(certificate: Certificate, data: Data) -> Anchor | None:
    """The root that the certificate claims to be under, from its policies or the name of its issuer."""
    anchors = data.anchors.anchors
    for anchor in anchors:
        if anchor.policy in certificate.policies and _of_use(certificate.issuer, anchor):
            return anchor
    return next((each for each in anchors if _issued_by(certificate.issuer, each)), None)


def _is_test(issuer: str) -> bool:
    return re.search(r"\bTRIAL\b|\bTEST\b", issuer, re.IGNORECASE) is not None


def _of_use(issuer: str, anchor: Anchor) -> bool:
    return _is_test(issuer) == (anchor.use == "test")


def _issued_by(issuer: str, anchor: Anchor) -> bool:
    words = re.search(r"PKIo|Staat der Nederlanden", issuer, re.IGNORECASE) is not None
    return words and _of_use(issuer, anchor) and (anchor.use == "test" or anchor.generation in issuer)


def _issuer(line: int | None, certificate: Certificate, wish: Wish) -> Iterator[Finding]:
    if certificate.self_signed and not certificate.is_ca:
        yield must(
            line,
            "DK-EBMS2-022",
            "self-signed",
            found=name_of(certificate),
            expected="a certificate of PKIoverheid",
            remedy="Order one at a TSP of PKIoverheid; a self-signed one serves a trial of your own only.",
        )
        return
    anchor = expected_anchor(certificate, wish.data)
    day = wish.moment.astimezone(UTC).date()
    if anchor is None:
        yield must(
            line,
            "PKIO-006",
            "the issuer is none under a private root of PKIoverheid",
            found=certificate.issuer,
            expected=roots_of(wish.data),
        )
    elif not anchor.counts_on(day):
        yield must(
            line, "PKIO-006", f"root {anchor.common_name} does not count on {day}", found=certificate.issuer
        )
    elif anchor.use == "test" and wish.environment == "prod":
        yield must(line, "PKIO-012", "a test certificate in production", found=certificate.issuer)
    elif anchor.use == "production" and wish.environment == "preprod":
        yield should(
            line,
            "PKIO-013",
            "a production certificate in a test environment",
            found=certificate.issuer,
            remedy="Ask Logius whether it is accepted there; never use the same one in production.",
        )


def term(line: int | None, certificate: Certificate, moment: datetime) -> Iterator[Finding]:
    """Validity, and whether it is time to renew; also of a CA."""
    since, until = certificate.not_before, certificate.not_after
    days = (until - moment).days
    if moment > until:
        remedy = "Order a new one, with a new key pair."
        yield must(
            line,
            "PKIO-003",
            f"{name_of(certificate)} has expired",
            found=f"valid until {until:%Y-%m-%d}",
            remedy=remedy,
        )
    elif moment < since:
        yield must(
            line, "PKIO-003", f"{name_of(certificate)} is not valid yet", found=f"valid from {since:%Y-%m-%d}"
        )
    elif days < PLAN_DAYS:
        tell = must if days < RENEW_DAYS else should
        remedy = "Order a new one now: it takes weeks, needs a new key pair, and a new CPA at both sides."
        remedy = "Ask the TSP for its successor." if certificate.is_ca else remedy
        yield tell(
            line,
            "PKIO-027",
            f"{name_of(certificate)} expires in {days} days",
            found=f"{until:%Y-%m-%d}",
            remedy=remedy,
        )
    if until - since > _LONGEST and not certificate.is_ca:
        found = f"{(until - since).days} days"
        yield should(
            line, "PKIO-025", "valid for longer than PKIoverheid gives", found=found, expected="five years"
        )


def _names(line: int | None, certificate: Certificate, wish: Wish) -> Iterator[Finding]:
    known = {name.lower() for name in certificate.dns_names}
    for host in wish.hosts:
        if host.lower() not in known:
            yield must(
                line,
                "DK-TLS-014",
                "a host name that you asked for is not in subjectAltName",
                found=", ".join(certificate.dns_names) or "no names",
                expected=host,
                remedy="Names cannot be added later: order the certificate anew.",
            )
    if not certificate.crl_urls and not certificate.self_signed:
        yield must(line, "PKIO-005", "does not say where its CRL is", expected="crlDistributionPoints")
