"""JUnit, as junitparser and any XML parser read it."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml, TestCase, TestSuite

from lopendezaken.report.junit import junit
from tests.unit.report.points import POINTS, results_at, waived

KINDS = {
    "met": set(),
    "not applicable": {"Skipped"},
    "waived": {"Skipped"},
    "error": {"Error"},
    "not met": {"Failure"},
    "stale": {"Failure"},
    "unknown": {"Failure"},
}


def cases(content: bytes) -> dict[tuple[str, str], TestCase]:
    return {
        (str(suite.name), str(case.name)): case
        for suite in JUnitXml.fromstring(content)
        if isinstance(suite, TestSuite)
        for case in suite
    }


@pytest.mark.parametrize("point", POINTS)
def test_every_result_is_a_case_with_its_outcome(point: str) -> None:
    results = results_at(point)
    found = cases(junit(results, "en"))
    assert len(found) == len(results["results"])
    for each in results["results"]:
        case = found[each["environment"], f"{each['control']} {each['title']['en']}"]
        assert {type(result).__name__ for result in case.result} == KINDS[each["outcome"]]
        if case.result:
            assert case.result[0].text is not None
            assert "[dossier.yml:" in case.result[0].text


@pytest.mark.parametrize("point", POINTS)
def test_the_counts_are_those_of_the_cases(point: str) -> None:
    results = results_at(point)
    for suite in JUnitXml.fromstring(junit(results, "nl")):
        assert isinstance(suite, TestSuite)
        own = Counter(
            kind
            for each in results["results"]
            if each["environment"] == suite.name
            for kind in (KINDS[each["outcome"]] or {"Passed"})
        )
        assert suite.tests == own.total()
        assert (suite.failures, suite.errors, suite.skipped) == tuple(
            own[kind] for kind in ("Failure", "Error", "Skipped")
        )


def test_what_is_waived_is_skipped_and_names_the_waiver() -> None:
    found = [case for case in cases(junit(waived(), "nl")).values() if str(case.name).startswith("LZ-3.01")]
    (skipped,) = [each for case in found for each in case.result if type(each).__name__ == "Skipped"]
    assert str(skipped.message).startswith("W-2026-003: ")


@given(st.text())
def test_no_text_breaks_the_xml(text: str) -> None:
    finding = {"outcome": "error", "waiver": None, "says": {"nl": text, "en": text}, "line": 1, "column": 1}
    result = {
        "control": "LZ-1.01",
        "environment": "preprod",
        "phase": 1,
        "title": {"nl": text, "en": text},
        "outcome": "error",
        "findings": [finding],
    }
    results = {
        "organisation": {"name": text, "number": "1", "slug": "a"},
        "date": "2026-11-24",
        "results": [result],
    }
    root = ET.fromstring(junit(results, "nl"))
    assert root.find("testsuite/testcase/error") is not None
