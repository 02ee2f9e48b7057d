"""What tells others of our connection: certificate request, Consumerspecificatie, CPA; byte for byte, or not at all.

``LZ_WRITE_GOLDEN=1`` writes them anew: then look at the difference before you commit it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from lopendezaken.cpa.check import check as check_cpa
from lopendezaken.documents import build, certificates, consumer_spec_read, consumer_spec_rules
from lopendezaken.documents.build import render
from lopendezaken.documents.source import Source, read
from lopendezaken.errors import LzError
from lopendezaken.evidence import store
from lopendezaken.evidence.added import Told, add
from lopendezaken.policy.api import Case
from lopendezaken.policy.control import load
from tests.unit.documents import golden, world

GOLDEN = golden.GOLDEN / "specifications"
DOCUMENTS = ("csr-request", "consumer-spec", "cpa")


def made(source: Source, output: Path) -> dict[str, bytes]:
    for name in DOCUMENTS:
        render(name, source, None, output)
    return {
        path.relative_to(output).as_posix(): path.read_bytes() for path in output.rglob("*") if path.is_file()
    }


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return world.source(tmp_path)


def change(source: Source, old: str, new: str) -> Source:
    path = source.folder / "dossier/dossier.yml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return read(source.folder, source.day)


@pytest.mark.parametrize("kind", world.KINDS)
def test_they_are_what_they_were(kind: world.Kind, tmp_path: Path) -> None:
    folder, files = GOLDEN / kind, made(world.source(tmp_path, kind), tmp_path / "out")
    golden.same(folder, files)
    assert any(name.startswith("prod/") for name in files) == (kind == "organisation")


def test_a_supplier_gets_nothing_for_production(source: Source, tmp_path: Path) -> None:
    changed = change(source, "kind: government", "kind: supplier")
    for name in DOCUMENTS:
        with pytest.raises(LzError, match="not made for this environment"):
            render(name, changed, "prod", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_specification_passes_its_linter_under_the_roots(source: Source) -> None:
    for name in ("preprod", "prod"):
        here = source.of(name)
        above = b"".join(each.pem for each in certificates.client(here)[1:])
        anchors = certificates.anchors(here)
        xml = (GOLDEN / "organisation" / name / "consumerspecificatie.xml").read_bytes()
        moment = certificates.noon(here)
        assert consumer_spec_rules.check(xml, moment, chain=above, anchors=anchors) == []


def test_what_was_rendered_and_recorded_meets_its_control(source: Source) -> None:
    sent = source.folder / "dossier/sent"
    (path,) = render("consumer-spec", source, "preprod", sent)
    add(source.dossier, path, Told("consumer-spec", "preprod", "2026-11-24"))
    seen = store.load(source.folder / "dossier/evidence")
    control = load(world.ROOT / "policies/controls/LZ-2.28-consumer-specification")
    found = control.check(Case(source.dossier, seen, source.day, "preprod"))
    assert [(each.outcome.value, each.code) for each in found] == [
        ("not applicable", "made-elsewhere"),
        ("met", "follows"),
    ]


def test_the_proxy_has_a_certificate_of_its_own(source: Source, tmp_path: Path) -> None:
    proxy = "received/preprod/proxy.pem"
    (source.folder / "dossier" / proxy).write_bytes(
        (source.folder / "dossier/received/next.pem").read_bytes()
    )
    changed = change(
        source,
        "      file: received/preprod/certificate.pem\n",
        f"      file: received/preprod/certificate.pem\n    server_certificate: {proxy}\n",
    )
    files = made(changed.of("preprod"), tmp_path / "out")
    spec = consumer_spec_read.read(files["preprod/consumerspecificatie.xml"])
    assert spec is not None
    (client,), (server,) = spec.certificates("ClientCert"), spec.certificates("ServerCert")
    assert (client, server) == (
        certificates.client(changed.of("preprod"))[0],
        certificates.server(changed.of("preprod"))[0],
    )
    assert client != server
    request = files["preprod/certificaataanvraag.md"].decode()
    assert request.index("voor de adapter (client)") < request.index("voor de proxy (server)")
    assert "requests/preprod-proxy.csr" in request


@pytest.mark.parametrize(
    ("name", "gone", "expected"),
    [
        (
            "consumer-spec",
            ["received/preprod/certificate.pem", "received/anchors.pem"],
            ["our certificate is not here yet", "the roots that we trust are not here yet"],
        ),
        (
            "cpa",
            [
                "received/preprod/certificate.pem",
                "received/preprod/mijnoverheid.pem",
                "received/preprod/compliance.pem",
            ],
            [
                "our certificate is not",
                "certificate of MijnOverheid",
                "certificate of Digikoppeling Compliance",
            ],
        ),
    ],
)
def test_all_that_is_missing_is_told_at_once_and_nothing_is_written(
    source: Source, tmp_path: Path, name: str, gone: list[str], expected: list[str]
) -> None:
    for each in gone:
        (source.folder / "dossier" / each).unlink()
    with pytest.raises(LzError) as caught:
        render(name, source, "preprod", tmp_path / "out")
    assert f"{name}: {len(expected)} things missing, nothing written" in str(caught.value)
    assert all(each in str(caught.value) for each in expected)
    assert not (tmp_path / "out").exists()


def test_what_a_request_waits_for(source: Source, tmp_path: Path) -> None:
    changed = change(source, "role: technical", "role: security")
    with pytest.raises(LzError, match=r"1 thing missing, nothing written: .*\n.*no technical contact"):
        render("csr-request", changed, "preprod", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_used_already_is_not_ordered(source: Source, tmp_path: Path) -> None:
    line = "      file: received/preprod/certificate.pem\n"
    changed = change(source, line, f"{line}      origin: reused\n")
    with pytest.raises(LzError, match="csr-request"):
        render("csr-request", changed, "preprod", tmp_path / "out")
    assert "csr-request (preprod)" not in [each.name for each in build.states(changed)]


@pytest.mark.parametrize(
    ("needed", "asked", "words"),
    [
        ("2027-02-01", "", "| Uiterlijk aanvragen op | 4 januari 2027 |"),
        ("2026-12-01", "", "3 november 2026: dat is al geweest, vraag nu aan"),
        ("2026-12-01", "2026-11-02", "| Uiterlijk aanvragen op | 3 november 2026 |"),
    ],
)
def test_when_to_order(source: Source, tmp_path: Path, needed: str, asked: str, words: str) -> None:
    line = "      file: received/preprod/certificate.pem\n"
    more = f"      requested_on: {asked}\n" if asked else ""
    changed = change(source, line, f"{line}      needed_on: {needed}\n{more}")
    render("csr-request", changed, "preprod", tmp_path / "out")
    assert words in (tmp_path / "out/preprod/certificaataanvraag.md").read_text()


def test_a_root_that_counts_no_more_is_not_ordered(source: Source, tmp_path: Path) -> None:
    later = replace(source, day=date(2029, 1, 1))
    render("csr-request", later, "prod", tmp_path / "out")
    text = (tmp_path / "out/prod/certificaataanvraag.md").read_text()
    assert "Private Root CA - G1" not in text
    assert "G4 Root Priv G-TLS" in text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Gemeente Voorbeeldstad\n", "'[uw_organisatie_naam]'\n", "X-09 .*placeholder"),
        ('oin: "00000099100000001000"', 'oin: "00000099500000001000"', "X-11 .*is not PartyId"),
        ("ebms.preprod.voorbeeldstad.example", "ebms.other.example", "X-11 .*not in ServerCert"),
    ],
)
def test_a_specification_that_does_not_fit_is_refused(
    source: Source, tmp_path: Path, old: str, new: str, words: str
) -> None:
    changed = change(source, old, new)
    with pytest.raises(LzError, match=words):
        render("consumer-spec", changed, "preprod", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_private_key_beside_the_certificate_goes_nowhere(source: Source, tmp_path: Path) -> None:
    path = source.folder / "dossier/received/preprod/certificate.pem"
    path.write_text(f"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n{path.read_text()}")
    assert all(b"PRIVATE" not in content for content in made(source, tmp_path / "out").values())


def test_a_cpa_is_of_the_day(source: Source, tmp_path: Path) -> None:
    with pytest.raises(LzError, match=r"not valid on 2030-01-01 \(PKIO-003\)"):
        render("cpa", replace(source, day=date(2030, 1, 1)), "preprod", tmp_path)


def received(source: Source, text: str | None) -> Source:
    """Let the CPA with MijnOverheid come from the register."""
    changed = change(
        source,
        "origin: own\n          file: cpa/preprod/mijnoverheid.xml",
        "origin: register\n          file: received/preprod/cpa.xml",
    )
    if text is not None:
        (source.folder / "dossier/received/preprod/cpa.xml").write_text(text)
    return changed


def test_a_cpa_from_the_register_is_taken_as_it_is(source: Source, tmp_path: Path) -> None:
    text = (world.FILES / "organisation/cpa/preprod/mijnoverheid.xml").read_text().replace("  <", "\t<")
    render("cpa", received(source, text), "preprod", tmp_path / "out")
    assert (tmp_path / "out/preprod/cpa-mijnoverheid.xml").read_text() == text


def test_or_refused_with_all_that_is_wrong(source: Source, tmp_path: Path) -> None:
    text = (world.FILES / "organisation/cpa/preprod/mijnoverheid.xml").read_text()
    text = text.replace("voorbeeld:LopendeZaken:1.0<", "voorbeeld:LopendeZaken:2.0<")
    text = text.replace(":Retries>8<", ":Retries>3<")
    with pytest.raises(LzError, match="CPA-047") as caught:
        render("cpa", received(source, text), "preprod", tmp_path / "out")
    assert "found voorbeeld:LopendeZaken:2.0, expected voorbeeld:LopendeZaken:1.0" in str(caught.value)
    assert "Retries of SR_Channel" in str(caught.value)
    assert "received/preprod/cpa.xml:" in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", [None, "no XML"])
def test_or_waited_for(source: Source, tmp_path: Path, text: str | None) -> None:
    with pytest.raises(LzError, match=r"not here yet|malformed"):
        render("cpa", received(source, text), "preprod", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_every_cpa_keeps_the_rules(source: Source) -> None:
    for path in (GOLDEN / "organisation").glob("*/cpa-*.xml"):
        assert check_cpa(path.read_bytes(), certificates.noon(source)) == []
