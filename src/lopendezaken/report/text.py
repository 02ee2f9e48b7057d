"""What ``lz status`` prints: the summary in at most 25 lines of 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from lopendezaken.policy.outcomes import Outcome
from lopendezaken.policy.words import Words

WIDTH = 100
INDENT = 11
FEW = 3
MAX_LINES = 25
LEAST = 3  # lines for the gate


def lines(summary: dict[str, Any], words: Words) -> list[str]:
    """Give the lines of the summary, none longer than :data:`WIDTH`."""
    who = summary["organisation"]
    head = words.label(
        "status_head",
        name=who["name"],
        number=who["number"],
        service=summary["service"],
        environment=summary["environment"],
        day=summary["date"],
    )
    told: list[str] = []
    for turns in range(FEW, -1, -1):
        told = [*_told(summary, head, turns, words)]
        if len(told) <= MAX_LINES - LEAST:
            break
    gate, *reasons = _block(words.label("status_gate"), _gate(summary, words))
    return told + _fitting(_wrapped(gate), reasons, MAX_LINES - len(told), words)


def _told(summary: dict[str, Any], head: str, turns: int, words: Words) -> Iterator[str]:
    """Tell all but the gate, with so many of those whose turn it is."""
    blocks = (
        ("status_built", _built(summary, words)),
        ("status_ping", _pings(summary, words)),
        ("status_evidence", _evidence(summary["evidence"], words)),
        ("status_checks", _checks(summary["checks"], words)),
        ("status_phases", _phases(summary, words)),
        ("status_next", _next(summary["next"], words)),
        ("status_planning", _planning(summary["planning"], turns, words)),
        ("status_waiting", _waiting(summary["waiting"], words)),
        ("status_days", _days(summary["days"], words)),
    )
    yield from _wrapped(head)
    for key, block in blocks:
        yield from (part for line in _block(words.label(key), block) for part in _wrapped(line))


def _fitting(told: list[str], reasons: list[str], room: int, words: Words) -> list[str]:
    """Add as many reasons as there is room for; the last line says how many there are besides."""
    for index, reason in enumerate(reasons):
        lines = _wrapped(reason)
        after = reasons[index + 1 :]
        if len(told) + len(lines) + bool(after) > room:
            more = words.label("status_more", count=len(after) + 1)
            return [*told, *_wrapped(f"{'':{INDENT}}  {more}")]
        told = told + lines
    return told


def _wrapped(line: str) -> list[str]:
    room = " " * (INDENT + 4)
    return textwrap.wrap(line, WIDTH, subsequent_indent=room, break_on_hyphens=False)


def _block(title: str, block: Iterable[str]) -> Iterator[str]:
    for index, line in enumerate(block):
        yield f"{title if index == 0 else '':{INDENT}}{line}"


def _built(summary: dict[str, Any], words: Words) -> Iterator[str]:
    for host in summary["hosts"]:
        addresses = ", ".join(_address(each, words) for each in host["addresses"])
        yield f"{host['name']:15} {addresses}; {_host_facts(host['facts'], words)}"
    certificate = summary["certificate"]
    yield (
        words.label("status_certificate", **certificate)
        if certificate
        else words.label("status_no_certificate")
    )
    for partner in summary["partners"]:
        cpa = partner["cpa"]
        sides = {(True, True): "both", (True, False): "here", (False, True): "there", (False, False): "none"}
        where = sides[bool(cpa["loaded_here"]), bool(cpa["loaded_there"])]
        yield f"CPA {cpa['id']} {words.label(f'status_loaded_{where}')}"


def _address(address: dict[str, str], words: Words) -> str:
    if address["direction"] == "both":
        return address["address"]
    return f"{address['address']} {words.label('status_' + address['direction'])}"


def _host_facts(facts: dict[str, Any] | None, words: Words) -> str:
    if facts is None:
        return words.label("status_not_seen")
    release = facts["version"].split(".")[0]
    parts = [f"{facts['distribution']} {release}"]
    if facts["engine"]:
        parts.append(words.label("status_engine", engine=facts["engine"]))
    states = facts["services"]
    down = [name for name, state in states.items() if state != "active"]
    if down:
        parts.append(words.label("status_down", names=", ".join(down)))
    elif states:
        parts.append(words.label("status_up", count=len(states)))
    return ", ".join(parts)


def _pings(summary: dict[str, Any], words: Words) -> Iterator[str]:
    for partner in summary["partners"]:
        ping = partner["ping"]
        who = f"{partner['name']} ({partner['number']})"
        if ping is None:
            yield words.label("status_no_ping", who=who)
        elif ping["outcome"] == "pong":
            took = "?" if ping["ms"] is None else f"{ping['ms']:.0f}"
            yield words.label("status_pong", who=who, ms=took)
            yield f"  {_clock(ping['at'])}, {partner['endpoint']}"
            yield f"  Ping {ping['ping'] or '?'}"
            yield f"  Pong {ping['pong'] or '?'}"
        else:
            found = ping["diagnosis"] or {"leg": "?", "says": "?", "look_at": "?"}
            yield words.label("status_failed", who=who, leg=found["leg"])
            yield f"  {_clock(ping['at'])}, {found['says']}"
            yield f"  {words.label('status_look_at', what=found['look_at'])}"


def _evidence(evidence: dict[str, Any], words: Words) -> Iterator[str]:
    if evidence["count"]:
        newest = _clock(evidence["newest"])
        yield words.label("status_files", folder=evidence["folder"], count=evidence["count"], newest=newest)
    elif not evidence["flaws"]:
        yield words.label("status_no_evidence", folder=evidence["folder"])
    if evidence["flaws"]:
        yield words.label("status_flaws", count=evidence["flaws"])


def _checks(checks: dict[str, Any], words: Words) -> Iterator[str]:
    counts = checks["counts"]
    each = (
        f"{counts[outcome]} {words.outcome(outcome)}" for outcome in reversed(Outcome) if outcome in counts
    )
    yield words.label("status_controls", counts=", ".join(each))
    failing = [result for result in checks["results"] if not Outcome(result["outcome"]).passes]
    for outcome in Outcome:
        here = [result for result in failing if result["outcome"] == outcome.value]
        if len(failing) <= FEW:
            yield from (f"  {words.outcome(outcome)}: {each['control']} {each['title']}" for each in here)
        elif here and outcome is not Outcome.UNKNOWN:  # the gate tells what is not known
            yield f"  {words.outcome(outcome)}: {', '.join(each['control'] for each in here)}"


def _phases(summary: dict[str, Any], words: Words) -> Iterator[str]:
    yield "; ".join(
        words.label("status_phase", **{**each, "outcome": words.outcome(Outcome(each["outcome"]))})
        for each in summary["phases"]
    )


def _next(found: dict[str, Any] | None, words: Words) -> Iterator[str]:
    if found and found["control"]:
        yield words.label("status_do", **found)
    elif found:
        yield f"{found['criterion']} {found['text']}: {found['why']}"


def _planning(planning: dict[str, Any], turns: int, words: Words) -> Iterator[str]:
    if planning["done"]:
        yield words.label("status_all_done", **planning)
        return
    wish = "none" if planning["wish"] is None else "late" if planning["late"] else "met"
    yield words.label(f"status_live_{wish}", **planning)
    for each in planning["now"][:turns]:
        turn = {**each, "who": _who([each["who"]], words), "ask": _who([each["ask"]], words)}
        told = words.label("status_ask" if each["ask"] else "status_turn", **turn)
        due = words.label("status_slow" if each["overdue"] else "status_soon", **each)
        waiting = _who(each["waiting"], words)
        yield f"  {told} ({due})" + (words.label("status_for", waiting=waiting) if waiting else "")


def _who(parties: list[str | None], words: Words) -> str:
    return ", ".join(words.label(f"status_who_{each}") for each in parties if each)


def _waiting(waits: list[dict[str, Any]], words: Words) -> Iterator[str]:
    for each in waits[:FEW]:
        told = words.label(f"status_wait_{each['what']}", **each)
        yield f"{told} {_due(each, words)}" if each["until"] else told


def _days(ends: list[dict[str, Any]], words: Words) -> Iterator[str]:
    line = "; ".join(
        words.label(f"status_end_{each['what']}", **each) + f" {_due(each, words)}" for each in ends[:FEW]
    )
    if line:
        yield line


def _due(each: dict[str, Any], words: Words) -> str:
    return words.label("status_due" if each["days"] >= 0 else "status_overdue", **each)


def _gate(summary: dict[str, Any], words: Words) -> Iterator[str]:
    gate, name = summary["gate"], summary["organisation"]["name"]
    if gate["open"]:
        yield words.label("status_open", name=name)
        return
    yield words.label("status_closed", name=name, count=len(gate["unmet"]), total=gate["total"])
    reasons: dict[str, list[str]] = {}
    for criterion in gate["unmet"]:
        for why in criterion["why"][:1]:
            reasons.setdefault(why, []).append(criterion["id"])
    yield from (f"  {', '.join(ids)}: {why}" for why, ids in reasons.items())


def _clock(moment: str) -> str:
    return f"{moment[:10]} {moment[11:19]} UTC"
