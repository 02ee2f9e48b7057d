"""Organisations side by side in one run: what breaks in one stops that one, and at the end it is named with why.

Three of them, of which one has hosts. With LZ_FLEET=8 also eight with hosts of their own, made from nothing and then broken in three
ways: in lab LZ_TEST_FLEET_INSTANCE, about ten minutes on two idle cores.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.integration.conftest import Rehearsal
from tests.integration.test_faults import message
from tests.integration.test_preprod import recap
from tests.integration.world import ROOT, World

pytestmark = pytest.mark.lab

SIZE = int(os.environ.get("LZ_FLEET", "0"))
INSTANCE = os.environ.get("LZ_TEST_FLEET_INSTANCE", "4")
WRONG_WORD = "no-such-standard"


def spoil_dossier(organisation: Path) -> None:
    """Leave a mistake for preflight to find."""
    dossier = organisation / "dossier/dossier.yml"
    dossier.write_text(dossier.read_text().replace("standard: stuf", f"standard: {WRONG_WORD}"))


def lose_hosts(organisation: Path) -> None:
    """Point the hosts to one of the lab that nobody started."""
    file = organisation / "hosts.yml"
    hosts = yaml.safe_load(file.read_text())
    nobody = {"ansible_host": "dmz-oefenstad-8"}
    hosts["all"]["hosts"] = {"adapter-preprod": nobody, "dmz-preprod": nobody}
    file.write_text(yaml.safe_dump(hosts))


def swap_certificate(organisation: Path, other: Path) -> None:
    """Put in place of its certificate one that fits the key of another, and leave it at that: the TSP answers no more."""
    certificate = "dossier/received/preprod/certificate.pem"
    shutil.copyfile(other / certificate, organisation / certificate)
    (organisation / "group_vars/preprod/tsp.yml").write_text("pkioverheid_issue_command: []\n")


def play(world: World, folder: Path, playbook: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a playbook for all organisations in a folder, in one run of Ansible."""
    logs = folder / "logs" / playbook
    return world.run(
        *("ansible-playbook", "--inventory", str(folder / "fleet.yml"), "playbooks/fleet.yml"),
        *("-e", f"fleet_playbook={playbook}", "-e", f"fleet_log_dir={logs}"),
        *arguments,
        timeout=3600,
    )


def evidence(organisation: Path) -> set[Path]:
    return set((organisation / "dossier/evidence").rglob("*.json"))


@pytest.fixture(scope="module")
def fleet(rehearsal: Rehearsal) -> Iterator[Path]:
    """A folder with the connected organisation, one whose dossier is wrong, and one whose hosts are not there."""
    assert rehearsal.converged.returncode == 0, "the main job failed; see test_preprod"
    whole = rehearsal.world.organisation
    for name, spoil in (("a-wrong", spoil_dossier), ("b-lost", lose_hosts)):
        shutil.copytree(whole, whole.parent / name)
        spoil(whole.parent / name)
    organisations = {"a-wrong": None, "b-lost": None, whole.name: None}
    (whole.parent / "fleet.yml").write_text(yaml.safe_dump({"organisations": {"hosts": organisations}}))
    yield whole.parent
    for name in ("a-wrong", "b-lost"):
        shutil.rmtree(whole.parent / name)


def test_broken_organisations_stop_no_other_and_are_named(rehearsal: Rehearsal, fleet: Path) -> None:
    """Two at a time, so that the first two, who both fail, are all there is before the third begins."""
    whole = rehearsal.world.organisation
    seen = {name: evidence(fleet / name) for name in ("a-wrong", "b-lost", whole.name)}
    done = play(rehearsal.world, fleet, "preprod", "--forks", "2", "-e", "fleet_serial=2")
    said = message(done.stdout)
    assert done.returncode != 0
    assert {name: ends["failed"] for name, ends in recap(done.stdout).items()} == {
        "a-wrong": 1,
        "b-lost": 1,
        whole.name: 0,
    }, said[-4000:]
    assert "preprod: 1 of 3 organisations are done; not: a-wrong, b-lost." in said
    assert f"dossier.yml:13:13: service.standard: not a known word: found '{WRONG_WORD}'" in said
    assert re.search(r'b-lost is not done: (adapter|dmz)-preprod, at "preflight : Gather facts', said)
    new = {name: evidence(fleet / name) - before for name, before in seen.items()}
    assert new["a-wrong"] == new["b-lost"] == set()
    assert {path.parent.name for path in new[whole.name]} >= {"ebms-ping", "host-facts"}


def test_each_asks_its_own_gate(rehearsal: Rehearsal, fleet: Path) -> None:
    """Nothing of production is contacted: not one of these dossiers is as somebody signed it."""
    mark = "\n# changed\n"
    dossier = fleet / "b-lost/dossier/dossier.yml"
    dossier.write_text(dossier.read_text() + mark)
    done = play(rehearsal.world, fleet, "prod", "--limit", "a-wrong,b-lost")
    said = message(done.stdout)
    assert done.returncode != 0
    assert "prod: 0 of 2 organisations are done" in said
    assert "Changed since it was signed: dossier.yml" in said
    for name in ("a-wrong", "b-lost"):
        log = (fleet / f"logs/prod/{name}.log").read_text()
        assert set(re.findall(r"\| (\S+)\s+: ok=", log)) == {"localhost"}


def test_a_playbook_that_is_not_there_is_refused_at_once(rehearsal: Rehearsal, fleet: Path) -> None:
    done = play(rehearsal.world, fleet, "preprud")
    assert done.returncode != 0
    assert "Say which playbook to run" in message(done.stdout)


# Eight with hosts of their own -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def eight() -> Iterator[World]:
    """The first of so many organisations, all connected; the others lie beside it."""
    if not SIZE:
        pytest.skip("LZ_FLEET says how many organisations to make; it is not set")
    folder = ROOT / "build/fleet-test" / INSTANCE
    shutil.rmtree(folder, ignore_errors=True)
    world = World(folder / "oefenstad-1", INSTANCE, ROOT / ".lab")
    world.run("lz", "lab", "destroy")
    world.lz("lab", "fleet", str(folder), "--organisations", str(SIZE))
    done = play(world, folder, "preprod", "--forks", str(SIZE))
    assert done.returncode == 0, message(done.stdout)[-4000:]
    yield world
    world.run("lz", "lab", "destroy")
    shutil.rmtree(folder)


def test_three_broken_of_many(eight: World) -> None:
    folder = eight.organisation.parent
    spoil_dossier(folder / "oefenstad-2")
    eight.lz("lab", "down", "dmz-oefenstad-3")
    swap_certificate(folder / "oefenstad-4", other=folder / "oefenstad-1")
    done = play(eight, folder, "preprod", "--forks", str(SIZE), "-e", "fleet_serial=50%")
    said = message(done.stdout)
    broken = {f"oefenstad-{number}" for number in (2, 3, 4)}
    ends = recap(done.stdout)
    assert {name for name, end in ends.items() if end["failed"]} == broken, said[-4000:]
    assert len(ends) == SIZE
    assert f"{SIZE - 3} of {SIZE} organisations are done; not: oefenstad-2, oefenstad-3, oefenstad-4." in said
    assert "oefenstad-2 is not done: localhost" in said
    assert "oefenstad-3 is not done: dmz-preprod" in said
    assert 'oefenstad-4 is not done: adapter-preprod, at "pkioverheid' in said
    assert [line for line in done.stdout.splitlines() if line.startswith("changed: [")] == []
