"""Judges a Consumerspecificatie: what the CPA Register is told to make a CPA."""

from __future__ import annotations

from datetime import datetime

from lopendezaken.documents.consumer_spec_rules import check as judge
from lopendezaken.lint.finding import Finding
from lopendezaken.lint.rule import rules
from lopendezaken.lint.source import Source

RULES = rules(
    ("X-01", "must", "well-formed XML 1.0 in UTF-8, root osb-ebms-service-specificatie", "HLZ phase 2"),
    ("X-02", "must", "one parameters, name SR", "HLZ phase 2"),
    ("X-03", "must", "PartyName: the name of the organisation", "HLZ phase 2"),
    ("X-04", "must", "PartyId: the OIN or HRN, 20 positions and nothing before them", "HLZ phase 2; OIN 6.1"),
    ("X-05", "must", "PartyRef: there, and empty", "HLZ phase 2"),
    ("X-06", "must", "EndpointUri: https, full host name, port 443", "HLZ phase 2; BP 3.4.11"),
    ("X-07", "must", "ClientCert: a KeyInfo of XML Signature", "HLZ phase 2"),
    ("X-08", "must", "ServerCert: a KeyInfo of XML Signature", "HLZ phase 2"),
    ("X-09", "must", "exactly these six, in this order, and no placeholder left", "HLZ phase 2"),
    ("X-10", "must", "KeyInfo holds the certificate and what belongs to it, never a private key", "ours"),
    ("X-11", "must", "PartyId, endpoint and certificates fit together", "EB 5.1.1; BP 3.4.11; PKIo"),
    ("X-12", "must", "nothing stands before the XML declaration", "HLZ phase 2"),
)


def check(source: Source, moment: datetime, *, chain: bytes = b"", anchors: bytes = b"") -> list[Finding]:
    """Judge one Consumerspecificatie at ``moment`` (aware)."""
    return judge(source.data, moment, chain=chain, anchors=anchors)
