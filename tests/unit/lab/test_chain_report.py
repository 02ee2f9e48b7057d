from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from lopendezaken.lab.chain_report import FAILED, NOT_RUN, PASSED, Item, Report

STARTED = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def report(*outcomes: str) -> Report:
    items = [
        Item(f"CV-0{n}", "a | title", "an <expectation>", outcome, "found", 1.0, ("m1",))
        for n, outcome in enumerate(outcomes)
    ]
    return Report("Gemeente", "00000099100000001000", "Partner", "preprod", STARTED, "lz", items)


@pytest.mark.parametrize(
    ("outcomes", "passed"),
    [((PASSED, PASSED), True), ((PASSED, FAILED), False), ((PASSED, NOT_RUN), False), ((), False)],
)
def test_only_a_list_that_ran_and_passed_whole_passes(outcomes: tuple[str, ...], passed: bool) -> None:
    found = report(*outcomes)
    assert found.passed is passed
    assert json.loads(found.json())["passed"] is passed
    assert f"**{'passed' if passed else 'not passed'}**" in found.markdown()


def test_each_item_is_one_row_whatever_it_says() -> None:
    text = report(PASSED).markdown()
    assert "| CV-00 | a \\| title | passed | 1.0 s | found | `m1` |" in text
    assert "&lt;expectation>" in text
