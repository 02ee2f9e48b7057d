"""The little Markdown of control texts as HTML: paragraphs, lists and code. All else stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape


def html(text: str) -> str:
    """Give the text as HTML; nothing in it becomes markup but what is said above."""
    return "".join(_block(block.splitlines()) for block in re.split(r"\n\s*\n", text.strip()))


def _block(lines: list[str]) -> str:
    before = lines[: _first_item(lines)]
    items = list(_items(lines[len(before) :]))
    told = f"<p>{_inline(' '.join(before))}</p>" if before else ""
    return told + (f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</ul>" if items else "")


def _first_item(lines: list[str]) -> int:
    return next((index for index, line in enumerate(lines) if line.startswith("- ")), len(lines))


def _items(lines: list[str]) -> Iterator[str]:
    item: list[str] = []
    for line in lines:
        if line.startswith("- ") and item:
            yield " ".join(item)
            item = []
        item.append(line.removeprefix("- ").strip())
    if item:
        yield " ".join(item)


def _inline(text: str) -> str:
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick without its other half is text
        return escape(text)
    return "".join(f"<code>{escape(part)}</code>" if i % 2 else escape(part) for i, part in enumerate(parts))
