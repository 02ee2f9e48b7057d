"""The kind of network has been chosen, and the application form says the same."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met


def check(case: Case) -> Iterator[Finding]:
    """Compare the choice with the form, once that was sent."""
    chosen, form = case.dossier.service.connection, case.dossier.form
    if form is not None and form.connection != chosen:
        yield not_met("other-on-form", ("form", "connection"), connection=chosen, form=form.connection)
    else:
        yield met("chosen", ("service", "connection"), connection=chosen)
