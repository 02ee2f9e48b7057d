"""Is this certificate ours, and will the partner accept it? Each way to be wrong has its own message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ansible.module_utils.openssl_cli import Certificate, OpensslError, certificate, split, verify

# What `openssl verify` answers, by number: X509_V_ERR_* of x509_vfy.h.
_REVOKED = 23
_OTHER_ROOT = (
    "other-root",
    "the chain does not lead to a trust anchor of this connection ({text}; PKIO-006, DK-TLS-012). Is it from"
    " the right root, and are all intermediate certificates in the file, leaf first?",
)
_VERDICTS = {
    _REVOKED: (
        "revoked",
        "the certificate is revoked according to the CRL of its TSP (PKIO-003). Partners refuse it: order a new"
        " one with a new key pair, and send Logius the new CPA (CPA-037).",
    ),
    18: ("self-signed", "the certificate is self-signed; only PKIoverheid is accepted (PKIO-006)."),
    10: ("chain-expired", "a certificate of the chain has expired ({text}). Fetch the current chain."),
    26: ("purpose", "the certificate may not be used for {purpose} (PKIO-015). Order the server type."),
    **dict.fromkeys((2, 19, 20, 21, 27), _OTHER_ROOT),
}


@dataclass(frozen=True)
class Wanted:
    """What the dossier and the host say the certificate must be."""

    oin: str
    names: list[str]
    key_sha256: str
    anchors: str
    where: str
    crls: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Problem:
    """One way in which a certificate does not fit; ``code`` is for machines, ``text`` for people."""

    code: str
    text: str


def judge(pem: str, wanted: Wanted, now: datetime | None = None) -> tuple[Certificate | None, Problem | None]:
    """The leaf of ``pem`` (leaf first, then its chain) and the first thing that is wrong with it, or ``None``.

    Rules: PKIO-001 (OIN), PKIO-003 (validity), PKIO-006 (root), PKIO-012, PKIO-015 (purposes), PKIO-018 (names),
    PKIO-029 (CRLs), DK-TLS-012 (chain).
    """
    parts = split(pem)
    if not parts:
        return None, Problem("missing", f"{wanted.where}: no certificate there.")
    try:
        leaf = certificate(parts[0])
    except OpensslError as error:
        return None, Problem("unreadable", f"{wanted.where}: not a certificate ({error}).")
    checks = (_key, _oin, _validity, _names)
    found = next(
        (problem for check in checks if (problem := check(leaf, wanted, now or datetime.now(UTC)))),
        None,
    )
    return leaf, found or _chain(leaf, "".join(parts[1:]), wanted)


def _key(leaf: Certificate, wanted: Wanted, _now: datetime) -> Problem | None:
    if not wanted.key_sha256 or leaf.key_sha256 == wanted.key_sha256:
        return None
    return Problem(
        "other-key",
        f"{wanted.where}: the certificate does not belong to the private key on the host (certificate for key"
        f" {leaf.key_sha256[:16]}…, host has {wanted.key_sha256[:16]}…). Order one with the request of this host.",
    )


def _oin(leaf: Certificate, wanted: Wanted, _now: datetime) -> Problem | None:
    if leaf.oin == wanted.oin:
        return None
    found = f"serialNumber {leaf.oin}" if leaf.oin else "no serialNumber in its subject"
    return Problem(
        "other-oin",
        f"{wanted.where}: the certificate has {found}, the dossier has OIN {wanted.oin} (PKIO-001). Ask the TSP for"
        " a certificate with the right OIN, or correct organisation.oin in dossier.yml.",
    )


def _validity(leaf: Certificate, wanted: Wanted, now: datetime) -> Problem | None:
    if now > leaf.not_after:
        return Problem(
            "expired",
            f"{wanted.where}: the certificate expired on {leaf.not_after:%Y-%m-%d %H:%M} UTC (PKIO-003). Renewal needs"
            " a new key pair (PKIO-026): move key.pem and request.csr on the host aside and order with the new request.",
        )
    if now < leaf.not_before:
        return Problem(
            "not-yet-valid",
            f"{wanted.where}: the certificate is valid from {leaf.not_before:%Y-%m-%d %H:%M} UTC only (PKIO-003)."
            " Check the clock of this machine, or wait.",
        )
    return None


def _names(leaf: Certificate, wanted: Wanted, _now: datetime) -> Problem | None:
    missing = [name for name in wanted.names if name not in leaf.names]
    if not missing:
        return None
    return Problem(
        "other-name",
        f"{wanted.where}: the certificate lacks the name {', '.join(missing)}; it has {', '.join(leaf.names) or 'none'}"
        " (PKIO-018, CPA-034). Names cannot be added later (PKIO-022): order a new one.",
    )


def _chain(leaf: Certificate, chain: str, wanted: Wanted) -> Problem | None:
    for purpose, word in (("sslserver", "serverAuth"), ("sslclient", "clientAuth")):
        number, text = verify(leaf.pem, chain, wanted.anchors, purpose=purpose, crls=[])
        if number:
            return _verify_problem(number, text, word, wanted.where)
    if wanted.crls:
        number, text = verify(leaf.pem, chain, wanted.anchors, purpose="any", crls=list(wanted.crls))
        # A CRL that is missing or old is for whoever fetches them; only what they say counts here.
        if number == _REVOKED:
            return _verify_problem(number, text, "", wanted.where)
    return None


def _verify_problem(number: int, text: str, purpose: str, where: str) -> Problem:
    code, words = _VERDICTS.get(number, ("chain", "the chain does not verify: {text}."))
    return Problem(code, f"{where}: {words.format(text=text, purpose=purpose)}")
