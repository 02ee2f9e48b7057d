"""Results as plain data: one form that machines and all further reports are made from."""

from __future__ import annotations

from typing import Any

from lopendezaken.dossier.problems import dotted
from lopendezaken.evidence.store import Evidence
from lopendezaken.policy.api import Finding
from lopendezaken.policy.assess import Assessment
from lopendezaken.policy.gate import Decision
from lopendezaken.policy.outcomes import Outcome
from lopendezaken.policy.phases import Verdict
from lopendezaken.policy.run import Result
from lopendezaken.policy.words import Words


def of_check(
    assessment: Assessment, results: tuple[Result, ...], outcome: Outcome, words: Words
) -> dict[str, Any]:
    """Give what ``lz check`` found."""
    return {
        **_head(assessment),
        "outcome": outcome.value,
        "results": [_result(assessment, result, words) for result in results],
    }


def of_gate(assessment: Assessment, decision: Decision, words: Words) -> dict[str, Any]:
    """Give what ``lz gate`` decided."""
    return {
        **_head(assessment),
        "stage": decision.stage.id,
        "open": decision.open,
        "criteria": [_verdict(verdict, words) for verdict in decision.verdicts],
    }


def _head(assessment: Assessment) -> dict[str, Any]:
    organisation = assessment.dossier.organisation
    return {
        "organisation": {"name": organisation.name, "slug": organisation.slug, "number": organisation.number},
        "date": assessment.day.isoformat(),
    }


def _result(assessment: Assessment, result: Result, words: Words) -> dict[str, Any]:
    return {
        "control": result.control.id,
        "title": result.control.words[words.language].title,
        "phase": result.control.facts.phase,
        "environment": result.environment,
        "outcome": result.outcome.value,
        "findings": [_finding(assessment, result, finding, words) for finding in result.findings],
    }


def _finding(assessment: Assessment, result: Result, finding: Finding, words: Words) -> dict[str, Any]:
    line, column = assessment.dossier.position(finding.at)
    return {
        "outcome": finding.outcome.value,
        "code": finding.code,
        "says": words.finding(result.control, finding),
        "values": dict(finding.values),
        "at": dotted(finding.at),
        "line": line,
        "column": column,
        "evidence": [_evidence(each) for each in finding.evidence],
    }


def _evidence(evidence: Evidence) -> dict[str, str]:
    return {
        "path": evidence.path,
        "sha256": evidence.sha256,
        "collected": evidence.collected.isoformat(),
        "expires": evidence.expires.isoformat(),
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
