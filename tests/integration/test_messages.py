"""A case message and its answer through the whole chain, and what happens to them when hosts fail.

The same tests for either engine of the adapter; the report's header says which one runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from lopendezaken.errors import LzError
from lopendezaken.lab.host_rest import HostRest, adapter_place, partner_place
from lopendezaken.lab.layout import Layout
from lopendezaken.lab.world import PARTNERS
from tests.integration.conftest import Rehearsal
from tests.integration.world import ENGINE, World

pytestmark = pytest.mark.lab

OWN, PARTNER = "00000099100000001000", "00000099200000001000"
CPA_ID = f"Echo-1-0_{OWN}_{PARTNER}_1"
SERVICE = "urn:osb:services:voorbeeld:Echo:1.0"
PAYLOAD = b"<echo>zaak</echo>"


@pytest.fixture
def connected(rehearsal: Rehearsal) -> World:
    """A connected world; whatever a test broke, it must have mended."""
    assert rehearsal.converged.returncode == 0, "the main job failed; see test_preprod"
    return rehearsal.world


@pytest.fixture
def own(connected: World) -> Iterator[HostRest]:
    """The organisation's adapter."""
    with HostRest(Layout(connected.lab_dir, int(connected.instance)), adapter_place("preprod")) as rest:
        yield rest


@pytest.fixture
def compliance(connected: World) -> Iterator[HostRest]:
    """The engine that plays the Compliance Voorziening."""
    partner = next(partner for partner in PARTNERS if partner.name == "compliance")
    with HostRest(Layout(connected.lab_dir, int(connected.instance)), partner_place(partner)) as rest:
        yield rest


def send(sender: HostRest, party: str, role: str, action: str, cpa_id: str = CPA_ID) -> str:
    return sender.send(
        {
            "cpaId": cpa_id,
            "fromPartyId": f"urn:osb:oin:{party}",
            "fromRole": role,
            "service": SERVICE,
            "action": action,
        },
        PAYLOAD,
    )


def wait(done: Callable[[], object], what: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.5)


def arrived(sender: HostRest, receiver: HostRest, message_id: str) -> None:
    """Delivered, and there once."""
    wait(lambda: sender.delivered(message_id), f"the acknowledgement of {message_id}")
    assert receiver.unprocessed(messageId=message_id) == [message_id]
    found = receiver.get(message_id)
    assert found is not None
    assert found.payloads == (PAYLOAD,)
    receiver.process(message_id)
    assert receiver.unprocessed(messageId=message_id) == []


def test_a_message_there(own: HostRest, compliance: HostRest) -> None:
    arrived(own, compliance, send(own, OWN, "SR", "EchoRequest"))


def test_a_message_back(own: HostRest, compliance: HostRest) -> None:
    arrived(compliance, own, send(compliance, PARTNER, "SP", "EchoResponse"))


def test_what_was_accepted_survives_a_kill(connected: World, own: HostRest, compliance: HostRest) -> None:
    """The partner is away, so messages wait (their CPA tries again after three hours); the adapter comes back."""
    connected.on("partner", "systemctl", "stop", "lz-partner@compliance")
    try:
        sent = [send(own, OWN, "SR", "EchoRequest") for _ in range(3)]
        connected.on("adapter-preprod", "systemctl", "kill", "--signal=KILL", "lopendezaken-adapter")
    finally:
        connected.on("partner", "systemctl", "start", "lz-partner@compliance")
    wait(lambda: answers(own), "the adapter")
    for message_id in sent:
        found = own.get(message_id)
        assert found is not None
        assert found.payloads == (PAYLOAD,)
    arrived(own, compliance, send(own, OWN, "SR", "EchoRequest"))


@pytest.mark.skipif(ENGINE == "embedded", reason="the embedded engine keeps its messages without PostgreSQL")
def test_the_database_stops_and_starts(connected: World, own: HostRest, compliance: HostRest) -> None:
    connected.on("adapter-preprod", "systemctl", "stop", "postgresql@15-main")
    with pytest.raises(LzError):
        send(own, OWN, "SR", "EchoRequest")
    connected.on("adapter-preprod", "systemctl", "start", "postgresql@15-main")
    wait(lambda: answers(own), "the adapter")
    arrived(own, compliance, send(own, OWN, "SR", "EchoRequest"))


def answers(rest: HostRest) -> bool:
    """Whether the adapter answers from its store."""
    try:
        rest.unprocessed(maxNr="1")
    except LzError:
        return False
    return True
