from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lopendezaken.cpa.check import check
from lopendezaken.cpa.cli import register
from lopendezaken.cpa.model import parse
from lopendezaken.errors import LzError
from lopendezaken.lab.authority import Authority, Kind, Leaf
from lopendezaken.pki.certificate import read
from tests.unit.conftest import OWN_HOST, OWN_OIN, PARTNER_OIN

EXAMPLE = Path(__file__).parents[3] / "inventories/voorbeeldstad/dossier"
WORDS = ("render", "--environment", "preprod", "--partner", "mijnoverheid")

app = typer.Typer()
register(app)


def lz(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["cpa", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def organisation(
    tmp_path: Path, pki: Authority, own_leaf: Leaf, partner_leaf: Leaf, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The example organisation with certificates received."""
    dossier = tmp_path / "dossier"
    received = dossier / "received/preprod"
    received.mkdir(parents=True)
    for name in ("dossier.yml", "network.yml"):
        shutil.copy(EXAMPLE / name, dossier / name)
    (received / "certificate.pem").write_bytes(own_leaf.certificate_pem)
    (received / "mijnoverheid.pem").write_bytes(partner_leaf.certificate_pem)
    (received.parent / "anchors.pem").write_bytes(pki.anchors_pem())
    monkeypatch.setenv("LZ_ORGANISATION", str(tmp_path))
    return tmp_path


def edit(organisation: Path, old: str, new: str) -> None:
    path = organisation / "dossier/dossier.yml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def file(organisation: Path, cpa_xml: bytes) -> Path:
    path = organisation / "cpa.xml"
    path.write_bytes(cpa_xml)
    return path


def test_render_writes_where_the_dossier_says(organisation: Path) -> None:
    code, output = lz(*WORDS)
    path = organisation / "dossier/cpa/preprod/mijnoverheid.xml"
    assert code == 0
    assert f"{path}: CPA LopendeZaken-1-0_{OWN_OIN}_{PARTNER_OIN}_1 written" in output
    assert check(path.read_bytes()) == []
    moment = path.stat().st_mtime_ns
    assert "is unchanged" in lz(*WORDS)[1]
    assert path.stat().st_mtime_ns == moment


def test_render_for_another_profile(organisation: Path, tmp_path: Path) -> None:
    code, said = lz(*WORDS, "--profile", "osb-rm-e", "--output", tmp_path / "cpa.xml")
    assert (code, lz("check", tmp_path / "cpa.xml")[0]) == (0, 0), said
    assert "osb-rm-e" in lz("show", tmp_path / "cpa.xml")[1]


def test_signals_in_the_http_response_by_consent(organisation: Path, tmp_path: Path) -> None:
    lz(*WORDS, "--sync-reply-mode", "mshSignalsOnly", "--output", tmp_path / "cpa.xml")
    code, said = lz("check", tmp_path / "cpa.xml")
    assert (code, said.count("CPA-026 (should)")) == (0, 2)
    assert "syncReplyMode mshSignalsOnly" in lz("show", tmp_path / "cpa.xml")[1]
    line = "file: cpa/preprod/mijnoverheid.xml\n"
    edit(organisation, line, f"{line}          sync_reply_mode: mshSignalsOnly\n")
    lz(*WORDS)
    made = organisation / "dossier/cpa/preprod/mijnoverheid.xml"
    assert made.read_bytes() == (tmp_path / "cpa.xml").read_bytes()
    with pytest.raises(LzError, match="CPA-026"):
        lz(*WORDS, "--profile", "osb-be")
    with pytest.raises(LzError, match="CPA-026"):
        lz(*WORDS, "--sync-reply-mode", "responseOnly")


def test_render_elsewhere(organisation: Path) -> None:
    lz(*WORDS, "--output", organisation / "other/place.xml")
    assert parse((organisation / "other/place.xml").read_bytes()).party(OWN_OIN)


def test_a_cpa_without_dates_follows_the_certificates(
    organisation: Path, own_leaf: Leaf, partner_leaf: Leaf
) -> None:
    lz(*WORDS)
    cpa = parse((organisation / "dossier/cpa/preprod/mijnoverheid.xml").read_bytes())
    leaves = [read(leaf.certificate_pem) for leaf in (own_leaf, partner_leaf)]
    assert cpa.start == max(leaf.not_before for leaf in leaves)
    assert cpa.end == min(leaf.not_after for leaf in leaves)


def test_dates_of_the_dossier(organisation: Path, own_leaf: Leaf) -> None:
    leaf = read(own_leaf.certificate_pem)
    last = (leaf.not_after - timedelta(days=2)).date()
    line = "file: cpa/preprod/mijnoverheid.xml\n"
    edit(organisation, line, f"{line}          start: 2026-01-01\n          end: {last}\n")
    lz(*WORDS)
    cpa = parse((organisation / "dossier/cpa/preprod/mijnoverheid.xml").read_bytes())
    assert cpa.start.isoformat() == "2026-01-01T00:00:00+00:00"
    assert cpa.end.isoformat() == f"{last}T23:59:59+00:00"


def test_a_cpa_may_not_outlive_the_certificates(organisation: Path) -> None:
    line = "file: cpa/preprod/mijnoverheid.xml\n"
    edit(organisation, line, f"{line}          end: 2099-01-01\n")
    with pytest.raises(LzError, match="CPA-006"):
        lz(*WORDS)
    assert not (organisation / "dossier/cpa").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("render", "--environment", "acceptance", "--partner", "mijnoverheid"), "no such environment"),
        (("render", "--environment", "prod", "--partner", "compliance"), "no such partner in prod"),
        (
            ("render", "--environment", "preprod", "--partner", "compliance"),
            "certificate of .* is not here yet",
        ),
        (("render", "--environment", "prod", "--partner", "mijnoverheid"), "our certificate is not here yet"),
    ],
)
def test_what_render_cannot_do_yet(organisation: Path, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(LzError, match=message):
        lz(*words)


def test_a_cpa_that_others_make(organisation: Path) -> None:
    edit(
        organisation,
        "origin: own\n          file: cpa/preprod/mijnoverheid",
        "origin: logius\n          file: cpa/preprod/mijnoverheid",
    )
    with pytest.raises(LzError, match="not ours to make") as caught:
        lz(*WORDS)
    assert "dossier.yml:" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Kind.EXPIRED, "our certificate is not valid now"),
        (Kind.OTHER_OIN, "CPA-013"),
        (Kind.NO_OIN, "no OIN"),
        (Kind.NO_CLIENT_AUTH, "PKIO-015"),
    ],
)
def test_bad_certificates_of_our_own(organisation: Path, pki: Authority, kind: Kind, message: str) -> None:
    leaf = pki.leaf(OWN_OIN, [OWN_HOST], "Gemeente Voorbeeldstad", kind)
    (organisation / "dossier/received/preprod/certificate.pem").write_bytes(leaf.certificate_pem)
    with pytest.raises(LzError, match=message):
        lz(*WORDS)


def test_show(file: Path, own_leaf: Leaf) -> None:
    code, output = lz("show", file)
    assert code == 0
    for part in (
        f"urn:osb:oin:{OWN_OIN}",
        f"https://{OWN_HOST}/ebms",
        "agreed, valid now",
        "osb-rm, 8 retries PT3H apart, kept P5D",
        "Zaakbericht of voorbeeld:LopendeZaken:1.0 over SR_Channel",
        read(own_leaf.certificate_pem).sha256,
    ):
        assert part in output


def test_check(file: Path) -> None:
    assert lz("check", file) == (0, f"{file}: sound\n")
    code, output = lz("check", file, "--date", "2090-01-01")
    assert code == 1
    assert "CPA-005 (must): the CPA has expired" in output


def test_check_of_advice_only(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"LopendeZaken-1-0", b"Lopende.Zaken", 1))
    code, output = lz("check", file)
    assert code == 0
    assert "0 of must, 1 of should" in output


def test_check_against_the_dossier(file: Path) -> None:
    words = ("--environment", "preprod", "--partner", "mijnoverheid")
    assert lz("check", file, *words) == (0, f"{file}: sound\n")
    file.write_bytes(file.read_bytes().replace(b"PT3H", b"PT2H"))
    assert lz("check", file)[0] == 0
    code, output = lz("check", file, *words)
    assert code == 1
    assert (
        "CPA-029 (must): RetryInterval of SR_Channel is not that of the dossier: found PT2H, expected PT3H"
        in output
    )


def test_diff(file: Path) -> None:
    other = file.with_name("other.xml")
    other.write_bytes(file.read_bytes().replace(b"PT3H", b"PT180M"))
    assert lz("diff", file, other) == (0, "they mean the same\n")
    other.write_bytes(file.read_bytes().replace(b">8<", b">3<", 1))
    code, output = lz("diff", file, other)
    assert code == 1
    assert f"Retries: '8' in {file}, '3' in {other}" in output
    other.write_bytes(b"garbage")
    with pytest.raises(LzError, match="cannot compare"):
        lz("diff", file, other)


def test_help_names_every_command() -> None:
    code, output = lz("--help")
    assert code == 0
    assert all(word in output for word in ("render", "show", "check", "diff"))
