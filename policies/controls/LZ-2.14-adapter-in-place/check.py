"""A host of ours has an adapter, and its services run."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Judge the last that was seen of a host with an adapter."""
    at, seen = case.at("endpoint"), [each for each in case.all("host-facts") if each.raw["engine"]]
    if not seen:
        yield unknown("not-seen", at)
        return
    last = seen[-1]
    down = ", ".join(name for name, state in last.raw["services"].items() if state != "active")
    if down:
        yield not_met("down", at, last, host=last.host, services=down)
    else:
        yield met("in-place", at, last, host=last.host, engine=last.raw["engine"])
