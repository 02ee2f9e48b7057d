from __future__ import annotations

from ipaddress import ip_interface
from pathlib import Path

from lopendezaken.lab import network, world
from lopendezaken.lab.layout import Layout

LAYOUT = Layout(Path("/lab"), 1)


def statements(ruleset: str) -> list[str]:
    return [line.strip() for line in ruleset.splitlines()]


def test_hosts_reach_dns_and_the_apt_cache_of_the_machine_and_nothing_else() -> None:
    lines = statements(network.machine_filter(LAYOUT))
    assert [line for line in lines if line.endswith("accept") and "iifname" not in line] == [
        "ct state established,related accept",
        "ip daddr { 192.0.2.145, 198.18.1.1 } udp dport 53 accept",
        "ip daddr { 192.0.2.145, 198.18.1.1 } tcp dport { 53, 3142 } accept",
    ]
    assert lines.index("counter drop") > lines.index("ct state established,related accept")
    assert 'iifname "lz-lab1" counter drop' in lines
    assert 'oifname "lz-lab1" counter drop' in lines


def test_the_machines_filter_leaves_other_traffic_alone() -> None:
    assert 'iifname != "lz-lab1" accept' in statements(network.machine_filter(LAYOUT))


def test_the_filter_is_one_transaction_that_may_be_repeated() -> None:
    assert statements(network.machine_filter(LAYOUT))[:3] == [
        "table inet lz_lab1",
        "delete table inet lz_lab1",
        "table inet lz_lab1 {",
    ]


def test_the_switch_passes_traffic_between_dmz_and_outside_only() -> None:
    lines = statements(network.switch_filter())
    assert [line for line in lines if line.endswith("accept")] == [
        "meta l4proto icmp accept",
        'iifname "dmz" oifname "outside" accept',
        'iifname "outside" oifname "dmz" accept',
    ]
    assert sum("policy drop" in line for line in lines) == 2


def test_an_address_always_has_the_same_mac_and_it_is_a_local_one() -> None:
    assert network.mac("192.0.2.10") == "02:4c:c0:00:02:0a"


def test_a_gateway_keeps_its_mac_when_hosts_come_and_go() -> None:
    lines = list(network._bridges())
    assert f"link add dmz address {network.mac('198.51.100.1')} type bridge" in lines
    assert f"link add outside address {network.mac('203.0.113.1')} type bridge" in lines


def test_management_addresses_are_unique_and_in_the_instance() -> None:
    addresses = [network.management_address(LAYOUT, host) for host in world.EVERY_HOST]
    assert len(set(addresses)) == len(world.EVERY_HOST)
    assert not set(addresses) & set(LAYOUT.machine_addresses)
    for network_of_hosts in (LAYOUT.network, LAYOUT.fleet_network):
        assert network_of_hosts.broadcast_address not in addresses
    assert all(address in LAYOUT.network or address in LAYOUT.fleet_network for address in addresses)


def test_a_host_and_the_machine_meet_in_one_network() -> None:
    for host in world.EVERY_HOST:
        prefixes = [prefix for leg, prefix in network._legs(LAYOUT, host) if leg.zone == "management"]
        own = ip_interface(f"{network.management_address(LAYOUT, host)}/{prefixes[0]}")
        assert network.machine_address(LAYOUT, host) in own.network
