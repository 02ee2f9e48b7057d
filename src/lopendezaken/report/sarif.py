"""SARIF 2.1.0 from results.json: what does not pass, at its line of the dossier.

``not met`` and ``stale`` are failures; ``unknown`` is ``open``, SARIF's word for "cannot be decided yet";
a check that could not be carried out is a notification of the tool. Waived findings are suppressed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from lopendezaken.policy.control import Language
from lopendezaken.policy.outcomes import Outcome

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_TOLD = {Outcome.NOT_MET, Outcome.STALE, Outcome.UNKNOWN, Outcome.WAIVED}


def sarif(results: dict[str, Any], language: Language) -> dict[str, Any]:
    """Give the results as SARIF; addresses of files are relative to the root of the repository."""
    rules = {each["control"]: each for each in results["results"]}
    order = {name: index for index, name in enumerate(sorted(rules))}
    slug = results["organisation"]["slug"]
    driver = {
        "name": "lz check",
        "version": results["tools"]["lopendezaken"],
        "language": language,
        "rules": [_rule(rules[name], language) for name in order],
    }
    failed = [
        _notification(result, finding, order, results["folder"], language)
        for result, finding in _findings(results)
        if Outcome(finding["outcome"]) is Outcome.ERROR
    ]
    run = {
        "tool": {"driver": driver},
        "language": language,
        "automationDetails": {"id": f"{slug}/{results['date']}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not failed, "toolExecutionNotifications": failed}],
        "properties": {"policies": results["policies"], "outcome": results["outcome"]},
        "results": [
            _result(results, result, finding, order, language)
            for result, finding in _findings(results)
            if Outcome(finding["outcome"]) in _TOLD
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _findings(results: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for result in results["results"]:
        for finding in result["findings"]:
            yield result, finding


def _rule(result: dict[str, Any], language: Language) -> dict[str, Any]:
    return {
        "id": result["control"],
        "shortDescription": {"text": result["title"][language]},
        "defaultConfiguration": {"level": _LEVELS[result["severity"]]},
        "properties": {"phase": result["phase"], "severity": result["severity"], "gate": result["gate"]},
    }


def _justification(waivers: dict[str, Any], finding: dict[str, Any]) -> str:
    waiver = waivers[finding["waiver"]]
    return f"{finding['waiver']} ({waiver['until']}): {waiver['reason']}"


def _result(
    results: dict[str, Any],
    result: dict[str, Any],
    finding: dict[str, Any],
    order: dict[str, int],
    language: Language,
) -> dict[str, Any]:
    outcome = Outcome(finding["outcome"])
    fails = outcome is not Outcome.UNKNOWN
    same = [
        each for each in result["findings"] if (each["code"], each["at"]) == (finding["code"], finding["at"])
    ]
    which = next(index for index, each in enumerate(same) if each is finding)
    place = "\n".join((result["control"], result["environment"], finding["code"], finding["at"], str(which)))
    told = {
        "ruleId": result["control"],
        "ruleIndex": order[result["control"]],
        "kind": "fail" if fails else "open",
        "level": _LEVELS[result["severity"]] if fails else "none",
        "message": {"text": f"{result['environment']}: {finding['says'][language]}"},
        "locations": [_location(finding, results["folder"])],
        "partialFingerprints": {"finding/v1": hashlib.sha256(place.encode()).hexdigest()},
        "properties": {
            "outcome": finding["outcome"],
            "environment": result["environment"],
            "evidence": finding["evidence"],
        },
    }
    if outcome is Outcome.WAIVED:
        told["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": _justification(results["waivers"], finding),
            }
        ]
    return told


def _notification(
    result: dict[str, Any], finding: dict[str, Any], order: dict[str, int], folder: str, language: Language
) -> dict[str, Any]:
    return {
        "level": "error",
        "associatedRule": {"id": result["control"], "index": order[result["control"]]},
        "message": {"text": f"{result['environment']}: {finding['says'][language]}"},
        "locations": [_location(finding, folder)],
    }


def _location(finding: dict[str, Any], folder: str) -> dict[str, Any]:
    place: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": f"{folder}/dossier.yml", "uriBaseId": "SRCROOT"},
            "region": {"startLine": finding["line"], "startColumn": finding["column"]},
        }
    }
    if finding["at"]:
        place["logicalLocations"] = [{"fullyQualifiedName": finding["at"], "kind": "member"}]
    return place
