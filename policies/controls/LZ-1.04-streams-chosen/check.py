"""Streams of cases have been chosen, and each has an owner."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met

NOBODY = frozenset({"", "-", "?", "todo", "tbd", "n.t.b.", "ntb", "nog te bepalen", "to be decided"})


def check(case: Case) -> Iterator[Finding]:
    """Judge each stream of the service."""
    service = case.dossier.service
    missing = [(n, each) for n, each in enumerate(service.streams) if each.owner.lower() in NOBODY]
    for index, stream in missing:
        yield not_met("no-owner", ("service", "streams", index, "owner"), stream=stream.name)
    if not missing:
        names = ", ".join(stream.name for stream in service.streams)
        yield met("chosen", ("service", "streams"), streams=names, standard=service.standard)
