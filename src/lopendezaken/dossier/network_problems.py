"""What is wrong in a network plan that no single field shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lopendezaken.dossier.network import (
    Flow,
    NetworkPlan,
    Side,
    System,
    SystemAddress,
    Zone,
    goes_out,
    names,
    same_family,
    together,
)
from lopendezaken.dossier.problems import At, Problem


def reference_problems(plan: NetworkPlan) -> Iterator[Problem]:
    """Find what no single field shows: unknown names, doubles, and environments that touch."""
    found = [*_problems(plan)]
    yield from found or _family_problems(plan)


def _problems(plan: NetworkPlan) -> Iterator[Problem]:
    yield from _double_problems(plan)
    zones, systems = {each.name: each for each in plan.zones}, {each.name: each for each in plan.systems}
    for index, zone in enumerate(plan.zones):
        yield from _zone_problems(zone, ("zones", index))
    for index, system in enumerate(plan.systems):
        yield from _address_problems(system, zones, ("systems", index, "addresses"))
    for index, name in enumerate(plan.names):
        side = Side(system=name.system, address=name.address)
        yield from _side_problems(zones, systems, side, ("names", index))
    for index, flow in enumerate(plan.flows):
        yield from _flow_problems(flow, ("flows", index))
        for key, side in (("from", flow.source), ("to", flow.destination)):
            yield from _side_problems(zones, systems, side, ("flows", index, key), flow.environment)
    yield from _proxy_problems(plan)


def _double_problems(plan: NetworkPlan) -> Iterator[Problem]:
    keys: list[tuple[At, tuple[str, str]]] = []
    keys += [(("zones", i, "name"), ("zone", each.name)) for i, each in enumerate(plan.zones)]
    keys += [(("systems", i, "name"), ("system", each.name)) for i, each in enumerate(plan.systems)]
    keys += [(("names", i, "name"), ("name", each.name)) for i, each in enumerate(plan.names)]
    keys += [(("flows", i, "id"), ("flow", each.id)) for i, each in enumerate(plan.flows)]
    for i, system in enumerate(plan.systems):
        for j, address in enumerate(system.addresses):
            at: At = ("systems", i, "addresses", j)
            keys.append(((*at, "id"), (f"address of {system.name}", address.id)))
            # Also what keeps preprod and prod apart: no address serves both (P2-47).
            if address.address:
                keys.append(((*at, "address"), ("address", str(address.address))))
            if address.address6:
                keys.append(((*at, "address6"), ("address", str(address.address6))))
    seen: dict[tuple[str, str], At] = {}
    for at, key in keys:
        if key in seen:
            other = seen[key]
            holder = f" ({plan.systems[int(other[1])].name} has it)" if other[0] == "systems" else ""
            yield Problem(at, f"this {key[0]} stands here twice{holder}", key[1])
        seen.setdefault(key, at)


def _zone_problems(zone: Zone, at: At) -> Iterator[Problem]:
    if zone.cidr6 is None:
        return
    for key, version in (("cidr", 4), ("cidr6", 6)):
        cidr = getattr(zone, key)
        if cidr.version != version:
            yield Problem((*at, key), "a zone of both families", str(cidr), f"a range of IPv{version}")


def _address_problems(system: System, zones: Mapping[str, Zone], at: At) -> Iterator[Problem]:
    for index, address in enumerate(system.addresses):
        zone = zones.get(address.zone)
        here = (*at, index)
        if zone is None:
            yield Problem((*here, "zone"), "unknown zone", address.zone, f"one of {', '.join(zones)}")
        elif not together(system.environment, zone.environment):
            yield Problem(
                (*here, "zone"), f"a system of {system.environment} in a zone of {zone.environment}"
            )
        else:
            yield from _outside_zone(address, zone, here)


def _outside_zone(address: SystemAddress, zone: Zone, at: At) -> Iterator[Problem]:
    if address.address and address.address not in zone.cidr:
        yield Problem((*at, "address"), f"not in zone {zone.name}", str(address.address), str(zone.cidr))
    if address.address6 and (zone.cidr6 is None or address.address6 not in zone.cidr6):
        expected = str(zone.cidr6 or "cidr6 in the zone first")
        yield Problem((*at, "address6"), f"not in zone {zone.name}", str(address.address6), expected)


def _flow_problems(flow: Flow, at: At) -> Iterator[Problem]:
    if (flow.protocol == "icmp") == (flow.port is not None):
        expected = "no port" if flow.protocol == "icmp" else "a port"
        yield Problem((*at, "port"), f"protocol {flow.protocol}", str(flow.port), expected)
    if flow.service == "rest" and flow.environment != "preprod" and flow.stage != "live":
        expected = "stage: live, in a flow of prod: the limited run is of the operator alone"
        yield Problem((*at, "stage"), "case systems reach production", flow.stage or "at once", expected)
    if flow.source.zone and flow.destination.zone:
        yield Problem(
            at, "a flow from zone to zone says nothing about systems", remedy="Name a system on one side"
        )
    elif flow.source.system and flow.source.system == flow.destination.system:
        yield Problem(at, "from and to are the same system", flow.source.system)


def _family_problems(plan: NetworkPlan) -> Iterator[Problem]:
    for index, flow in enumerate(plan.flows):
        if not same_family(plan.at(flow.source), plan.at(flow.destination)):
            yield Problem(("flows", index), "no family of addresses (IPv4, IPv6) that both ends have")


def _side_problems(
    zones: Mapping[str, Zone],
    systems: Mapping[str, System],
    side: Side,
    at: At,
    environment: str = "shared",
) -> Iterator[Problem]:
    zone, system = zones.get(side.zone or ""), systems.get(side.system or "")
    of = zone or system
    if side.zone and (side.system or side.address):
        yield Problem(at, "a zone and a system", expected="either zone, or system and address")
    elif side.zone and zone is None:
        yield Problem((*at, "zone"), "unknown zone", side.zone, f"one of {', '.join(sorted(zones))}")
    elif not side.zone and not (side.system and side.address):
        yield Problem(at, "incomplete", expected="either zone, or system and address")
    elif of is None:
        yield Problem((*at, "system"), "unknown system", side.system, f"one of {', '.join(systems)}")
    elif system and system.address(side.address or "") is None:
        known = ", ".join(each.id for each in system.addresses)
        yield Problem((*at, "address"), f"{system.name} has no such address", side.address, f"one of {known}")
    elif not together(environment, of.environment):
        kind = "zone" if zone else "system"
        yield Problem(
            (*at, kind), f"a {kind} of {of.environment} in a flow of {environment}", side.zone or side.system
        )


def _proxy_problems(plan: NetworkPlan) -> Iterator[Problem]:
    """Incoming and outgoing addresses are two things, and what goes out goes by name (P2-37)."""
    for index, system in enumerate(plan.systems):
        if system.role == "proxy":
            yield from _way_problems(system, ("systems", index, "addresses"))
            yield from _nameless(plan, system)


def _way_problems(proxy: System, at: At) -> Iterator[Problem]:
    for direction in ("in", "out"):
        zones = [each.zone for each in proxy.addresses if each.direction == direction and each.fixed]
        if not zones or len(zones) > len(set(zones)):
            expected = "one, or one in each zone that partners are in, for partners to know"
            yield Problem(at, f"addresses with direction '{direction}'", str(len(zones)), expected)


def _nameless(plan: NetworkPlan, proxy: System) -> Iterator[Problem]:
    for place, flow in enumerate(plan.flows):
        out = flow.source.system == proxy.name and goes_out(proxy, flow)
        if out and not names(plan, flow.destination):
            yield Problem(
                ("flows", place, "to"), "the proxy allows by name; give this address one in 'names'"
            )
