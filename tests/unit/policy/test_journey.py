"""The example organisation at points of its journey: every verdict, in files that a person can read.

After a change that is meant: ``make golden``, and read the diff.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lopendezaken.policy.assess import Assessment, assess
from lopendezaken.policy.phases import verdicts
from tests.unit.policies.example import ROOT
from tests.unit.policy.test_run import DAY
from tests.unit.policy.world import World

GOLDEN = Path(__file__).parent / "golden"
STAGES = ("network", "connect", "limited-run", "live")


def half_prepared(world: World) -> None:
    """Phase 1 half done: nothing is built, and the registration is not there yet."""
    world.change("digikoppeling:\n  registered_on: 2026-10-05\n  document: received/digikoppeling.pdf\n", "")


def connected(world: World) -> None:
    """As `make preprod` leaves it."""
    world.build()
    world.ping()


def waiting(world: World) -> None:
    """People did their part; Logius has the report of the chain test."""
    connected(world)
    world.write_up()


def refused(world: World) -> None:
    """Logius asks for a retest."""
    waiting(world)
    world.approve("refused")


def approved(world: World) -> None:
    """And approves after it."""
    refused(world)
    world.approve()


def live(world: World) -> None:
    """In production, after the limited run."""
    approved(world)
    world.build("prod")
    world.ping("prod")
    world.write_up_production()


def supplier(world: World) -> None:
    """As connected, but the organisation is a supplier."""
    connected(world)
    world.change("kind: government", "kind: supplier")


POINTS: tuple[Callable[[World], None], ...] = (
    half_prepared,
    connected,
    waiting,
    refused,
    approved,
    live,
    supplier,
)


def told(point: Callable[[World], None], assessment: Assessment) -> str:
    kind = assessment.dossier.organisation.kind
    lines = [f"# {point.__doc__}", "", "phases"]
    lines += [f"  {phase}  {outcome.value}" for phase, outcome in assessment.phase_outcomes().items()]
    lines += ["", "stages of production"]
    for stage in STAGES:
        decision = assessment.gate(stage)
        unmet = ", ".join(verdict.criterion.id for verdict in decision.unmet)
        lines.append(f"  {stage:12} {'open' if decision.open else 'closed: ' + unmet}")
    lines += ["", "criteria"]
    for verdict in verdicts(assessment.phases.criteria, assessment.results, kind):
        lines.append(f"  {verdict.criterion.id:6} {verdict.outcome.value:15} {verdict.criterion.text.en}")
    lines += ["", "controls"]
    before = ""
    for result in assessment.results:
        if result.control.id != before:
            before = result.control.id
            lines.append(f"  {before}  {result.control.words['en'].title}")
        codes = ", ".join(dict.fromkeys(finding.code for finding in result.findings))
        lines.append(f"           {result.environment:8} {result.outcome.value:15} {codes}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("point", POINTS, ids=lambda point: str(point.__name__))
def test_every_verdict_is_the_golden_one(world: World, point: Callable[[World], None]) -> None:
    point(world)
    world.sign()
    found = told(point, assess(world.folder, DAY, ROOT / "policies"))
    path = GOLDEN / f"{point.__name__}.txt"
    if os.environ.get("LZ_WRITE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")
