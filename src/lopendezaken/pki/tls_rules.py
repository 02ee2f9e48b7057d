"""What is wrong with the TLS settings of an endpoint, by the guideline of NCSC as Digikoppeling reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lopendezaken.pki.ncsc import Reading
from lopendezaken.pki.problem import Problem

REQUIRED = "TLSv1.2"
# Facts of TLS 1.2 that must be known, and the value that each must have (NCSC-009, NCSC-010, NCSC-011, NCSC-014).
_OLD_SETTINGS = {
    "sha1_signature": ("sha1-signature", False),
    "compression": ("compression", False),
    "secure_renegotiation": ("renegotiation-insecure", True),
    "client_renegotiation": ("renegotiation-by-client", False),
    "extended_master_secret": ("no-extended-master-secret", True),
}


def breaks(settings: Mapping[str, Any], reading: Reading) -> Iterator[Problem]:
    """What breaks a rule in ``settings`` (raw part of evidence tls-settings)."""
    accepted = [name for name, taken in settings["protocols"].items() if taken]
    guideline = reading.guideline
    if old := reading.below(guideline.protocols, accepted):
        yield Problem.of("protocol", found=", ".join(old))
    if REQUIRED not in accepted:
        yield Problem.of("no-tls-1-2")
    if weak := reading.below(guideline.suites, _all(settings["suites"])):
        yield Problem.of("suite", found=", ".join(weak))
    if weak := reading.below(guideline.groups, _all(settings["groups"])):
        yield Problem.of("group", found=", ".join(weak))
    for fact, (code, wanted) in _OLD_SETTINGS.items():
        if settings[fact] is not None and settings[fact] != wanted:
            yield Problem.of(code)
    if settings["early_data"]:
        yield Problem.of("early-data", bytes=settings["early_data"])


def open_questions(settings: Mapping[str, Any]) -> Iterator[Problem]:
    """What must be known and is not; a fact of a protocol that is refused need not be."""
    protocols = settings["protocols"]
    needed = [f"protocols.{name}" for name in protocols]
    needed += list(_OLD_SETTINGS) if protocols["TLSv1.2"] else []
    needed += ["early_data"] if protocols["TLSv1.3"] else []
    for fact in needed:
        if fact in settings["not_established"]:
            yield Problem.of("not-established", fact=fact, why=settings["not_established"][fact].rstrip("."))


def _all(by_protocol: Mapping[str, list[str]]) -> list[str]:
    return list(dict.fromkeys(name for names in by_protocol.values() for name in names))
