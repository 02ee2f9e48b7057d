"""The flows of one environment, in the order and with the numbers of drawing, table and firewall requests."""

from __future__ import annotations

from dataclasses import dataclass

from lopendezaken.dossier.network import (
    Flow,
    NetworkPlan,
    Side,
    System,
    ZoneKind,
    same_family,
    taking_part,
    together,
)

OUTSIDE: tuple[ZoneKind, ...] = ("internet", "diginetwerk")
DEPTH: tuple[ZoneKind, ...] = ("management", "internal", "dmz", *OUTSIDE)


@dataclass(frozen=True)
class Member:
    """A system that takes part in the flows of a zone, and with which addresses."""

    system: System
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class End:
    """One end of a flow: a system, or a zone with the systems in it that take part."""

    name: str
    system: System | None
    kind: ZoneKind
    addresses: tuple[str, ...]
    members: tuple[Member, ...] = ()

    @property
    def systems(self) -> tuple[System, ...]:
        """Who takes part at this end."""
        return (self.system,) if self.system else tuple(each.system for each in self.members)

    @property
    def owners(self) -> tuple[str, ...]:
        """Who manages this end."""
        return tuple(dict.fromkeys(each.owner for each in self.systems))


@dataclass(frozen=True)
class Line:
    """A flow with its number."""

    number: int
    flow: Flow
    source: End
    destination: End

    @property
    def ends(self) -> tuple[End, End]:
        """Both ends, as the flow goes."""
        return self.source, self.destination

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """From which address to which; a flow of both families has two."""
        return same_family(self.source.addresses, self.destination.addresses)


def reason(flow: Flow) -> str:
    """Tell why there is a flow, and what keeps it from being everywhere and always."""
    later = " (pas open bij volledig gebruik)" if flow.stage and flow.environment == "prod" else ""
    return flow.why + later + (" (alleen in de oefenomgeving)" if flow.lab else "")


def lines(plan: NetworkPlan, environment: str) -> list[Line]:
    """Give all flows of an environment, those that both share included: from the inside out, management last."""
    found = [
        line
        for flow in plan.flows
        if together(flow.environment, environment)
        for line in (_line(plan, flow, environment),)
        if any(together(each.environment, environment) for end in line.ends for each in end.systems)
    ]
    rank = {system.name: index for index, system in enumerate(plan.systems)}
    found.sort(key=lambda line: _order(line, rank))
    return [Line(number, each.flow, each.source, each.destination) for number, each in enumerate(found, 1)]


def place(plan: NetworkPlan, system: System) -> ZoneKind:
    """Tell where in the chain a system stands; one with legs in more zones stands where its work is."""
    if system.role == "proxy":
        return "dmz"
    kinds = [plan.kind(plan.zone(each.zone)) for each in system.addresses]
    return next((kind for kind in kinds if kind != "management"), "management")


def _line(plan: NetworkPlan, flow: Flow, environment: str) -> Line:
    pairs = same_family(plan.at(flow.source), plan.at(flow.destination))
    source = tuple(dict.fromkeys(first for first, _ in pairs))
    destination = tuple(dict.fromkeys(second for _, second in pairs))
    return Line(
        0,
        flow,
        _end(plan, flow, flow.source, source, environment),
        _end(plan, flow, flow.destination, destination, environment),
    )


def _end(plan: NetworkPlan, flow: Flow, side: Side, addresses: tuple[str, ...], environment: str) -> End:
    if side.system:
        system = plan.system(side.system)
        return End(system.name, system, place(plan, system), addresses)
    zone = plan.zone(side.zone or "")
    members = tuple(
        Member(system, plan.concrete(address))
        for system in plan.systems
        if together(system.environment, environment)
        for address in (taking_part(system, flow, side),)
        if address
    )
    return End(zone.name, None, plan.kind(zone), addresses, members)


def _order(line: Line, rank: dict[str, int]) -> tuple[object, ...]:
    """Sort so that what belongs to a system stands together, and what is inside comes first."""
    depths = sorted((DEPTH.index(end.kind), rank.get(end.name, len(rank))) for end in line.ends)
    hub = next((which for depth, which in depths if depth == DEPTH.index("dmz")), None)
    others = [each for each in depths if each[0] != DEPTH.index("dmz")] or depths[1:]
    return (
        depths[0][0] == DEPTH.index("management"),
        hub is None and depths[1][0] in map(DEPTH.index, OUTSIDE),
        -1 if hub is None else hub,
        others,
    )
