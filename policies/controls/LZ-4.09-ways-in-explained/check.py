"""Whoever entered a host of production past the gate is known, and somebody looked at why."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Hold every way in that a host's journal tells of against what people wrote down: one for one, by host and day."""
    at, seen = ("emergency_access",), case.all("ways-in")
    if not seen:
        yield unknown("not-looked", at)
        return
    written = [(each.host, each.on.isoformat()) for each in case.dossier.emergency_access]
    ways = {(each.host, way["at"], way["how"]): each for each in seen for way in each.raw["ways"]}
    strange = []
    for host, moment, how in sorted(ways):
        if (host, moment[:10]) in written:
            written.remove((host, moment[:10]))
        else:
            strange.append((host, moment, how))
    for host, moment, how in strange:
        yield not_met("unexplained", at, ways[host, moment, how], host=host, moment=moment, how=how)
    if not strange:
        yield met("explained", at, seen[-1], count=len(ways))
