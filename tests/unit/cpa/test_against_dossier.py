"""A CPA that others made against the dossier: each difference is told by its rule, and nothing else is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lopendezaken.cpa.against_dossier import check_against
from lopendezaken.dossier import load
from lopendezaken.dossier.schema import Dossier
from lopendezaken.errors import LzError
from lopendezaken.lab.authority import Authority, Leaf
from tests.unit.conftest import OWN_HOST, OWN_OIN, PARTNER_OIN

EXAMPLE = Path(__file__).parents[3] / "inventories/voorbeeldstad/dossier/dossier.yml"


@pytest.fixture
def folder(tmp_path: Path, own_leaf: Leaf, partner_leaf: Leaf) -> Path:
    received = tmp_path / "received/preprod"
    received.mkdir(parents=True)
    shutil.copy(EXAMPLE, tmp_path)
    (received / "certificate.pem").write_bytes(own_leaf.certificate_pem)
    (received / "mijnoverheid.pem").write_bytes(partner_leaf.certificate_pem)
    return tmp_path


@pytest.fixture
def dossier(folder: Path) -> Dossier:
    return load(folder / "dossier.yml")


def differences(dossier: Dossier, xml: bytes) -> list[tuple[str, str]]:
    return [(each.rule, each.severity) for each in check_against(xml, dossier, "preprod", "mijnoverheid")]


def test_what_is_made_from_the_dossier_says_what_it_says(dossier: Dossier, cpa_xml: bytes) -> None:
    assert differences(dossier, cpa_xml) == []


@pytest.mark.parametrize(
    ("old", "new", "rule", "count"),
    [
        (f"{OWN_OIN}_{PARTNER_OIN}_1", f"{OWN_OIN}_{PARTNER_OIN}_2", "CPA-047", 1),
        (f">{PARTNER_OIN}<", ">00000099400000001000<", "CPA-012", 1),
        ('name="SR"', 'name="Requester"', "CPA-015", 1),
        ("voorbeeld:LopendeZaken:1.0<", "voorbeeld:LopendeZaken:2.0<", "CPA-047", 4),
        ('action="Zaakbericht"', 'action="Ander"', "CPA-047", 2),
        (f"https://{OWN_HOST}/ebms", f"https://{OWN_HOST}/other", "CPA-034", 1),
        (">8</tns:Retries>", ">3</tns:Retries>", "CPA-029", 2),
        ("PT3H", "PT1H", "CPA-029", 2),
        ("P5D</tns:PersistDuration", "P6D</tns:PersistDuration", "CPA-029", 2),
        ('syncReplyMode="none"', 'syncReplyMode="mshSignalsOnly"', "CPA-026", 2),
    ],
)
def test_each_difference(dossier: Dossier, cpa_xml: bytes, old: str, new: str, rule: str, count: int) -> None:
    text = cpa_xml.decode()
    assert old in text
    assert differences(dossier, text.replace(old, new).encode()) == [(rule, "must")] * count


def test_the_same_in_other_words_is_no_difference(dossier: Dossier, cpa_xml: bytes) -> None:
    text = cpa_xml.decode().replace("PT3H", "PT180M").replace("P5D<", "PT120H<")
    assert differences(dossier, text.replace(f">{OWN_OIN}<", f">{OWN_OIN}_OTA<").encode()) == []


def test_another_profile(folder: Path, cpa_xml: bytes) -> None:
    path = folder / "dossier.yml"
    path.write_text(
        path.read_text().replace(
            "service: voorbeeld:LopendeZaken:1.0\n",
            "service: voorbeeld:LopendeZaken:1.0\n          profile: osb-be\n",
        )
    )
    assert differences(load(path), cpa_xml) == [("CPA-021", "must")] * 2


def test_a_renewed_certificate_is_told_for_each_use(folder: Path, cpa_xml: bytes, pki: Authority) -> None:
    renewed = pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad")
    (folder / "received/preprod/certificate.pem").write_bytes(renewed.certificate_pem)
    found = check_against(cpa_xml, load(folder / "dossier.yml"), "preprod", "mijnoverheid")
    assert [each.rule for each in found] == ["CPA-036", "CPA-036"]
    assert {each.line for each in found} != {None, 1}
    assert "a new certificate means a new CPA" in found[0].message


def test_a_certificate_that_is_not_here_yet_is_no_difference(folder: Path, cpa_xml: bytes) -> None:
    (folder / "received/preprod/mijnoverheid.pem").unlink()
    assert differences(load(folder / "dossier.yml"), cpa_xml) == []


def test_another_period_is_told(folder: Path, cpa_xml: bytes) -> None:
    path, line = folder / "dossier.yml", "file: cpa/preprod/mijnoverheid.xml\n"
    path.write_text(path.read_text().replace(line, f"{line}          end: 2099-01-01\n"))
    assert differences(load(path), cpa_xml) == [("CPA-005", "should")]


def test_what_cannot_be_compared(dossier: Dossier, cpa_xml: bytes) -> None:
    with pytest.raises(LzError, match="malformed"):
        differences(dossier, b"<cpa")
    with pytest.raises(LzError, match="no such partner"):
        check_against(cpa_xml, dossier, "prod", "compliance")
