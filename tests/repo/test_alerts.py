"""Every alarm says how bad it is and what to do, and is tested both ways (tests/outside/alerts)."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.repo.tree import ROOT

RULES: list[dict[str, Any]] = yaml.safe_load((ROOT / "roles/monitoring/files/alerts.yml").read_text())[
    "groups"
][0]["rules"]
TESTS = yaml.safe_load((ROOT / "tests/outside/alerts.test.yml").read_text())["tests"]
HEADINGS = re.findall(r"^## (\S+)$", (ROOT / "docs/monitoring.md").read_text(), re.MULTILINE)
PROGRAM = (ROOT / "roles/monitoring/files/lopendezaken-metrics").read_text()
# The daily look tells of itself.
UNIT = (ROOT / "roles/verification/templates/lopendezaken-verification.service.j2").read_text()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alarm_leads_to_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert rule["annotations"]["runbook"] == f"docs/monitoring.md#{rule['alert'].lower()}"
    assert rule["alert"] in HEADINGS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alarm_is_tested(rule: dict[str, Any]) -> None:
    raised = [
        case
        for test in TESTS
        for case in test["alert_rule_test"]
        if case["alertname"] == rule["alert"] and case.get("exp_alerts")
    ]
    assert raised


def test_nothing_is_explained_that_is_no_alarm() -> None:
    assert [rule["alert"] for rule in RULES] == HEADINGS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_what_an_alarm_asks_for_is_measured(rule: dict[str, Any]) -> None:
    """Our own metrics; those of node-exporter are seen on a host (tests/testinfra/test_monitoring.py)."""
    for name in re.findall(r"\blz_[a-z_]+", rule["expr"]):
        assert (
            f'"{name}"' in PROGRAM
            or f"{name} " in UNIT
            or f'"{re.sub("_(fetched|this_update|next_update)_", "_{field}_", name)}"' in PROGRAM
        )
