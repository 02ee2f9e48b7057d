"""One lab for all end-to-end tests of a run: made fresh, run through once, then broken and mended fault by fault."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.bench import calls
from tests.integration.world import ENGINE, JAR, ROOT, World

INSTANCE = os.environ.get("LZ_TEST_INSTANCE", "5")
CANARY = "kanarie-geel-0nder-de-m0lensteen"


def pytest_report_header() -> str:
    """Say which adapter is rehearsed with."""
    return f"engine of the adapter: {ENGINE}" + ("" if ENGINE == "ebms_admin" else f" ({JAR} names no jar)")


@dataclass
class Rehearsal:
    """The main job as one run of it went: what each command said."""

    world: World
    predicted: subprocess.CompletedProcess[str]
    converged: subprocess.CompletedProcess[str]
    again: calls.Run


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """A fresh lab with an organisation of its own; gone afterwards."""
    if os.geteuid() != 0:
        pytest.skip("the lab needs root")
    # Not a temporary folder of pytest: those are removed when other runs make theirs.
    folder = ROOT / "build/end-to-end" / INSTANCE
    shutil.rmtree(folder, ignore_errors=True)
    world = World.create(folder, INSTANCE)
    world.lz("lab", "destroy")
    world.lz("lab", "up", "preprod")
    world.lz("dossier", "sign")
    yield world
    if os.environ.get("LZ_KEEP_LAB"):
        return
    world.lz("lab", "destroy")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def rehearsal(world: World) -> Rehearsal:
    """The main job: predicted on fresh hosts, done with the most talkative output there is, done again."""
    playbook = "playbooks/preprod.yml"
    canary = ("-e", f"pkioverheid_keystore_passphrase={CANARY}")
    predicted = world.run("ansible-playbook", playbook, "--check", "--diff", *canary)
    converged = world.run("ansible-playbook", playbook, "-vvv", "--diff", *canary)
    again = calls.play(playbook, *canary, env=world.env)
    return Rehearsal(world, predicted, converged, again)
