"""Preproduction is cut off from production (P2-47, DK-ENV-001, LZ-008): no way there, and nothing of it here.

Hosts of production run during these tests, bare and without a firewall: what keeps us out is on our side.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

import pytest

from lopendezaken.lab.layout import Layout
from lopendezaken.lab.network import management_address
from lopendezaken.lab.world import HOSTS
from tests.integration.conftest import Rehearsal
from tests.integration.world import World
from tests.testinfra.world import KNOCK

pytestmark = pytest.mark.lab

ADAPTER, INSIDE, INBOUND, OUTBOUND, PARTNER = (
    "192.0.2.42",
    "192.0.2.33",
    "198.51.100.20",
    "198.51.100.21",
    "203.0.113.30",
)
# Nobody's number but production's: of the partner, of its name, of ours.
NAMES = ("ebms.mijnoverheid.example", "ebms.voorbeeldstad.example")
OF_PRODUCTION = (ADAPTER, INSIDE, INBOUND, OUTBOUND, PARTNER, "00000099400000001000", *NAMES)


@pytest.fixture(scope="module")
def both(rehearsal: Rehearsal) -> Iterator[World]:
    """Preproduction as it was made, and hosts of production beside it."""
    assert rehearsal.converged.returncode == 0, "the main job failed; see test_preprod"
    rehearsal.world.lz("lab", "up", "adapter-prod", "dmz-prod")
    yield rehearsal.world
    rehearsal.world.lz("lab", "down", "adapter-prod", "dmz-prod")


def knock(world: World, host: str, *places: tuple[str, int]) -> dict[tuple[str, int], str]:
    """What a host meets at each place: open, refused or silent."""
    asked = json.dumps([[address, port, ""] for address, port in places])
    done = world.on(host, "python3", "-c", KNOCK, asked)
    assert done.returncode == 0, done.stdout
    return dict(zip(places, json.loads(done.stdout), strict=True))


def test_what_is_knocked_at_below_is_there(both: World) -> None:
    """Else the tests below could not fail. Only the network is asked: hosts of production let nobody in without a certificate."""
    namespace = Layout(both.lab_dir, int(both.instance)).namespace("dmz-prod")
    asked = json.dumps(
        [[address, port, ""] for address, port in ((ADAPTER, 22), (INBOUND, 22), (PARTNER, 443))]
    )
    done = both.run("ip", "netns", "exec", namespace, "python3", "-c", KNOCK, asked)
    assert done.stdout.strip() == '["open", "open", "open"]'


@pytest.mark.parametrize("host", ["adapter-preprod", "dmz-preprod"])
def test_no_host_of_production_is_reached(both: World, host: str) -> None:
    layout = Layout(both.lab_dir, int(both.instance))
    management = [str(management_address(layout, each)) for each in HOSTS if each.name.endswith("-prod")]
    places = [
        (address, port)
        for address in (ADAPTER, INSIDE, INBOUND, OUTBOUND, *management)
        for port in (22, 443, 3128, 8443)
    ]
    assert [
        place for place, found in knock(both, host, *places, (PARTNER, 443)).items() if found == "open"
    ] == []


@pytest.mark.parametrize(
    "method",
    [
        "CONNECT ebms.mijnoverheid.example:443",
        "GET http://ebms.mijnoverheid.example/",
        f"CONNECT {PARTNER}:443",
    ],
)
def test_the_proxy_of_preproduction_opens_no_way_to_production(both: World, method: str) -> None:
    program = (
        "import socket; s = socket.create_connection(('192.0.2.1', 3128), 8);"
        f" s.sendall(b'{method} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); print(s.recv(99).split()[1].decode())"
    )
    assert both.on("adapter-preprod", "python3", "-c", program).stdout.strip() == "403"


@pytest.mark.parametrize("host", ["adapter-preprod", "dmz-preprod"])
def test_nothing_of_production_is_on_a_host_of_preproduction(both: World, host: str) -> None:
    """No address, name or number: in files, in rules that are loaded, in what the adapter stores."""
    words = " ".join(f"-e {shlex.quote(word)}" for word in OF_PRODUCTION)
    where = "/etc /usr/local /var/lib/lopendezaken /var/lib/lopendezaken-metrics /run/lopendezaken-adapter"
    found = both.on(host, "sh", "-c", f"grep -rlsaF {words} {where}; nft list ruleset | grep -F {words}")
    assert found.stdout == ""
    own = "00000099100000001000" if host == "adapter-preprod" else "198.51.100.10"
    assert both.on(host, "grep", "-rlsaF", own, "/etc").stdout != ""
