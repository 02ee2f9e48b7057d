"""OSCAL: sound references, and nothing satisfied but what is met.

It was valid by the NIST schema 1.2.1 and ``trestle validate`` when this was written; these tests hold
what no schema sees, and the forms that it asks of what we use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from lopendezaken.report.oscal import assessment_results, catalog
from tests.unit.report.points import POINTS, POLICIES, results_at, waived

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TOKEN = re.compile(r"[a-z_][a-z0-9.\-_]*")
CATALOG = catalog(POLICIES, "en", "2026-11-24")["catalog"]


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from nodes(each)


def controls(kind: str) -> dict[str, dict[str, Any]]:
    found = [each for group in CATALOG["groups"] for each in group["controls"] if each["class"] == kind]
    return {each["id"]: each for each in found}


def test_the_catalog_has_every_control_and_every_requirement_once() -> None:
    assert list(controls("control")) == [each.id.lower() for each in POLICIES.controls]
    assert list(controls("requirement")) == [each.lower() for each in POLICIES.requirements.all]
    ids = [each["id"] for each in nodes(CATALOG) if "id" in each]
    assert len(ids) == len(set(ids))
    assert all(TOKEN.fullmatch(each) for each in ids)
    for each in nodes(CATALOG):
        if "rel" in each:
            assert each["href"].removeprefix("#") in ids


def test_both_languages_have_the_same_catalog_apart_from_words() -> None:
    dutch = catalog(POLICIES, "nl", "2026-11-24")["catalog"]
    assert [sorted(each) for each in nodes(dutch)] == [sorted(each) for each in nodes(CATALOG)]
    assert dutch["uuid"] != CATALOG["uuid"]


@pytest.mark.parametrize("point", POINTS)
def test_every_reference_leads_somewhere_and_every_part_is_one(point: str) -> None:
    found = assessment_results(results_at(point), "en")["assessment-results"]
    known = [each["uuid"] for each in nodes(found) if "uuid" in each]
    assert len(known) == len(set(known))
    assert all(UUID.fullmatch(each) for each in known)
    objectives = {each["id"] for each in nodes(CATALOG) if each.get("name") == "assessment-objective"}
    named = {"observation-uuid", "risk-uuid", "subject-uuid"}
    for each in nodes(found):
        for key in named & each.keys():
            assert each[key] in known
        if str(each.get("href", "")).startswith("#"):
            assert each["href"].removeprefix("#") in known
        if "target-id" in each:
            assert each["target-id"] in objectives
        if "control-id" in each:
            assert each["control-id"] in controls("control")


@pytest.mark.parametrize("point", POINTS)
def test_only_what_is_met_is_satisfied(point: str) -> None:
    results = results_at(point)
    found = assessment_results(results, "nl")["assessment-results"]
    satisfied = {
        (part["title"], each["target"]["target-id"].removesuffix("_obj").upper())
        for part in found["results"]
        for each in part.get("findings", ())
        if each["target"]["status"]["state"] == "satisfied"
    }
    met = {(each["environment"], each["control"]) for each in results["results"] if each["outcome"] == "met"}
    assert satisfied == met
    judged = sum(len(part.get("findings", ())) for part in found["results"])
    assert judged == sum(each["outcome"] != "not applicable" for each in results["results"])


def test_evidence_comes_with_its_digest_and_its_last_day() -> None:
    results = results_at("live")
    found = assessment_results(results, "en")["assessment-results"]
    hashes = {
        each["title"]: each["rlinks"][0]["hashes"][0]["value"]
        for each in found["back-matter"]["resources"][1:]
    }
    named = {f"evidence/{path}": each["file"] for path, each in results["evidence"].items()}
    assert hashes.items() <= (named | results["files"]).items()
    with_evidence = [each for each in nodes(found) if len(each.get("relevant-evidence", ())) > 1]
    assert with_evidence
    assert all(each["expires"] > each["collected"] for each in with_evidence)


def test_what_is_not_met_is_an_open_risk() -> None:
    found = assessment_results(results_at("refused"), "en")["assessment-results"]
    risks = [each for part in found["results"] for each in part.get("risks", ())]
    assert [(each["title"][:7], each["status"]) for each in risks] == [("LZ-3.01", "open")]


def test_what_is_waived_is_no_satisfied_finding_but_an_approved_deviation_with_a_deadline() -> None:
    found = assessment_results(waived(), "en")["assessment-results"]
    (risk,) = [each for part in found["results"] for each in part.get("risks", ())]
    assert risk["status"] == "deviation-approved"
    assert risk["deadline"] == "2027-01-01T00:00:00Z"
    findings = [each for part in found["results"] for each in part["findings"]]
    (own,) = [each for each in findings if "related-risks" in each]
    assert own["target"]["status"]["state"] == "not-satisfied"
    assert {"name": "waived", "ns": "https://lopendezaken.example/oscal", "value": "true"} in own["props"]
