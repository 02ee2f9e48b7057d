"""The dossier while certificates are renewed: the next CPA, and the day that it becomes the one in use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lopendezaken.cpa.renewal import next_file, next_id
from lopendezaken.errors import LzError
from lopendezaken.lab.authority import Authority
from tests.unit.conftest import OWN_HOST, OWN_OIN
from tests.unit.cpa.test_cli import WORDS, lz, organisation

__all__ = ["organisation"]
CPA = "cpa/preprod/mijnoverheid.xml"
NEXT = "cpa/preprod/mijnoverheid-next.xml"


@pytest.mark.parametrize(
    ("cpa_id", "expected"),
    [("Echo_1", "Echo_2"), ("Echo_9", "Echo_10"), ("Echo", "Echo_2"), ("Echo_a1f3", "Echo_a1f3_2")],
)
def test_the_next_cpa_has_the_next_number(cpa_id: str, expected: str) -> None:
    assert next_id(cpa_id) == expected


def test_a_successor_lies_beside_what_is_in_use() -> None:
    assert next_file("received/preprod/certificate.pem") == "received/preprod/certificate-next.pem"


def test_without_a_next_certificate_there_is_no_next_cpa(organisation: Path) -> None:
    with pytest.raises(LzError, match="no certificate is being renewed"):
        lz(*WORDS, "--renewed", "--organisation", organisation)


def test_the_next_cpa_is_made_beside_and_adopted_later(organisation: Path, pki: Authority) -> None:
    dossier = organisation / "dossier"
    received = dossier / "received/preprod"
    lz(*WORDS, "--organisation", organisation)
    before = (dossier / CPA).read_bytes()
    renewed = pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad").certificate_pem
    (received / "certificate-next.pem").write_bytes(renewed)
    code, said = lz(*WORDS, "--renewed", "--organisation", organisation)
    assert code == 0
    assert "_2 written" in said
    assert (dossier / CPA).read_bytes() == before, "the one in use stays"
    code, said = lz("adopt", "--environment", "preprod", "--organisation", organisation)
    assert code == 0
    assert (received / "certificate.pem").read_bytes() == renewed
    assert (received / "certificate-previous.pem").exists()
    assert (dossier / "cpa/preprod/mijnoverheid-previous.xml").read_bytes() == before
    assert not list(dossier.rglob("*-next.*"))
    text = (dossier / "dossier.yml").read_text()
    assert re.search(r"id: LopendeZaken-1-0_\S+300000001000_2\n", text)
    # From the dossier as it is now, the same CPA comes out.
    adopted = (dossier / CPA).read_bytes()
    code, said = lz(*WORDS, "--organisation", organisation)
    assert "unchanged" in said
    assert (dossier / CPA).read_bytes() == adopted
    assert "nothing" in lz("adopt", "--environment", "preprod", "--organisation", organisation)[1]


def test_an_adoption_that_was_cut_off_goes_on(organisation: Path, pki: Authority) -> None:
    dossier = organisation / "dossier"
    (dossier / "received/preprod/certificate-next.pem").write_bytes(
        pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad").certificate_pem
    )
    lz(*WORDS, "--renewed", "--organisation", organisation)
    path = dossier / "dossier.yml"
    path.write_text(path.read_text().replace("00000099300000001000_1", "00000099300000001000_2"))
    assert lz("adopt", "--environment", "preprod", "--organisation", organisation)[0] == 0
    assert "00000099300000001000_2\n" in path.read_text()
    assert not (dossier / NEXT).exists()
