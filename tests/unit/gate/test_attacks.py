"""Every attack is refused in the words that docs/attacks.md promises. After a change that is meant: LZ_WRITE_GOLDEN=1."""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lopendezaken.errors import LzError
from lopendezaken.gate import access
from lopendezaken.gate.judge import judge
from lopendezaken.policy import phases
from lopendezaken.policy.assess import assess
from lopendezaken.policy.control import load_all
from lopendezaken.policy.run import run
from tests.unit.gate import attacks
from tests.unit.gate.attacks import Attack
from tests.unit.gate.test_code import git
from tests.unit.gate.world import NOW, Gate
from tests.unit.policies.example import ROOT, in_examples, read
from tests.unit.policy.test_run import DAY

DOCUMENT = ROOT / "docs/attacks.md"


def name(attack: Attack) -> str:
    return attack.id


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


@pytest.mark.parametrize("attack", attacks.AFTER_SIGNING, ids=name)
def test_what_was_changed_after_signing_opens_nothing(gate: Gate, attack: Attack) -> None:
    attack.play(gate)
    with pytest.raises(LzError, match=attack.pattern):
        gate.ask(now=NOW + attacks.HOUR)


@pytest.mark.parametrize(
    ("attack", "now", "stage"), attacks.AT_MOMENT, ids=[each.id for each, *_ in attacks.AT_MOMENT]
)
def test_a_statement_opens_its_own_day_and_stage(
    gate: Gate, attack: Attack, now: datetime, stage: str
) -> None:
    attack.play(gate)
    with pytest.raises(LzError, match=attack.pattern):
        gate.ask(stage, now)


def test_the_gate_is_open_but_for_the_attack(gate: Gate) -> None:
    assert gate.ask(now=NOW + attacks.HOUR)
    assert gate.judge().open


@pytest.mark.parametrize("attack", attacks.SAYS_YES, ids=name)
def test_the_gate_cannot_be_made_to_say_yes(gate: Gate, attack: Attack) -> None:
    attack.play(gate)
    try:
        found = gate.judge()
    except LzError as error:
        said = str(error)
    else:
        assert not found.open
        unmet = [each.criterion.id for each in found.decision.unmet]
        said = " ".join([*unmet, *(f"{each.code}: {each.detail}" for each in found.obstacles)])
    assert re.search(attack.pattern, said), said


@pytest.mark.parametrize(
    ("attack", "control", "example", "stage"),
    attacks.BY_EXAMPLE,
    ids=[each.id for each, *_ in attacks.BY_EXAMPLE],
)
def test_a_control_that_the_stage_needs_refuses_it(
    attack: Attack, control: str, example: str, stage: str
) -> None:
    folder = next((ROOT / "policies/controls").glob(f"{control}*"))
    seen, known = read(folder / f"examples/{example}.yml"), load_all(ROOT / "policies/controls")
    found = {each.id: each for each in known}[control]
    (result,) = run(
        [in_examples(found)], seen.dossier, seen.evidence, seen.day, [seen.environment], seen.network
    )
    assert not result.outcome.passes
    all_phases = phases.load(ROOT / "policies/phases.yml", known)
    needed = all_phases.needed_for(next(each for each in all_phases.stages if each.id == stage))
    assert [each.controls for each in needed if each.id == attack.told and control in each.controls]


# By Ansible: a clone of this very tree, and an ssh that leaves a trace when anybody gets as far as that ------------


@dataclasses.dataclass(frozen=True)
class Controller:
    gate: Gate
    clone: Path

    @property
    def trace(self) -> Path:
        return self.gate.folder / "ssh-was-reached"

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        words = shlex.split(command.replace("{folder}", str(self.gate.folder)))
        variables = [word for word in words if re.match(r"[A-Z_]+=", word)]
        return subprocess.run(
            words[len(variables) :],
            cwd=self.clone,
            env={**self._environment(), **dict(each.split("=", 1) for each in variables)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def _environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "LZ_"))}
        return {
            **kept,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.clone / "src"),
            "ANSIBLE_INVENTORY": str(self.gate.organisation / "hosts.yml"),
            "ANSIBLE_SSH_EXECUTABLE": str(self.gate.folder / "ssh"),
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
        }


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Controller:
    gate = Gate(tmp_path_factory.mktemp("round-it"))
    clone = gate.folder / "whole"
    for each in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if each and (ROOT / each).exists():
            (clone / each).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / each, clone / each, follow_symlinks=False)
    git(clone, "init", "-q")
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "first")
    made = Controller(gate, clone)
    (gate.folder / "ssh").write_text(f"#!/bin/sh\necho x >> {made.trace}\nexit 255\n")
    (gate.folder / "ssh").chmod(0o755)
    (gate.folder / "empty.cfg").write_text("")
    (gate.organisation / "trust/keys").mkdir()
    for suffix in ("", ".pub"):
        shutil.copy2(f"{gate.key}{suffix}", gate.organisation / f"trust/keys/lz-gate{suffix}")
    own = attacks.OWN
    (gate.folder / "own.yml").write_text(own.format(hosts="adapter-prod", more="changed_when: false"))
    (gate.folder / "delegated.yml").write_text(
        own.format(hosts="localhost", more="delegate_to: adapter-prod")
    )
    (gate.folder / "own-inventory.yml").write_text(attacks.OWN_INVENTORY)
    return made


@pytest.fixture(scope="module")
def closed(controller: Controller) -> Controller:
    """The same, seen open first: then ssh is reached. From then on there is no statement, and the dossier changed."""
    found = assess(controller.gate.organisation, DAY, controller.clone / "policies")
    judged = judge(found, "connect", controller.clone)
    # That preproduction was tried with this very tree is not what is tested here.
    opened = dataclasses.replace(judged, obstacles=())
    shutil.rmtree(controller.gate.organisation / "dossier/gate")
    access.give(
        found, opened, controller.gate.key, controller.gate.user_key, datetime.now(UTC).replace(microsecond=0)
    )
    told = controller.run("ansible adapter-prod -m ansible.builtin.raw -a id").stdout
    assert controller.trace.exists(), told
    controller.trace.unlink()
    shutil.rmtree(controller.gate.organisation / "dossier/gate")
    controller.gate.world.change("retries: 8", "retries: 9")
    return controller


@pytest.fixture(scope="module")
def said(closed: Controller) -> dict[str, subprocess.CompletedProcess[str]]:
    """What each command said; they wait for processes most of the time, so some run together."""
    with ThreadPoolExecutor(4) as pool:
        done = pool.map(closed.run, [each.command for each in attacks.ROUND_IT])
    return dict(zip([each.id for each in attacks.ROUND_IT], done, strict=True))


@pytest.mark.parametrize("attack", attacks.ROUND_IT, ids=name)
def test_no_way_of_ansible_leads_round_the_gate(
    said: dict[str, subprocess.CompletedProcess[str]], attack: Attack
) -> None:
    done = said[attack.id]
    assert done.returncode != 0
    assert re.search(attack.pattern, " ".join(done.stdout.split())), done.stdout


def test_none_of_them_got_as_far_as_ssh(
    controller: Controller, said: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    assert said
    assert not controller.trace.exists()


# What auditors read ------------------------------------------------------------------------------------------------

TABLES = (
    ("To change what a signed statement rests on", "the connection plugin, before ssh begins", attacks.AFTER_SIGNING),
    ("At another moment, or for another stage", "the connection plugin", [each for each, *_ in attacks.AT_MOMENT]),
    ("To make the gate say yes", "`lz gate`, by the criterion that is not met", attacks.SAYS_YES),
    ("With what belongs to preproduction", "`lz gate`, by the criterion", [each for each, *_ in attacks.BY_EXAMPLE]),
    ("Round the gate by Ansible, while it is closed", "the connection plugin; ssh is never started", attacks.ROUND_IT),
    ("Past the plugin, to the host itself", "sshd; played on real hosts by `make journey`", attacks.AT_THE_HOST),
)  # fmt: skip
HEAD = """\
# Attacks on the gate

What was tried to reach or change production without a valid gate, or to make the gate say yes: {count} attempts. Each row is
a test that plays it and expects that refusal (`…`: anything); this page is made from those tests
(`tests/unit/gate/attacks.py`) and a test holds it equal to them. Before each attempt the gate was open, or is shown to be open
but for it. What somebody can do who is root on the controller, and the trace that it leaves: [promote.md](promote.md).
"""


def document() -> Iterator[str]:
    yield HEAD.format(count=sum(len(each) for *_, each in TABLES))
    number = 0
    for title, by, tried in TABLES:
        yield f"## {title}\n\nRefused by {by}.\n\n| # | attempt | command | refusal |\n|---|---|---|---|\n"
        for each in tried:
            number += 1
            command = each.command.replace("{folder}", "/tmp").replace("|", "\\|")
            yield f"| {number} | {each.what} | `{command}` | {each.told} |\n"
        yield "\n"


def test_the_document_is_what_is_tested() -> None:
    made = "".join(document()).rstrip("\n") + "\n"
    if os.environ.get("LZ_WRITE_GOLDEN"):
        DOCUMENT.write_text(made)
    assert DOCUMENT.read_text() == made


def test_every_attempt_has_a_name_of_its_own() -> None:
    names = [each.what for *_, tried in TABLES for each in tried]
    assert len(names) == len(set(names))
    assert len(names) >= 25
