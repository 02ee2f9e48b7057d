"""The world hangs together: what the plan of the example organisation promises its readers."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from lopendezaken.errors import LzError
from lopendezaken.lab import world
from lopendezaken.pki.oin import parse_oin

DOCUMENTATION = [ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]


def test_every_address_is_for_documentation_in_its_zone_and_used_once() -> None:
    addresses = [address for host in world.HOSTS for leg in host.legs for address in leg.addresses]
    assert len(addresses) == len(set(addresses))
    for address in addresses:
        assert any(ip_address(address) in net for net in DOCUMENTATION)
    for host in world.HOSTS:
        for leg in host.legs:
            assert all(ip_address(address) in world.zone(leg.zone).network for address in leg.addresses)


def test_members_of_the_fleet_share_no_address_outside_and_no_number() -> None:
    outside = [address for member in world.FLEET for address in member.outside]
    outside += [a for host in world.HOSTS for leg in host.legs if leg.zone == "dmz" for a in leg.addresses]
    assert len(outside) == len(set(outside))
    assert all(ip_address(address) in world.zone("dmz").network for address in outside)
    assert len({member.oin for member in world.FLEET}) == len(world.FLEET)
    assert len({host.number for host in world.EVERY_HOST}) == len(world.EVERY_HOST)
    for member in world.FLEET:
        assert member.oin.startswith("00000099")
        parse_oin(member.oin)


def test_inside_no_member_of_the_fleet_meets_another() -> None:
    zones = [host.legs[0].zone for host in world.FLEET_HOSTS]
    assert sorted(zones) == sorted(2 * [member.zone.name for member in world.FLEET])


def test_zones_do_not_overlap() -> None:
    networks = [*(zone.network for zone in world.ZONES), world.MANAGEMENT, world.FLEET_MANAGEMENT]
    assert not [
        (one, other) for one in networks for other in networks if one is not other and one.overlaps(other)
    ]


def test_no_host_but_the_dmz_has_legs_in_two_zones() -> None:
    assert {host.name for host in world.HOSTS if len(host.legs) > 1} == {"dmz-preprod", "dmz-prod"}


def test_no_host_inside_has_a_default_route() -> None:
    outward = {host.name for host in world.HOSTS if host.gateway}
    assert outward == {"dmz-preprod", "dmz-prod", world.PARTNER_HOST}


def test_gateways_are_those_of_the_hosts_own_zone() -> None:
    for host in world.HOSTS:
        if host.gateway:
            assert host.gateway in {world.zone(leg.zone).gateway for leg in host.legs}


def test_partners_live_on_the_partner_host_and_have_an_oin_that_no_one_has() -> None:
    partner_host = world.select([world.PARTNER_HOST])[0]
    for partner in world.PARTNERS:
        assert partner.address in partner_host.legs[0].addresses
        assert partner.oin.startswith("00000099")
        parse_oin(partner.oin)
    assert len({partner.oin for partner in world.PARTNERS}) == len(world.PARTNERS)
    assert len({partner.rest_port for partner in world.PARTNERS}) == len(world.PARTNERS)


def test_public_names_are_examples_and_point_into_the_lab() -> None:
    for name, address in world.PUBLIC_NAMES.items():
        assert name.endswith(".example")
        assert address in world.addresses()


def test_interface_names_fit_linux() -> None:
    for host in world.EVERY_HOST:
        for leg in host.legs:
            assert len(f"h{host.number}-{leg.interface}") <= 15
    assert all(len(zone.name) <= 15 for zone in world.EVERY_ZONE)


def test_select_takes_hosts_and_groups_and_keeps_the_order() -> None:
    assert [host.name for host in world.select(["partner", "preprod"])] == list(world.GROUPS["preprod"])
    assert [host.name for host in world.select(["dmz-prod"])] == ["dmz-prod"]
    assert len(world.select(["all"])) == len(world.HOSTS)


def test_select_names_what_it_knows() -> None:
    with pytest.raises(LzError, match="found acceptance, expected one of preprod"):
        world.select(["acceptance"])
