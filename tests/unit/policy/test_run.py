"""Running: the worst finding decides, old evidence makes stale, and the day bounds what is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lopendezaken.errors import LzError
from lopendezaken.evidence import store
from lopendezaken.policy.api import Case, Finding, met, not_met, unknown
from lopendezaken.policy.control import Check, Control, load
from lopendezaken.policy.outcomes import Outcome, worst
from lopendezaken.policy.run import run
from tests.unit.policies.example import ROOT
from tests.unit.policy.world import World

CONTROL = load(ROOT / "policies/controls/LZ-1.01-oin-in-certificate")
DAY = date(2026, 11, 24)
FRESH_DAYS = 30


def outcome(world: World, check: Check, day: date = DAY, control: Control = CONTROL) -> Outcome:
    changed = replace(control, check=check)
    (result,) = run([changed], world.dossier, store.load(world.evidence), day, ["preprod"])
    return result.outcome


def seen(case: Case) -> Iterator[Finding]:
    evidence = case.latest("certificate-chain")
    yield met("same-number", case.at(), evidence) if evidence else unknown("no-certificate", case.at())


def test_the_order_of_outcomes() -> None:
    order = ["error", "not met", "stale", "unknown", "waived", "not applicable", "met"]
    assert [each.value for each in Outcome] == order
    assert [each.value for each in Outcome if each.passes] == ["waived", "not applicable", "met"]


@given(st.lists(st.sampled_from(Outcome), min_size=1))
def test_the_worst_decides_whatever_the_order(outcomes: list[Outcome]) -> None:
    assert worst(outcomes) is worst(reversed(outcomes))
    assert worst(outcomes).passes == all(each.passes for each in outcomes)


def test_one_bad_finding_among_good_ones_decides(world: World) -> None:
    def check(case: Case) -> Iterator[Finding]:
        yield met("a", case.at())
        yield not_met("b", case.at())
        yield unknown("c", case.at())

    assert outcome(world, check) is Outcome.NOT_MET


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, Outcome.MET), (FRESH_DAYS, Outcome.MET), (FRESH_DAYS + 1, Outcome.STALE)],
)
def test_old_evidence_makes_met_stale(world: World, days: int, expected: Outcome) -> None:
    world.build()
    assert outcome(world, seen, DAY + timedelta(days=days)) is expected


def test_a_control_may_ask_fresher_evidence_than_its_kind(world: World) -> None:
    world.build()
    control = replace(CONTROL, facts=CONTROL.facts.model_copy(update={"max_age_days": 3}))
    assert outcome(world, seen, DAY + timedelta(days=3), control) is Outcome.MET
    assert outcome(world, seen, DAY + timedelta(days=4), control) is Outcome.STALE


def test_old_evidence_makes_nothing_better(world: World) -> None:
    world.build()

    def check(case: Case) -> Iterator[Finding]:
        evidence = case.latest("certificate-chain")
        assert evidence is not None
        yield not_met("other-number", case.at(), evidence)

    assert outcome(world, check, DAY + timedelta(days=400)) is Outcome.NOT_MET


def test_what_came_later_is_not_seen(world: World) -> None:
    world.build()
    assert outcome(world, seen, DAY - timedelta(days=1)) is Outcome.UNKNOWN


def test_a_check_that_breaks_is_an_error_not_a_verdict(world: World) -> None:
    def check(case: Case) -> Iterator[Finding]:
        yield met("a", case.at())
        raise LzError("not a readable certificate")

    assert outcome(world, check) is Outcome.ERROR


def test_a_check_without_findings_is_an_error(world: World) -> None:
    assert outcome(world, lambda _case: iter(())) is Outcome.ERROR


def test_an_environment_that_is_not_in_the_dossier_is_unknown(world: World) -> None:
    text = (world.folder / "dossier/dossier.yml").read_text()
    start, end = text.index("  prod:\n"), text.index("# Preproduction is connected first")
    (world.folder / "dossier/dossier.yml").write_text(text[:start] + text[end:])
    control = load(ROOT / "policies/controls/LZ-2.04-ping-answered")
    (result,) = run([control], world.dossier, store.load(world.evidence), DAY, ["prod"])
    assert [(each.outcome, each.code) for each in result.findings] == [(Outcome.UNKNOWN, "not-in-dossier")]


def test_the_same_case_gives_the_same_findings(world: World) -> None:
    world.build()
    world.ping()
    controls = [load(folder) for folder in sorted((ROOT / "policies/controls").glob("LZ-*"))]
    evidence = store.load(world.evidence)
    shuffled = store.EvidenceSet(reversed(evidence.items))
    first, second = (
        run(controls, world.dossier, each, DAY, ["preprod", "prod"]) for each in (evidence, shuffled)
    )
    assert first == second


def test_evidence_is_where_it_was_made(world: World) -> None:
    assert world.evidence == Path(world.folder, "dossier/evidence")
