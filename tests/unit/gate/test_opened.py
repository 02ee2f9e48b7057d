"""What the gate opened once stays open to use; what does not count opens nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lopendezaken.gate.opened import opened
from tests.unit.gate.world import NOW, Gate


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def stages(gate: Gate) -> list[str]:
    return opened(gate.organisation, gate.repository / "policies")


def statement(gate: Gate) -> Path:
    return next((gate.organisation / "dossier/gate").glob("*-connect.json"))


def test_a_stage_stays_open_after_the_day_of_its_statement_and_with_another_commit(gate: Gate) -> None:
    (gate.repository / "roles/main.yml").write_text("- name: Do something else\n")
    assert stages(gate) == ["connect"]


def test_a_later_refusal_takes_nothing_back(gate: Gate) -> None:
    (gate.repository / "roles/main.yml").write_text("- name: Do something else\n")
    gate.give("connect", now=NOW.replace(hour=20))
    assert stages(gate) == ["connect"]


def test_a_closed_stage_is_not_open(gate: Gate) -> None:
    assert not gate.judge("live").open
    gate.give("live")
    assert stages(gate) == ["connect"]


def test_nobody_asked_yet(gate: Gate) -> None:
    for path in (gate.organisation / "dossier/gate").iterdir():
        path.unlink()
    assert stages(gate) == []


@pytest.mark.parametrize("attack", ["says live", "renamed", "unsigned", "other organisation", "not json"])
def test_what_does_not_count_opens_nothing(gate: Gate, attack: str) -> None:
    path = statement(gate)
    live = path.with_name(path.name.replace("connect", "live"))
    match attack:
        case "says live":
            live.write_text(path.read_text().replace('"stage": "connect"', '"stage": "live"'))
            live.with_name(f"{live.name}.sig").write_bytes(path.with_name(f"{path.name}.sig").read_bytes())
        case "renamed":
            live.write_text(path.read_text())
            live.with_name(f"{live.name}.sig").write_bytes(path.with_name(f"{path.name}.sig").read_bytes())
        case "unsigned":
            live.write_text(json.dumps({**json.loads(path.read_text()), "stage": "live"}))
        case "other organisation":
            dossier = gate.organisation / "dossier/dossier.yml"
            dossier.write_text(dossier.read_text().replace("slug: voorbeeldstad", "slug: andersstad"))
            assert stages(gate) == []
        case "not json":
            live.write_text("[]")
    assert "live" not in stages(gate)
