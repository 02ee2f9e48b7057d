"""What unit tests share: one small test PKI, and a CPA made with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings

from lopendezaken.cpa.render import ActionRequest, CpaRequest, PartyRequest, render
from lopendezaken.lab.authority import Authority, Leaf

# The machine is shared: how long an example takes says nothing.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")

OWN_OIN = "00000099100000001000"
PARTNER_OIN = "00000099300000001000"
OWN_HOST = "ebms.preprod.voorbeeldstad.example"
PARTNER_HOST = "ebms.preprod.mijnoverheid.example"


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A test PKI with keys of 2048 bits, made once."""
    authority = Authority(tmp_path_factory.mktemp("pki"), key_bits=2048)
    authority.init()
    return authority


@pytest.fixture(scope="session")
def own_leaf(pki: Authority) -> Leaf:
    """Key and certificate of Gemeente Voorbeeldstad."""
    return pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad")


@pytest.fixture(scope="session")
def partner_leaf(pki: Authority) -> Leaf:
    """Key and certificate of MijnOverheid preprod."""
    return pki.leaf(PARTNER_OIN, [PARTNER_HOST], "MijnOverheid")


@pytest.fixture(scope="session")
def cpa_request(pki: Authority, own_leaf: Leaf, partner_leaf: Leaf) -> CpaRequest:
    """The example CPA between the two, as a request."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    return CpaRequest(
        cpa_id=f"LopendeZaken-1-0_{OWN_OIN}_{PARTNER_OIN}_1",
        start=start,
        end=start + timedelta(days=365),
        parties=(
            PartyRequest(
                name="Gemeente Voorbeeldstad",
                oin=OWN_OIN,
                role="SR",
                endpoint=f"https://{OWN_HOST}/ebms",
                client_certificate=own_leaf.certificate_pem,
                server_certificate=own_leaf.certificate_pem,
            ),
            PartyRequest(
                name="MijnOverheid",
                oin=PARTNER_OIN,
                role="SP",
                endpoint=f"https://{PARTNER_HOST}/ebms",
                client_certificate=partner_leaf.certificate_pem,
                server_certificate=partner_leaf.certificate_pem,
            ),
        ),
        service="voorbeeld:LopendeZaken:1.0",
        actions=(ActionRequest("Zaakbericht", "SR"), ActionRequest("Foutbericht", "SP")),
        anchors=pki.anchors_pem(),
    )


@pytest.fixture(scope="session")
def cpa_xml(cpa_request: CpaRequest) -> bytes:
    """The example CPA."""
    return render(cpa_request)
