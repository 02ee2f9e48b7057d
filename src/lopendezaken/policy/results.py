"""Results as plain data (results.json): the one form that every report is made from.

It holds no clock, no path of this machine and no random part, so the same input gives the same bytes. Texts
for people stand in it in both languages; what a control asks and why stands in policies/, whose digest it has.

A waived finding names its ``waiver`` and keeps its ``own`` outcome. ``waivers`` holds every waiver of the
dossier by id: control, reason, risk, compensating, requested_by, approved_by, approved_on, from, until, state
(what became of it), days_left, signed_by. ``signed_by`` tells name, role, fingerprint and instant of who signed.
``evidence`` is what counts; what does not, the findings of LZ-1.21 name. ``trust`` tells which allowed_signers
was in force: that of policies/trust, or of an exercise.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from lopendezaken import __version__
from lopendezaken.dossier.problems import dotted
from lopendezaken.evidence.store import Evidence
from lopendezaken.evidence.trust import Signer
from lopendezaken.policy.api import Finding
from lopendezaken.policy.assess import Assessment
from lopendezaken.policy.control import Language
from lopendezaken.policy.gate import Decision
from lopendezaken.policy.outcomes import Outcome, worst
from lopendezaken.policy.phases import Phase, Phases, Stage, Verdict, verdicts
from lopendezaken.policy.run import Result
from lopendezaken.policy.waivers import Judged
from lopendezaken.policy.words import Words

FORMAT = "lopendezaken-results-1"
# Versions that decide on bytes or verdicts.
LIBRARIES = ("cryptography", "lxml", "pydantic")


def of_assessment(assessment: Assessment) -> dict[str, Any]:
    """Give results.json of everything; the controls that gate decide on the outcome."""
    outcome = worst(each.outcome for each in assessment.results if each.control.facts.gate)
    return of_check(assessment, assessment.results, outcome)


def of_check(assessment: Assessment, results: tuple[Result, ...], outcome: Outcome) -> dict[str, Any]:
    """Give results.json of these results; phases, stages and evidence are those of the whole."""
    words = assessment.policies.words
    outcomes = assessment.phase_outcomes()
    kind = assessment.dossier.organisation.kind
    judged = {
        verdict.criterion.id: verdict
        for verdict in verdicts(assessment.phases.criteria, assessment.results, kind)
    }
    told = {key: _criterion(verdict, words) for key, verdict in judged.items()}
    return {
        **_head(assessment),
        "outcome": outcome.value,
        "complete": len(results) == len(assessment.results),
        "phases": [_phase(phase, outcomes[phase.id], told) for phase in assessment.phases.phases],
        "stages": [_stage(assessment.phases, stage, judged) for stage in assessment.phases.stages],
        "results": [_result(assessment, result, words) for result in results],
        "waivers": {each.id: _waiver(each, assessment.day) for each in assessment.waivers},
        "evidence": {each.path: _evidence(assessment, each) for each in assessment.evidence.items},
    }


def of_gate(assessment: Assessment, decision: Decision, words: Words) -> dict[str, Any]:
    """Give what ``lz gate`` decided."""
    return {
        **_head(assessment),
        "stage": decision.stage.id,
        "open": decision.open,
        "criteria": [_verdict(verdict, words) for verdict in decision.verdicts],
    }


@cache
def tools() -> dict[str, str]:
    """Give the versions of this program, of Python, and of the libraries that verdicts rest on."""
    from importlib.metadata import version

    return {
        "lopendezaken": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def _head(assessment: Assessment) -> dict[str, Any]:
    organisation = assessment.dossier.organisation
    return {
        "format": FORMAT,
        "organisation": {
            "name": organisation.name,
            "slug": organisation.slug,
            "number": organisation.number,
            "kind": organisation.kind,
        },
        "date": assessment.day.isoformat(),
        "folder": _folder(assessment),
        "files": {name: _sha256(assessment.dossier.folder / name) for name in _read(assessment)},
        "signed_by": _signer(assessment.integrity.dossier_by),
        "policies": assessment.policies.digest,
        "trust": trust(assessment),
        "tools": tools(),
    }


def trust(assessment: Assessment) -> dict[str, Any]:
    """Tell which trust is in force: its folder, its files, and whether it is that of an exercise."""
    folder, own = assessment.trust.folder.resolve(), (assessment.policies.folder / "trust").resolve()
    exercise = folder != own
    base = assessment.organisation.resolve() if exercise else assessment.policies.folder.parent.resolve()
    return {
        "exercise": exercise,
        "folder": folder.relative_to(base).as_posix(),
        "files": assessment.trust.files,
    }


def _signer(signer: Signer | None) -> dict[str, str] | None:
    if signer is None:
        return None
    when = signer.when.isoformat()
    return {"name": signer.name, "role": signer.role, "fingerprint": signer.fingerprint, "when": when}


def _folder(assessment: Assessment) -> str:
    """Give the folder of the dossier: below the repository if it is there, else below the organisation."""
    found = assessment.dossier.folder.resolve()
    root = assessment.policies.folder.parent.resolve()
    base = root if found.is_relative_to(root) else assessment.organisation.resolve()
    return found.relative_to(base).as_posix()


def _read(assessment: Assessment) -> tuple[str, ...]:
    return ("dossier.yml", "network.yml") if assessment.network else ("dossier.yml",)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _phase(phase: Phase, outcome: Outcome, criteria: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": phase.id,
        "title": phase.title.model_dump(),
        "outcome": outcome.value,
        "criteria": [criteria[criterion.id] for criterion in phase.criteria],
    }


def _criterion(verdict: Verdict, words: Mapping[Language, Words]) -> dict[str, Any]:
    criterion = verdict.criterion
    return {
        "id": criterion.id,
        "source": criterion.source,
        "text": criterion.text.model_dump(),
        "environment": criterion.environment,
        "outcome": verdict.outcome.value,
        "controls": list(criterion.controls),
        "why": {language: list(why(verdict, each)) for language, each in words.items()},
    }


def _stage(phases: Phases, stage: Stage, judged: Mapping[str, Verdict]) -> dict[str, Any]:
    decision = Decision(stage, tuple(judged[criterion.id] for criterion in phases.needed_for(stage)))
    return {
        "id": decision.stage.id,
        "title": decision.stage.title.model_dump(),
        "open": decision.open,
        "criteria": [verdict.criterion.id for verdict in decision.verdicts],
        "unmet": [verdict.criterion.id for verdict in decision.unmet],
    }


def _result(assessment: Assessment, result: Result, words: Mapping[Language, Words]) -> dict[str, Any]:
    control = result.control
    return {
        "control": control.id,
        "title": control.titles,
        "phase": control.facts.phase,
        "severity": control.facts.severity,
        "method": control.facts.method,
        "gate": control.facts.gate,
        "environment": result.environment,
        "outcome": result.outcome.value,
        "findings": [_finding(assessment, result, finding, words) for finding in result.findings],
    }


def _finding(
    assessment: Assessment, result: Result, finding: Finding, words: Mapping[Language, Words]
) -> dict[str, Any]:
    line, column = assessment.dossier.position(finding.at)
    return {
        "outcome": finding.outcome.value,
        "own": (finding.own or finding.outcome).value,
        "waiver": finding.waiver,
        "code": finding.code,
        "says": {language: each.finding(result.control, finding) for language, each in words.items()},
        "values": dict(finding.values),
        "at": dotted(finding.at),
        "line": line,
        "column": column,
        "evidence": sorted({each.path for each in finding.evidence}),
    }


def _waiver(judged: Judged, day: date) -> dict[str, Any]:
    """Tell of one waiver; of one that cannot be read only that, its other texts being empty."""
    texts = (
        *("control", "reason", "risk", "compensating", "requested_by", "approved_by", "approved_on"),
        *("from", "until"),
    )
    told = judged.waiver.model_dump(mode="json", by_alias=True) if judged.waiver else {}
    return {
        **{key: told.get(key, "") for key in texts},
        "subject": told.get("subject"),
        "state": judged.state.value,
        "problem": judged.problem,
        "days_left": judged.days_left(day),
        "ends_soon": judged.ends_soon(day),
        "signed_by": _signer(judged.signer),
    }


def _evidence(assessment: Assessment, evidence: Evidence) -> dict[str, Any]:
    """Tell of one file of evidence; ``file`` is the SHA-256 of its bytes, for ``sha256sum``."""
    return {
        "kind": evidence.kind,
        "environment": evidence.environment,
        "host": evidence.host,
        "partner": evidence.partner,
        "collector": dict(evidence.collector),
        "collected": evidence.collected.isoformat(),
        "expires": evidence.expires.isoformat(),
        "sha256": evidence.sha256,
        "signed_by": _signer(assessment.integrity.signed_by.get(evidence.path)),
        "file": evidence.file,
    }


def _verdict(verdict: Verdict, words: Words) -> dict[str, Any]:
    return {
        "id": verdict.criterion.id,
        "text": verdict.criterion.text.in_(words.language),
        "outcome": verdict.outcome.value,
        "controls": list(verdict.criterion.controls),
        "why": list(why(verdict, words)),
    }


def why(verdict: Verdict, words: Words) -> tuple[str, ...]:
    """Tell what keeps a criterion from being met: findings, or that nothing covers it."""
    reason = verdict.criterion.reason
    if reason:
        return (reason.in_(words.language),)
    return tuple(
        f"{result.control.id} {words.finding(result.control, finding)}"
        for result in verdict.results
        for finding in result.findings
        if not finding.outcome.passes
    )
