"""An adapter's host is lost; a backup on a bare one brings back messages, CPAs and the memory for duplicates.

The last of these tests: it leaves a host without the roles around the adapter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lopendezaken.dossier import load
from lopendezaken.errors import LzError
from lopendezaken.lab.host_rest import HostRest, adapter_place, partner_place
from lopendezaken.lab.layout import Layout
from lopendezaken.lab.world import PARTNERS
from tests.integration.conftest import Rehearsal
from tests.integration.test_faults import message
from tests.integration.test_messages import PARTNER, PAYLOAD, send, wait
from tests.integration.world import World

pytestmark = pytest.mark.lab

UNIT = "lz-partner@compliance"
# The partner has lost our acknowledgement, and sends the same message again until there is one.
AGAIN = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1])
with db:
    row = db.execute("SELECT number, message_id, cpa_id, from_type, from_id, to_type, to_id, service_type, service, action"
                     " FROM messages WHERE direction = 'out' AND message_id = ?", (sys.argv[2],)).fetchone()
    db.execute("UPDATE messages SET status = 'CREATED' WHERE number = ?", row[:1])
    db.execute("INSERT INTO outbox VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 1, 0, 99, 2, ?, ?)",
               (*row, time.time(), time.time() + 432000))
"""


@pytest.fixture
def connected(rehearsal: Rehearsal) -> World:
    assert rehearsal.converged.returncode == 0, "the main job failed; see test_preprod"
    return rehearsal.world


@pytest.fixture
def compliance(connected: World) -> Iterator[HostRest]:
    partner = next(partner for partner in PARTNERS if partner.name == "compliance")
    with HostRest(Layout(connected.lab_dir, int(connected.instance)), partner_place(partner)) as rest:
        yield rest


def own(world: World) -> HostRest:
    """A connection of its own each time: the host does not stay the same."""
    return HostRest(Layout(world.lab_dir, int(world.instance)), adapter_place("preprod"))


def restore(world: World, source: Path, *words: str) -> tuple[int, str]:
    identity = f"{world.lab_dir}/{world.instance}/backup-identity"
    done = world.play(
        "restore", "-e", f"restore_source={source}", "-e", f"restore_identity={identity}", *words
    )
    return done.returncode, message(done.stdout)


def current(world: World) -> str:
    """The CPA in use: another one when the certificate was renewed before."""
    return load(world.organisation).environments["preprod"].partners["compliance"].cpa.id


def acknowledged(sender: HostRest, message_id: str) -> bool:
    """Whether it has its acknowledgement; not yet while the sender itself starts."""
    try:
        return sender.delivered(message_id)
    except LzError:
        return False


def test_a_lost_host_comes_back_from_its_backup(
    connected: World, compliance: HostRest, tmp_path: Path
) -> None:
    world = connected
    received = send(compliance, PARTNER, "SP", "EchoResponse", current(world))
    wait(lambda: compliance.delivered(received), "the acknowledgement")
    made = world.play("back-up", "-e", f"backup_fetch_to={tmp_path}")
    assert made.returncode == 0, made.stdout
    (source,) = (tmp_path / "adapter-preprod").iterdir()
    holds = json.loads((source / "manifest.json").read_text())["store"]["holds"]

    code, said = restore(world, source)
    assert code != 0
    assert "restore_over=adapter-preprod" in said
    with own(world) as rest:
        assert received in rest.unprocessed()

    world.lz("lab", "up", "--fresh", "adapter-preprod")
    code, said = restore(world, source)
    assert code == 0, said[-4000:]
    assert f"{holds['messages']} messages, {len(holds['cpas'])} CPAs, and {holds['remembered']} ids" in said

    (evidence,) = (world.dossier / "evidence/preprod/restore-rehearsal").glob("*.json")
    raw = json.loads(evidence.read_text())["raw"]
    assert (raw["messages"], raw["remembered"], raw["replaced"]) == (
        holds["messages"],
        holds["remembered"],
        False,
    )

    with own(world) as rest:
        found = rest.get(received)
        assert found is not None
        assert found.payloads == (PAYLOAD,)
        before = rest.unprocessed()
        assert received in before
        store = "/var/lib/lz-partner/compliance.sqlite"
        assert world.on("partner", "systemctl", "stop", UNIT).returncode == 0
        assert world.on("partner", "python3", "-c", AGAIN, store, received).stdout == ""
        assert world.on("partner", "systemctl", "start", UNIT).returncode == 0
        wait(lambda: acknowledged(compliance, received), "the acknowledgement of what was sent again")
        assert rest.unprocessed() == before
