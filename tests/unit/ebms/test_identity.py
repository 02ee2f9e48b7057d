"""Who a certificate speaks for."""

from __future__ import annotations

import ssl

import pytest

from lopendezaken.cpa.model import PartyId
from lopendezaken.ebms.identity import oin_of, speaks_for
from lopendezaken.lab.authority import Authority, Kind, Leaf
from tests.unit.conftest import OWN_HOST, OWN_OIN, PARTNER_OIN


def der(leaf: Leaf) -> bytes:
    end = "-----END CERTIFICATE-----"
    return ssl.PEM_cert_to_DER_cert(leaf.certificate_pem.decode().partition(end)[0] + end)


def test_the_oin_stands_in_the_subject(own_leaf: Leaf, pki: Authority) -> None:
    assert oin_of(der(own_leaf)) == OWN_OIN
    assert oin_of(der(pki.leaf(OWN_OIN, [OWN_HOST], "Niemand", Kind.NO_OIN))) is None
    assert oin_of(b"geen certificaat") is None


@pytest.mark.parametrize(
    ("party", "mandates", "expected"),
    [
        (OWN_OIN, {}, True),
        (f"{OWN_OIN}_T", {}, True),
        (PARTNER_OIN, {}, False),
        (PARTNER_OIN, {PARTNER_OIN: OWN_OIN}, True),
        (f"{PARTNER_OIN}_OTA", {PARTNER_OIN: OWN_OIN}, True),
        (PARTNER_OIN, {OWN_OIN: PARTNER_OIN}, False),
    ],
)
def test_for_itself_and_for_who_gave_a_mandate(
    own_leaf: Leaf, party: str, mandates: dict[str, str], expected: bool
) -> None:
    assert speaks_for(der(own_leaf), PartyId("urn:osb:oin", party), mandates) is expected


def test_a_certificate_without_oin_speaks_for_nobody(pki: Authority) -> None:
    nobody = der(pki.leaf(OWN_OIN, [OWN_HOST], "Niemand", Kind.NO_OIN))
    assert not speaks_for(nobody, PartyId("urn:osb:oin", OWN_OIN), {})
    # Another scheme than the OIN has no number to compare (CPA-011).
    assert speaks_for(nobody, PartyId("urn:elders", "x"), {})
