"""The planning: a drawing, and a table with who waits for whom (P1-02, P1-19, P2-10, P2-54, P2-56)."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.documents.document import Document, File, Missing
from lopendezaken.documents.planning_data import Takes, lead_times
from lopendezaken.documents.planning_drawing import STATES, WHO, draw
from lopendezaken.documents.planning_schedule import Planned, Schedule, holidays_between, schedule
from lopendezaken.documents.source import Source
from lopendezaken.documents.template import cell, day_in_dutch, fill, short_day
from lopendezaken.errors import LzError

BASES = {"guide": "handleiding", "logius": "Logius", "estimate": "schatting", "own": "eigen opgave"}
TARGETS = {"government": "live in productie", "supplier": "ketentest goedgekeurd"}


def _missing(source: Source) -> Iterator[Missing]:
    try:
        _schedule(source)
    except LzError as error:
        yield Missing(
            f"{error.what}: {error.found}", error.where or "dossier.yml", f"Known: {error.expected}."
        )


def _schedule(source: Source) -> Schedule:
    return schedule(lead_times(), source.dossier, source.evidence, source.day)


def _make(source: Source) -> Iterator[File]:
    made, found = _schedule(source), lead_times()
    organisation = source.dossier.organisation
    title = f"Planning van de aansluiting op {source.dossier.service.name}"
    below = (
        f"{organisation.name}, {day_in_dutch(source.day)}: op zijn vroegst klaar op {day_in_dutch(made.live)}"
    )
    if made.too_late:
        below += f", {days(made.too_late)} later dan gewenst"
    yield File("planning.svg", draw(made, title, below))
    text = fill(
        "planning.md.j2",
        organisation=organisation,
        service=source.dossier.service,
        day=source.day,
        schedule=made,
        late=days(made.too_late),
        target=TARGETS[organisation.kind],
        now=[_now(made, each) for each in made.now],
        rows=[*_rows(made)],
        found=found,
        least={"takes": f"ten minste {told(found.least.takes)}", "source": found.least.source},
        holidays=_holidays(made),
    )
    yield File("planning.md", text.encode())


def _now(made: Schedule, planned: Planned) -> dict[str, str]:
    asked = f" (nog te vragen aan {WHO[planned.step.who]})" if planned.actor != planned.step.who else ""
    return {
        "who": WHO[planned.actor],
        "what": cell(planned.step.title.nl + asked),
        "waiting": " en ".join(WHO[each] for each in made.waiting(planned)) or "-",
        "since": short_day(planned.span.begin) if planned.state == "busy" else "-",
        "until": short_day(planned.span.end) + (", had al klaar moeten zijn" if planned.overdue else ""),
    }


def _rows(made: Schedule) -> Iterator[dict[str, object]]:
    numbers = {each.step.id: number for number, each in enumerate(made.steps, 1)}
    for each in made.steps:
        step, title = each.step, cell(each.step.title.nl)
        yield {
            "number": numbers[step.id],
            "plain": title,
            "title": f"**{title}**" if each.decides else title,
            "who": WHO[step.who],
            "duration": told(step.takes),
            "takes": ("~ " if step.basis == "estimate" else "") + told(step.takes),
            "after": ", ".join(str(numbers[name]) for name in step.after) or "-",
            "begin": "-" if each.before else short_day(each.span.begin),
            "end": "-" if each.before else short_day(each.span.end),
            "plan": _plan(each),
            "state": _state(each),
            "basis": BASES[step.basis],
            "source": step.source,
        }


def _plan(planned: Planned) -> str:
    late = f", {days(planned.late)} later" if planned.late and not planned.before else ""
    return short_day(planned.plan.end) + late


def _state(planned: Planned) -> str:
    if planned.before:
        return "was er al"
    unrecorded = "" if planned.recorded else ", niet vastgelegd"
    return STATES[planned.state] + unrecorded + (", te laat" if planned.overdue else "")


def _holidays(made: Schedule) -> str:
    free = holidays_between(made.start, max(made.live, made.plan))
    return (
        ", ".join(f"{day_in_dutch(day)} ({name})" for day, name in free) or "er zijn er geen in deze periode"
    )


def told(takes: Takes) -> str:
    """Tell a duration in Dutch."""
    words = (
        (takes.working_days, "werkdag", "werkdagen"),
        (takes.weeks, "week", "weken"),
        (takes.months, "maand", "maanden"),
    )
    return (
        " en ".join(f"{count} {one if count == 1 else more}" for count, one, more in words if count)
        or "0 werkdagen"
    )


def days(count: int) -> str:
    """Tell a number of days in Dutch."""
    return f"{count} dag" if count == 1 else f"{count} dagen"


DOCUMENTS = (Document("planning", "Planning", _missing, _make),)
