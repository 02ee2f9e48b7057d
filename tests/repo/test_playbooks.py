"""Every play stops at the first failure, and production is not touched before its gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.repo.tree import ROOT, plays


@pytest.mark.parametrize(("path", "play"), list(plays()), ids=lambda value: getattr(value, "stem", None))
def test_play_stops_at_the_first_failure(path: Path, play: dict[str, Any]) -> None:
    """A firewall that failed must not be followed by an adapter that starts."""
    assert play.get("any_errors_fatal") is True, play["name"]


@pytest.mark.parametrize(("path", "play"), list(plays()), ids=lambda value: getattr(value, "stem", None))
def test_facts_are_gathered_on_purpose(path: Path, play: dict[str, Any]) -> None:
    """Facts cost a module call a play; preflight gathers them once, and the gate must run before any of it."""
    assert play.get("gather_facts") is False, play["name"]


def test_production_begins_with_its_gate() -> None:
    """The first play of prod.yml runs on the controller, cannot be skipped by tags, and asks the gate."""
    first = yaml.safe_load((ROOT / "playbooks/prod.yml").read_text())[0]
    assert first["hosts"] == "localhost"
    assert "always" in first["tags"]
    assert "gate" in str(first["tasks"])


def test_preprod_and_prod_import_the_same_playbooks() -> None:
    """What was proven on preprod is what production gets."""

    def imported(name: str) -> list[str]:
        return [
            play["ansible.builtin.import_playbook"]
            for play in yaml.safe_load((ROOT / "playbooks" / name).read_text())
            if "ansible.builtin.import_playbook" in play
        ]

    assert imported("preprod.yml") == imported("prod.yml")
