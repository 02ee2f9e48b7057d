"""Every play stops at the first failure, and production is not touched before its gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.repo.tree import ROOT, plays


@pytest.mark.parametrize(("path", "play"), list(plays()), ids=lambda value: getattr(value, "stem", None))
def test_play_stops_at_the_first_failure(path: Path, play: dict[str, Any]) -> None:
    """A firewall that failed must not be followed by an adapter that starts.

    With any_errors_fatal alone, Ansible goes on with plays of other hosts after one that cannot be reached.
    """
    assert play.get("any_errors_fatal") is True, play["name"]
    assert play.get("max_fail_percentage") == 0, play["name"]


@pytest.mark.parametrize(("path", "play"), list(plays()), ids=lambda value: getattr(value, "stem", None))
def test_facts_are_gathered_on_purpose(path: Path, play: dict[str, Any]) -> None:
    """Facts cost a module call a play; preflight gathers them once, and the gate must run before any of it."""
    assert play.get("gather_facts") is False, play["name"]


def _steps(name: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = yaml.safe_load((ROOT / "playbooks" / name).read_text())
    return steps


def _imported(name: str) -> list[str]:
    imported = [step.get("ansible.builtin.import_playbook", "") for step in _steps(name)]
    return [each for each in dict.fromkeys(imported) if each not in {"", "ask-gate.yml"}]


def test_every_stage_of_production_is_asked_for_before_its_hosts_are_contacted() -> None:
    """Plays on localhost, or asked for; the stage of a play is one that was asked for before it."""
    asked: list[str] = []
    for step in _steps("prod.yml"):
        if step.get("ansible.builtin.import_playbook") == "ask-gate.yml":
            asked.append(step["vars"]["gate_ask"])
        elif step.get("hosts") != "localhost":
            assert step["vars"].get("gate_stage", "connect") in asked, step["name"]
    assert asked == ["network", "connect", "limited-run", "live"]


def test_asking_the_gate_cannot_be_skipped_by_tags() -> None:
    (play,) = _steps("ask-gate.yml")
    assert play["hosts"] == "localhost"
    assert "always" in play["tags"]


def test_preprod_and_prod_import_the_same_playbooks() -> None:
    """What was proven on preprod is what production gets."""
    assert _imported("preprod.yml") == _imported("prod.yml")
