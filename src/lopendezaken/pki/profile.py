"""What a TLS certificate of PKIoverheid must look like, and how strong it must be (section 1.4 of the rules).

Pure functions over facts; the root says which generation and which policy hold. Certificates of G1 and G4 differ in
their signature, in whether names may be absent, and in what their subject holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lopendezaken.pki.anchors import Anchor
from lopendezaken.pki.certificate import Certificate
from lopendezaken.pki.ncsc import Reading
from lopendezaken.pki.problem import Problem

LAYERS = 3
"""Below the root: leaf, TSP and domain (PKIO-011)."""
KEY_USAGE = ("digitalSignature", "keyEncipherment")
_NAME = re.compile(r"(?!\*\.)[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+")
_ORGANISATION_ID = re.compile(r"NTRNL-[0-9]{8}")
_G1_SIGNATURE = "sha256WithRSAEncryption"
_G4_SIGNATURE = "RSASSA-PSS, SHA512, MGF1 with SHA512, salt 64"
_G4_CA_BITS = 4096


def is_full_name(name: str) -> bool:
    """Whether ``name`` is a full host name, and no wildcard (PKIO-018)."""
    return _NAME.fullmatch(name) is not None


def is_organisation_id(text: str | None) -> bool:
    """Whether ``text`` is an organizationIdentifier as G4 wants it (PKIO-020)."""
    return _ORGANISATION_ID.fullmatch(text or "") is not None


def shape(layers: Sequence[Certificate], anchor: Anchor) -> Iterator[Problem]:
    """What does not fit the profile of a TLS leaf in ``layers`` (leaf first, without root)."""
    leaf, modern = layers[0], anchor.generation == "G4"
    if len(layers) != LAYERS:
        yield Problem.of("layers", found=len(layers) + 1, expected=LAYERS + 1)
    if leaf.is_ca or (modern and not leaf.constraints_critical):
        found = f"CA {str(leaf.is_ca).lower()}, critical {str(leaf.constraints_critical).lower()}"
        yield Problem.of("constraints", found=found, expected="CA false, critical true")
    if set(leaf.key_usage) != set(KEY_USAGE) or not leaf.key_usage_critical:
        found = f"{', '.join(leaf.key_usage) or '-'}, critical {str(leaf.key_usage_critical).lower()}"
        yield Problem.of("key-usage", found=found, expected=f"{', '.join(KEY_USAGE)}, critical true")
    if not (leaf.for_server and leaf.for_client) or (modern and not leaf.extended_key_usage):
        found = ", ".join(leaf.extended_key_usage) or "-"
        yield Problem.of("extended-key-usage", found=found, expected="serverAuth, clientAuth")
    yield from _names(leaf, modern)
    if modern and not is_organisation_id(leaf.organisation_id):
        yield Problem.of("organisation-id", found=leaf.organisation_id or "-", expected="NTRNL-########")


def _names(leaf: Certificate, modern: bool) -> Iterator[Problem]:
    odd = [name for name in leaf.dns_names if not is_full_name(name)]
    if modern and leaf.other_names:
        odd += leaf.other_names
    if odd or not leaf.dns_names:
        yield Problem.of("names", found=", ".join(odd) or "-")


def has_policy(leaf: Certificate, anchor: Anchor) -> bool:
    """Whether the leaf names the policy of its type, a recommendation (PKIO-016)."""
    return anchor.policy in leaf.policies


def strength(layers: Sequence[Certificate], anchor: Anchor, reading: Reading) -> Iterator[Problem]:
    """What is too weak, or other than PKIoverheid signs: keys and signatures of all layers below the root."""
    for each in layers:
        name = each.common_name or each.subject
        if each.key_type != "RSA":
            yield Problem.of(
                "key-kind", subject=name, found=f"{each.key_type} {each.key_curve or ''}".strip()
            )
        elif (bits := _least_bits(each, anchor, reading)) > each.key_bits:
            yield Problem.of("key-short", subject=name, found=each.key_bits, expected=bits)
        elif anchor.generation == "G4" and each.key_exponent != 65537:
            yield Problem.of("key-exponent", subject=name, found=each.key_exponent)
        if reading.below(reading.guideline.hashes, [each.signature_hash or "-"]):
            yield Problem.of("hash", subject=name, found=each.signature_hash or each.signature_algorithm)
        elif (found := _signature(each)) != _expected_signature(anchor):
            yield Problem.of("signature", subject=name, found=found, expected=_expected_signature(anchor))


def _least_bits(certificate: Certificate, anchor: Anchor, reading: Reading) -> int:
    """The least size of this key: that of NCSC, and what G4 asks of a CA (NCSC-003, PKIO-023)."""
    least = reading.least_rsa
    return max(least, _G4_CA_BITS) if certificate.is_ca and anchor.generation == "G4" else least


def _expected_signature(anchor: Anchor) -> str:
    return _G4_SIGNATURE if anchor.generation == "G4" else _G1_SIGNATURE


def _signature(certificate: Certificate) -> str:
    if certificate.pss_salt is None:
        return certificate.signature_algorithm
    return (
        f"{certificate.signature_algorithm}, {certificate.signature_hash}, MGF1 with {certificate.pss_mgf_hash},"
        f" salt {certificate.pss_salt}"
    )
