"""The facts of ``lz status`` as plain data, from dossier, network plan, evidence and policies alone."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from lopendezaken.dossier.network import NetworkPlan
from lopendezaken.dossier.problems import shown
from lopendezaken.dossier.schema import Partner
from lopendezaken.evidence.store import Evidence
from lopendezaken.policy.api import certificates
from lopendezaken.policy.assess import Assessment
from lopendezaken.policy.gate import Decision
from lopendezaken.policy.results import why
from lopendezaken.policy.words import Words
from lopendezaken.report import progress

OUR_ROLES = ("adapter", "proxy")


def summarise(
    assessment: Assessment, plan: NetworkPlan, environment: str, stage: str, words: Words
) -> dict[str, Any]:
    """Give the state of one environment and of the gate. What there is no evidence of is ``None``."""
    organisation = assessment.dossier.organisation
    return {
        "organisation": {"name": organisation.name, "number": organisation.number},
        "service": assessment.dossier.service.name,
        "environment": environment,
        "date": assessment.day.isoformat(),
        "hosts": _hosts(assessment, plan, environment),
        "certificate": _certificate(assessment, environment),
        "partners": [
            _partner(assessment, environment, key, partner)
            for key, partner in _partners(assessment, environment).items()
        ],
        "evidence": _evidence(assessment),
        "phases": progress.phases(assessment),
        "next": progress.next_thing(assessment, words),
        "planning": progress.planning(assessment, words),
        "waiting": progress.waiting(assessment),
        "days": progress.days_left(assessment),
        "checks": _checks(assessment, environment, words),
        "gate": _gate(assessment.gate(stage), words),
    }


def _partners(assessment: Assessment, environment: str) -> dict[str, Partner]:
    found = {str(name): each for name, each in assessment.dossier.environments.items()}.get(environment)
    return {str(key): partner for key, partner in found.partners.items()} if found else {}


def _hosts(assessment: Assessment, plan: NetworkPlan, environment: str) -> list[dict[str, Any]]:
    seen = {each.host: each for each in assessment.evidence.of("host-facts", environment)}
    return [
        {
            "name": system.name,
            "addresses": [
                {"address": str(each.address), "direction": each.direction, "purpose": each.purpose}
                for each in system.addresses
                if each.address
            ],
            "facts": dict(seen[system.name].raw) if system.name in seen else None,
            "seen": _moment(seen.get(system.name)),
        }
        for system in plan.systems
        if system.environment == environment and system.role in OUR_ROLES
    ]


def _certificate(assessment: Assessment, environment: str) -> dict[str, Any] | None:
    evidence = assessment.evidence.latest("certificate-chain", environment, role="own")
    if evidence is None:
        return None
    leaf = certificates(evidence.raw["pem"])[0]
    return {
        "number": leaf.oin or leaf.subject_serial_number,
        "names": list(leaf.dns_names),
        "until": leaf.not_after.date().isoformat(),
        "sha256": leaf.sha256,
        "seen": _moment(evidence),
    }


def _partner(assessment: Assessment, environment: str, key: str, partner: Partner) -> dict[str, Any]:
    evidence = assessment.evidence
    here = evidence.latest("cpa-loaded", environment, key, side="here", cpa_id=partner.cpa.id)
    there = evidence.latest("cpa-loaded", environment, key, side="partner", cpa_id=partner.cpa.id)
    return {
        "key": key,
        "name": partner.name,
        "number": partner.oin,
        "endpoint": partner.endpoint,
        "cpa": {"id": partner.cpa.id, "loaded_here": _loaded(here), "loaded_there": _loaded(there)},
        "ping": _ping(evidence.latest("ebms-ping", environment, key)),
    }


def _loaded(evidence: Evidence | None) -> str | None:
    """Give when it was seen to be loaded; an adapter that was asked and has none did not load it."""
    absent = evidence is not None and evidence.raw["source"] == "rest" and evidence.raw["digest"] is None
    return None if absent else _moment(evidence)


def _ping(evidence: Evidence | None) -> dict[str, Any] | None:
    if evidence is None:
        return None
    raw = evidence.raw
    return {
        "outcome": raw["outcome"],
        "at": _moment(evidence),
        "ms": raw["ms"],
        "ping": raw["ping"]["messageId"] if raw["ping"] else None,
        "pong": raw["pong"]["messageId"] if raw["pong"] else None,
        "diagnosis": raw["diagnosis"],
        "file": evidence.path,
    }


def _evidence(assessment: Assessment) -> dict[str, Any]:
    items = assessment.evidence.items
    folder: Path = assessment.dossier.folder / "evidence"
    newest = max(items, key=lambda each: each.collected, default=None)
    return {
        "folder": shown(folder),
        "count": len(items),
        "newest": _moment(newest),
        "flaws": len(assessment.integrity.evidence),
    }


def _checks(assessment: Assessment, environment: str, words: Words) -> dict[str, Any]:
    results = [result for result in assessment.results if result.environment == environment]
    return {
        "counts": dict(Counter(result.outcome.value for result in results)),
        "results": [
            {
                "control": result.control.id,
                "title": result.control.words[words.language].title,
                "outcome": result.outcome.value,
            }
            for result in results
        ],
    }


def _gate(decision: Decision, words: Words) -> dict[str, Any]:
    return {
        "stage": decision.stage.id,
        "open": decision.open,
        "total": len(decision.verdicts),
        "unmet": [
            {
                "id": verdict.criterion.id,
                "text": verdict.criterion.text.in_(words.language),
                "outcome": verdict.outcome.value,
                "covered": bool(verdict.criterion.controls),
                "why": list(why(verdict, words)),
            }
            for verdict in decision.unmet
        ],
    }


def _moment(evidence: Evidence | None) -> str | None:
    return _text(evidence.collected) if evidence else None


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
