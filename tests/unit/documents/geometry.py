"""Whether a drawing can be read: what lies on what, in the coordinates of its SVG."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise, product
from typing import Any

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom


def found(picture: Any, kind: str) -> list[Any]:
    """Give the groups of a class."""
    groups: list[Any] = picture.xpath(f"//*[@class='{kind}']")
    return groups


def collisions(picture: Any) -> Iterator[str]:
    """Find text on text, text that leaves its box or the page, boxes that overlap, and arrows through boxes."""
    yield from _texts(picture)
    yield from _boxes(picture)
    yield from _arrows(picture)


def _texts(picture: Any) -> Iterator[str]:
    texts = [(each.text, _extent(each)) for each in picture.iter("{*}text")]
    circles = [_circle(each) for each in picture.iter("{*}circle")]
    for (first, one), (second, other) in combinations(texts, 2):
        if _overlap(one, other):
            yield f"text on text: {first} and {second}"
    for (text, extent), circle in product(texts, circles):
        if _overlap(extent, circle) and not _within(extent, circle):
            yield f"text on a number: {text}"
    width, height = (float(each) for each in picture.get("viewBox").split()[2:])
    for text, extent in texts:
        if not _within(extent, (0, 0, width, height)):
            yield f"text outside the page: {text}"


def _boxes(picture: Any) -> Iterator[str]:
    for one, other in combinations(_edges(picture), 2):
        if _overlap(one, other):
            yield f"box on box at {one} and {other}"
    for each in found(picture, "box"):
        for text in each.iter("{*}text"):
            if not _within(_extent(text), _rectangle(each.find("{*}rect"))):
                yield f"text outside its box: {text.text}"


def _arrows(picture: Any) -> Iterator[str]:
    boxes = _edges(picture)
    for flow in found(picture, "flow"):
        points = [tuple(map(float, each.split())) for each in flow.find("{*}path").get("d")[1:].split(" L")]
        for (x1, y1), (x2, y2) in pairwise(points):
            way = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
            if any(_overlap(way, box) for box in boxes):
                yield f"arrow through a box: {flow.get('data-flow')}"
        for text in flow.iter("{*}text"):
            if text.get("data-end") and not any(_within(_extent(text), box) for box in boxes):
                yield f"address outside every box: {text.text}"


def _edges(picture: Any) -> list[Rectangle]:
    return [_rectangle(each.find("{*}rect")) for each in found(picture, "box")]


def _rectangle(element: Any) -> Rectangle:
    x, y, width, height = (float(element.get(key)) for key in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def _circle(element: Any) -> Rectangle:
    x, y, r = (float(element.get(key)) for key in ("cx", "cy", "r"))
    return x - r, y - r, x + r, y + r


def _extent(text: Any) -> Rectangle:
    """Give the room that a text takes: letters of 0.55 of their size are wide for every font that it asks for."""
    size, x, y = float(text.get("font-size", 12)), float(text.get("x")), float(text.get("y"))
    width = len(text.text) * size * 0.55
    start = {"middle": x - width / 2, "end": x - width}.get(text.get("text-anchor"), x)
    return start, y - size * 0.75, start + width, y + size * 0.2


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _within(one: Rectangle, other: Rectangle) -> bool:
    return one[0] >= other[0] and one[1] >= other[1] and one[2] <= other[2] and one[3] <= other[3]
