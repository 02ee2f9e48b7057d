"""How far an organisation is: each wait and each end that lz status can tell of, and none that is over."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lopendezaken.policy.assess import Assessment, assess
from lopendezaken.report import progress
from tests.unit.policy.test_journey import approved, connected, live, supplier, waiting
from tests.unit.policy.test_run import DAY
from tests.unit.policy.world import World
from tests.unit.report.points import POLICIES

FORM = 'form: {{sent_on: 2026-11-02, document: f.pdf, number: "00000099100000001000", connection: internet{more}}}\n'


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "org")


def judged(world: World, day: date = DAY) -> Assessment:
    world.sign()
    return assess(world.folder, day, POLICIES)


def add(world: World, text: str) -> None:
    path = world.folder / "dossier/dossier.yml"
    kept = [line for line in path.read_text().splitlines(keepends=True) if not line.startswith("form:")]
    path.write_text("".join(kept) + text)


def waits(world: World, day: date = DAY) -> dict[str, dict[str, Any]]:
    return {each["what"]: each for each in progress.waiting(judged(world, day))}


def test_phases_count_what_passes(world: World) -> None:
    connected(world)
    found = progress.phases(judged(world))
    assert found[0] == {"id": 1, "outcome": "met", "passing": 6, "total": 6}
    assert [each["outcome"] for each in found] == ["met", "unknown", "unknown", "unknown"]


def test_the_next_thing_is_the_first_criterion_that_does_not_pass(world: World) -> None:
    words = POLICIES.words["en"]
    found = progress.next_thing(judged(world), words)
    assert found
    assert (found["criterion"], found["control"]) == ("P1-24", "LZ-1.01")
    approved(world)
    found = progress.next_thing(judged(world), words)
    assert found
    assert found["criterion"].startswith("P4-")
    assert found["why"]


def test_when_all_is_done_there_is_no_next_thing(world: World) -> None:
    live(world)
    assert progress.next_thing(judged(world), POLICIES.words["nl"]) is None


def test_a_supplier_is_told_that_production_is_not_for_it(world: World) -> None:
    supplier(world)
    found = progress.phases(judged(world))
    assert found[3]["outcome"] == "not met"


def test_the_form_waits_for_logius_and_then_the_data_for_five_working_days(world: World) -> None:
    add(world, FORM.format(more=""))
    assert waits(world)["form"]["until"] is None
    add(world, FORM.format(more=", processed_on: 2026-11-18"))
    assert "form" not in waits(world)
    assert waits(world)["data"]["until"] == "2026-11-25"
    assert waits(world)["data"]["days"] == 1
    assert waits(world, date(2026, 11, 26))["data"]["days"] == -1
    add(world, FORM.format(more=", processed_on: 2026-11-18, data_received_on: 2026-11-20"))
    assert not {"form", "data"} & waits(world).keys()


def test_a_wait_starts_on_its_day(world: World) -> None:
    add(world, FORM.format(more=""))
    assert "form" not in waits(world, date(2026, 11, 1))


def test_a_cpa_that_was_sent_waits_until_it_is_loaded_there(world: World) -> None:
    world.write_up()
    assert waits(world)["cpa"]["since"] == "2026-11-16"
    world.build()
    assert "cpa" not in waits(world)


def test_the_report_of_the_chain_test_waits_for_logius(world: World) -> None:
    waiting(world)
    path = world.folder / "dossier/dossier.yml"
    text = path.read_text()
    start = text.index("chain_test:") if "chain_test:" in text else len(text)
    end = text.find("\n\n", start)
    test = (
        "chain_test:\n  status: reported\n"
        f"  reports: [{{document: r.pdf, sha256: {'0' * 64}, sent_on: 2026-11-23}}]\n"
        "  period: {start: 2026-11-09, end: 2026-11-27, agreed_on: 2026-11-02, document: p.pdf}\n"
    )
    path.write_text(text[:start] + test + (text[end:] if end > 0 else ""))
    assert waits(world)["report"]["since"] == "2026-11-23"
    assert {"what": "chain-test", "where": "preprod", "until": "2026-11-27", "days": 3} in progress.days_left(
        judged(world)
    )
    world.approve("refused")
    assert "report" not in waits(world)


def test_the_days_of_certificate_and_evidence_come_in_order(world: World) -> None:
    assert progress.days_left(judged(world)) == []
    connected(world)
    found = progress.days_left(judged(world))
    assert [each["what"] for each in found] == ["evidence", "certificate"]
    assert found[1]["days"] == 403
    assert 0 < found[0]["days"] <= 30


def test_the_planning_tells_when_all_can_be_done_and_whose_turn_it_is(world: World) -> None:
    words = POLICIES.words["nl"]
    found = progress.planning(judged(world), words)
    first = found["now"][0]
    assert (first["step"], first["who"], first["waiting"]) == ("form", "own", ["logius"])
    assert first["days"] == 3
    assert found["wish"] is None
    add(world, FORM.format(more=""))
    busy = {each["step"]: each for each in progress.planning(judged(world), words)["now"]}
    assert busy["registration"]["waiting"] == ["own"]
    assert busy["registration"]["overdue"]
    assert busy["certificate-prod"]["ask"] == "tsp"


def test_a_wish_that_cannot_be_met_is_told(world: World) -> None:
    add(world, "planning: {document: plan.pdf, reviewed_on: 2026-11-02, live_on: 2027-01-04}\n")
    found = progress.planning(judged(world), POLICIES.words["en"])
    assert found["late"] == (date.fromisoformat(found["live"]) - date(2027, 1, 4)).days > 0


def test_in_production_nothing_is_left_to_plan(world: World) -> None:
    """Nobody recorded the form, but without it there would be no Ping and no limited run."""
    live(world)
    found = progress.planning(judged(world), POLICIES.words["en"])
    assert found["done"]
    assert found["now"] == []
