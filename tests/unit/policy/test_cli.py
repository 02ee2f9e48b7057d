"""lz check, gate and explain at points of the journey of the example organisation."""

from __future__ import annotations

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from lopendezaken.errors import LzError
from lopendezaken.policy import cli
from lopendezaken.policy.assess import assess
from lopendezaken.policy.control import load_all
from lopendezaken.policy.gate import Decision
from lopendezaken.policy.outcomes import Outcome
from lopendezaken.policy.results import why
from lopendezaken.policy.words import Words
from lopendezaken.report import cli as report_cli
from tests.unit.policies.example import ROOT
from tests.unit.policy.test_run import DAY
from tests.unit.policy.world import World

app = typer.Typer()
cli.register(app)
report_cli.register(app)


def lz(world: World, *arguments: str, signed: bool = True) -> Result:
    """Run a command, after everybody signed what is theirs."""
    if signed:
        world.sign()
    done = CliRunner().invoke(app, [*arguments, "--organisation", str(world.folder), "--date", "2026-11-24"])
    if isinstance(done.exception, LzError):
        raise done.exception
    return done


def decided(world: World, stage: str = "connect") -> Decision:
    world.sign()
    return assess(world.folder, DAY, ROOT / "policies").gate(stage)


def outcomes(world: World, *arguments: str) -> dict[str, str]:
    found: dict[str, Any] = json.loads(lz(world, "check", "--json", *arguments).stdout)
    return {f"{each['control']} {each['environment']}": each["outcome"] for each in found["results"]}


def test_before_anything_was_built_nothing_that_is_observed_is_met(world: World) -> None:
    done = lz(world, "check")
    assert done.exit_code == 1
    assert "not met" not in set(outcomes(world).values())
    observed = {control.id for control in load_all(ROOT / "policies/controls") if control.facts.evidence}
    met = {key.split()[0] for key, outcome in outcomes(world).items() if outcome == "met"}
    assert met & observed == {"LZ-2.06"}, "two certificates can differ only once there are two"


def test_after_preprod_only_what_people_do_waits(world: World) -> None:
    world.build()
    world.ping()
    found = outcomes(world, "--environment", "preprod")
    gating = {each.id for each in load_all(ROOT / "policies/controls") if each.facts.gate}
    assert set(found.values()) == {"met", "unknown", "not applicable"}
    aside = [key for key, outcome in found.items() if outcome == "not applicable"]
    assert aside == ["LZ-1.18 preprod", "LZ-2.28 preprod"]
    assert {key[:7] for key, outcome in found.items() if outcome == "unknown"} & gating == {
        "LZ-2.08",
        "LZ-2.09",
        "LZ-2.10",
        "LZ-3.01",
    }
    assert lz(world, "check", "--environment", "preprod").exit_code == 1
    assert lz(world, "check", "--environment", "preprod", "--phase", "1").exit_code == 0


def test_when_people_did_their_part_the_gate_opens(world: World) -> None:
    world.build()
    world.ping()
    world.approve()
    world.write_up()
    assert decided(world).open
    assert not decided(world, "limited-run").open


def test_a_failed_ping_is_told_with_where_to_look(world: World) -> None:
    world.build()
    world.ping("preprod", "mijnoverheid")
    done = lz(world, "check", "--environment", "preprod", "--control", "lz-2.04")
    assert done.exit_code == 1
    assert (
        "MijnOverheid preproductie gave no Pong: ConnectException: refused. Look first at the fire"
        in done.stdout
    )
    assert "dossier.yml:53:9" in done.stdout


def test_dutch(world: World) -> None:
    done = lz(world, "check", "--lang", "nl")
    assert "onbekend" in done.stdout
    assert "Er is nog geen Ping naar MijnOverheid vastgelegd." in done.stdout
    assert "peildatum 2026-11-24" in done.stdout


def test_a_control_beside_the_gate_decides_when_only_it_is_asked_for(world: World) -> None:
    asked = ("check", "--environment", "prod", "--control", "LZ-4.09")
    assert lz(world, *asked).exit_code == 1
    way = {"at": "2026-11-20T03:12:00Z", "how": "ROOT LOGIN ON tty1"}
    world.record("ways-in", "adapter-prod", {"ways": [way]}, environment="prod")
    unexplained = lz(world, *asked)
    assert unexplained.exit_code == 1
    assert "entered past the gate at 2026-11-20T03:12:00Z (ROOT LOGIN ON tty1)" in unexplained.stdout
    path = world.folder / "dossier/dossier.yml"
    told = "{host: adapter-prod, on: 2026-11-20, who: Beheer, why: Storing, checked_by: CISO}"
    path.write_text(f"{path.read_text()}\nemergency_access:\n  - {told}\n")
    assert lz(world, *asked).exit_code == 0


def test_a_check_that_cannot_be_carried_out_is_a_tool_error(world: World) -> None:
    world.record(
        "certificate-chain", "adapter-preprod", {"role": "own", "pem": "no certificate", "names": []}
    )
    done = lz(world, "check", "--control", "LZ-1.01")
    assert done.exit_code == 3
    assert "could not be carried out: not a readable certificate" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--control", "LZ-9.99"],
        ["check", "--control", "LZ-3.01", "--environment", "prod"],
        ["check", "--date", "tomorrow"],
        ["explain", "P9-99"],
    ],
)
def test_bad_input_and_an_empty_run_are_refused(world: World, arguments: list[str]) -> None:
    with pytest.raises(LzError) as caught:
        CliRunner().invoke(app, [*arguments, "--organisation", str(world.folder)], catch_exceptions=False)
    assert caught.value.exit_code == 2


def test_the_gate_is_closed_and_names_every_criterion(world: World) -> None:
    world.build()
    world.ping()
    world.approve()
    unmet = decided(world).unmet
    assert [each.criterion.id for each in unmet] == ["P2-30", "P2-57", "P2-58"]
    assert why(unmet[-1], Words(ROOT / "policies", "en")) == (
        "LZ-2.09 No acceptance test has been recorded.",
    )


def test_a_refused_chain_test_is_not_met(world: World) -> None:
    world.approve("approved")
    world.approve("refused")
    assert {each.criterion.id: each.outcome for each in decided(world).unmet}["P3-20"] is Outcome.NOT_MET


@pytest.mark.parametrize("stage", [stage.value for stage in cli.Stage])
def test_no_stage_opens_for_a_supplier(world: World, stage: str) -> None:
    world.change("kind: government", "kind: supplier")
    found = decided(world, stage)
    assert not found.open
    assert {each.outcome for each in found.verdicts if each.criterion.id == "L-02"} == {Outcome.NOT_MET}


def test_the_same_input_gives_the_same_bytes(world: World) -> None:
    world.build()
    assert lz(world, "check", "--json").stdout == lz(world, "check", "--json").stdout


def test_altered_evidence_closes_everything_and_is_named(world: World) -> None:
    world.build()
    world.sign()
    path = next(each for each in world.evidence.rglob("cpa-loaded/*.json") if '"here"' in each.read_text())
    path.write_text(path.read_text().replace('"here"', '"partner"').replace('"rest"', '"mail"'))
    told = lz(world, "check").stdout
    assert "Edited or swapped after it was sealed" in told
    assert path.relative_to(world.evidence).as_posix() in told
    found = outcomes(world)
    assert {found["LZ-1.21 preprod"], found["LZ-2.02 preprod"]} == {"not met"}
    assert found["LZ-1.01 preprod"] == "met", "it does not look at CPAs"
    unmet = {each.criterion.id: each.outcome for each in decided(world).unmet}
    assert unmet["E-02"] is unmet["P2-33"] is Outcome.NOT_MET


@pytest.mark.parametrize(("lang", "heading"), [("en", "How to repair"), ("nl", "Herstel")])
def test_explain_a_control(world: World, lang: str, heading: str) -> None:
    done = lz(world, "explain", "lz-2.04", "--lang", lang)
    assert done.exit_code == 0
    assert heading in done.stdout
    assert "DK-EBMS2-015" in done.stdout


def test_explain_a_requirement(world: World) -> None:
    world.build()
    world.ping()
    assert "met: -" in lz(world, "explain", "P2-35").stdout
    assert "Covered by: LZ-2.04" in lz(world, "explain", "P2-35").stdout
    assert "Coverage: nothing to establish" in lz(world, "explain", "A-01").stdout
    assert "Covered by: LZ-2.04" in lz(world, "explain", "X-20").stdout
