"""A statement opens one stage of one organisation, for a day, while nothing that it rests on changed."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.gate.certificate import principals
from lopendezaken.gate.statement import newest
from tests.unit.gate.world import NOW, Gate

HOUR = timedelta(hours=1)


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def test_an_open_gate_gives_a_statement_and_a_certificate_for_a_day(gate: Gate) -> None:
    found = gate.ask(now=NOW + 23 * HOUR)
    assert (found.path, found.expires) == (newest(gate.organisation, "connect"), NOW + 24 * HOUR)
    shown = subprocess.run(
        ["ssh-keygen", "-L", "-f", gate.folder / "user-cert.pub"], capture_output=True, text=True, check=True
    ).stdout
    names = shown.partition("Principals:")[2].partition("Critical")[0].split()
    assert names == ["voorbeeldstad-network", "voorbeeldstad-connect"]


def test_a_closed_gate_signs_why_and_gives_no_certificate(gate: Gate) -> None:
    before = (gate.folder / "user-cert.pub").read_bytes()
    signed = gate.give("live", now=NOW + HOUR)
    assert signed.certificate is None
    assert (gate.folder / "user-cert.pub").read_bytes() == before, "what is open stays open"
    said = json.loads(signed.statement.read_text())
    assert said["open"] is False
    assert "P4-26" in said["not_met"]
    with pytest.raises(LzError, match=r"closed for stage live.*not met: .*P4-26"):
        gate.ask("live", NOW + HOUR)


def test_a_stage_that_closes_takes_its_certificate_away(gate: Gate) -> None:
    (gate.repository / "roles/main.yml").write_text("- name: Do more\n")
    assert gate.give().certificate is None
    assert not (gate.folder / "user-cert.pub").exists()


def test_to_look_opens_nothing_else_and_outlasts_what_grows_old(gate: Gate) -> None:
    given = gate.give("verify")
    assert given.certificate
    assert principals(given.certificate) == ("voorbeeldstad-verify",)
    gate.world.change("retries: 8", "retries: 9")
    assert gate.ask("verify", NOW + timedelta(days=89)).stage == "verify"
    with pytest.raises(LzError, match="it holds from 2026-11-24T18:00Z until 2027-02-22T18:00Z"):
        gate.ask("verify", NOW + timedelta(days=90))
    with pytest.raises(LzError, match=r"dossier\.yml was changed after it was signed"):
        gate.ask("connect", NOW + HOUR)


def test_evidence_that_is_added_changes_nothing(gate: Gate) -> None:
    gate.world.record("host-facts", "dmz-preprod", {"os": "Debian"})
    gate.ask()


def test_nobody_asked(gate: Gate) -> None:
    shutil.rmtree(gate.organisation / "dossier/gate")
    with pytest.raises(LzError, match=r"nobody asked about stage connect.*lz gate --stage connect") as caught:
        gate.ask()
    assert caught.value.exit_code == 1
