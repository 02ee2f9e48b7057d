"""Only what the network plan allows gets through, whatever listens."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest
from testinfra.host import Host

from tests.testinfra.world import ADAPTER, INBOUND, OUTBOUND, PROXY, knock

COMPLIANCE = "203.0.113.10"
MIJNOVERHEID = "203.0.113.20"
_SINK = """
import socket, threading
def take(one):
    while one.recv(65536):
        pass
    one.sendall(b"!")
server = socket.create_server(("203.0.113.20", 443), backlog=200)
while True:
    threading.Thread(target=take, args=(server.accept()[0],), daemon=True).start()
"""
_POUR = """
import socket, sys, time
start = time.monotonic()
with socket.create_connection(("203.0.113.20", 443), 5, (sys.argv[1], 0)) as sent:
    sent.sendall(bytes(4_000_000))
    sent.shutdown(socket.SHUT_WR)
    sent.settimeout(60)
    sent.recv(1)
print(time.monotonic() - start)
"""
STRANGER = "203.0.113.40"


@pytest.fixture(scope="module")
def listener(dmz: Host) -> Iterator[int]:
    """A service that somebody forgot on the DMZ host: it must not be reachable."""
    port = 8888
    server = f"python3 -m http.server {port} --directory /run/lock"
    dmz.check_output(f"systemd-run --quiet --collect --unit=forgotten {server}")
    dmz.check_output(f"for i in 1 2 3 4 5 6 7 8 9; do ss -ltn | grep -q :{port} && break; sleep 0.2; done")
    yield port
    dmz.run("systemctl stop forgotten")


def _table(host: Host) -> str:
    return host.check_output("nft list table inet lopendezaken")


def _packets(host: Host, comment: str) -> int:
    """Packets counted by the rules of one flow."""
    found = re.findall(rf'counter packets (\d+) .*comment "{comment}"', _table(host))
    assert found, f"no rule with comment {comment}"
    return sum(map(int, found))


def test_all_three_chains_drop_what_they_do_not_know(dmz: Host) -> None:
    table = _table(dmz)
    for chain in ("input", "forward", "output"):
        assert f"hook {chain} priority filter; policy drop;" in table


def test_only_own_table_is_loaded(dmz: Host) -> None:
    assert dmz.check_output("nft list tables").split("\n") == ["table inet lopendezaken"]


def test_rules_come_back_after_a_reboot(dmz: Host) -> None:
    """The kept file gives exactly what is loaded, and systemd loads it."""
    kept = dmz.check_output("unshare --net sh -c 'nft -f /etc/nftables.conf && nft -s list ruleset'")
    assert kept == dmz.check_output("nft -s list ruleset")
    assert dmz.service("nftables").is_enabled


def test_no_way_back_is_left_ticking(dmz: Host) -> None:
    assert not dmz.service("lopendezaken-firewall-rollback.timer").is_running


def test_partner_reaches_the_inbound_port_and_is_counted(dmz: Host, partner: Host) -> None:
    before = _packets(dmz, "preprod-from-compliance")
    assert knock(partner, (INBOUND, 443), source=COMPLIANCE)[INBOUND, 443] in {"open", "refused"}
    assert _packets(dmz, "preprod-from-compliance") > before


def test_stranger_does_not_even_reach_the_inbound_port(dmz: Host, partner: Host) -> None:
    before = _packets(dmz, "dropped-in")
    assert knock(partner, (INBOUND, 443), source=STRANGER) == {(INBOUND, 443): "silent"}
    assert _packets(dmz, "dropped-in") > before


def test_nothing_else_answers_from_outside(partner: Host, listener: int) -> None:
    places = [(address, port) for address in (INBOUND, OUTBOUND) for port in (22, 80, 3128, 8404, listener)]
    assert set(knock(partner, *places, source=COMPLIANCE).values()) == {"silent"}


def test_inside_leg_is_not_reachable_from_outside(partner: Host) -> None:
    assert "open" not in knock(partner, (PROXY, 3128), (PROXY, 22)).values()


def test_adapter_is_not_reachable_from_outside(partner: Host) -> None:
    places = [(ADAPTER, port) for port in (22, 443, 8008, 8080, 8443)]
    assert "open" not in knock(partner, *places, source=COMPLIANCE).values()


def test_adapter_reaches_nothing_but_the_proxy(adapter: Host) -> None:
    """No way past the proxy, and no way into the DMZ host but the proxy's port."""
    places = [(COMPLIANCE, 443), (PROXY, 22), (PROXY, 443), (INBOUND, 443), (OUTBOUND, 3128)]
    assert "open" not in knock(adapter, *places).values()
    assert knock(adapter, (PROXY, 22)) == {(PROXY, 22): "refused"}


def test_dmz_reaches_one_port_of_the_adapter(dmz: Host) -> None:
    places = [(ADAPTER, port) for port in (22, 443, 8008, 8080)]
    assert set(knock(dmz, *places).values()) == {"refused"}


def test_host_itself_gets_no_further_than_its_flows(dmz: Host, partner: Host) -> None:
    """Refused at once and counted: another port, another address of ours, another address of theirs."""
    before = _packets(dmz, "rejected-out")
    assert knock(dmz, (COMPLIANCE, 8080), source=OUTBOUND) == {(COMPLIANCE, 8080): "refused"}
    assert knock(dmz, (COMPLIANCE, 443), source=INBOUND) == {(COMPLIANCE, 443): "refused"}
    assert knock(dmz, ("203.0.113.99", 443), source=OUTBOUND) == {("203.0.113.99", 443): "refused"}
    assert _packets(dmz, "rejected-out") >= before + 3


@pytest.fixture
def sink(partner: Host) -> Iterator[None]:
    """Something at MijnOverheid that takes all it is sent. Where the engines run, they have that port."""
    if partner.service("lz-partner@mijnoverheid-preprod").is_running:
        pytest.skip("would keep the partner from its messages")
    partner.check_output(f"systemd-run --quiet --collect --unit=sink python3 -c {shlex.quote(_SINK)}")
    partner.check_output(
        "for i in 1 2 3 4 5 6 7 8 9; do ss -ltn | grep -q 203.0.113.20:443 && break; sleep 0.2; done"
    )
    yield
    partner.run("systemctl stop sink")


def test_no_more_goes_to_mijnoverheid_than_is_agreed(dmz: Host, sink: None) -> None:
    """Performance tests there are forbidden (P2-48): what is beyond waits, or is refused at once."""
    seconds = float(dmz.check_output(f"python3 -c {shlex.quote(_POUR)} {OUTBOUND}"))
    assert 1.5 < seconds < 15, "4 MB at 1 MB/s, of which the first at once"
    assert _packets(dmz, "preprod-to-mijnoverheid-too-fast") > 0
    places = [(MIJNOVERHEID, 443)]
    answers = [knock(dmz, *places * 35, source=OUTBOUND)[places[0]] for _ in range(3)]
    assert answers[-1] == "refused"
    assert _packets(dmz, "preprod-to-mijnoverheid-too-often") > 0


def test_host_resolves_names(dmz: Host) -> None:
    assert "203.0.113.10" in dmz.check_output("getent hosts ebms.compliance.example")
