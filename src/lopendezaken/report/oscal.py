"""OSCAL 1.2.1: a catalog from the policies, and assessment-results from results.json.

Identifiers are made from what they name (UUIDv5) and moments from the day of the check, so the same input
gives the same bytes. Each environment is a result of its own; in it, a control that does not apply is left
out, and everything but ``met`` is not satisfied, with our outcome beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from lopendezaken.policy.control import Control, Language
from lopendezaken.policy.outcomes import Outcome
from lopendezaken.policy.policies import Policies
from lopendezaken.policy.requirements import Requirement

VERSION = "1.2.1"
NS = "https://lopendezaken.example/oscal"
_NAMESPACE = uuid5(NAMESPACE_URL, NS).bytes
_VARIANTS = {f"{digit:x}": f"{digit & 0b0011 | 0b1000:x}" for digit in range(16)}
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
    writer = _Writer(results, language)
    metadata = _metadata(f"{who['name']} {date}", date, date, language)
    scheme = f"{NS}/number"
    metadata["parties"] = [
        {
            "uuid": writer.party,
            "type": "organization",
            "name": who["name"],
            "external-ids": [{"scheme": scheme, "id": who["number"]}],
        }
    ]
    environments = sorted({each["environment"] for each in results["results"]})
    return {
        "assessment-results": {
            "uuid": _uuid("assessment-results", who["number"], date, results["policies"], language),
            "metadata": metadata,
            "import-ap": {"href": f"#{_plan(results)}"},
            "results": [writer.environment(each) for each in environments],
            "back-matter": {"resources": writer.resources()},
        }
    }


class _Writer:
    """Writes the results of one organisation in one language."""

    def __init__(self, results: dict[str, Any], language: Language) -> None:
        self._results = results
        self._language = language
        self._number: str = results["organisation"]["number"]
        self._date: str = results["date"]
        self.party = _uuid("party", self._number)
        # What findings rest on; the dossier is not among the evidence.
        self._files = {
            path: _uuid("file", self._number, path) for path in ("dossier.yml", *results["evidence"])
        }

    def environment(self, name: str) -> Part:
        """Give what was found in one environment, a result of its own."""
        own = [
            _Judged(each, f"{self._number}/{self._date}/{name}/{each['control']}")
            for each in self._results["results"]
            if each["environment"] == name
        ]
        judged = [each for each in own if each.outcome is not Outcome.NOT_APPLICABLE]
        left_out = [each for each in own if each.outcome is Outcome.NOT_APPLICABLE]
        selection: Part = {"include-controls": _selected(judged or own)}
        if judged and left_out:
            selection["exclude-controls"] = _selected(left_out)
        found: Part = {
            "uuid": _uuid("result", self._number, self._date, name),
            "title": name,
            "description": f"{self._results['organisation']['name']}, {name}, {self._date}",
            "start": f"{self._date}T00:00:00Z",
            "end": f"{self._date}T23:59:59Z",
            "reviewed-controls": {"control-selections": [selection]},
            "observations": [each for result in own for each in self._observations(result)],
        }
        risks = [self._risk(each) for each in judged if each.outcome in _RISKS]
        if risks:
            found["risks"] = risks
        if judged:
            found["findings"] = [self._finding(each) for each in judged]
        return found

    def _observations(self, judged: _Judged) -> Iterator[Part]:
        for finding, uuid in zip(judged.result["findings"], judged.observations, strict=True):
            evidence = [self._results["evidence"][path] for path in finding["evidence"]]
            place = f"{self._results['folder']}/dossier.yml:{finding['line']}:{finding['column']}"
            collected = max((each["collected"] for each in evidence), default=f"{self._date}T00:00:00Z")
            expires = {"expires": min(each["expires"] for each in evidence)} if evidence else {}
            yield {
                "uuid": uuid,
                "title": f"{judged.result['control']} {finding['code']}",
                "description": finding["says"][self._language],
                "props": _props({"outcome": finding["outcome"], "code": finding["code"], "place": place}),
                "methods": [judged.result["method"].upper()],
                "types": ["control-objective"],
                "subjects": [{"subject-uuid": self.party, "type": "party"}],
                "collected": collected,
                **expires,
                "relevant-evidence": [
                    {"href": f"#{self._files[path]}", "description": path}
                    for path in ("dossier.yml", *finding["evidence"])
                ],
            }

    def _finding(self, judged: _Judged) -> Part:
        waived = {"waived": "true"} if judged.outcome is Outcome.WAIVED else {}
        found: Part = {
            "uuid": _uuid("finding", judged.key),
            "title": f"{judged.result['control']} {judged.result['title'][self._language]}",
            "description": judged.says(self._language),
            "props": _props({"outcome": judged.outcome.value, **waived}),
            "target": {
                "type": "objective-id",
                "target-id": f"{judged.result['control'].lower()}_obj",
                "status": {
                    "state": "satisfied" if judged.outcome is Outcome.MET else "not-satisfied",
                    "reason": _REASONS.get(judged.outcome, "other"),
                },
            },
            "related-observations": judged.related,
        }
        if judged.outcome in _RISKS:
            found["related-risks"] = [{"risk-uuid": _uuid("risk", judged.key)}]
        return found

    def _risk(self, judged: _Judged) -> Part:
        named = {each["waiver"] for each in judged.result["findings"] if each["waiver"]}
        waivers = {key: self._results["waivers"][key] for key in sorted(named)}
        says = judged.says(self._language)
        found: Part = {
            "uuid": _uuid("risk", judged.key),
            "title": f"{judged.result['control']} {judged.result['title'][self._language]}",
            "description": says,
            "statement": says,
            "props": _props({"severity": judged.result["severity"]}),
            "status": _RISKS[judged.outcome],
            "related-observations": judged.related,
        }
        if waivers:
            # The last day counts; the deadline is the first moment after it.
            first = min(date.fromisoformat(each["until"]) for each in waivers.values()) + timedelta(days=1)
            found["deadline"] = f"{first}T00:00:00Z"
            found["props"] += [{"name": "waiver", "ns": NS, "value": key} for key in waivers]
            found["statement"] = " ".join(f"{key}: {each['reason']}" for key, each in waivers.items())
        return found

    def resources(self) -> list[Part]:
        """Give what the results rest on: policies, dossier and every file of evidence that they name."""
        results = self._results
        title = "policies/"
        plan: Part = {
            "uuid": _plan(results),
            "title": title,
            "props": _props({"sha256": results["policies"]}),
        }
        named = {
            path
            for each in results["results"]
            for finding in each["findings"]
            for path in finding["evidence"]
        }
        files = {path: results["evidence"][path]["file"] for path in named}
        files = {f"evidence/{path}": digest for path, digest in files.items()} | results["files"]
        return [plan, *(self._file(path, files[path]) for path in sorted(files))]

    def _file(self, path: str, digest: str) -> Part:
        href = f"{self._results['folder']}/{path}"
        link = {"href": href, "hashes": [{"algorithm": "SHA-256", "value": digest}]}
        uuid = _uuid("file", self._number, path.removeprefix("evidence/"))
        return {"uuid": uuid, "title": path, "rlinks": [link]}


class _Judged:
    """A control in one environment; ``key`` is what its identifiers are made from."""

    def __init__(self, result: dict[str, Any], key: str) -> None:
        self.result = result
        self.key = key
        self.outcome = Outcome(result["outcome"])
        self.observations = [
            _uuid("observation", key, str(index)) for index in range(len(result["findings"]))
        ]
        self.related = [{"observation-uuid": each} for each in self.observations]

    def says(self, language: Language) -> str:
        """Give what decided, in words."""
        deciding = (each for each in self.result["findings"] if each["outcome"] == self.outcome)
        return " ".join(each["says"][language] for each in deciding)


def _selected(judged: Iterable[_Judged]) -> list[Part]:
    return [{"control-id": each.result["control"].lower()} for each in judged]


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


def _uuid(*parts: str) -> str:
    """Give the UUIDv5 of a name in our namespace (RFC 9562), as :func:`uuid.uuid5` does but four times as fast."""
    text = hashlib.sha1(_NAMESPACE + "/".join(parts).encode()).hexdigest()  # noqa: S324
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANTS[text[16]]}{text[17:20]}-{text[20:32]}"
