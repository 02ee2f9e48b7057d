"""The dossier: the example is sound, and each mistake is told at its own place."""

from __future__ import annotations

from pathlib import Path

import pytest

from lopendezaken.dossier import load
from lopendezaken.dossier.problems import FileError
from tests.unit.dossier.conftest import EXAMPLE, Change

OIN = '"00000099100000001000"'


def complaint(folder: Path) -> str:
    with pytest.raises(FileError) as caught:
        load(folder)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_the_example_is_read() -> None:
    dossier = load(EXAMPLE)
    assert dossier.organisation.oin == "00000099100000001000"
    assert type(dossier.organisation.oin) is str
    assert list(dossier.environments) == ["preprod", "prod"]
    partner = dossier.environments["preprod"].partners["mijnoverheid"]
    assert partner.cpa.retries == 8
    assert dossier.resolve(partner.certificate) == EXAMPLE / "received/preprod/mijnoverheid.pem"


@pytest.mark.parametrize("path", [EXAMPLE, EXAMPLE / "dossier.yml", EXAMPLE.parent])
def test_file_folder_or_organisation(path: Path) -> None:
    assert load(path).organisation.slug == "voorbeeldstad"


def test_plain_is_what_ansible_reads() -> None:
    plain = load(EXAMPLE).plain()
    assert plain["folder"] == str(EXAMPLE.resolve())
    cpa = plain["environments"]["preprod"]["partners"]["compliance"]["cpa"]
    assert cpa["end"] is None
    assert cpa["actions"] == [
        {"name": "EchoRequest", "direction": "out"},
        {"name": "EchoResponse", "direction": "in"},
    ]


def test_an_unquoted_oin_is_told_with_line_and_remedy(changed: Change) -> None:
    folder = changed("dossier.yml", (OIN, "00000099100000001000"))
    assert complaint(folder) == (
        f"{folder}/dossier.yml:8:8: organisation.oin: without quotes: found 00000099100000001000 "
        'as an unquoted number, expected text between quotes. Put it between quotes: "00000099100000001000"'
    )


def test_all_mistakes_of_a_file_are_told_at_once_in_its_order(changed: Change) -> None:
    folder = changed(
        "dossier.yml",
        ("kind: government", "kind: goverment"),
        (OIN, '"123"'),
        ("standard: stuf", "standaard: stuf"),
        ("retries: 8", "start: 2025-02-30"),
    )
    lines = complaint(folder).split("\n")
    assert len(lines) == 5
    assert "dossier.yml:7:9: organisation.kind: not a known word" in lines[0]
    assert "Did you mean 'government'?" in lines[0]
    assert "organisation.oin: not a valid OIN: 3 positions" in lines[1]
    assert "service: the key 'standard' is missing" in lines[2]
    assert "service.standaard: unknown key" in lines[3]
    assert "Did you mean 'standard'?" in lines[3]
    assert (
        "compliance.cpa.start: not as expected: found '2025-02-30', expected a date that exists" in lines[4]
    )


def test_an_unknown_key_hides_the_mistakes_below_it(changed: Change) -> None:
    text = complaint(changed("dossier.yml", ("  preprod:\n", "  prepod:\n    x: 1\n")))
    assert [line for line in text.split("\n") if "prepod." in line] == []
    assert "environments.prepod: unknown key: expected one of preprod, prod" in text


@pytest.mark.parametrize(
    ("pattern", "new", "words"),
    [
        (OIN, '"00000005100000001000"', "unknown prefix 00000005"),
        (OIN, '"00000099200000001000"', "partners.compliance.oin: the partner has our own number"),
        ("  oin: " + OIN, "  hrn: " + OIN, "a government organisation has an OIN"),
        ("  oin: " + OIN, f"  oin: {OIN}\n  hrn: {OIN}", "only a supplier has an HRN"),
        ("slug: voorbeeldstad", "slug: Voorbeeld stad", "a word of small letters"),
        ("https://ebms.preprod.voor", "http://ebms.preprod.voor", "endpoint: not as expected"),
        ("voorbeeldstad.example/ebms", "voorbeeldstad.example", "a domain name and a path"),
        (r"names: \[ebms.pre", "names: [ebms.other.pre", "its name is not in our certificate"),
        ("received/preprod/certificate.pem", "/etc/ssl/x.pem", "a file below the dossier's folder"),
        ("received/preprod/certificate.pem", "../x.pem", "a file below the dossier's folder"),
        ("http://crl", "https://crl", "the http address of a CRL"),
        ("Echo-1-0_0", "Echo-1.0_0", "CPA-009"),
        ("retries: 8", "start: 2025-01-01\n          end: 2025-01-01", "ends before it starts"),
        ("retries: 8", "end: 1893456000", "a date like 2026-11-24"),
        ("retries: 8", "retries: 08", "a whole number"),
        ("retry_interval: PT3H", "retry_interval: 3h", "a duration like PT3H"),
        ("partner: SP", "partner: SR", "both sides have the same role"),
        ("name: EchoResponse", "name: EchoRequest", "this action stands here twice"),
        ("streams:\n(?: .*\n)+", "streams: []\n", "service.streams: too few"),
        (
            "name: Gemeente Voorbeeldstad",
            "name: [x]",
            "organisation.name: another shape than expected: found a list",
        ),
    ],
)
def test_a_mistake_is_told(changed: Change, pattern: str, new: str, words: str) -> None:
    assert words in complaint(changed("dossier.yml", (pattern, new)))


def test_two_cpas_have_two_ids(changed: Change) -> None:
    text = complaint(changed("dossier.yml", ("_00000099400000001000_1", "_00000099300000001000_1")))
    assert "environments.prod.partners.mijnoverheid.cpa.id: another CPA has this id already" in text


def test_a_supplier_has_hrn_or_oin(changed: Change) -> None:
    supplier = ("kind: government", "kind: supplier")
    assert load(changed("dossier.yml", supplier)).organisation.number == "00000099100000001000"
    hrn = load(changed("dossier.yml", supplier, ("  oin: " + OIN, '  hrn: "00000003123456780000"')))
    assert hrn.organisation.number == "00000003123456780000"
    wrong = changed("dossier.yml", supplier, ("  oin: " + OIN, '  hrn: "00000004123456789000"'))
    assert "never used for suppliers" in complaint(wrong)


def test_a_list_is_no_dossier(tmp_path: Path) -> None:
    (tmp_path / "dossier.yml").write_text("- a\n")
    assert "another shape than expected" in complaint(tmp_path)
