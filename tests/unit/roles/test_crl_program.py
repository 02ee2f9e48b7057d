"""The program that fetches CRLs on a host: what it takes, what it keeps, and what it shows for evidence."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.pki import made
from tests.unit.plugins.conftest import load

PROGRAM = Path(__file__).parents[3] / "roles/pkioverheid/files/pkioverheid-crl"
HOUR = timedelta(hours=1)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A host with a trust store and a publisher on its own disk."""
    (tmp_path / "pki").mkdir()
    above = [made.authority(layer) for layer in ("tsp", "domain", "root")]
    (tmp_path / "pki/issuers.pem").write_text(made.pem(*above))
    publish(tmp_path, made.crl("tsp", now() - HOUR))
    return tmp_path


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def publish(host: Path, data: bytes) -> None:
    (host / "tsp.crl").write_bytes(data)


def fetch(host: Path, url: str = "", *more: str) -> tuple[int, dict[str, Any], str]:
    command = [sys.executable, str(PROGRAM), "--directory", str(host / "pki"), "--show", *more]
    command += ["--state", str(host / "state/crls.json")]
    done = subprocess.run(
        [*command, url or f"file://{host}/tsp.crl"], capture_output=True, text=True, check=False
    )
    (shown,) = json.loads(done.stdout.splitlines()[-1])
    return done.returncode, shown, done.stderr


def test_what_was_fetched_is_shown_whole(host: Path) -> None:
    code, shown, _ = fetch(host)
    assert code == 0
    assert (
        b64decode(shown["der"]) == (host / "tsp.crl").read_bytes() == (host / "pki/crl/tsp.crl").read_bytes()
    )
    assert shown["error"] is None
    moments = [datetime.fromisoformat(shown[name]) for name in ("this_update", "fetched", "next_update")]
    assert moments == sorted(moments)
    assert moments[2] - moments[0] == 48 * HOUR


def test_unchanged_is_fetched_too(host: Path) -> None:
    fetch(host)
    code, shown, _ = fetch(host)
    assert (code, shown["error"], bool(shown["fetched"])) == (0, None, True)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<html>", "not signed"),
        (made.crl("tsp", now() - HOUR, forged=True), "not signed"),
        (made.crl("tsp", now() - 50 * HOUR), "expired"),
        (made.crl("tsp", now() - 5 * HOUR), "older"),
    ],
)
def test_a_bad_one_leaves_the_old_and_says_why(host: Path, data: bytes, reason: str) -> None:
    _, before, _ = fetch(host)
    publish(host, data)
    code, shown, stderr = fetch(host)
    assert code == 1
    assert shown["der"] == before["der"]
    assert shown["fetched"] is None
    assert reason in shown["error"]
    assert reason in stderr


def test_none_at_all(host: Path) -> None:
    code, shown, _ = fetch(host, f"file://{host}/nothing.crl")
    assert (code, shown["der"], shown["next_update"]) == (1, None, None)
    assert "nothing.crl" in shown["error"]


def test_monitoring_finds_when_each_ends_and_last_came(host: Path) -> None:
    _, shown, _ = fetch(host)
    publish(host, b"<html>")
    fetch(host)
    state = json.loads((host / "state/crls.json").read_text())
    assert datetime.fromisoformat(state["written"]) >= now() - timedelta(minutes=1)
    (crl,) = state["crls"]
    assert crl["file"] == f"{host}/pki/crl/tsp.crl"
    assert {name: crl[name] for name in ("fetched", "next_update")} == {
        name: shown[name] for name in ("fetched", "next_update")
    }
    assert "not signed" in crl["error"]


def test_all_of_them_stand_in_one_file_too(host: Path) -> None:
    fetch(host)
    pem = (host / "pki/crls.pem").read_text()
    assert pem.count("BEGIN X509 CRL") == 1
    publish(host, b"<html>")
    fetch(host)
    assert (host / "pki/crls.pem").read_text() == pem


def test_the_line_becomes_evidence(host: Path) -> None:
    filters = load("filter/evidence.py").FilterModule().filters()
    _, shown, _ = fetch(host)
    (record,) = filters["lz_crls"](f"installed /etc/x\n{json.dumps([shown])}\n", "adapter")
    assert record == {"kind": "crl", "host": "adapter", "raw": shown}
    assert filters["lz_crls"]("", "adapter") == []
    assert filters["lz_crls"]("Traceback", "adapter") == []


def test_chains_become_evidence_and_a_partner_without_file_does_not(tmp_path: Path) -> None:
    filters = load("filter/evidence.py").FilterModule().filters()
    (tmp_path / "mo.pem").write_text("PEM")
    partners = [
        {"key": "mo", "file": str(tmp_path / "mo.pem")},
        {"key": "cv", "file": str(tmp_path / "cv.pem")},
    ]
    (record,) = filters["lz_partner_chains"](partners, "adapter", "ROOT")
    raw = {"role": "partner", "pem": "PEM", "names": [], "anchors": "ROOT"}
    assert record == {"kind": "certificate-chain", "host": "adapter", "raw": raw, "partner": "mo"}
    (own,) = filters["lz_certificate_chains"](
        [{"role": "own", "pem": "P", "names": ["a"]}], "adapter", "ROOT"
    )
    assert own["raw"] == {"role": "own", "pem": "P", "names": ["a"], "anchors": "ROOT"}
    assert "partner" not in own


def test_only_looking_shows_the_newest_and_leaves_all_as_it_was(host: Path) -> None:
    fetch(host)
    before = {path: path.read_bytes() for path in host.rglob("*") if path.is_file()}
    publish(host, made.crl("tsp", now()))
    code, shown, _ = fetch(host, "", "--look")
    assert code == 0
    newest = (host / "tsp.crl").read_bytes()
    assert b64decode(shown["der"]) == newest
    after = {path: path.read_bytes() for path in host.rglob("*") if path.is_file()}
    assert {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)} == {
        host / "tsp.crl"
    }
