"""Drawings as SVG: text stays text, and it prints in black and white on A4."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

FONT = '"Noto Sans", "Liberation Sans", "DejaVu Sans", Arial, sans-serif'
WIDTH = 1123.0  # A4 on its side, at 96 to the inch
HEIGHT = 794.0
WIDE = 0.57  # of the size of the letters: what a letter takes on average in the widest of these fonts


def element(name: str, content: object = "", **attributes: object) -> str:
    """Give an element; ``font_size`` becomes font-size, ``None`` is left out, numbers get one decimal."""
    written = "".join(
        f' {_key(key)}="{_value(value)}"' for key, value in attributes.items() if value is not None
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def text(x: float, y: float, content: str, **attributes: object) -> str:
    """Give a line of text; ``y`` is where the letters stand."""
    return element("text", escape(content), x=x, y=y, **attributes)


def box(x: float, y: float, width: float, height: float, **attributes: object) -> str:
    """Give a rectangle."""
    return element("rect", x=x, y=y, width=width, height=height, **attributes)


def path(points: Iterable[tuple[float, float]], **attributes: object) -> str:
    """Give a line through points."""
    drawn = "M" + " L".join(f"{_value(x)} {_value(y)}" for x, y in points)
    return element(
        "path", d=drawn, **{"fill": "none", "stroke": "#1b1b1b", "stroke_width": 1.4, **attributes}
    )


def arrowhead(x: float, y: float, to_the_right: bool) -> str:
    """Give the head of an arrow whose point is at ``x``, ``y``."""
    back = x - 10 if to_the_right else x + 10
    points = " ".join(f"{_value(px)},{_value(py)}" for px, py in ((x, y), (back, y - 5), (back, y + 5)))
    return element("polygon", points=points, fill="#1b1b1b")


def wrapped(content: str, size: float, width: float) -> list[str]:
    """Break text into lines that fit in ``width`` in any of the fonts; a long word breaks after : . or -."""
    room = max(int(width / (size * WIDE)), 4)
    lines = [""]
    for word in content.split():
        for index, piece in enumerate(_pieces(word, room)):
            glue = " " if lines[-1] and index == 0 else ""
            if len(lines[-1]) + len(glue) + len(piece) <= room:
                lines[-1] += glue + piece
            else:
                lines.append(piece)
    return [line for line in lines if line]


def _pieces(word: str, room: int) -> list[str]:
    pieces = []
    while len(word) > room:
        cut = max(word.rfind(sign, 1, room) for sign in ":.-/@") + 1 or room
        pieces.append(word[:cut])
        word = word[cut:]
    return [*pieces, word]


def heading(title: str, below: str, x: float, width: float) -> list[str]:
    """Give the title of a drawing and what stands below it, on as many lines as it needs."""
    lines = wrapped(below, 12, width)
    return [
        text(x, 38, title, font_size=20, font_weight="bold"),
        *(text(x, 56 + 14 * index, each, font_size=12) for index, each in enumerate(lines)),
    ]


def picture(title: str, description: str, width: float, height: float, content: Iterable[str]) -> bytes:
    """Give the whole drawing, in the size in which it fits on A4 on its side."""
    scale = min(297 / width, 210 / height)
    shown = [
        element("title", escape(title), id="title"),
        element("desc", escape(description), id="desc"),
        box(0, 0, width, height, fill="#ffffff"),
        *content,
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        + element(
            "svg",
            "\n" + "\n".join(shown) + "\n",
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {_value(width)} {_value(height)}",
            width=f"{_value(width * scale)}mm",
            height=f"{_value(height * scale)}mm",
            lang="nl",
            role="graphics-document document",
            aria_labelledby="title desc",
            font_family=FONT,
            font_size=12,
            fill="#1b1b1b",
        )
        + "\n"
    ).encode()


def _key(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def _value(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else escape(str(value))
