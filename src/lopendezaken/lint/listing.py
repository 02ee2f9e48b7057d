"""The lists of rules, for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from lopendezaken.lint.registry import KINDS, rules_of
from lopendezaken.lint.rule import SOURCES


def text(kinds: Sequence[str]) -> Iterator[str]:
    """A block for each kind, then what the names of sources mean."""
    for kind in kinds:
        yield f"{kind}: {KINDS[kind][1]}"
        for rule in rules_of(kind):
            yield f"  {rule.id:<13} {rule.severity:<7} {rule.title} [{rule.source}]"
        yield ""
    named = " ".join(rule.source for kind in kinds for rule in rules_of(kind))
    yield "Sources"
    for name, title in SOURCES.items():
        if name in named:
            yield f"  {name:<9} {title}"


def as_json(kinds: Sequence[str]) -> str:
    """One JSON document."""
    found = {kind: [asdict(rule) for rule in rules_of(kind)] for kind in kinds}
    return json.dumps({"rules": found, "sources": dict(SOURCES)}, ensure_ascii=False, indent=1)
