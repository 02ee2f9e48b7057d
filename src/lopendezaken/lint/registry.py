"""The kinds of files that there is a linter for, and where each is."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lopendezaken.lint.rule import Rule

# Kind as the command has it, its module below lopendezaken.lint, and what it judges.
KINDS = {
    "certificate": ("certificate", "a certificate: PEM, DER, PKCS#7, PKCS#12"),
    "chain": ("chain", "a certificate with those above it, up to a root of PKIoverheid"),
    "csr": ("csr", "a certificate request, before it goes to the TSP"),
    "crl": ("crl", "a certificate revocation list"),
    "oin": ("oin", "an OIN or HRN, or a file with them"),
    "cpa": ("cpa", "a collaboration protocol agreement (CPA 2.0) of any origin"),
    "consumer-spec": ("consumer_spec", "a Consumerspecificatie for the CPA Register"),
    "ping-mmd": ("ping_mmd", "a Ping as an Axway adapter wants it"),
    "network": ("network", "a network plan (network.yml)"),
    "case-message": ("case_message", "a case message (zaakbericht)"),
}


def rules_of(kind: str) -> tuple[Rule, ...]:
    """The rules that a kind of file is held to, by id. KeyError for a kind that is none."""
    module = import_module(f"lopendezaken.lint.{KINDS[kind][0]}")
    found: tuple[Rule, ...] = module.RULES
    return tuple(sorted(found, key=lambda rule: rule.id))
