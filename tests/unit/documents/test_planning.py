"""The planning: earliest dates, what decides, whose turn it is, and plans that went otherwise than planned."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from lopendezaken.documents import planning
from lopendezaken.documents.planning_data import Takes, lead_times, steps_for
from lopendezaken.documents.planning_drawing import draw
from lopendezaken.documents.planning_facts import READERS
from lopendezaken.documents.planning_schedule import Planned, Schedule, schedule
from lopendezaken.documents.source import Source
from lopendezaken.dossier import loader
from lopendezaken.dossier.read import dossier_of
from lopendezaken.dossier.schema import Dossier
from lopendezaken.dossier.workdays import is_working_day
from lopendezaken.evidence.store import EvidenceSet
from tests.unit.documents.geometry import collisions
from tests.unit.dossier.conftest import EXAMPLE

FOUND = lead_times()
NOTHING = EvidenceSet([])
READ = "reading:\n" + "".join(
    f'  - {{about: {about}, title: x, version: "1", read_by: x, read_on: 2027-02-01}}\n'
    for about in ("lopende-zaken", "mijnoverheid", "digikoppeling")
)
FORM = 'form: {{sent_on: {0}, document: f.pdf, number: "00000099100000001000", connection: internet{1}}}\n'
PLANNING = "planning: {{document: p.pdf, reviewed_on: 2027-02-01, {0}}}\n"


def dossier(*sections: str, kind: str = "government", connection: str = "internet") -> Dossier:
    """Give the example without anything recorded, but for ``sections``."""
    text = (EXAMPLE / "dossier.yml").read_text()
    text = text[: text.index("# Preproduction is connected first")]
    text = text.replace("kind: government", f"kind: {kind}").replace(
        "connection: internet", f"connection: {connection}"
    )
    return dossier_of(loader.parse((text + "".join(sections)).encode(), Path("dossier.yml")))


def planned(day: date, *sections: str, kind: str = "government", connection: str = "internet") -> Schedule:
    return schedule(FOUND, dossier(*sections, kind=kind, connection=connection), NOTHING, day)


def step(made: Schedule, name: str) -> Planned:
    return next(each for each in made.steps if each.step.id == name)


def test_every_figure_has_a_step_that_can_be_seen_to_be_done() -> None:
    names = [each.id for each in FOUND.steps]
    assert names == [*dict.fromkeys(names)]
    assert set(names) == READERS.keys()
    for index, each in enumerate(FOUND.steps):
        assert set(each.after) <= set(names[:index]), each.id
        counted = [each.takes.working_days, each.takes.weeks, each.takes.months]
        assert sum(map(bool, counted)) == 1, each.id
        assert each.phase in {1, 2, 3, 4}


def test_the_figures_that_were_published_are_as_published() -> None:
    figures = {each.id: (each.takes, each.basis) for each in FOUND.steps}
    assert figures["data"] == (Takes(working_days=5), "guide")
    assert figures["certificate-preprod"][0].weeks == 4
    assert figures["test-accounts"] == (Takes(months=1), "logius")
    assert FOUND.least.takes == Takes(months=2)
    assert all(basis == "estimate" for takes, basis in figures.values() if takes.working_days not in {0, 5})


def test_from_nothing_every_step_is_as_planned_and_begins_today() -> None:
    made = planned(date(2027, 2, 1))
    assert made.start == date(2027, 2, 1)
    assert made.live == made.plan
    assert all(each.late == 0 and each.span == each.plan for each in made.steps)
    assert [each.step.id for each in made.now if each.state == "ready"] == ["digikoppeling", "reading"]


def test_it_goes_forward_over_easter_the_kings_birthday_and_liberation_day() -> None:
    """The form is processed on Maundy Thursday; its data may take five working days."""
    sent = FORM.format("2027-03-18", ", processed_on: 2027-03-25")
    made = planned(date(2027, 3, 25), sent)
    assert step(made, "data").span.end == date(2027, 4, 5)  # not 2 April: Good Friday, and Easter Monday
    sent = FORM.format("2027-04-15", ", processed_on: 2027-04-22")
    assert step(planned(date(2027, 4, 22), sent), "data").span.end == date(2027, 4, 30)
    sent = FORM.format("2027-04-15", ", processed_on: 2027-05-03")
    assert step(planned(date(2027, 5, 3), sent), "data").span.end == date(2027, 5, 12)


def test_a_leap_day_is_a_day() -> None:
    sent = FORM.format("2028-02-21", ", processed_on: 2028-02-24")
    assert step(planned(date(2028, 2, 24), sent), "data").span.end == date(2028, 3, 2)
    accounts = Takes(months=1)
    assert accounts.after(date(2028, 1, 31)) == date(2028, 2, 29)
    assert accounts.after(date(2027, 1, 31)) == date(2027, 3, 1)  # the 28th is a Sunday


def test_a_late_plan_moves_what_comes_after_and_says_how_much() -> None:
    begun = PLANNING.format("start: 2027-02-01, live_on: 2027-05-03")
    in_time, late = planned(date(2027, 2, 1), begun), planned(date(2027, 4, 1), begun)
    assert in_time.plan == late.plan
    assert late.live > in_time.live
    assert late.too_late == (late.live - date(2027, 5, 3)).days > 0
    assert step(late, "form").late > 50
    assert all(each.span.end >= late.day for each in late.steps if each.state != "done")


def test_what_should_have_been_done_by_now_is_overdue_and_not_in_the_past() -> None:
    asked = PLANNING.format("start: 2027-02-01") + FORM.format("2027-02-08", "")
    made = planned(date(2027, 4, 1), asked)
    waiting = step(made, "registration")
    assert (waiting.state, waiting.overdue) == ("busy", True)
    assert waiting.span.end == date(2027, 4, 1)
    assert made.waiting(waiting) == ("own",)
    assert not step(made, "data").overdue


def test_a_step_done_out_of_order_stays_where_it_was_done() -> None:
    early = "helpdesk: {ready_on: 2027-02-10, instruction: h.pdf}\n"
    made = planned(date(2027, 2, 15), PLANNING.format("start: 2027-02-01"), early)
    helpdesk = step(made, "helpdesk")
    assert (helpdesk.state, helpdesk.span.begin, helpdesk.span.end) == (
        "done",
        date(2027, 2, 10),
        date(2027, 2, 10),
    )
    assert step(made, "data").state == "later"  # a helpdesk proves nothing


def test_what_cannot_be_done_without_a_step_proves_it() -> None:
    processed = FORM.format("2027-02-08", ", processed_on: 2027-02-12, data_received_on: 2027-02-16")
    made = planned(date(2027, 2, 22), PLANNING.format("start: 2027-02-01"), processed)
    reading = step(made, "reading")
    assert (reading.state, reading.recorded, reading.span.end) == ("done", False, date(2027, 2, 8))
    assert step(made, "form").recorded
    assert step(made, "agreements").state == "ready"


def test_dates_that_lie_ahead_did_not_happen_yet() -> None:
    made = planned(date(2027, 2, 5), PLANNING.format("start: 2027-02-01"), FORM.format("2027-02-08", ""))
    assert step(made, "form").state != "done"
    assert step(planned(date(2027, 2, 8), FORM.format("2027-02-08", "")), "form").state == "done"


def test_dates_from_before_the_start_do_not_stretch_the_planning() -> None:
    made = planned(
        date(2027, 2, 5),
        PLANNING.format("start: 2027-02-01"),
        "digikoppeling: {registered_on: 2020-03-02, document: d.pdf}\n",
    )
    assert step(made, "digikoppeling").span.end == date(2027, 2, 1)
    assert min(each.span.begin for each in made.steps) == date(2027, 2, 1)


def test_a_certificate_that_is_used_already_takes_no_time() -> None:
    text = (EXAMPLE / "dossier.yml").read_text()
    text = text[: text.index("# Preproduction is connected first")].replace(
        "      file: received/preprod/certificate.pem",
        "      file: received/preprod/certificate.pem\n      origin: reused",
    )
    made = schedule(FOUND, dossier_of(loader.parse(text.encode(), Path("d.yml"))), NOTHING, date(2027, 2, 1))
    assert (step(made, "certificate-preprod").state, step(made, "certificate-preprod").before) == (
        "done",
        True,
    )
    assert step(made, "certificate-prod").state == "later"


def test_at_least_two_months_lie_between_the_form_and_the_end() -> None:
    quick = ", ".join(f"{each.id}: 1" for each in FOUND.steps)
    made = planned(date(2027, 2, 1), PLANNING.format(f"working_days: {{{quick}}}"))
    assert made.by_least
    assert made.live == Takes(months=2).after(step(made, "form").span.end)
    assert {each.step.id for each in made.steps if each.decides} == {"reading", "digikoppeling", "form"}


def test_own_figures_count_and_an_unknown_step_is_refused() -> None:
    slow = planned(date(2027, 2, 1), PLANNING.format("working_days: {processing: 60}"))
    assert step(slow, "processing").step.basis == "own"
    assert slow.live > planned(date(2027, 2, 1)).live
    wrong = Source(
        EXAMPLE.parent, dossier(PLANNING.format("working_days: {procesing: 60}")), date(2027, 2, 1)
    )
    (missing,) = planning.DOCUMENTS[0].missing(wrong)
    assert "no such step" in missing.what
    assert missing.where.startswith("dossier.yml:")
    assert "processing" in missing.remedy


def test_diginetwerk_is_a_step_for_who_chose_it_and_a_supplier_has_no_production() -> None:
    names = {each.id for each in steps_for(FOUND, dossier())}
    assert "diginetwerk" not in names
    over = planned(date(2027, 2, 1), connection="diginetwerk")
    assert "diginetwerk" in step(over, "network-preprod").step.after
    supplier = planned(date(2027, 2, 1), kind="supplier")
    assert {each.step.phase for each in supplier.steps} == {1, 2, 3}
    assert "digikoppeling" not in {each.step.id for each in supplier.steps}


@pytest.mark.parametrize(
    ("name", "actor", "waiting"),
    [("form", "own", ("logius",)), ("certificate-preprod", "own", ()), ("digikoppeling", "own", ("tsp",))],
)
def test_whose_turn_it_is_and_who_waits(name: str, actor: str, waiting: tuple[str, ...]) -> None:
    had = "digikoppeling: {registered_on: 2027-02-01, document: d.pdf}\n" if name != "digikoppeling" else ""
    made = planned(date(2027, 2, 1), READ, had)
    assert step(made, name).actor == actor
    assert made.waiting(step(made, name)) == waiting


def test_when_all_is_done_nothing_decides() -> None:
    only = FOUND.model_copy(
        update={"steps": FOUND.steps[:1], "least": FOUND.least.model_copy(update={"after": "reading"})}
    )
    made = schedule(only, dossier(READ), NOTHING, date(2027, 3, 1))
    assert made.done
    assert made.live == date(2027, 2, 1)
    assert not made.now
    assert not any(each.decides for each in made.steps)


DAYS = st.dates(date(2026, 1, 1), date(2031, 12, 31))


@settings(max_examples=60, deadline=None)
@given(
    DAYS, st.lists(st.tuples(st.sampled_from(["form", "helpdesk", "digikoppeling"]), DAYS), max_size=3), DAYS
)
def test_no_step_begins_before_what_it_waits_for(
    day: date, facts: list[tuple[str, date]], start: date
) -> None:
    told = {
        "form": lambda on: FORM.format(on, ""),
        "helpdesk": lambda on: f"helpdesk: {{ready_on: {on}, instruction: h.pdf}}\n",
        "digikoppeling": lambda on: f"digikoppeling: {{registered_on: {on}, document: d.pdf}}\n",
    }
    made = planned(
        day, PLANNING.format(f"start: {start}"), *(told[name](on) for name, on in dict(facts).items())
    )
    ends = {each.step.id: each.span.end for each in made.steps}
    for each in made.steps:
        assert each.span.begin <= each.span.end
        if each.state in {"ready", "later"}:
            assert each.span.begin >= max([day, *(ends[name] for name in each.step.after)])
            assert is_working_day(each.span.end)
    assert made.live >= max(ends.values())
    assert not [*collisions(etree.fromstring(draw(made, "Planning", "Stad")))]


@settings(max_examples=40, deadline=None)
@given(st.dates(date(2026, 6, 1), date(2027, 6, 1)), st.data())
def test_what_decides_delays_the_whole_and_the_rest_may_wait_a_day(day: date, data: st.DataObject) -> None:
    made = planned(day)
    each = data.draw(st.sampled_from(made.steps))
    assume(each.step.takes.working_days)
    slower = PLANNING.format(f"working_days: {{{each.step.id}: {each.step.takes.working_days + 5}}}")
    later = planned(day, slower)
    if each.decides:
        assert later.live > made.live
    assert later.live - made.live <= timedelta(days=21)


def test_the_drawing_names_today_and_says_what_is_late() -> None:
    begun = PLANNING.format("start: 2027-02-01, live_on: 2027-05-03") + FORM.format("2027-02-08", "")
    picture = etree.fromstring(draw(planned(date(2027, 4, 1), begun), "Planning", "Stad"))
    texts = [each for each in picture.itertext() if each.strip()]
    assert "vandaag, 1 apr" in texts
    assert "1 apr te laat" in texts
    assert "Klaar, gewenst" in texts


def test_a_long_planning_still_has_months_that_can_be_read() -> None:
    far = PLANNING.format("start: 2020-01-06")
    picture = etree.fromstring(draw(planned(date(2027, 4, 1), far), "Planning", "Stad"))
    assert not [*collisions(picture)]
