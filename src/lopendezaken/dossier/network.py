"""The network plan (network.yml): every system, address and flow, once.

Firewall rules, the lists of both proxies and the drawing for the parties in the chain come from it (P2-36,
P2-37, P2-38). Each function gives plain dicts and lists, ready for a template.

A flow is of both families: it holds for IPv4 where both ends have an IPv4 address, and for IPv6 likewise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from lopendezaken.dossier.fields import Address, Day, HostName, Port, Range, Text, Word, Yes
from lopendezaken.dossier.part import Part
from lopendezaken.errors import LzError

Shared = Literal["preprod", "prod", "shared"]
OpensWith = Literal["connect", "limited-run", "live"]
STAGES: tuple[OpensWith, ...] = ("connect", "limited-run", "live")
ZoneKind = Literal["management", "internal", "dmz", "internet", "diginetwerk"]


class Zone(Part):
    """A network with one range of addresses, and one more when it has both families.

    ``kind`` says where it lies in the chain; without it that follows from the systems in it.
    """

    name: Word
    cidr: Range
    cidr6: Range | None = None
    environment: Shared
    purpose: Text
    kind: ZoneKind | None = None

    @property
    def ranges(self) -> tuple[str, ...]:
        """The ranges as text, that of ``cidr`` first."""
        return tuple(str(each) for each in (self.cidr, self.cidr6) if each)


class SystemAddress(Part):
    """The address of a system in a zone, of one family or both. Without one, the zone may give it any."""

    id: Word
    zone: Word
    address: Address | None = None
    address6: Address | None = None
    direction: Literal["in", "out", "both"]
    purpose: Text

    @property
    def fixed(self) -> tuple[str, ...]:
        """The addresses as text, that of ``address`` first."""
        return tuple(str(each) for each in (self.address, self.address6) if each)


class System(Part):
    """A host or device in the chain, ours or another's."""

    name: Word
    role: Literal["adapter", "proxy", "case-system", "partner", "crl", "database", "controller", "other"]
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
    """Traffic that is allowed; all other traffic is not. ``lab``: only the lab has it.

    ``stage``: in production it is open from this stage of the gate on. Without one, and in preproduction: at once.
    """

    id: Word
    environment: Shared
    service: Literal[
        "ebms", "rest", "crl", "proxy", "database", "health", "ssh", "dns", "packages", "echo", "other"
    ]
    source: Side = Field(alias="from")
    destination: Side = Field(alias="to")
    protocol: Literal["tcp", "udp", "icmp"]
    port: Port | None = None
    why: Text
    since: Day
    stage: OpensWith | None = None
    lab: Yes = False

    def is_open(self, stages: Collection[str]) -> bool:
        """Tell whether firewalls let it through now that production is at ``stages``."""
        return self.stage is None or self.environment != "prod" or self.stage in stages


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

    def concrete(self, address: SystemAddress) -> tuple[str, ...]:
        """Give the addresses, or the ranges of its zone when it has none of its own."""
        return address.fixed or self.zone(address.zone).ranges

    def at(self, side: Side) -> tuple[str, ...]:
        """Give the addresses or ranges at an end of a flow that is known to be sound."""
        if side.zone:
            return self.zone(side.zone).ranges
        address = self.system(side.system or "").address(side.address or "")
        assert address is not None  # noqa: S101 (reference_problems has seen to it)
        return self.concrete(address)

    def kind(self, zone: Zone) -> ZoneKind:
        """Tell where a zone lies in the chain."""
        inside = {(system.role, each.direction) for system, each in self._in(zone)}
        roles = {role for role, _ in inside}
        if zone.kind:
            return zone.kind
        if "controller" in roles:
            return "management"
        if inside & {("proxy", "in"), ("proxy", "out")}:
            return "dmz"
        return "internet" if roles & {"partner", "crl"} else "internal"

    def _in(self, zone: Zone) -> Iterator[tuple[System, SystemAddress]]:
        for system in self.systems:
            yield from ((system, each) for each in system.addresses if each.zone == zone.name)


def same_family(first: Sequence[str], second: Sequence[str]) -> list[tuple[str, str]]:
    """Pair the addresses or ranges of two ends: IPv4 with IPv4, and IPv6 with IPv6."""
    return [(one, other) for one in first for other in second if (":" in one) == (":" in other)]


def rules(plan: NetworkPlan, system: str, stages: Collection[str] = ()) -> dict[str, list[dict[str, Any]]]:
    """Give what ``system`` may receive (``input``) and send (``output``), in the order of the plan.

    ``stages`` are those of production that are open; flows of a later one are left out.
    Each rule: flow, service, source, destination (address or range), protocol (tcp, udp, icmp: an echo
    request), port (None for icmp), peer (who is at the other end), why, stage (of production, from which on it
    is open), lab (only in the lab). A flow of both families gives a rule for each. Raises :class:`LzError` for a
    system that the plan does not know.
    """
    host = plan.system(system)
    result: dict[str, list[dict[str, Any]]] = {"input": [], "output": []}
    for flow in (each for each in plan.flows if each.is_open(stages)):
        for chain, own, other in (
            ("input", flow.destination, flow.source),
            ("output", flow.source, flow.destination),
        ):
            address = taking_part(host, flow, own)
            here = plan.concrete(address) if address else ()
            ends = (plan.at(other), here) if chain == "input" else (here, plan.at(other))
            result[chain] += [
                {
                    "flow": flow.id,
                    "service": flow.service,
                    "source": source,
                    "destination": destination,
                    "protocol": flow.protocol,
                    "port": flow.port,
                    "peer": other.system or other.zone,
                    "why": flow.why,
                    "stage": flow.stage,
                    "lab": flow.lab,
                }
                for source, destination in same_family(*ends)
            ]
    return result


def taking_part(host: System, flow: Flow, own: Side) -> SystemAddress | None:
    """Give the address with which ``host`` takes part at the side ``own`` of a flow, if it does."""
    if own.system:
        return host.address(own.address or "") if own.system == host.name else None
    if host.name in {flow.source.system, flow.destination.system}:
        return None
    if not together(flow.environment, host.environment):
        return None
    return next((each for each in host.addresses if each.zone == own.zone), None)


def together(first: str, second: str) -> bool:
    """Tell whether two things may meet: of one environment, or one of them shared."""
    return first == second or "shared" in {first, second}


def inbound_address(plan: NetworkPlan, environment: str) -> str:
    """Give the first address at which partners reach us. Raises :class:`LzError`."""
    return inbound_addresses(plan, environment)[0]


def outbound_address(plan: NetworkPlan, environment: str) -> str:
    """Give the first address that partners see us come from. Raises :class:`LzError`."""
    return outbound_addresses(plan, environment)[0]


def inbound_addresses(plan: NetworkPlan, environment: str) -> list[str]:
    """Give all addresses at which we are reached, first those for messages. Raises :class:`LzError`."""
    proxy = plan.with_role("proxy", environment)
    return _outside(proxy, "in", {each.destination.address for each in _calls(plan, proxy)})


def outbound_addresses(plan: NetworkPlan, environment: str) -> list[str]:
    """Give all addresses that others see us come from, first those of messages. Raises :class:`LzError`."""
    proxy = plan.with_role("proxy", environment)
    return _outside(proxy, "out", {each.source.address for each in _from(plan, proxy, "ebms")})


def _outside(proxy: System, direction: str, for_messages: set[str | None]) -> list[str]:
    ways = [each for each in proxy.addresses if each.direction == direction]
    ways.sort(key=lambda each: each.id not in for_messages)
    return [address for each in ways for address in each.fixed]


def egress(plan: NetworkPlan, environment: str) -> list[dict[str, Any]]:
    """Give the places outside that may be reached through the proxy, sorted by name.

    Each: name, port, purpose (``ebms``: CONNECT; ``crl``: GET), address and addresses (the first, and all),
    outgoing (our addresses that it goes out from), flow, why. Raises :class:`LzError`.
    """
    proxy = plan.with_role("proxy", environment)
    found = [
        {
            "name": name.name,
            "port": flow.port,
            "purpose": flow.service,
            "address": plan.at(flow.destination)[0],
            "addresses": list(plan.at(flow.destination)),
            "outgoing": list(plan.at(flow.source)),
            "flow": flow.id,
            "why": flow.why,
        }
        for flow in _from(plan, proxy)
        if goes_out(proxy, flow)
        for name in names(plan, flow.destination)
    ]
    return sorted(found, key=lambda each: (str(each["name"]), each["port"] or 0))


def ingress(plan: NetworkPlan, environment: str) -> list[dict[str, Any]]:
    """Give the names that partners may call, and where each call ends.

    Each: name, listen_address (the first; all are in :func:`inbound_addresses`), listen_port, backends (the adapters
    in the order of the plan, each with system, address and port), sources (the addresses that may call).
    Raises :class:`LzError`.
    """
    proxy = plan.with_role("proxy", environment)
    behind = [each for each in _from(plan, proxy, "ebms") if not goes_out(proxy, each)]
    calls = _calls(plan, proxy)
    if not behind or not calls:
        raise LzError(
            f"the network plan has no way in for ebms in {environment}", found=f"system {proxy.name}"
        )
    entries = {each.destination.address: each for each in reversed(calls)}
    return [
        {
            "name": name.name,
            "listen_address": plan.at(call.destination)[0],
            "listen_port": call.port,
            "backends": [
                {
                    "system": each.destination.system,
                    "address": plan.at(each.destination)[0],
                    "port": each.port,
                }
                for each in behind
            ],
            "sources": _sources(plan, [each for each in calls if each.destination == call.destination]),
        }
        for call in reversed(entries.values())
        for name in names(plan, call.destination)
    ]


def forward_proxy(plan: NetworkPlan, environment: str) -> dict[str, Any]:
    """Give where our adapter finds the outgoing proxy: address, addresses (the first, and all), port, clients.

    Raises :class:`LzError`.
    """
    proxy = plan.with_role("proxy", environment)
    flows = [each for each in plan.flows if each.service == "proxy" and each.destination.system == proxy.name]
    if not flows:
        raise LzError(f"the network plan has no flow to the outgoing proxy of {environment}")
    return {
        "address": plan.at(flows[0].destination)[0],
        "addresses": list(plan.at(flows[0].destination)),
        "port": flows[0].port,
        "clients": _sources(plan, flows),
    }


def _sources(plan: NetworkPlan, flows: Sequence[Flow]) -> list[str]:
    return sorted({address for flow in flows for address in plan.at(flow.source)})


def _from(plan: NetworkPlan, proxy: System, service: str = "") -> list[Flow]:
    ours = [each for each in plan.flows if each.source.system == proxy.name]
    return [each for each in ours if service in {"", each.service}]


def _calls(plan: NetworkPlan, proxy: System) -> list[Flow]:
    return [each for each in plan.flows if each.destination.system == proxy.name and each.service == "ebms"]


def goes_out(proxy: System, flow: Flow) -> bool:
    """Tell whether a flow leaves the proxy by an address that is for going out."""
    address = proxy.address(flow.source.address or "")
    return address is not None and address.direction == "out"


def names(plan: NetworkPlan, side: Side) -> list[Name]:
    """Give the names in the DNS of one end of a flow."""
    return [each for each in plan.names if (each.system, each.address) == (side.system, side.address)]
