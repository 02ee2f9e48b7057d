"""OSCAL 1.2.1: a catalog from the policies, and assessment-results from results.json.

Identifiers are made from what they name (UUIDv5) and moments from the day of the check, so the same input
gives the same bytes. Each environment is a result of its own; in it, a control that does not apply is left
out, and everything but ``met`` is not satisfied, with our outcome beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from lopendezaken.policy.control import Control, Language
from lopendezaken.policy.outcomes import Outcome
from lopendezaken.policy.policies import Policies
from lopendezaken.policy.requirements import Requirement

VERSION = "1.2.1"
NS = "https://lopendezaken.example/oscal"
_NAMESPACE = uuid5(NAMESPACE_URL, NS).bytes
_RMF = "http://csrc.nist.gov/ns/rmf"
_REASONS = {Outcome.MET: "pass", Outcome.NOT_MET: "fail"}
_RISKS = {Outcome.NOT_MET: "open", Outcome.WAIVED: "deviation-approved"}

Part = dict[str, Any]


def catalog(policies: Policies, language: Language, date: str) -> Part:
    """Give all controls by phase and all requirements of the guide; they link to each other."""
    groups: list[Part] = [
        {
            "id": f"phase-{phase.id}",
            "class": "phase",
            "title": phase.title.in_(language),
            "controls": [
                _control(each, language) for each in policies.controls if each.facts.phase == phase.id
            ],
        }
        for phase in policies.phases.phases
    ]
    requirements = [_requirement(each, language) for each in policies.requirements.all.values()]
    title = policies.words[language].label("report_requirements")
    groups.append({"id": "requirements", "class": "guide", "title": title, "controls": requirements})
    return {
        "catalog": {
            "uuid": _uuid("catalog", policies.digest, language),
            "metadata": _metadata(
                policies.words[language].label("report_catalog"), policies.digest, date, language
            ),
            "groups": [group for group in groups if group["controls"]],
        }
    }


def _control(control: Control, language: Language) -> Part:
    facts, words, key = control.facts, control.words[language], control.id.lower()
    props = {"label": control.id, "severity": facts.severity, "waivable": _yes(facts.waivable)}
    method = {"name": "method", "ns": _RMF, "value": facts.method.upper()}
    return {
        "id": key,
        "class": "control",
        "title": words.title,
        "props": _props(props),
        "links": [{"href": f"#{each.lower()}", "rel": "related"} for each in facts.requirements],
        "parts": [
            {"id": f"{key}_smt", "name": "statement", "prose": words.requirement},
            {"id": f"{key}_gdn", "name": "guidance", "prose": words.why},
            {
                "id": f"{key}_obj",
                "name": "assessment-objective",
                "prose": words.how,
                "parts": [{"id": f"{key}_mth", "name": "assessment-method", "props": [method]}],
            },
            {"id": f"{key}_rpr", "name": "repair", "ns": NS, "prose": words.repair},
        ],
    }


def _requirement(requirement: Requirement, language: Language) -> Part:
    key = requirement.id.lower()
    props = {"label": requirement.id, "coverage": requirement.coverage, "section": requirement.source}
    found: Part = {
        "id": key,
        "class": "requirement",
        "title": requirement.id,
        "props": _props(props),
        "parts": [{"id": f"{key}_smt", "name": "statement", "prose": requirement.text.in_(language)}],
    }
    if requirement.controls:
        found["links"] = [{"href": f"#{each.lower()}", "rel": "related"} for each in requirement.controls]
    return found


def assessment_results(results: dict[str, Any], language: Language) -> Part:
    """Give the results with observations, findings, risks and the evidence that they rest on."""
    who, date = results["organisation"], results["date"]
    party = _uuid("party", who["number"])
    environments = sorted({each["environment"] for each in results["results"]})
    metadata = _metadata(f"{who['name']} {date}", date, date, language)
    scheme = f"{NS}/number"
    metadata["parties"] = [
        {
            "uuid": party,
            "type": "organization",
            "name": who["name"],
            "external-ids": [{"scheme": scheme, "id": who["number"]}],
        }
    ]
    return {
        "assessment-results": {
            "uuid": _uuid("assessment-results", who["number"], date, results["policies"], language),
            "metadata": metadata,
            "import-ap": {"href": f"#{_plan(results)}"},
            "results": [_environment(results, each, party, language) for each in environments],
            "back-matter": {"resources": _resources(results)},
        }
    }


def _environment(results: dict[str, Any], environment: str, party: str, language: Language) -> Part:
    own = [each for each in results["results"] if each["environment"] == environment]
    judged = [each for each in own if each["outcome"] != Outcome.NOT_APPLICABLE.value]
    left_out = [each for each in own if each["outcome"] == Outcome.NOT_APPLICABLE.value]
    selection: Part = {"include-controls": _selected(judged or own)}
    if judged and left_out:
        selection["exclude-controls"] = _selected(left_out)
    key = (results["organisation"]["number"], results["date"], environment)
    observations = [
        _observation(results, result, index, finding, party, language)
        for result in own
        for index, finding in enumerate(result["findings"])
    ]
    found: Part = {
        "uuid": _uuid("result", *key),
        "title": environment,
        "description": f"{results['organisation']['name']}, {environment}, {results['date']}",
        "start": f"{results['date']}T00:00:00Z",
        "end": f"{results['date']}T23:59:59Z",
        "reviewed-controls": {"control-selections": [selection]},
        "observations": observations,
    }
    risks = [_risk(results, each, language) for each in judged if Outcome(each["outcome"]) in _RISKS]
    if risks:
        found["risks"] = risks
    if judged:
        found["findings"] = [_finding(results, each, language) for each in judged]
    return found


def _selected(results: Iterable[dict[str, Any]]) -> list[Part]:
    return [{"control-id": each["control"].lower()} for each in results]


def _observation(
    results: dict[str, Any],
    result: dict[str, Any],
    index: int,
    finding: dict[str, Any],
    party: str,
    language: Language,
) -> Part:
    evidence = [results["evidence"][path] for path in finding["evidence"]]
    place = f"{results['folder']}/dossier.yml:{finding['line']}:{finding['column']}"
    found: Part = {
        "uuid": _observed(results, result, index),
        "title": f"{result['control']} {finding['code']}",
        "description": finding["says"][language],
        "props": _props({"outcome": finding["outcome"], "code": finding["code"], "place": place}),
        "methods": [result["method"].upper()],
        "types": ["control-objective"],
        "subjects": [{"subject-uuid": party, "type": "party"}],
        "collected": max((each["collected"] for each in evidence), default=f"{results['date']}T00:00:00Z"),
    }
    if evidence:
        found["expires"] = min(each["expires"] for each in evidence)
    found["relevant-evidence"] = [
        {"href": f"#{_resource(results, path)}", "description": path}
        for path in ("dossier.yml", *finding["evidence"])
    ]
    return found


def _finding(results: dict[str, Any], result: dict[str, Any], language: Language) -> Part:
    outcome, key = Outcome(result["outcome"]), result["control"].lower()
    state = "satisfied" if outcome is Outcome.MET else "not-satisfied"
    props = {"outcome": result["outcome"]} | ({"waived": "true"} if outcome is Outcome.WAIVED else {})
    found: Part = {
        "uuid": _uuid("finding", *_key(results, result)),
        "title": f"{result['control']} {result['title'][language]}",
        "description": _says(result, language),
        "props": _props(props),
        "target": {
            "type": "objective-id",
            "target-id": f"{key}_obj",
            "status": {"state": state, "reason": _REASONS.get(outcome, "other")},
        },
        "related-observations": _observations(results, result),
    }
    if outcome in _RISKS:
        found["related-risks"] = [{"risk-uuid": _uuid("risk", *_key(results, result))}]
    return found


def _risk(results: dict[str, Any], result: dict[str, Any], language: Language) -> Part:
    named = {each["waiver"] for each in result["findings"] if each["waiver"]}
    waivers = {key: results["waivers"][key] for key in sorted(named)}
    found: Part = {
        "uuid": _uuid("risk", *_key(results, result)),
        "title": f"{result['control']} {result['title'][language]}",
        "description": _says(result, language),
        "statement": _says(result, language),
        "props": _props({"severity": result["severity"]}),
        "status": _RISKS[Outcome(result["outcome"])],
        "related-observations": _observations(results, result),
    }
    if waivers:
        # The last day counts; the deadline is the first moment after it.
        first = min(date.fromisoformat(each["until"]) for each in waivers.values()) + timedelta(days=1)
        found["deadline"] = f"{first}T00:00:00Z"
        found["props"] += [{"name": "waiver", "ns": NS, "value": key} for key in waivers]
        found["statement"] = " ".join(f"{key}: {each['reason']}" for key, each in waivers.items())
    return found


def _says(result: dict[str, Any], language: Language) -> str:
    deciding = (each for each in result["findings"] if each["outcome"] == result["outcome"])
    return " ".join(each["says"][language] for each in deciding)


def _observations(results: dict[str, Any], result: dict[str, Any]) -> list[Part]:
    return [
        {"observation-uuid": _observed(results, result, index)} for index in range(len(result["findings"]))
    ]


def _resources(results: dict[str, Any]) -> list[Part]:
    """Give what the results rest on: policies, dossier and every file of evidence that they name."""
    title = "policies/"
    plan: Part = {"uuid": _plan(results), "title": title, "props": _props({"sha256": results["policies"]})}
    named = {
        path for each in results["results"] for finding in each["findings"] for path in finding["evidence"]
    }
    files = {path: results["evidence"][path]["file"] for path in named}
    files = {f"evidence/{path}": digest for path, digest in files.items()} | results["files"]
    return [plan, *(_file(results, path, files[path]) for path in sorted(files))]


def _file(results: dict[str, Any], path: str, digest: str) -> Part:
    link = {"href": f"{results['folder']}/{path}", "hashes": [{"algorithm": "SHA-256", "value": digest}]}
    return {"uuid": _resource(results, path.removeprefix("evidence/")), "title": path, "rlinks": [link]}


def _metadata(title: str, version: str, date: str, language: Language) -> Part:
    return {
        "title": title,
        "last-modified": f"{date}T00:00:00Z",
        "version": version,
        "oscal-version": VERSION,
        "props": _props({"language": language}),
    }


def _props(values: dict[str, str]) -> list[Part]:
    return [
        {"name": name, "value": value} | ({} if name == "label" else {"ns": NS})
        for name, value in values.items()
    ]


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _plan(results: dict[str, Any]) -> str:
    return _uuid("policies", results["policies"])


def _key(results: dict[str, Any], result: dict[str, Any]) -> tuple[str, ...]:
    return (
        results["organisation"]["number"],
        results["date"],
        result["environment"],
        result["control"],
    )


def _observed(results: dict[str, Any], result: dict[str, Any], index: int) -> str:
    return _uuid("observation", *_key(results, result), str(index))


def _resource(results: dict[str, Any], path: str) -> str:
    return _uuid("file", results["organisation"]["number"], path)


@lru_cache(maxsize=10_000)
def _uuid(*parts: str) -> str:
    """Give the UUIDv5 of a name in our namespace (RFC 9562), as :func:`uuid.uuid5` does but thrice as fast."""
    digest = bytearray(hashlib.sha1(_NAMESPACE + "/".join(parts).encode()).digest()[:16])  # noqa: S324
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
