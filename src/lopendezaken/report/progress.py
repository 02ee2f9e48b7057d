"""How far an organisation is: progress by phase, the next thing to do, who is waited for, and the days left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from lopendezaken.documents.planning_data import lead_times
from lopendezaken.documents.planning_schedule import schedule
from lopendezaken.policy.api import after_working_days, certificates
from lopendezaken.policy.assess import Assessment
from lopendezaken.policy.phases import verdicts
from lopendezaken.policy.results import why
from lopendezaken.policy.run import fresh_until
from lopendezaken.policy.words import Words

ANSWER_DAYS = 5  # working days in which Logius gives its data after registration (P2-10)


def phases(assessment: Assessment) -> list[dict[str, Any]]:
    """Give each phase with its outcome, and how many of its criteria pass."""
    kind, outcomes = assessment.dossier.organisation.kind, assessment.phase_outcomes()
    found = []
    for phase in assessment.phases.phases:
        own = verdicts(phase.criteria, assessment.results, kind)
        passing = sum(verdict.outcome.passes for verdict in own)
        found.append(
            {"id": phase.id, "outcome": outcomes[phase.id].value, "passing": passing, "total": len(own)}
        )
    return found


def next_thing(assessment: Assessment, words: Words) -> dict[str, Any] | None:
    """Give the first criterion of the guide that does not pass, and the control to look at."""
    kind = assessment.dossier.organisation.kind
    for verdict in verdicts(assessment.phases.criteria, assessment.results, kind):
        if not verdict.outcome.passes:
            control = next((each.control.id for each in verdict.results if not each.outcome.passes), None)
            return {
                "criterion": verdict.criterion.id,
                "text": verdict.criterion.text.in_(words.language),
                "control": control,
                "why": next(iter(why(verdict, words)), None),
            }
    return None


def waiting(assessment: Assessment) -> list[dict[str, Any]]:
    """Give what others have to do now: ``what``, ``who``, ``since`` and, where it is agreed, ``until``."""
    found = (*_certificates(assessment), *_logius(assessment), *_loading(assessment))
    day = assessment.day
    return [
        {
            "what": what,
            "who": who,
            "since": since.isoformat(),
            "until": until.isoformat() if until else None,
            "days": (until - day).days if until else None,
        }
        for what, who, since, until in found
        if since <= day
    ]


Wait = tuple[str, str, date, date | None]


def _certificates(assessment: Assessment) -> Iterator[Wait]:
    for name, here in assessment.dossier.environments.items():
        asked = here.certificate
        if asked.requested_on and not asked.received_on:
            yield "certificate", name, asked.requested_on, asked.needed_on


def _logius(assessment: Assessment) -> Iterator[Wait]:
    dossier = assessment.dossier
    form, test = dossier.form, dossier.chain_test
    if form and form.processed_on is None:
        yield "form", "Logius", form.sent_on, None
    elif form and form.processed_on and form.data_received_on is None:
        yield "data", "Logius", form.processed_on, after_working_days(form.processed_on, ANSWER_DAYS)
    if test and test.reports:
        sent = max(report.sent_on for report in test.reports)
        answers = assessment.evidence.of("chain-test-approval", "preprod")
        if not any(answer.raw["dated"] >= sent.isoformat() for answer in answers):
            yield "report", "Logius", sent, None


def _loading(assessment: Assessment) -> Iterator[Wait]:
    for name, here in assessment.dossier.environments.items():
        for key, partner in here.partners.items():
            seen = assessment.evidence.latest("cpa-loaded", name, key, side="partner", cpa_id=partner.cpa.id)
            if partner.cpa.sent and seen is None:
                yield "cpa", partner.name, partner.cpa.sent.on, None


def planning(assessment: Assessment, words: Words) -> dict[str, Any]:
    """Give the earliest day on which all is done, the wish, and whose turn it is now, what decides first."""
    found = lead_times(assessment.policies.folder)
    made = schedule(found, assessment.dossier, assessment.evidence, assessment.day)
    return {
        "start": made.start.isoformat(),
        "live": made.live.isoformat(),
        "days": (made.live - assessment.day).days,
        "wish": made.wish.isoformat() if made.wish else None,
        "late": made.too_late,
        "done": made.done,
        "now": [
            {
                "step": each.step.id,
                "title": each.step.title.in_(words.language),
                "who": each.actor,
                "ask": each.step.who if each.actor != each.step.who else None,
                "waiting": list(made.waiting(each)),
                "decides": each.decides,
                "until": each.span.end.isoformat(),
                "days": (each.span.end - assessment.day).days,
                "overdue": each.overdue,
            }
            for each in made.now
        ],
    }


def days_left(assessment: Assessment) -> list[dict[str, Any]]:
    """Give the days until something ends: ``what``, ``where``, ``until``, ``days``; the first one first."""
    found = [*_ends(assessment)]
    return [
        {"what": what, "where": where, "until": until.isoformat(), "days": (until - assessment.day).days}
        for until, what, where in sorted(found)
    ]


def _ends(assessment: Assessment) -> Iterator[tuple[date, str, str]]:
    for name in assessment.dossier.environments:
        own = assessment.evidence.latest("certificate-chain", name, role="own")
        if own:
            ends = (each.not_after.date() for each in certificates(own.raw["pem"]))
            yield min(ends), "certificate", name
        fresh = [
            fresh_until(evidence, result.control.facts.max_age_days)
            for result in assessment.results
            if result.environment == name and result.outcome.passes
            for finding in result.findings
            for evidence in finding.evidence
        ]
        if fresh:
            yield min(fresh), "evidence", name
    test = assessment.dossier.chain_test
    if test and test.period and test.period.end >= assessment.day:
        yield test.period.end, "chain-test", "preprod"
