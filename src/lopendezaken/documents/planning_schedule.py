"""The planning: each step at its earliest, from what was done and from today on; and who waits for whom.

A step begins when all that it waits for is done, and never in the past. What was done stands where it was
done, also when that was out of order. Beside it stands the plan as it was at the start: without facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from lopendezaken.documents.planning_data import LeadTimes, Step, Who, steps_for
from lopendezaken.documents.planning_facts import BEFORE, Fact, facts
from lopendezaken.dossier.schema import Dossier
from lopendezaken.dossier.workdays import free_day, on_working_day
from lopendezaken.evidence.store import EvidenceSet

State = Literal["done", "busy", "ready", "later"]


@dataclass(frozen=True)
class Span:
    """From which day until which."""

    begin: date
    end: date


@dataclass(frozen=True)
class Planned:
    """A step in time: as it is or will be, and as it was planned at the start.

    ``state``: done; busy (begun); ready (nothing holds it up); later. ``decides``: any delay of it delays the
    whole. ``overdue``: it was begun and should be done by now. ``before``: done before the work began.
    ``recorded``: not only known from what was done after it.
    """

    step: Step
    span: Span
    plan: Span
    state: State
    decides: bool = False
    overdue: bool = False
    before: bool = False
    recorded: bool = True

    @property
    def actor(self) -> Who:
        """Who has to do something: we, when another one has still to be asked."""
        return "own" if self.state == "ready" else self.step.who

    @property
    def late(self) -> int:
        """Days by which it ends or ended after the plan."""
        return max((self.span.end - self.plan.end).days, 0)


@dataclass(frozen=True)
class Schedule:
    """The whole planning on a day.

    ``live``: the earliest day on which all is done; ``plan``: that day as planned at the start; ``wish``: that of
    the dossier. ``by_least``: no step decides, but the least that the whole takes.
    """

    day: date
    start: date
    steps: tuple[Planned, ...]
    live: date
    plan: date
    wish: date | None
    by_least: bool

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return all(each.state == "done" for each in self.steps)

    @property
    def too_late(self) -> int:
        """Days by which the wish cannot be met."""
        return max((self.live - self.wish).days, 0) if self.wish else 0

    @property
    def now(self) -> tuple[Planned, ...]:
        """What can be worked on today, what decides first."""
        found = [each for each in self.steps if each.state in {"busy", "ready"}]
        return tuple(sorted(found, key=lambda each: (not each.decides, each.span.end)))

    def waiting(self, planned: Planned) -> tuple[Who, ...]:
        """Tell who waits for it: whose steps come after it, and we when another one is busy for us."""
        after = [
            each.step.who
            for each in self.steps
            if planned.step.id in each.step.after and each.state != "done"
        ]
        ours: list[Who] = ["own"] if planned.state == "busy" else []
        return tuple(who for who in dict.fromkeys([*after, *ours]) if who != planned.actor)


def schedule(found: LeadTimes, dossier: Dossier, evidence: EvidenceSet, day: date) -> Schedule:
    """Compute the planning. Raises :class:`LzError` for an own figure of a step that does not exist."""
    steps = steps_for(found, dossier)
    known = _with_proved(steps, facts(dossier, evidence, day))
    start, wish = _start(dossier, known, day), dossier.planning.live_on if dossier.planning else None
    plan = _plan(steps, start)
    spans = _spans(steps, known, start, day)
    ended = all(known[step.id].done for step in steps)
    live = max(each.end for each in spans.values())
    ends = [name for name, span in spans.items() if span.end == live]
    counts = not ended and not known[found.least.after].proved and _least(found, spans) > live
    if counts:
        live, ends = _least(found, spans), [found.least.after]
    deciding = _deciding(steps, spans, known, ends)
    planned = tuple(_planned(step, spans, plan, known, day, step.id in deciding) for step in steps)
    first_plan = max(*(each.end for each in plan.values()), _least(found, plan))
    return Schedule(day, start, planned, live, first_plan, wish, counts)


def _least(found: LeadTimes, spans: Mapping[str, Span]) -> date:
    return found.least.takes.after(spans[found.least.after].end)


def _with_proved(steps: Sequence[Step], known: Mapping[str, Fact]) -> dict[str, Fact]:
    found, proving = dict(known), {step.id for step in steps if step.proves}
    for step in reversed(steps):
        done = found[step.id].done
        for name in step.after if done and step.id in proving else ():
            proving.add(name)
            if found[name].done is None:
                found[name] = Fact(found[name].begun, done, proved=True)
    return found


def _start(dossier: Dossier, known: Mapping[str, Fact], day: date) -> date:
    """Give when the work began: as the dossier says, or with the first reading or the form, or today."""
    if dossier.planning and dossier.planning.start:
        return dossier.planning.start
    first = [known["reading"].begun, known["form"].done]
    return min((each for each in first if each), default=day)


def _plan(steps: Sequence[Step], start: date) -> dict[str, Span]:
    spans: dict[str, Span] = {}
    for step in steps:
        begin = max((spans[name].end for name in step.after), default=on_working_day(start))
        spans[step.id] = Span(begin, step.takes.after(begin))
    return spans


def _spans(steps: Sequence[Step], known: Mapping[str, Fact], start: date, day: date) -> dict[str, Span]:
    spans: dict[str, Span] = {}
    for step in steps:
        ready = max((spans[name].end for name in step.after), default=start)
        spans[step.id] = _span(step, known[step.id], max(ready, start), start, day)
    return spans


def _span(step: Step, fact: Fact, ready: date, start: date, day: date) -> Span:
    if fact.done:
        end = max(fact.done, start)
        return Span(max(min(fact.begun or ready, end), start), end)
    if fact.begun:
        begin = max(fact.begun, start)
        return Span(begin, max(step.takes.after(begin), on_working_day(day)))
    begin = on_working_day(max(ready, day))
    return Span(begin, step.takes.after(begin))


def _deciding(
    steps: Sequence[Step], spans: Mapping[str, Span], known: Mapping[str, Fact], ends: Sequence[str]
) -> set[str]:
    """Follow back from the end what held up what: the critical path."""
    found: set[str] = set()
    after = {step.id: step.after for step in steps}
    todo = [name for name in ends if not known[name].done]
    while todo:
        name = todo.pop()
        found.add(name)
        if not known[name].begun:
            held = (each for each in after[name] if on_working_day(spans[each].end) == spans[name].begin)
            todo += [each for each in held if not known[each].done and each not in found]
    return found


def _planned(
    step: Step,
    spans: Mapping[str, Span],
    plan: Mapping[str, Span],
    known: Mapping[str, Fact],
    day: date,
    decides: bool,
) -> Planned:
    fact, span = known[step.id], spans[step.id]
    free = all(known[name].done for name in step.after)
    state: State = "done" if fact.done else "busy" if fact.begun else "ready" if free else "later"
    overdue = state == "busy" and step.takes.after(span.begin) < day
    return Planned(step, span, plan[step.id], state, decides, overdue, fact.done == BEFORE, not fact.proved)


def holidays_between(first: date, last: date) -> Iterator[tuple[date, str]]:
    """Give the free days on which people would else work."""
    day = first
    while day <= last:
        name = free_day(day)
        if name and day.weekday() < 5:
            yield day, name
        day += timedelta(days=1)
