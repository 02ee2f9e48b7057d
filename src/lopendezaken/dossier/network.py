"""The network plan (network.yml): every system, address and flow, once.

Firewall rules, the lists of both proxies and, later, the drawing for the parties in the chain come from it
(P2-36, P2-37, P2-38). Each function gives plain dicts and lists, ready for a template.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from lopendezaken.dossier.fields import Address, Day, HostName, Port, Range, Text, Word, Yes
from lopendezaken.dossier.part import Part
from lopendezaken.dossier.problems import At, Problem
from lopendezaken.dossier.schema import EnvironmentName
from lopendezaken.errors import LzError

Shared = Literal["preprod", "prod", "shared"]


class Zone(Part):
    """A network with one range of addresses."""

    name: Word
    cidr: Range
    environment: Shared
    purpose: Text


class SystemAddress(Part):
    """An address of a system. Without ``address``, any address of the zone may be given to it."""

    id: Word
    zone: Word
    address: Address | None = None
    direction: Literal["in", "out", "both"]
    purpose: Text


class System(Part):
    """A host or device in the chain, ours or another's."""

    name: Word
    role: Literal["adapter", "proxy", "partner", "crl", "controller", "other"]
    environment: Shared
    owner: Text
    addresses: Annotated[tuple[SystemAddress, ...], Field(min_length=1)]

    def address(self, key: str) -> SystemAddress | None:
        """Give the address with this id."""
        return next((each for each in self.addresses if each.id == key), None)


class Name(Part):
    """A name in the DNS and the address that it stands for."""

    name: HostName
    system: Word
    address: Word


class Side(Part):
    """An end of a flow: one address of one system, or every system that has an address in a zone."""

    system: Word | None = None
    address: Word | None = None
    zone: Word | None = None


class Flow(Part):
    """Traffic that is allowed; all other traffic is not. ``lab``: only the lab has it."""

    id: Word
    environment: Shared
    service: Literal["ebms", "crl", "proxy", "ssh", "dns", "packages", "echo", "other"]
    source: Side = Field(alias="from")
    destination: Side = Field(alias="to")
    protocol: Literal["tcp", "udp", "icmp"]
    port: Port | None = None
    why: Text
    since: Day
    lab: Yes = False


class NetworkPlan(Part):
    """All zones, systems, names and flows. Read it with :func:`lopendezaken.dossier.load_network`."""

    zones: Annotated[tuple[Zone, ...], Field(min_length=1)]
    systems: Annotated[tuple[System, ...], Field(min_length=1)]
    names: tuple[Name, ...]
    flows: Annotated[tuple[Flow, ...], Field(min_length=1)]

    def system(self, name: str) -> System:
        """Give a system. Raises :class:`LzError` when the plan does not know it."""
        found = next((each for each in self.systems if each.name == name), None)
        if found is None:
            known = ", ".join(each.name for each in self.systems)
            raise LzError("the network plan has no such system", found=name, expected=f"one of {known}")
        return found

    def zone(self, name: str) -> Zone:
        """Give a zone that is known to exist."""
        return next(each for each in self.zones if each.name == name)

    def with_role(self, role: str, environment: str) -> System:
        """Give the one system that plays ``role`` in ``environment``. Raises :class:`LzError`."""
        found = [each for each in self.systems if each.role == role and each.environment == environment]
        if len(found) != 1:
            names = ", ".join(each.name for each in found) or "none"
            raise LzError(f"the network plan needs one {role} in {environment}", found=names)
        return found[0]

    def concrete(self, address: SystemAddress) -> str:
        """Give the address, or the range of its zone when it has none of its own."""
        return str(address.address or self.zone(address.zone).cidr)


def rules(plan: NetworkPlan, system: str) -> dict[str, list[dict[str, Any]]]:
    """Give what ``system`` may receive (``input``) and send (``output``), in the order of the plan.

    Each rule: flow, service, source, destination (address or range), protocol (tcp, udp, icmp: an echo
    request), port (None for icmp), peer (who is at the other end), why, lab (only in the lab).
    Raises :class:`LzError` for a system that the plan does not know.
    """
    host = plan.system(system)
    result: dict[str, list[dict[str, Any]]] = {"input": [], "output": []}
    for flow in plan.flows:
        for chain, own, other in (
            ("input", flow.destination, flow.source),
            ("output", flow.source, flow.destination),
        ):
            here = _own_address(plan, host, own, other)
            if here:
                there = _other_address(plan, other)
                source, destination = (there, here) if chain == "input" else (here, there)
                result[chain].append(
                    {
                        "flow": flow.id,
                        "service": flow.service,
                        "source": source,
                        "destination": destination,
                        "protocol": flow.protocol,
                        "port": flow.port,
                        "peer": other.system or other.zone,
                        "why": flow.why,
                        "lab": flow.lab,
                    }
                )
    return result


def _own_address(plan: NetworkPlan, host: System, own: Side, other: Side) -> str | None:
    """Give the address with which ``host`` takes part at this side of a flow, if it does."""
    if own.system:
        address = host.address(own.address or "") if own.system == host.name else None
    elif other.system == host.name:
        address = None
    else:
        address = next((each for each in host.addresses if each.zone == own.zone), None)
    return plan.concrete(address) if address else None


def _other_address(plan: NetworkPlan, side: Side) -> str:
    if side.zone:
        return str(plan.zone(side.zone).cidr)
    address = plan.system(side.system or "").address(side.address or "")
    assert address is not None  # noqa: S101 (reference_problems has seen to it)
    return plan.concrete(address)


def inbound_address(plan: NetworkPlan, environment: EnvironmentName) -> str:
    """Give the address at which partners reach us. Raises :class:`LzError`."""
    return _outside_address(plan, environment, "in")


def outbound_address(plan: NetworkPlan, environment: EnvironmentName) -> str:
    """Give the address that partners see us come from. Raises :class:`LzError`."""
    return _outside_address(plan, environment, "out")


def _outside_address(plan: NetworkPlan, environment: str, direction: str) -> str:
    proxy = plan.with_role("proxy", environment)
    return next(str(each.address) for each in proxy.addresses if each.direction == direction)


def egress(plan: NetworkPlan, environment: EnvironmentName) -> list[dict[str, Any]]:
    """Give the places outside that may be reached through the proxy, sorted by name.

    Each: name, port, purpose (``ebms``: CONNECT; ``crl``: GET), address, flow, why. Raises :class:`LzError`.
    """
    proxy = plan.with_role("proxy", environment)
    found = [
        {
            "name": name.name,
            "port": flow.port,
            "purpose": flow.service,
            "address": _other_address(plan, flow.destination),
            "flow": flow.id,
            "why": flow.why,
        }
        for flow in plan.flows
        if flow.source.system == proxy.name and _goes_out(proxy, flow)
        for name in _names(plan, flow.destination)
    ]
    return sorted(found, key=lambda each: (str(each["name"]), each["port"] or 0))


def ingress(plan: NetworkPlan, environment: EnvironmentName) -> list[dict[str, Any]]:
    """Give the names that partners may call, and where each call ends.

    Each: name, listen_address, listen_port, backend_address, backend_port, backend (system), sources (the
    addresses that may call). Raises :class:`LzError`.
    """
    proxy = plan.with_role("proxy", environment)
    inner = [flow for flow in plan.flows if flow.source.system == proxy.name and flow.service == "ebms"]
    behind = next((flow for flow in inner if not _goes_out(proxy, flow)), None)
    calls = [flow for flow in plan.flows if flow.destination.system == proxy.name and flow.service == "ebms"]
    if behind is None or not calls:
        raise LzError(
            f"the network plan has no way in for ebms in {environment}", found=f"system {proxy.name}"
        )
    return [
        {
            "name": name.name,
            "listen_address": _other_address(plan, calls[0].destination),
            "listen_port": calls[0].port,
            "backend_address": _other_address(plan, behind.destination),
            "backend_port": behind.port,
            "backend": behind.destination.system,
            "sources": sorted(_other_address(plan, flow.source) for flow in calls),
        }
        for name in _names(plan, calls[0].destination)
    ]


def forward_proxy(plan: NetworkPlan, environment: EnvironmentName) -> dict[str, Any]:
    """Give where our adapter finds the outgoing proxy: address, port, clients. Raises :class:`LzError`."""
    proxy = plan.with_role("proxy", environment)
    flows = [each for each in plan.flows if each.service == "proxy" and each.destination.system == proxy.name]
    if not flows:
        raise LzError(f"the network plan has no flow to the outgoing proxy of {environment}")
    return {
        "address": _other_address(plan, flows[0].destination),
        "port": flows[0].port,
        "clients": sorted({_other_address(plan, flow.source) for flow in flows}),
    }


def _goes_out(proxy: System, flow: Flow) -> bool:
    address = proxy.address(flow.source.address or "")
    return address is not None and address.direction == "out"


def _names(plan: NetworkPlan, side: Side) -> list[Name]:
    return [each for each in plan.names if (each.system, each.address) == (side.system, side.address)]


def reference_problems(plan: NetworkPlan) -> Iterator[Problem]:
    """Find what no single field shows: unknown names, doubles, and environments that touch."""
    yield from _double_problems(plan)
    zones = {zone.name: zone for zone in plan.zones}
    for index, system in enumerate(plan.systems):
        yield from _address_problems(system, zones, ("systems", index, "addresses"))
    for index, name in enumerate(plan.names):
        yield from _side_problems(plan, Side(system=name.system, address=name.address), ("names", index))
    for index, flow in enumerate(plan.flows):
        yield from _flow_problems(plan, flow, ("flows", index))
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
            if address.address:
                # Also what keeps preprod and prod apart: no address serves both (P2-47).
                keys.append(((*at, "address"), ("address", str(address.address))))
    seen: dict[tuple[str, str], At] = {}
    for at, key in keys:
        if key in seen:
            other = seen[key]
            holder = f" ({plan.systems[int(other[1])].name} has it)" if other[0] == "systems" else ""
            yield Problem(at, f"this {key[0]} stands here twice{holder}", key[1])
        seen.setdefault(key, at)


def _address_problems(system: System, zones: dict[str, Zone], at: At) -> Iterator[Problem]:
    for index, address in enumerate(system.addresses):
        zone = zones.get(address.zone)
        here = (*at, index)
        if zone is None:
            yield Problem((*here, "zone"), "unknown zone", address.zone, f"one of {', '.join(zones)}")
        elif not _together(system.environment, zone.environment):
            yield Problem(
                (*here, "zone"), f"a system of {system.environment} in a zone of {zone.environment}"
            )
        elif address.address and address.address not in zone.cidr:
            yield Problem(
                (*here, "address"), f"not in zone {zone.name}", str(address.address), str(zone.cidr)
            )


def _flow_problems(plan: NetworkPlan, flow: Flow, at: At) -> Iterator[Problem]:
    for key, side in (("from", flow.source), ("to", flow.destination)):
        yield from _side_problems(plan, side, (*at, key), flow.environment)
    if (flow.protocol == "icmp") == (flow.port is not None):
        expected = "no port" if flow.protocol == "icmp" else "a port"
        yield Problem((*at, "port"), f"protocol {flow.protocol}", str(flow.port), expected)
    if flow.source.zone and flow.destination.zone:
        yield Problem(
            at, "a flow from zone to zone says nothing about systems", remedy="Name a system on one side"
        )
    elif flow.source.system and flow.source.system == flow.destination.system:
        yield Problem(at, "from and to are the same system", flow.source.system)


def _side_problems(plan: NetworkPlan, side: Side, at: At, environment: str = "shared") -> Iterator[Problem]:
    if side.zone:
        zones = {zone.name for zone in plan.zones}
        if side.system or side.address:
            yield Problem(at, "a zone and a system", expected="either zone, or system and address")
        elif side.zone not in zones:
            yield Problem((*at, "zone"), "unknown zone", side.zone, f"one of {', '.join(sorted(zones))}")
        return
    systems = {system.name: system for system in plan.systems}
    system = systems.get(side.system or "")
    if not side.system or not side.address:
        yield Problem(at, "incomplete", expected="either zone, or system and address")
    elif system is None:
        yield Problem((*at, "system"), "unknown system", side.system, f"one of {', '.join(systems)}")
    elif system.address(side.address) is None:
        known = ", ".join(each.id for each in system.addresses)
        yield Problem((*at, "address"), f"{system.name} has no such address", side.address, f"one of {known}")
    elif not _together(environment, system.environment):
        yield Problem(
            (*at, "system"), f"a system of {system.environment} in a flow of {environment}", side.system
        )


def _together(first: str, second: str) -> bool:
    return first == second or "shared" in {first, second}


def _proxy_problems(plan: NetworkPlan) -> Iterator[Problem]:
    """Incoming and outgoing addresses are two things, and what goes out goes by name (P2-37)."""
    for index, system in enumerate(plan.systems):
        if system.role != "proxy":
            continue
        for direction in ("in", "out"):
            count = sum(1 for each in system.addresses if each.direction == direction and each.address)
            if count != 1:
                at: At = ("systems", index, "addresses")
                yield Problem(
                    at, f"addresses with direction '{direction}'", str(count), "one, for partners to know"
                )
        for place, flow in enumerate(plan.flows):
            if (
                flow.source.system == system.name
                and _goes_out(system, flow)
                and not _names(plan, flow.destination)
            ):
                yield Problem(
                    ("flows", place, "to"), "the proxy allows by name; give this address one in 'names'"
                )
