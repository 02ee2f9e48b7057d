"""Run controls over one organisation and give their results. Pure, like the checks themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from lopendezaken.dossier.network import NetworkPlan
from lopendezaken.dossier.schema import Dossier
from lopendezaken.evidence.integrity import Integrity
from lopendezaken.evidence.store import Evidence, EvidenceSet
from lopendezaken.policy.api import Case, Finding, NotInDossierError, not_applicable, unknown
from lopendezaken.policy.control import Control
from lopendezaken.policy.outcomes import Outcome, worst

# Codes of findings that do not come from a check; their sentences stand in policies/data/words.*.yml.
OTHER_ORGANISATION = "other-organisation"
NOT_IN_DOSSIER = "not-in-dossier"
CHECK_FAILED = "check-failed"
NOTHING_FOUND = "nothing-found"
NOT_COUNTED = "not-counted"


FEW = 2


@dataclass(frozen=True)
class Result:
    """What a control found in one environment; the worst finding decides."""

    control: Control
    environment: str
    findings: tuple[Finding, ...]

    @cached_property
    def outcome(self) -> Outcome:
        """The outcome of the control here."""
        return worst(finding.outcome for finding in self.findings)


def run(
    controls: Iterable[Control],
    dossier: Dossier,
    evidence: EvidenceSet,
    day: date,
    environments: Iterable[str],
    network: NetworkPlan | None = None,
    integrity: Integrity | None = None,
) -> tuple[Result, ...]:
    """Run every control in every environment that it applies to; what came after ``day`` is not seen.

    ``evidence`` is what counts; a control that looks where ``integrity`` has a flaw finds that too.
    """
    known, integrity = evidence.until(day), integrity or Integrity()
    asked = list(environments)
    return tuple(
        Result(
            control,
            environment,
            _findings(
                control, Case(dossier, known.view(), day, environment, network, control.data, integrity)
            ),
        )
        for control in controls
        for environment in control.facts.applies.environments
        if environment in asked
    )


def _findings(control: Control, case: Case) -> tuple[Finding, ...]:
    at = case.at()
    if case.dossier.organisation.kind not in control.facts.applies.organisations:
        return (
            not_applicable(OTHER_ORGANISATION, ("organisation", "kind"), kind=case.dossier.organisation.kind),
        )
    try:
        found = tuple(_aged(finding, control, case.day) for finding in control.check(case))
        found += tuple(_not_counted(case))
    except NotInDossierError:
        return (unknown(NOT_IN_DOSSIER, ("environments",), environment=case.environment),)
    except Exception as error:  # evidence that a check cannot read, or a mistake in it, is no verdict
        reason = str(error) or type(error).__name__
        return (Finding(Outcome.ERROR, CHECK_FAILED, at, (), {"reason": reason}),)
    return found or (Finding(Outcome.ERROR, NOTHING_FOUND, at, ()),)


def _not_counted(case: Case) -> Iterator[Finding]:
    """Find that there is evidence where the check looked which does not count: nobody knows what it hides."""
    hidden = [
        each for each in case.integrity.evidence if any(each.touches(*asked) for asked in case.evidence.asked)
    ]
    if hidden:
        outcome = Outcome.NOT_MET if any(each.altered for each in hidden) else Outcome.UNKNOWN
        few = ", ".join(each.path for each in hidden[:FEW])
        more = ", …" if len(hidden) > FEW else ""
        yield Finding(outcome, NOT_COUNTED, case.at(), (), {"count": str(len(hidden)), "files": few + more})


def _aged(finding: Finding, control: Control, day: date) -> Finding:
    """Turn ``met`` into ``stale`` when it rests on evidence that is too old."""
    old = [each for each in finding.evidence if day > fresh_until(each, control.facts.max_age_days)]
    if finding.outcome is not Outcome.MET or not old:
        return finding
    return replace(finding, outcome=Outcome.STALE)


def fresh_until(evidence: Evidence, max_age_days: int) -> date:
    """Give the last day on which evidence counts: by its own expiry or by what the control asks."""
    return min(evidence.expires.date(), evidence.collected.date() + timedelta(days=max_age_days))
