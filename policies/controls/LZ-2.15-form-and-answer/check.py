"""The form was sent, and the data came within five working days after it was processed."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, after_working_days, met, not_met, unknown

WORKING_DAYS = 5


def check(case: Case) -> Iterator[Finding]:
    """Follow the form to its answer."""
    at, form, own = ("form",), case.dossier.form, case.dossier.organisation.number
    if form is None:
        yield unknown("not-sent", at)
        return
    if form.number != own:
        yield not_met("other-number", (*at, "number"), found=form.number, expected=own)
        return
    if form.processed_on is None:
        yield unknown("processing", at, day=form.sent_on)
        return
    until, came = after_working_days(form.processed_on, WORKING_DAYS), form.data_received_on
    if came is not None and came <= until:
        yield met("answered", at, day=came, until=until)
    elif came is not None or case.day > until:
        yield not_met("late", at, until=until)
    else:
        yield unknown("waiting", at, until=until)
