from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lopendezaken.errors import LzError
from lopendezaken.lab.authority import Authority
from lopendezaken.lab.pki_cli import default_folder, pki_app
from lopendezaken.pki.certificate import read_file
from tests.unit.conftest import OWN_HOST, OWN_OIN, PARTNER_HOST, PARTNER_OIN


@pytest.fixture
def folder(pki: Authority, tmp_path: Path) -> Path:
    subprocess.run(["cp", "-a", f"{pki.path}/.", str(tmp_path / "pki")], check=True)
    return tmp_path / "pki"


def lz(*words: str | Path) -> str:
    result = CliRunner().invoke(pki_app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def csr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A request made with the tools of a host."""
    folder = tmp_path_factory.mktemp("host")
    path = folder / "host.csr"
    subject = f"/C=NL/O=Gemeente Voorbeeldstad/CN={OWN_HOST}/serialNumber={OWN_OIN}"
    command = ["openssl", "req", "-new", "-newkey", "rsa:3072", "-nodes", "-keyout", str(folder / "host.key")]
    signature = ["-sha512", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:64"]
    names = ["-addext", f"subjectAltName=DNS:{OWN_HOST}"]
    subprocess.run(
        [*command, "-out", str(path), "-subj", subject, *names, *signature], check=True, capture_output=True
    )
    return path


def test_init_and_crl(folder: Path) -> None:
    assert "complete" in lz("init", "--pki", folder)
    before = (folder / "crl/tsp.crl").read_bytes()
    lz("crl", "--pki", folder)
    assert (folder / "crl/tsp.crl").read_bytes() != before


def test_a_request_of_openssl_is_answered_twice_alike(folder: Path, csr: Path, tmp_path: Path) -> None:
    out = tmp_path / "received/preprod/certificate.pem"
    lz("issue", "--csr", csr, "--out", out, "--oin", OWN_OIN, "--pki", folder)
    first, moment = out.read_bytes(), out.stat().st_mtime_ns
    lz("issue", "--csr", csr, "--out", out, "--oin", OWN_OIN, "--pki", folder)
    assert (out.read_bytes(), out.stat().st_mtime_ns) == (first, moment)
    assert [leaf.oin for leaf in read_file(out)] == [OWN_OIN, None, None]


def test_a_request_for_another_oin_is_refused_unwritten(folder: Path, csr: Path, tmp_path: Path) -> None:
    out = tmp_path / "certificate.pem"
    with pytest.raises(LzError, match="PKIO-035"):
        lz("issue", "--csr", csr, "--out", out, "--oin", PARTNER_OIN, "--pki", folder)
    assert not out.exists()


def test_a_leaf_and_its_end(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "partner"
    words = (
        "leaf",
        "MijnOverheid",
        "--oin",
        PARTNER_OIN,
        "--name",
        PARTNER_HOST,
        "--out",
        out,
        "--pki",
        folder,
    )
    assert "new key" in lz(*words)
    assert "already" in lz(*words)
    assert "revoked" in lz("revoke", out / "certificate.pem", "--pki", folder)
    assert "new key" in lz(*words)


def test_a_bad_leaf_on_purpose(folder: Path, tmp_path: Path) -> None:
    words = ("leaf", "X", "--oin", OWN_OIN, "--name", OWN_HOST, "--out", tmp_path / "bad", "--pki", folder)
    lz(*words, "--kind", "no-oin")
    assert read_file(tmp_path / "bad/certificate.pem")[0].oin is None
    with pytest.raises(LzError, match="no such kind"):
        lz(*words, "--kind", "nice")


def test_the_folder_follows_the_instance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LZ_LAB_DIR", str(tmp_path))
    monkeypatch.setenv("LZ_LAB_INSTANCE", "3")
    assert default_folder() == tmp_path / "3" / "pki"
