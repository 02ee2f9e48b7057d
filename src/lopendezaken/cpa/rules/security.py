"""Algorithms of signatures, encryption and key transport, and the version of TLS."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.cpa.profile import ALGORITHMS, KEY_TRANSPORTS, OLD_KEY_TRANSPORTS
from lopendezaken.cpa.rules.document import Document, attribute, line_of
from lopendezaken.cpa.xml import TNS
from lopendezaken.lint.finding import Finding, must, should


def algorithms(document: Document) -> Iterator[Finding]:
    """CPA-041, CPA-042 and CPA-043: what is too old, or not of Digikoppeling."""
    for exchange in document.elements("DocExchange"):
        for name, (allowed, rule, words) in ALGORITHMS.items():
            for element in exchange.iter(f"{{{TNS}}}{name}"):
                value = attribute(element, "w3c") or (element.text or "").strip()
                if value in OLD_KEY_TRANSPORTS:
                    yield must(line_of(element), "CPA-043", name, found=value, expected="RSA-OAEP")
                elif value not in allowed and value not in KEY_TRANSPORTS:
                    yield must(line_of(element), rule, name, found=value, expected=words)


def tls_versions(document: Document) -> Iterator[Finding]:
    """CPA-033: the version that stands there is only a label, but it should be one that is in use."""
    for element in document.elements("TransportSecurityProtocol"):
        version = attribute(element, "version")
        if (element.text or "").strip() == "TLS" and version not in {"1.2", "1.3"}:
            yield should(
                line_of(element),
                "CPA-033",
                "version of TransportSecurityProtocol",
                found=str(version),
                expected="1.2 or 1.3",
            )


RULES = (algorithms, tls_versions)
