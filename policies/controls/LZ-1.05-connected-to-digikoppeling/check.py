"""The organisation is connected to Digikoppeling."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Read the record of the registration."""
    at, known = ("digikoppeling",), case.dossier.digikoppeling
    if known is None:
        yield unknown("not-recorded", at)
    elif known.registered_on > case.day:
        yield not_met("later", at, day=known.registered_on)
    else:
        yield met("connected", at, day=known.registered_on, document=known.document)
