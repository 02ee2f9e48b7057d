"""Where everything stands in the drawing of the network.

Zones are columns, from the inside to the outside; management lies below them. Each flow has a row of its own,
and a system is a box beside the rows of its flows. So arrows are straight, no arrow passes through a box and no
text meets another. A system that stands between flows of another one in its column appears once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from lopendezaken.documents.network_flows import Line, Member
from lopendezaken.documents.svg import WIDTH, wrapped
from lopendezaken.dossier.network import ZoneKind

MARGIN = 24.0
COLUMNS = 3
COLUMN = 252.0
PADDING = 14.0
BOX = COLUMN - 2 * PADDING
CHANNEL = (WIDTH - 2 * MARGIN - COLUMNS * COLUMN) / (COLUMNS - 1)
SMALL = 11.0
LINE = 13.0
GAP = 12.0
BEND = 140.0  # how far a flow between two boxes of a column goes aside; its label fits in it


@dataclass(frozen=True)
class Told:
    """A line of text in a box; ``member``: it begins to tell of this system in a zone."""

    text: str
    member: Member | None = None


@dataclass(frozen=True)
class Node:
    """What becomes a box: a system, or a zone with the systems that take part in its flows."""

    name: str
    kind: ZoneKind
    column: int
    lines: tuple[Told, ...]
    is_zone: bool = False

    @property
    def names(self) -> list[str]:
        """The name, a long one on more lines, with room for dots before that of a box that is there again."""
        return wrapped(self.name, 13, BOX - 32)

    @property
    def head(self) -> float:
        """How high the text is that stands above the rows."""
        return 5 + LINE * (len(self.names) + len(self.lines))


@dataclass(frozen=True)
class Link:
    """A flow and the boxes at its ends."""

    line: Line
    source: Node
    destination: Node

    @property
    def half(self) -> float:
        """Half the height of its row: the addresses at its ends fit in it."""
        texts = max(len(address_lines(end.addresses)) for end in self.line.ends)
        return max(13.0, LINE * texts / 2 + 4)


@dataclass
class Box:
    """A node at its place; ``again``: it stands elsewhere too."""

    node: Node
    top: float
    bottom: float
    again: bool


@dataclass
class Row:
    """A height at which flows reach boxes: whose, by column (``None``: a flow only passes there)."""

    cells: Mapping[int, Node | None]
    half: float
    y: float = 0.0


@dataclass(frozen=True)
class Arrow:
    """A flow and its rows: one, or two for boxes above each other; ``bend``: how far to the right it then goes."""

    link: Link
    start: Row
    end: Row
    bend: float = 0.0


@dataclass(frozen=True)
class Area:
    """A part of the network around its boxes; management is as wide as the drawing."""

    kind: ZoneKind
    column: int
    top: float
    bottom: float


@dataclass
class Layout:
    """The drawing in numbers."""

    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    bottom: float = 0.0


def left(column: int) -> float:
    """Give where the boxes of a column begin."""
    return MARGIN + PADDING + column * (COLUMN + CHANNEL)


def address_lines(addresses: Sequence[str]) -> list[str]:
    """Give the addresses at an end as they are written: in half a box, so a long one on more lines."""
    return [line for address in addresses for line in wrapped(address, SMALL, BOX / 2 - 5)]


def lay_out(
    main: Sequence[Link | Node],
    management: Sequence[Link | Node],
    titles: Mapping[ZoneKind, float],
    top: float,
) -> Layout:
    """Place flows, and boxes without any, below ``top``; ``titles``: how high the title of each area is."""
    layout = Layout(bottom=top)
    for things, whole in ((main, False), (management, True)):
        rows = [*_rows(layout, things)]
        if rows:
            band = _Band(layout, titles, layout.bottom, whole)
            for row in rows:
                band.add(row)
            band.close()
            layout.bottom += GAP
    return layout


def _rows(layout: Layout, things: Sequence[Link | Node]) -> Iterator[Row]:
    for inside, group in groupby(things, _pair_in_one_column):
        for links in [[*group]] if inside else ([each] for each in group):
            first = links[0]
            if isinstance(first, Node):
                yield Row({first.column: first}, GAP / 2)
            elif inside:
                yield from _bent(layout, [each for each in links if isinstance(each, Link)])
            else:
                ends = {first.source.column: first.source, first.destination.column: first.destination}
                row = Row(dict.fromkeys(range(min(ends), max(ends))) | ends, first.half)
                layout.arrows.append(Arrow(first, row, row))
                yield row


def _pair_in_one_column(thing: Link | Node) -> frozenset[Node]:
    if isinstance(thing, Link) and thing.source.column == thing.destination.column:
        return frozenset({thing.source, thing.destination})
    return frozenset()


def _bent(layout: Layout, links: Sequence[Link]) -> list[Row]:
    """Lay flows between two boxes of one column inside each other, like brackets."""
    upper, lower = links[0].source, links[0].destination
    ups = [Row({upper.column: upper}, each.half) for each in links]
    downs = [Row({lower.column: lower}, each.half) for each in links]
    step = min(14.0, (CHANNEL + PADDING - BEND) / len(links))
    aside = -1 if upper.column == COLUMNS - 1 else 1  # to where the page has room
    for depth, (link, up, down) in enumerate(
        zip(reversed(links), reversed(ups), reversed(downs), strict=True)
    ):
        start, end = (up, down) if link.source == upper else (down, up)
        layout.arrows.append(Arrow(link, start, end, aside * (BEND + step * depth)))
    return [*ups, *reversed(downs)]


class _Band:
    """Rows below each other: keeps where each column and each channel is free, and the open boxes."""

    def __init__(self, layout: Layout, titles: Mapping[ZoneKind, float], top: float, whole: bool) -> None:
        self.layout, self.titles, self.top, self.whole = layout, titles, top, whole
        self.free = dict.fromkeys(range(COLUMNS), top)
        self.channels = dict.fromkeys(range(COLUMNS - 1), top)  # each at the right of its column
        self.open: dict[int, Box] = {}
        self.areas: dict[int, list[tuple[ZoneKind, float]]] = {column: [] for column in range(COLUMNS)}

    def add(self, row: Row) -> None:
        """Give a row its place: below those in its channels, and beside the boxes that it belongs to."""
        low, high = min(row.cells), max(row.cells)
        channels = range(low, high) if low < high else (min(low, COLUMNS - 2),)
        tops = {column: self._top(column, node) for column, node in row.cells.items()}
        free = [self.channels[each] for each in channels] + [
            tops[column] + (node.head if node else 0) for column, node in row.cells.items()
        ]
        row.y = max(free) + row.half
        below = row.y + row.half
        for column, node in row.cells.items():
            if node is None:
                self.open.pop(column, None)
            elif not self._goes_on(column, node):
                self._begin(column, node, row.y - row.half - node.head)
            self.free[column] = max(self.free[column], below)
            if node:
                self.open[column].bottom = self.free[column]
        self.channels |= dict.fromkeys(channels, below)

    def close(self) -> None:
        """Draw the areas around the boxes; the last one of each column goes to the end."""
        bottom = max(self.free.values()) + PADDING
        self.layout.bottom = bottom
        if self.whole:
            self.layout.areas.append(Area("management", -1, self.top, bottom))
            return
        for column, areas in self.areas.items():
            tops = [self.top, *(top for _, top in areas[1:]), bottom + GAP]
            for (kind, _), top, after in zip(areas, tops, tops[1:], strict=False):
                self.layout.areas.append(Area(kind, column, top, after - GAP))

    def _goes_on(self, column: int, node: Node) -> bool:
        return column in self.open and self.open[column].node == node

    def _top(self, column: int, node: Node | None) -> float:
        """Give where the box is, or the first height at which a new one may begin."""
        free, areas = self.free[column], self.areas[column]
        if node is None:
            return free + GAP / 2
        if self._goes_on(column, node):
            return self.open[column].top
        if self.whole:
            return free + (self.titles["management"] if free == self.top else GAP)
        if areas and areas[-1][0] == node.kind:
            return free + GAP
        return free + (PADDING + GAP if areas else 0) + self.titles[node.kind]

    def _begin(self, column: int, node: Node, top: float) -> None:
        areas = self.areas[column]
        if not areas or areas[-1][0] != node.kind:
            areas.append((node.kind, top - self.titles[node.kind]))
        again = any(each.node == node for each in self.layout.boxes)
        self.open[column] = Box(node, top, top, again)
        self.layout.boxes.append(self.open[column])
