"""The certificate that opens production: for these stages, for this time, and for nothing else."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from lopendezaken.errors import LzError
from lopendezaken.evidence.sshsig import make_key
from lopendezaken.gate.certificate import issue, principal
from lopendezaken.gate.delivery import cloud_init, files

START = datetime(2026, 11, 24, 10, tzinfo=UTC)
STAGES = ("voorbeeldstad-network", "voorbeeldstad-connect")


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    gate, user = tmp_path / "gate", tmp_path / "user"
    make_key(gate, "gate")
    make_key(user, "user")
    return gate, user


def told(certificate: bytes, folder: Path) -> str:
    path = folder / "shown-cert.pub"
    path.write_bytes(certificate)
    return subprocess.run(
        ["ssh-keygen", "-L", "-f", path], check=True, capture_output=True, text=True, env={"TZ": "UTC"}
    ).stdout


def test_it_names_stages_and_day_and_gives_no_more(keys: tuple[Path, Path], tmp_path: Path) -> None:
    gate, user = keys
    made = issue(gate, user.with_suffix(".pub"), "lz abc", STAGES, START, START + timedelta(hours=24))
    shown = told(made, tmp_path)
    assert 'Key ID: "lz abc"' in shown
    assert "Valid: from 2026-11-24T10:00:00 to 2026-11-25T10:00:00" in shown
    principals, options = shown.partition("Principals:")[2].split("Critical Options:")
    assert tuple(principals.split()) == STAGES
    assert options.split() == ["(none)", "Extensions:", "(none)"]
    ca = subprocess.run(
        ["ssh-keygen", "-l", "-f", gate.with_suffix(".pub")], check=True, capture_output=True, text=True
    ).stdout.split()[1]
    assert f"Signing CA: ED25519 {ca}" in shown


def test_a_private_key_is_never_taken_for_a_public_one(keys: tuple[Path, Path]) -> None:
    gate, user = keys
    with pytest.raises(LzError, match="this is a private key"):
        issue(gate, user, "lz", STAGES, START, START + timedelta(hours=1))


def test_a_public_key_alone_signs_nothing(keys: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    gate, user = (key.with_suffix(".pub") for key in keys)
    with pytest.raises(LzError, match="the gate's key gave no certificate"):
        issue(gate, user, "lz", STAGES, START, START + timedelta(hours=1))


def test_what_a_host_is_delivered_with_is_the_same_by_cloud_init() -> None:
    made = files("ssh-ed25519 AAAA gate\n", "stad", "connect")
    given = yaml.safe_load(cloud_init("ssh-ed25519 AAAA gate\n", "stad", "connect"))
    assert {each["path"]: each["content"] for each in given["write_files"]} == made
    works, looks = made["/etc/ssh/gate_principals/root"].splitlines()
    assert works == principal("stad", "connect")
    assert looks.startswith('restrict,command="exec systemd-run ')
    assert looks.endswith(f" {principal('stad', 'verify')}")
    assert "AuthorizedKeysFile none" in made["/etc/ssh/sshd_config.d/05-gate.conf"]
