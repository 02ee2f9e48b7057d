"""SARIF: what does not pass, at its line; never more severe than it is, and nothing forgotten.

It was valid by the OASIS schema when this was written; these tests hold what that schema asks of what we use.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from lopendezaken.report.sarif import sarif
from tests.unit.report.points import POINTS, results_at, waived

KINDS = {"not met": "fail", "stale": "fail", "waived": "fail", "unknown": "open"}


def run_of(point: str) -> dict[str, Any]:
    found = sarif(results_at(point), "en")
    assert found["version"] == "2.1.0"
    (run,) = found["runs"]
    return run


def told(point: str) -> Counter[str]:
    return Counter(
        finding["outcome"] for result in results_at(point)["results"] for finding in result["findings"]
    )


@pytest.mark.parametrize("point", POINTS)
def test_every_finding_that_does_not_pass_is_there(point: str) -> None:
    run, expected = run_of(point), told(point)
    assert Counter(each["properties"]["outcome"] for each in run["results"]) == Counter(
        {outcome: count for outcome, count in expected.items() if outcome in KINDS}
    )
    for each in run["results"]:
        assert each["kind"] == KINDS[each["properties"]["outcome"]]
        assert (each["level"] == "none") == (each["kind"] != "fail"), "SARIF 3.27.10"
        assert each["ruleId"] == run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"]
    (invocation,) = run["invocations"]
    assert len(invocation["toolExecutionNotifications"]) == expected["error"]
    assert invocation["executionSuccessful"] == (not expected["error"])


@pytest.mark.parametrize("point", POINTS)
def test_places_are_lines_of_the_dossier_below_the_root(point: str) -> None:
    run = run_of(point)
    for each in run["results"] + run["invocations"][0]["toolExecutionNotifications"]:
        place = each["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "dossier/dossier.yml"
        assert place["region"]["startLine"] >= 1
        assert place["region"]["startColumn"] >= 1


def test_a_finding_keeps_its_fingerprint_from_day_to_day() -> None:
    def prints(point: str) -> set[str]:
        return {each["partialFingerprints"]["finding/v1"] for each in run_of(point)["results"]}

    assert len(prints("half_prepared")) == len(run_of("half_prepared")["results"])
    assert prints("half_prepared") & prints("refused")
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in prints("refused"))


def test_what_is_waived_is_suppressed() -> None:
    (run,) = sarif(waived(), "en")["runs"]
    (found,) = [each for each in run["results"] if each["properties"]["outcome"] == "waived"]
    (suppression,) = found["suppressions"]
    assert suppression["kind"] == "external"
    assert suppression["justification"].startswith("W-2026-003 (2026-12-31): De hertest")
    assert all("suppressions" not in each for each in run["results"] if each is not found)
