"""Who a certificate speaks for: its own OIN, or a party whose mandate is recorded (CPA-013, PKIO-001)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID

from lopendezaken.cpa.model import OIN_TYPE, PartyId


@lru_cache(maxsize=1000)
def oin_of(der: bytes) -> str | None:
    """The OIN in the Subject's serialNumber; None when there is none, or more than one."""
    try:
        found = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    except ValueError:
        return None
    return str(found[0].value) if len(found) == 1 else None


def speaks_for(der: bytes, party: PartyId, mandates: Mapping[str, str]) -> bool:
    """Whether the holder of this certificate may speak for a party.

    ``mandates`` gives, by the OIN of a party, the OIN of who was mandated to speak for it. The suffix of an
    environment (CPA-014) does not count. A party of another scheme than the OIN has no number to compare.
    """
    if party.type != OIN_TYPE:
        return True
    number = party.value.partition("_")[0]
    return oin_of(der) in {number, mandates.get(number)} - {None}
