"""The drawing of the network of one environment: systems by zone, and each flow between them (P2-38)."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from lopendezaken.documents import svg
from lopendezaken.documents.network_flows import DEPTH, End, Line, lines, place, reason
from lopendezaken.documents.network_layout import (
    BEND,
    BOX,
    CHANNEL,
    COLUMN,
    LINE,
    MARGIN,
    PADDING,
    SMALL,
    Area,
    Arrow,
    Box,
    Link,
    Node,
    Told,
    address_lines,
    lay_out,
    left,
)
from lopendezaken.dossier.network import Flow, NetworkPlan, System, ZoneKind, together

AREAS: dict[ZoneKind, str] = {
    "management": "Beheer",
    "internal": "Intern netwerk",
    "dmz": "DMZ",
    "internet": "Internet",
    "diginetwerk": "Diginetwerk",
}
ROLES = {
    "adapter": "Digikoppeling-adapter",
    "proxy": "proxy voor in en uit",
    "case-system": "zaaksysteem",
    "partner": "adapter van ketenpartner",
    "crl": "CRL-server",
    "database": "database van de adapters",
    "controller": "beheermachine",
    "other": "overig systeem",
}
SERVICES = {
    "ebms": "ebMS",
    "rest": "REST",
    "crl": "CRL",
    "proxy": "proxy",
    "database": "database",
    "health": "werkt hij?",
    "ssh": "SSH",
    "dns": "DNS",
    "packages": "pakketten",
    "echo": "",
    "other": "",
}
FILLS: dict[ZoneKind, str] = {
    "management": "#f6f6f6",
    "internal": "#efefef",
    "dmz": "#e4e4e4",
    "internet": "#f6f6f6",
    "diginetwerk": "#efefef",
}
LEGEND = (
    "Pijl: opzetten van een verbinding, in deze richting; antwoorden gaan dezelfde weg terug.",
    "Nummer: zie de tabel. Wat hier niet is getekend, houden de firewalls tegen.",
    "Streepjes: alleen in de oefenomgeving; gestreept vak: een zone; … vóór een naam: staat er al.",
)


def draw(plan: NetworkPlan, environment: str, title: str, below: str) -> bytes:
    """Draw the flows of an environment; ``below`` is the line under the title."""
    flows = lines(plan, environment)
    zones = {kind: [*_zone_lines(plan, kind, environment)] for kind in DEPTH}
    heights: dict[ZoneKind, float] = {kind: 30 + LINE * len(found) for kind, found in zones.items()}
    heading = svg.heading(title, below, MARGIN, 520)
    layout = lay_out(*_things(plan, environment, flows), heights, 42 + 14 * len(heading))
    content = [
        *heading,
        *(
            svg.text(svg.WIDTH - MARGIN, 29 + 15 * i, each, font_size=SMALL, text_anchor="end")
            for i, each in enumerate(LEGEND)
        ),
        *(_area(each, zones[each.kind]) for each in layout.areas),
        *(_box(each) for each in layout.boxes),
        *(_flow(each) for each in sorted(layout.arrows, key=lambda arrow: arrow.link.line.number)),
    ]
    height = max(svg.HEIGHT, layout.bottom + MARGIN / 2)
    return svg.picture(title, _description(flows), svg.WIDTH, height, content)


def _description(flows: list[Line]) -> str:
    told = (
        f"{line.number}: van {line.source.name} naar {line.destination.name}, {protocol(line.flow)}."
        for line in flows
    )
    return (
        f"{len(flows)} verbindingen. {' '.join(told)} De tabel bij deze tekening noemt ze met alle gegevens."
    )


def protocol(flow: Flow) -> str:
    """Name protocol and port: ``tcp 443``."""
    return "icmp echo" if flow.protocol == "icmp" else f"{flow.protocol} {flow.port}"


def _zone_lines(plan: NetworkPlan, kind: ZoneKind, environment: str) -> Iterator[str]:
    for zone in plan.zones:
        if plan.kind(zone) == kind and together(zone.environment, environment):
            yield from svg.wrapped(f"{zone.name}: {' en '.join(zone.ranges)}", SMALL, COLUMN - 2 * PADDING)


def _things(
    plan: NetworkPlan, environment: str, flows: list[Line]
) -> tuple[list[Link | Node], list[Link | Node]]:
    """Give what stands above and what stands below, in the area of management."""
    main: list[Link | Node] = []
    management: list[Link | Node] = []
    shown = set()
    for line in flows:
        below = "management" in {end.kind for end in line.ends}
        source, destination = (_node(plan, end, below) for end in line.ends)
        (management if below else main).append(Link(line, source, destination))
        shown |= {end.name for end in line.ends} | {m.system.name for end in line.ends for m in end.members}
    for system in plan.systems:
        if system.name not in shown and together(system.environment, environment):
            kind = place(plan, system)
            below = kind == "management"
            node = _node(plan, End(system.name, system, kind, ()), below)
            (management if below else main).append(node)
    return main, management


def _node(plan: NetworkPlan, end: End, below: bool) -> Node:
    """Make the box of an end. In management, what manages stands at the left and what is managed at the right."""
    column = {"management": 0, "internal": 0, "dmz": 1}.get(end.kind, 2)
    if below and (end.system is None or end.kind != "management"):
        column = max(column, 1)
    told = _members(end) if end.system is None else _facts(plan, end.system)
    return Node(end.name, end.kind, column, tuple(told), is_zone=end.system is None)


def _facts(plan: NetworkPlan, system: System) -> Iterator[Told]:
    names = [name.name for name in plan.names if name.system == system.name]
    for each in (ROLES[system.role], f"van {system.owner}", *names):
        yield from (Told(line) for line in svg.wrapped(each, SMALL, BOX - 16))


def _members(end: End) -> Iterator[Told]:
    yield Told("zone, met elk systeem daarin:")
    for member in end.members:
        own = member.addresses if member.addresses != end.addresses else ()
        first, *more = svg.wrapped(
            ": ".join(filter(None, (member.system.name, " en ".join(own)))), SMALL, BOX - 16
        )
        yield Told(first, member)
        yield from map(Told, more)


def _area(area: Area, zones: list[str]) -> str:
    whole = area.column < 0
    x = MARGIN if whole else left(area.column) - PADDING
    width = svg.WIDTH - 2 * MARGIN if whole else COLUMN
    rows = (
        svg.text(x + PADDING, area.top + 35 + LINE * i, each, font_size=SMALL) for i, each in enumerate(zones)
    )
    return svg.element(
        "g",
        svg.box(x, area.top, width, area.bottom - area.top, fill=FILLS[area.kind], stroke="#8a8a8a", rx=6)
        + svg.text(x + PADDING, area.top + 20, AREAS[area.kind], font_size=14, font_weight="bold")
        + "".join(rows),
        class_="area",
    )


def _box(box: Box) -> str:
    node, x = box.node, left(box.node.column)
    edge = svg.box(
        x,
        box.top,
        BOX,
        box.bottom - box.top,
        fill="#ffffff",
        stroke="#1b1b1b",
        stroke_width=1.4,
        stroke_dasharray="6 4" if node.is_zone else None,
        rx=3,
    )
    names = [*node.names]
    names[0] = ("… " if box.again else "") + names[0]
    rows = [
        svg.text(x + 8, box.top + 17 + LINE * index, name, font_size=13, font_weight="bold")
        for index, name in enumerate(names)
    ]
    for index, told in enumerate(node.lines, len(names)):
        data = (
            {"data_member": told.member.system.name, "data_addresses": " ".join(told.member.addresses)}
            if told.member
            else {}
        )
        rows.append(svg.text(x + 8, box.top + 17 + LINE * index, told.text, font_size=SMALL, **data))
    kind = {"data_zone": node.name} if node.is_zone else {"data_system": node.name}
    return svg.element("g", edge + "".join(rows), class_="box", **kind)


def _flow(arrow: Arrow) -> str:
    link, line = arrow.link, arrow.link.line
    from_right = arrow.bend > 0 or (not arrow.bend and link.source.column < link.destination.column)
    to_right = from_right if arrow.bend else not from_right
    start, end = _edge(link.source, at_right=from_right), _edge(link.destination, at_right=to_right)
    points = [(start, arrow.start.y), (end, arrow.end.y)]
    if arrow.bend:
        points[1:1] = [(start + arrow.bend, arrow.start.y), (start + arrow.bend, arrow.end.y)]
    return svg.element(
        "g",
        svg.element("title", escape(_sentence(line)))
        + svg.path(points, stroke_dasharray="7 5" if line.flow.lab else None)
        + svg.arrowhead(end, arrow.end.y, to_the_right=not to_right)
        + _label(line, _middle(arrow), min(arrow.start.y, arrow.end.y))
        + _addresses(link.source, line.source, arrow.start.y, "from", at_right=from_right)
        + _addresses(link.destination, line.destination, arrow.end.y, "to", at_right=to_right),
        class_="flow",
        role="graphics-symbol",
        data_flow=line.flow.id,
        data_number=line.number,
        data_protocol=line.flow.protocol,
        data_port=line.flow.port,
    )


def _edge(node: Node, *, at_right: bool) -> float:
    return left(node.column) + (BOX if at_right else 0)


def _middle(arrow: Arrow) -> float:
    """Give about where the label of an arrow stands."""
    low = min(arrow.link.source.column, arrow.link.destination.column)
    if arrow.bend < 0:
        return left(low) - BEND / 2
    return left(low) + BOX + (BEND / 2 + 8 if arrow.bend else CHANNEL / 2 + PADDING)


def _label(line: Line, middle: float, y: float) -> str:
    """Write the number on the arrow, and what goes over it above it."""
    told = " ".join(filter(None, (protocol(line.flow), SERVICES[line.flow.service])))
    x = middle - 42
    return (
        svg.element("circle", cx=x, cy=y, r=9.5, fill="#ffffff", stroke="#1b1b1b", stroke_width=1.2)
        + svg.text(x, y + 4, str(line.number), font_size=SMALL, font_weight="bold", text_anchor="middle")
        + svg.text(x + 14, y - 5, told, font_size=SMALL)
    )


def _addresses(node: Node, end: End, y: float, side: str, *, at_right: bool) -> str:
    """Write the addresses of an end inside its box, at the edge that the arrow meets."""
    x = left(node.column) + (BOX - 6 if at_right else 6)
    rows = [(address, each) for address in end.addresses for each in address_lines([address])]
    first = y - LINE * len(rows) / 2 + 10
    seen: set[str] = set()
    told = ""
    for index, (address, each) in enumerate(rows):
        data = {"data_end": side, "data_of": end.name, "data_address": address} if address not in seen else {}
        seen.add(address)
        told += svg.text(
            x, first + LINE * index, each, font_size=SMALL, text_anchor="end" if at_right else None, **data
        )
    return told


def _sentence(line: Line) -> str:
    ways = " en ".join(f"van {source} naar {destination}" for source, destination in line.pairs)
    ends = f"{line.source.name} naar {line.destination.name}"
    return f"{line.number}: {ends}, {protocol(line.flow)}, {ways}: {reason(line.flow)}"
