"""The six profiles of Digikoppeling ebMS2 (DK-EBMS2-001): what a channel and its actions say in each."""

from __future__ import annotations

from dataclasses import dataclass

from lopendezaken.cpa.model import Channel

_STRONG = frozenset({"transient-and-persistent", "persistent"})
_TRANSIENT = frozenset({"transient"})

_HASHES = frozenset(
    {
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    }
)
_SIGNATURES = frozenset(
    {
        *(
            f"http://www.w3.org/2001/04/xmldsig-more#{key}-sha{n}"
            for key in ("rsa", "ecdsa")
            for n in (256, 384, 512)
        ),
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
    }
)
_CIPHERS = frozenset(
    {"http://www.w3.org/2009/xmlenc11#aes128-gcm", "http://www.w3.org/2009/xmlenc11#aes256-gcm"}
)

# How the key of an encrypted payload is wrapped (CPA-043). A CPA need not say, and some do, beside the cipher.
KEY_TRANSPORTS = frozenset(
    {"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep"}
)
OLD_KEY_TRANSPORTS = frozenset({"http://www.w3.org/2001/04/xmlenc#rsa-1_5"})

# Element of a DocExchange, what it may name, and the rule (CPA-041, CPA-042).
ALGORITHMS = {
    "HashFunction": (_HASHES, "CPA-041", "SHA-2 of 256 bits or more"),
    "SignatureAlgorithm": (_SIGNATURES, "CPA-041", "RSA or ECDSA with SHA-2 of 256 bits or more"),
    "EncryptionAlgorithm": (_CIPHERS, "CPA-042", "AES in GCM"),
}


@dataclass(frozen=True)
class Profile:
    """One profile."""

    reliable: bool
    signed: bool = False
    encrypted: bool = False

    @property
    def name(self) -> str:
        """Such as ``osb-rm`` or ``osb-be-s``."""
        return (
            f"osb-{'rm' if self.reliable else 'be'}{'-e' if self.encrypted else '-s' if self.signed else ''}"
        )

    @property
    def strength(self) -> tuple[bool, bool, bool]:
        """For comparing: reliability first, then encryption, then signature (CPA-021)."""
        return (self.reliable, self.encrypted, self.signed)

    @property
    def acknowledgement(self) -> str:
        """Value of ackRequested and of duplicateElimination (CPA-023, CPA-024)."""
        return "always" if self.reliable else "never"

    @property
    def signed_acknowledgement(self) -> str:
        """Value of ackSignatureRequested: only reliable and signed has acknowledgements to sign (CPA-027)."""
        return "always" if self.reliable and self.signed else "never"

    @property
    def characteristics(self) -> dict[str, frozenset[str]]:
        """Values of BusinessTransactionCharacteristics (CPA-039)."""
        yes_or_no = frozenset({str(self.signed).lower()})
        return {
            "isAuthenticated": _STRONG if self.signed else _TRANSIENT,
            "isTamperProof": _STRONG if self.signed else _TRANSIENT,
            "isConfidential": _STRONG if self.encrypted else _TRANSIENT,
            "isNonRepudiationRequired": yes_or_no,
            # Best effort has no receipt: what a signed one says of it cannot be held against it.
            "isNonRepudiationReceiptRequired": (
                frozenset({"true", "false"}) if self.signed and not self.reliable else yes_or_no
            ),
            "isAuthorizationRequired": frozenset({"true"}),
            "isIntelligibleCheckRequired": frozenset({"false"}),
        }


def profile_of(channel: Channel) -> Profile:
    """The profile that a channel is meant to have, from acknowledgement, signature and envelope.

    Where nothing was written down of acknowledgement (CPA-025), retries tell.
    """
    encrypted = channel.sender.encrypted or channel.receiver.encrypted
    signed = channel.sender.signed or channel.receiver.signed or encrypted
    unsaid = channel.ack_requested == "perMessage"
    reliable = channel.sender.reliable is not None if unsaid else channel.ack_requested == "always"
    return Profile(reliable=reliable, signed=signed, encrypted=encrypted)


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(reliable=True),
        Profile(reliable=False),
        Profile(reliable=True, signed=True),
        Profile(reliable=False, signed=True),
        Profile(reliable=True, signed=True, encrypted=True),
        Profile(reliable=False, signed=True, encrypted=True),
    )
}
