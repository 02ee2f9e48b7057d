"""lz evidence add and list: what a person has, by its digest; never a BSN."""

from __future__ import annotations

import hashlib
import shutil
from base64 import b64encode
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lopendezaken.errors import LzError
from lopendezaken.evidence import store
from lopendezaken.evidence.cli import evidence_app
from tests.unit.dossier.conftest import EXAMPLE

TEST_BSN = "999990019"  # passes the eleven test; of nobody


@pytest.fixture
def world(tmp_path: Path) -> Path:
    (tmp_path / "dossier" / "received").mkdir(parents=True)
    shutil.copy(EXAMPLE / "dossier.yml", tmp_path / "dossier")
    return tmp_path


def given(world: Path, name: str, content: bytes) -> Path:
    file = world / "dossier" / "received" / name
    file.write_bytes(content)
    return file


def lz(world: Path, *arguments: str) -> str:
    done = CliRunner().invoke(
        evidence_app, [*arguments, "--organisation", str(world)], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.stdout


def evidence(world: Path) -> store.EvidenceSet:
    return store.load(world / "dossier" / "evidence")


def test_a_document_is_its_digest_with_who_and_when(world: Path) -> None:
    file = given(world, "letter.pdf", b"%PDF-1.7 \x00\xff")
    lz(world, "add", "document", str(file), "--dated", "2026-11-20", "--title", "Brief", "--by", "Team zaken")
    (item,) = evidence(world).items
    assert item.raw["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (item.raw["document"], item.raw["dated"]) == ("received/letter.pdf", "2026-11-20")
    assert (item.raw["title"], item.raw["recorded_by"]) == ("Brief", "Team zaken")
    assert "Brief" in lz(world, "list")
    assert "0 pieces" in lz(world, "list", "--kind", "ebms-ping")


def test_a_specification_is_recorded_whole(world: Path) -> None:
    file = given(world, "specification.xml", b"<specificatie/>")
    lz(world, "add", "consumer-spec", str(file))
    seen = evidence(world).latest("consumer-spec", "preprod", "mijnoverheid")
    assert seen is not None
    digest = hashlib.sha256(b"<specificatie/>").hexdigest()
    assert seen.raw == {"document": "received/specification.xml", "xml": "<specificatie/>", "sha256": digest}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"<x/>\n<!--\n-----BEGIN RSA PRIVATE KEY-----\n-->",
            "specification.xml:3: this file holds a private key",
        ),
        (b"<x>\xff</x>", "XML in UTF-8"),
    ],
)
def test_a_specification_without_a_key_in_it(world: Path, content: bytes, words: str) -> None:
    file = given(world, "specification.xml", content)
    with pytest.raises(LzError, match=words):
        lz(world, "add", "consumer-spec", str(file))
    assert not evidence(world).items


def test_what_logius_says_is_what_controls_judge(world: Path) -> None:
    file, report = given(world, "ok.eml", b"Subject: ok\n\nakkoord\n"), given(world, "report.pdf", b"report")
    lz(world, "add", "chain-test-approval", str(file), "--outcome", "approved", "--report", str(report))
    lz(world, "add", "cpa-loaded", str(file))
    seen = evidence(world).latest("chain-test-approval", "preprod", "mijnoverheid")
    assert seen is not None
    assert seen.raw["outcome"] == "approved"
    assert seen.raw["report_sha256"] == hashlib.sha256(b"report").hexdigest()
    loaded = evidence(world).latest("cpa-loaded", "preprod", "mijnoverheid", side="partner")
    assert loaded is not None
    assert loaded.raw["cpa_id"].startswith("LopendeZaken")


MAIL = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.txt", f"burger {TEST_BSN}.".encode()),
        ("report.txt", f"e\xe9n {TEST_BSN}".encode("latin-1")),
        ("report.txt", f"burger {TEST_BSN}".encode("utf-16")),
        ("mail.eml", MAIL + b64encode(f"burger {TEST_BSN}".encode())),
    ],
)
def test_a_bsn_in_the_clear_is_refused_and_not_repeated(world: Path, name: str, content: bytes) -> None:
    file = given(world, name, content)
    with pytest.raises(LzError) as caught:
        lz(world, "add", "report", str(file))
    assert TEST_BSN not in str(caught.value)
    assert "--no-bsn" in str(caught.value)
    assert evidence(world).items == ()
    lz(world, "add", "report", str(file), "--no-bsn")
    assert evidence(world).items[0].raw["like_bsn"] == 1


@pytest.mark.parametrize(
    "header", [b'From: "', b"From: @:b@,()b?@[b", b"Content-Type: text/[: %.?@,", b"From: :;;< .@,[@"]
)
def test_a_mail_with_odd_headers_is_looked_into_too(world: Path, header: bytes) -> None:
    odd = header + b"\nContent-Transfer-Encoding: base64\n\n"
    with pytest.raises(LzError, match="BSNs in the clear"):
        lz(world, "add", "mail", str(given(world, "a.eml", odd + b64encode(f"burger {TEST_BSN}".encode()))))


@pytest.mark.parametrize("text", ["00000099100000001000", "123456789", f"1{TEST_BSN}"])
def test_other_numbers_are_fine(world: Path, text: str) -> None:
    lz(world, "add", "mail", str(given(world, "a.txt", text.encode())))
    assert len(evidence(world).items) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["document", "{world}/elsewhere.pdf"], "below"),
        (["document", "{world}/dossier/received/none.pdf"], "cannot read"),
        (["document", "{world}/dossier/received/empty"], "holds nothing"),
        (["document", "{world}/dossier/received/a", "--dated", "24-11-2026"], "not a date"),
        (["chain-test-approval", "{world}/dossier/received/a"], "--outcome"),
        (["cpa-loaded", "{world}/dossier/received/a", "--partner", "x"], "no such partner"),
    ],
)
def test_what_is_wrong_records_nothing(world: Path, arguments: list[str], words: str) -> None:
    given(world, "empty", b"")
    given(world, "a", b"text")
    (world / "elsewhere.pdf").write_bytes(b"x")
    with pytest.raises(LzError, match=words):
        lz(world, "add", *(each.replace("{world}", str(world)) for each in arguments))
    assert evidence(world).items == ()
