"""The planning as a drawing: a bar for each step, today, and the plan as it was at the start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html import escape

from lopendezaken.documents import svg
from lopendezaken.documents.planning_schedule import Planned, Schedule
from lopendezaken.documents.template import day_in_dutch
from lopendezaken.dossier.workdays import after_months

WHO = {"own": "wij", "logius": "Logius", "tsp": "TSP", "koppelnet": "Diginetwerk"}
STATES = {"done": "klaar", "busy": "bezig", "ready": "kan beginnen", "later": "nog niet"}
SHORT = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
PHASES = {1: "Voorbereiding", 2: "Aansluiten op preproductie", 3: "Testen", 4: "Aansluiten op productie"}
MARGIN = 24.0
LEFT = 440.0
RIGHT = svg.WIDTH - 76
TOP = 118.0
ROW = 19.0
BAR = 10.0
SMALL = 11.0
MONTH = 34.0  # what the name of a month takes
HATCH = (
    '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="5" height="5" fill="#ffffff"/><rect width="2.2" height="5" fill="#1b1b1b"/></pattern></defs>'
)
FILLS = {"done": "#6b6b6b", "decides": "url(#hatch)", "open": "#ffffff"}


@dataclass(frozen=True)
class Scale:
    """From days to places on the page."""

    first: date
    last: date

    def at(self, day: date) -> float:
        """Give where a day lies."""
        return LEFT + (RIGHT - LEFT) * (day - self.first).days / max((self.last - self.first).days, 1)


def draw(schedule: Schedule, title: str, below: str) -> bytes:
    """Draw the planning; ``below`` is the line under the title."""
    days = [
        schedule.start,
        schedule.live,
        schedule.plan,
        schedule.day,
        *(each.span.end for each in schedule.steps),
    ]
    scale = Scale(min(days), max([*days, schedule.wish or schedule.live]))
    shades, rows = _rows(schedule, scale)
    bottom = TOP + ROW * len(rows) + 6
    content = [
        HATCH,
        *svg.heading(title, below, MARGIN, 690),
        *_legend(),
        *shades,
        *_months(scale, bottom),
        *_today(schedule.day, scale, bottom),
        *rows,
    ]
    return svg.picture(title, _description(schedule), svg.WIDTH, max(svg.HEIGHT, bottom + MARGIN), content)


def _description(schedule: Schedule) -> str:
    done = sum(each.state == "done" for each in schedule.steps)
    now = "; ".join(f"{each.step.title.nl} ({WHO[each.step.who]})" for each in schedule.now)
    return (
        f"{done} van {len(schedule.steps)} stappen klaar op {day_in_dutch(schedule.day)}. "
        f"Op zijn vroegst klaar op {day_in_dutch(schedule.live)}. Nu: {now or 'niets'}. "
        "De tabel bij deze tekening noemt alle stappen."
    )


def _legend() -> Iterator[str]:
    told = (
        ("done", "klaar"),
        ("decides", "bepaalt de einddatum"),
        ("open", "heeft nog ruimte"),
        ("plan", "zoals gepland bij de start"),
    )
    for index, (kind, name) in enumerate(told):
        x, y = svg.WIDTH - 390 + 195 * (index % 2), 26.0 + 18 * (index // 2)
        if kind == "plan":
            yield _original(x, x + 26, y + 4)
        else:
            yield svg.box(x, y, 26, BAR, fill=FILLS[kind], stroke="#1b1b1b")
        yield svg.text(x + 34, y + 9, name, font_size=SMALL)


def _months(scale: Scale, bottom: float) -> Iterator[str]:
    """Draw a line at the first of each month, and its name where there is room."""
    month = after_months(scale.first.replace(day=1), 1)
    free = LEFT
    while month <= scale.last:
        x = scale.at(month)
        yield svg.path([(x, TOP - 14), (x, bottom)], stroke="#d0d0d0", stroke_width=1)
        if x >= free:
            year = f" {month.year}" if month.month == 1 else ""
            yield svg.text(x + 3, TOP - 6, SHORT[month.month - 1] + year, font_size=SMALL, fill="#565656")
            free = x + MONTH + (30 if year else 0)
        month = after_months(month, 1)


def _today(day: date, scale: Scale, bottom: float) -> Iterator[str]:
    x = scale.at(day)
    yield svg.path([(x, TOP - 24), (x, bottom)], stroke_width=1.2, stroke_dasharray="2 3")
    yield svg.text(
        x, TOP - 28, f"vandaag, {_short(day)}", font_size=SMALL, text_anchor="middle", font_weight="bold"
    )


def _rows(schedule: Schedule, scale: Scale) -> tuple[list[str], list[str]]:
    """Give the shades behind every other row, and the rows."""
    shades: list[str] = []
    rows: list[str] = []
    phase = 0
    for number, each in enumerate(schedule.steps, 1):
        if each.step.phase != phase:
            phase = each.step.phase
            y = TOP + ROW * len(rows) + 14
            rows.append(svg.text(MARGIN, y, f"{phase}. {PHASES[phase]}", font_size=12, font_weight="bold"))
        y = TOP + ROW * len(rows)
        if number % 2:
            shades.append(svg.box(MARGIN, y, svg.WIDTH - 2 * MARGIN, ROW, fill="#f5f5f5"))
        rows.append(_step(each, number, y, scale))
    rows.append(
        _milestone("Klaar, op zijn vroegst", schedule.live, TOP + ROW * len(rows), scale, filled=True)
    )
    if schedule.wish:
        rows.append(_milestone("Klaar, gewenst", schedule.wish, TOP + ROW * len(rows), scale, filled=False))
    return shades, rows


def _step(planned: Planned, number: int, y: float, scale: Scale) -> str:
    step, span, plan = planned.step, planned.span, planned.plan
    begin, end = scale.at(max(span.begin, scale.first)), scale.at(span.end)
    kind = "done" if planned.state == "done" else "decides" if planned.decides else "open"
    sentence = (
        f"{number}: {step.title.nl}, {WHO[step.who]}, {day_in_dutch(span.begin)} tot {day_in_dutch(span.end)}, "
        f"{STATES[planned.state]}"
    )
    return svg.element(
        "g",
        svg.element("title", escape(sentence))
        + svg.text(MARGIN + 20, y + 14, str(number), font_size=SMALL, text_anchor="end")
        + svg.text(MARGIN + 28, y + 14, step.title.nl, font_size=SMALL)
        + svg.text(LEFT - 80, y + 14, WHO[step.who], font_size=SMALL)
        + _original(scale.at(plan.begin), scale.at(plan.end), y + 17)
        + svg.box(begin, y + 4, max(end - begin, 3.0), BAR, fill=FILLS[kind], stroke="#1b1b1b")
        + _date(span.end, max(end, begin + 3), y + 13, overdue=planned.overdue),
        class_="step",
        data_step=step.id,
        data_begin=span.begin,
        data_end=span.end,
        data_state=planned.state,
    )


def _original(begin: float, end: float, y: float) -> str:
    return svg.path([(begin, y), (max(end, begin + 3), y)], stroke="#8a8a8a", stroke_width=2.5)


def _milestone(name: str, day: date, y: float, scale: Scale, *, filled: bool) -> str:
    x, middle = scale.at(day), y + 9
    corners = ((x, middle - 7), (x + 7, middle), (x, middle + 7), (x - 7, middle))
    points = " ".join(f"{px:.1f},{py:.1f}" for px, py in corners)
    fill = "#1b1b1b" if filled else "#ffffff"
    return svg.element(
        "g",
        svg.text(MARGIN, y + 14, name, font_size=12, font_weight="bold")
        + svg.element("polygon", points=points, fill=fill, stroke="#1b1b1b", stroke_width=1.4)
        + _date(day, x + 7, y + 13),
        class_="milestone",
    )


def _date(day: date, end: float, y: float, *, overdue: bool = False) -> str:
    """Write until when, at the right of the bar; the white edge keeps it clear of lines."""
    told = _short(day) + (" te laat" if overdue else "")
    return svg.text(
        end + 5,
        y,
        told,
        font_size=SMALL,
        font_weight="bold" if overdue else None,
        stroke="#ffffff",
        stroke_width=3,
        paint_order="stroke",
    )


def _short(day: date) -> str:
    return f"{day.day} {SHORT[day.month - 1]}"
