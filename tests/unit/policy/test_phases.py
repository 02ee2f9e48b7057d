"""Phases and the gate: a phase needs those before it, and nothing unproven opens anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.policy import phases
from lopendezaken.policy.assess import Assessment, assess
from lopendezaken.policy.gate import decide
from lopendezaken.policy.outcomes import Outcome
from tests.unit.policies.example import ROOT
from tests.unit.policy.test_run import DAY
from tests.unit.policy.world import World

CRITERION = """
      - id: {id}
        source: "1"
        environment: preprod
        text: {{nl: ja, en: yes}}
        {cover}
"""
FILE = """
phases:
  - id: 1
    title: {nl: een, en: one}
    criteria:
CRITERIA1
  - id: 2
    title: {nl: twee, en: two}
    criteria:
CRITERIA2
stages:
  - {id: first, title: {nl: een, en: one}, phases: [1]}
  - {id: both, title: {nl: twee, en: two}, phases: [1, 2]}
looking: {id: verify, title: {nl: kijken, en: looking}, phases: [1]}
"""
OIN = "controls: [LZ-1.01]"
PING = "controls: [LZ-2.04]"


def written(folder: Path, first: str = OIN, second: str = PING) -> Path:
    path = folder / "phases.yml"
    text = FILE.replace("CRITERIA1", CRITERION.format(id="A-1", cover=first))
    path.write_text(text.replace("CRITERIA2", CRITERION.format(id="A-2", cover=second)))
    return path


def on(world: World, path: Path) -> tuple[phases.Phases, Assessment]:
    world.sign()
    assessment = assess(world.folder, DAY, ROOT / "policies")
    return phases.load(path, assessment.controls), assessment


def test_a_phase_needs_those_before_it(world: World, tmp_path: Path) -> None:
    world.build()
    world.ping()
    known, assessment = on(world, written(tmp_path, PING, OIN))
    assert phases.phase_outcomes(known, assessment.results, "government") == {1: Outcome.MET, 2: Outcome.MET}
    world.ping("preprod", "mijnoverheid")
    known, assessment = on(world, written(tmp_path, PING, OIN))
    outcomes = phases.phase_outcomes(known, assessment.results, "government")
    assert outcomes == {1: Outcome.NOT_MET, 2: Outcome.NOT_MET}


def test_the_gate_opens_when_all_is_met_and_names_what_is_not(world: World, tmp_path: Path) -> None:
    known, assessment = on(world, written(tmp_path))
    assert [each.criterion.id for each in decide(known, "both", assessment.results, "government").unmet] == [
        "A-1",
        "A-2",
    ]
    world.build()
    known, assessment = on(world, written(tmp_path))
    assert decide(known, "first", assessment.results, "government").open
    assert [each.criterion.id for each in decide(known, "both", assessment.results, "government").unmet] == [
        "A-2"
    ]
    world.ping()
    known, assessment = on(world, written(tmp_path))
    assert decide(known, "both", assessment.results, "government").open


def test_a_criterion_without_control_keeps_the_gate_closed(world: World, tmp_path: Path) -> None:
    world.build()
    known, assessment = on(world, written(tmp_path, "reason: {nl: nog niet, en: not yet}"))
    decision = decide(known, "first", assessment.results, "government")
    assert not decision.open
    assert decision.unmet[0].outcome is Outcome.UNKNOWN


def test_a_result_that_is_missing_keeps_the_gate_closed(world: World, tmp_path: Path) -> None:
    world.build()
    known, _ = on(world, written(tmp_path))
    assert not decide(known, "first", (), "government").open


def test_a_criterion_for_others_does_not_count(world: World, tmp_path: Path) -> None:
    cover = "organisations: [supplier]\n        controls: [LZ-1.01]"
    known, assessment = on(world, written(tmp_path, cover))
    decision = decide(known, "first", assessment.results, "government")
    assert decision.verdicts[0].outcome is Outcome.NOT_APPLICABLE
    assert not decide(known, "first", assessment.results, "supplier").open


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("controls: [LZ-9.99]", r"no such control: found LZ-9.99"),
        ("controls: [LZ-4.01]", r"no such control: found LZ-4.01, expected a control for preprod"),
        ("controls: []", r"A-1 needs controls, or the reason why there are none"),
        ("reason: {nl: x, en: x}\n        controls: [LZ-1.01]", r"A-1 needs controls, or the reason"),
        ("controls: [LZ-1.01]\n        gate: true", r"unknown key"),
    ],
)
def test_a_mistake_in_the_file_is_told(world: World, tmp_path: Path, first: str, words: str) -> None:
    path = written(tmp_path, first)
    with pytest.raises(LzError, match=words):
        on(world, path)


def test_an_unknown_stage_is_told(world: World, tmp_path: Path) -> None:
    known, assessment = on(world, written(tmp_path))
    with pytest.raises(
        LzError, match="no such stage of production: found third, expected one of first, both"
    ):
        decide(known, "third", assessment.results, "government")


def test_evidence_of_another_organisation_proves_nothing(world: World, tmp_path: Path) -> None:
    world.build()
    world.ping()
    world.sign()
    world.change("slug: voorbeeldstad", "slug: anderstad")
    known, assessment = on(world, written(tmp_path))
    assert not decide(known, "first", assessment.results, "government").open
    assert {each.code for each in assessment.integrity.evidence} == {"foreign"}
    assert assessment.evidence.items == ()
