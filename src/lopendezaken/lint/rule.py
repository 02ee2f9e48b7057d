"""A rule that a linter holds a file to: what it asks, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lopendezaken.lint.finding import Severity

# How sources are called in the lists of rules.
SOURCES: Mapping[str, str] = {
    "EB": "Digikoppeling Koppelvlakstandaard ebMS2 3.3.2",
    "BP": "Digikoppeling Best Practices ebMS2 3.2.2",
    "BV": "Digikoppeling Beveiligingsstandaarden en voorschriften 3.0.0",
    "GAC": "Digikoppeling Gebruik en achtergrond certificaten 1.6.3",
    "OIN": "OIN-Stelsel 2.2.2, and Digikoppeling Identificatie en Authenticatie 1.5.0",
    "CPPA": "OASIS ebXML CPPA 2.0, schema 2_0b",
    "PKIo": "PKIoverheid Programme of Requirements and the profiles of G1 and G4",
    "NCSC": "NCSC-NL, ICT security guidelines for TLS, as Digikoppeling reads them",
    "RFC 5280": "Internet X.509 certificates and CRLs",
    "HLZ": "Handleiding aansluiten op MijnOverheid Lopende Zaken",
    "ours": "a consequence of the above, or good practice; no standard says it",
}


@dataclass(frozen=True)
class Rule:
    """One rule. ``source`` begins with a key of :data:`SOURCES`; ``severity`` is the gravest that it can have."""

    id: str
    severity: Severity
    title: str
    source: str


def rules(*rows: tuple[str, Severity, str, str]) -> tuple[Rule, ...]:
    """Rules from rows of id, severity, title and source."""
    return tuple(Rule(*row) for row in rows)
