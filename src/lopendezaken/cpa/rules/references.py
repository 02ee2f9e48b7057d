"""Every reference points to something: the grammar does not follow them."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.cpa.rules.document import Document, attribute, line_of
from lopendezaken.lint.finding import Finding, must

_REFERENCES = {
    "Constituent": "idref",
    "ThisPartyActionBinding": "packageId",
    "AnchorCertificateRef": "certId",
    "ServerSecurityDetailsRef": "securityId",
    "ClientSecurityDetailsRef": "securityId",
    "SigningSecurityDetailsRef": "securityId",
    "SigningCertificateRef": "certId",
    "EncryptionSecurityDetailsRef": "securityId",
    "EncryptionCertificateRef": "certId",
}


def references(document: Document) -> Iterator[Finding]:
    """CPA-003, as far as it is about references."""
    for name, reference in _REFERENCES.items():
        for element in document.elements(name):
            value = attribute(element, reference)
            if value is not None and value not in document.lines:
                yield must(
                    line_of(element), "CPA-003", f"{reference} of {name} points to nothing", found=value
                )


RULES = (references,)
