"""What ``lz check``, ``lz gate``, ``lz explain`` and ``lz trace`` print."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from lopendezaken.errors import LzError
from lopendezaken.policy.assess import Assessment
from lopendezaken.policy.control import HEADINGS, Control
from lopendezaken.policy.gate import Decision
from lopendezaken.policy.outcomes import Outcome
from lopendezaken.policy.phases import Verdict, verdicts
from lopendezaken.policy.requirements import Requirement, Requirements, Standing, standing
from lopendezaken.policy.results import why
from lopendezaken.policy.run import Result, fresh_until
from lopendezaken.policy.words import Words


def check_lines(
    assessment: Assessment, results: tuple[Result, ...], total: Outcome, words: Words
) -> Iterator[str]:
    """Tell the outcome of each control, and of those that do not pass also what was found and where."""
    who = assessment.dossier.organisation
    yield words.label("check_head", name=who.name, number=who.number, day=assessment.day)
    for result in results:
        outcome, title = words.outcome(result.outcome), _title(result.control, words)
        yield f"  {outcome:{_width(words)}}  {result.control.id}  {result.environment:7}  {title}"
        for finding in result.findings:
            if finding.waiver or not finding.outcome.passes:
                where = assessment.dossier.where(finding.at)
                own = f"{finding.waiver}, {words.outcome(finding.own)}: " if finding.own else ""
                yield f"      {own}{words.finding(result.control, finding)} [{where}]"
    for each in assessment.waivers:
        soon = (
            words.label("waiver_ends", days=each.days_left(assessment.day))
            if each.ends_soon(assessment.day)
            else ""
        )
        told = ", ".join(part for part in (words.list.waivers[each.state.value], each.problem, soon) if part)
        yield f"  {each.id}: {words.label('waiver_state')}: {told}"
    yield words.label("check_tail", count=len(results), outcome=words.outcome(total))


def gate_lines(assessment: Assessment, decision: Decision, is_open: bool, words: Words) -> Iterator[str]:
    """Tell whether the gate is open, and name every criterion that keeps it closed."""
    yield words.label(
        "gate_open" if is_open else "gate_closed",
        stage=decision.stage.id,
        title=decision.stage.title.in_(words.language),
        name=assessment.dossier.organisation.name,
        day=assessment.day,
        count=len(decision.unmet),
        total=len(decision.verdicts),
    )
    for verdict in decision.unmet:
        yield from _verdict_lines(verdict, words)
    if not decision.open:
        yield words.label("gate_more")


def _verdict_lines(verdict: Verdict, words: Words) -> Iterator[str]:
    criterion = verdict.criterion
    outcome = words.outcome(verdict.outcome)
    yield f"  {criterion.id:6} {outcome:{_width(words)}}  {criterion.text.in_(words.language)}"
    for reason in why(verdict, words):
        yield f"      {reason}"


def explain_lines(
    assessment: Assessment, requirements: Requirements, key: str, words: Words
) -> Iterator[str]:
    """Tell all about a control or a requirement. Raises :class:`LzError` when there is none with this id."""
    control = next((each for each in assessment.controls if each.id == key), None)
    if control:
        yield from _explain_control(assessment, control, words)
        return
    found = _requirement(requirements, key, assessment)
    yield from _requirement_lines(found.requirement, requirements, words)
    criteria = [each for each in assessment.phases.criteria if each.id == key]
    for verdict in verdicts(criteria, assessment.results, assessment.dossier.organisation.kind):
        phase = next(each.id for each in assessment.phases.phases if verdict.criterion in each.criteria)
        yield words.label("criterion", phase=phase, environment=verdict.criterion.environment)
        yield f"{words.outcome(verdict.outcome)}: {'; '.join(why(verdict, words)) or '-'}"
    for name in found.requirement.controls:
        yield f"{words.label('covered')}: {name} {_title(_named(assessment, name), words)}"


def trace_lines(assessment: Assessment, requirements: Requirements, key: str, words: Words) -> Iterator[str]:
    """Tell the way from a requirement to its verdict: controls, findings and the evidence they rest on.

    Raises :class:`LzError` when there is no such requirement.
    """
    found = _requirement(requirements, key, assessment)
    yield from _requirement_lines(found.requirement, requirements, words)
    for result in found.results:
        control, outcome = result.control, words.outcome(result.outcome)
        yield f"  {control.id}  {result.environment:7}  {outcome:{_width(words)}}  {_title(control, words)}"
        for finding in result.findings:
            where = assessment.dossier.where(finding.at)
            yield f"      {words.finding(control, finding)} [{where}]"
            for each in finding.evidence:
                yield f"        evidence/{each.path}"
                yield "        " + words.label(
                    "trace_evidence",
                    sha256=each.sha256,
                    collected=each.collected.date(),
                    until=fresh_until(each, control.facts.max_age_days),
                )
    outcome = words.outcome(found.outcome) if found.outcome else "-"
    name = assessment.dossier.organisation.name
    yield words.label("trace_tail", name=name, day=assessment.day, outcome=outcome)


def _requirement(requirements: Requirements, key: str, assessment: Assessment) -> Standing:
    if key not in requirements.all:
        kinds = "a control like LZ-2.04 or a requirement: A-01 to A-16, P1-01 … P4-29, L-01 …, X-01 …"
        near = difflib.get_close_matches(key, requirements.all, n=3)
        remedy = f"Did you mean {' or '.join(near)}?" if near else None
        raise LzError("nothing has this id", found=key, expected=kinds, remedy=remedy)
    return standing(requirements.all[key], assessment.results, assessment.dossier.organisation.kind)


def _requirement_lines(requirement: Requirement, requirements: Requirements, words: Words) -> Iterator[str]:
    yield f"{requirement.id}  {requirement.text.in_(words.language)}"
    yield words.label("requirement", source=requirement.source)
    coverage = words.list.coverage[requirement.coverage]
    reason = requirements.reasons[requirement.why].in_(words.language) if requirement.why else ""
    yield f"{words.label('coverage')}: {coverage}{'. ' if reason else ''}{reason}"


def _explain_control(assessment: Assessment, control: Control, words: Words) -> Iterator[str]:
    facts, text = control.facts, control.words[words.language]
    none = words.label("none")
    gate = words.label("gate_yes" if facts.gate else "gate_no")
    waivable = words.label("waivable_yes" if facts.waivable else "waivable_no")
    yield f"{control.id}  {text.title}"
    yield f"{words.label('phase')}: {facts.phase} ({', '.join(facts.applies.environments)})"
    yield f"{words.label('severity')}: {words.list.severities[facts.severity]}"
    yield f"{words.label('method')}: {words.list.methods[facts.method]}"
    yield f"{words.label('gate')}: {gate}, {waivable}"
    yield f"{words.label('requirements')}: {', '.join(facts.requirements)}"
    yield f"{words.label('references')}: {', '.join(facts.references) or none}"
    age = f" ({words.label('max_age', days=facts.max_age_days)})" if facts.evidence else ""
    yield f"{words.label('kinds')}: {', '.join(facts.evidence) or none}{age}"
    parts = (text.requirement, text.why, text.how, text.repair)
    for heading, part in zip(HEADINGS[words.language], parts, strict=True):
        yield f"\n{heading}\n{part}"
    yield f"\n{words.label('now', name=assessment.dossier.organisation.name, day=assessment.day)}"
    for result in assessment.results:
        if result.control.id == control.id:
            for finding in result.findings:
                outcome = words.outcome(finding.outcome)
                yield f"  {result.environment:8} {outcome}: {words.finding(control, finding)}"
                yield from (f"           evidence/{each.path}" for each in finding.evidence)


def _named(assessment: Assessment, key: str) -> Control:
    return next(each for each in assessment.controls if each.id == key)


def _title(control: Control, words: Words) -> str:
    return control.words[words.language].title


def _width(words: Words) -> int:
    return max(len(text) for text in words.list.outcomes.values())
