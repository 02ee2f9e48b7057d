"""lz message, through the whole chain: a case message there, a Foutbericht back, and the BSN nowhere else."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lopendezaken.casemessage import check
from lopendezaken.casemessage.model import CaseMessage
from lopendezaken.evidence import store
from tests.integration.conftest import Rehearsal
from tests.integration.world import World
from tests.unit.casemessage.samples import STUF, UNKNOWN_BSN

pytestmark = pytest.mark.lab

CANARY = "999990032"  # known to the played MijnOverheid; no other test of this folder uses it
STRANGER = "999990056"  # 11-proof, on no list


@pytest.fixture(scope="module")
def connected(rehearsal: Rehearsal) -> Iterator[World]:
    assert rehearsal.converged.returncode == 0, "the main job failed; see test_preprod"
    path = rehearsal.world.dossier / "received/test-bsn.txt"
    path.write_text(f"{CANARY} burger-1\n{UNKNOWN_BSN} burger-2\n")
    path.chmod(0o600)
    yield rehearsal.world
    path.unlink()  # a later `lz lab up` would give this list to the played MijnOverheid


def send(
    world: World, folder: Path, message: CaseMessage, errors_within: str = "10"
) -> subprocess.CompletedProcess[str]:
    path = folder / "message.xml"
    path.write_bytes(check.write(replace(message, reference=str(uuid4()))))
    words = ("--env", "preprod", "--errors-within", errors_within)
    return world.run("lz", "message", "send", str(path), *words)


def of(world: World, kind: str) -> dict[str, Any]:
    found = store.load(world.dossier / "evidence").latest(kind, "preprod", "mijnoverheid")
    assert found is not None
    return dict(found.raw)


def test_a_message_goes_and_a_foutbericht_comes(connected: World, tmp_path: Path) -> None:
    """The second citizen is on our list and not on that of MijnOverheid."""
    fine = send(connected, tmp_path, replace(STUF, bsn=CANARY), errors_within="0")
    assert fine.returncode == 0, fine.stdout
    delivered = of(connected, "message-delivered")
    assert (delivered["status"], delivered["citizen"]) == ("DELIVERED", "burger-1")
    refused = send(connected, tmp_path, replace(STUF, bsn=UNKNOWN_BSN))
    assert refused.returncode == 1, refused.stdout
    error = of(connected, "message-error")
    assert error["code"] == "BsnOnbekend"
    assert error["about"] == of(connected, "message-delivered")["message_id"]
    assert error["conversation_id"] == of(connected, "message-delivered")["conversation_id"]


def test_a_stranger_gets_nothing(connected: World, tmp_path: Path) -> None:
    before = of(connected, "message-delivered")
    done = send(connected, tmp_path, replace(STUF, bsn=STRANGER))
    assert done.returncode == 1
    assert "this citizen may not get a message now" in done.stdout
    assert STRANGER not in done.stdout
    assert of(connected, "message-delivered") == before


def test_what_was_recorded_counts(connected: World) -> None:
    """Sealed at once, with the key of the lab for what a machine saw."""
    told = connected.run("lz", "evidence", "verify").stdout
    assert "message-" not in told
    assert of(connected, "message-error")


def test_the_bsn_is_in_no_file_and_no_journal(connected: World, tmp_path: Path) -> None:
    done = send(connected, tmp_path, replace(STUF, bsn=CANARY), errors_within="0")
    assert done.returncode == 0, done.stdout
    assert CANARY not in done.stdout
    own_list = connected.dossier / "received/test-bsn.txt"
    files = [each for each in connected.organisation.rglob("*") if each.is_file() and each != own_list]
    assert len(files) > 20
    assert not [each for each in files if CANARY.encode() in each.read_bytes()]
    for host in ("adapter-preprod", "dmz-preprod", "partner"):
        said = connected.on(host, "journalctl", "--quiet", "--no-pager", "--output=cat").stdout
        assert len(said.splitlines()) > 10
        assert CANARY not in said
