"""Whoever chooses Diginetwerk told Logius, registered, and asked for the changes of firewalls."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_applicable, unknown


def check(case: Case) -> Iterator[Finding]:
    """Read the record of Diginetwerk, where that was chosen."""
    at, arranged = ("diginetwerk",), case.dossier.diginetwerk
    if case.dossier.service.connection != "diginetwerk":
        yield not_applicable("internet", ("service", "connection"))
    elif arranged is None or arranged.announced_on > case.day:
        yield unknown("not-announced", at)
    else:
        open_ends = []
        if arranged.registered_on is None or arranged.registered_on > case.day:
            open_ends.append("not-registered")
        if not any(each.asked_on <= case.day for each in arranged.changes):
            open_ends.append("no-changes")
        for code in open_ends:
            yield unknown(code, at)
        if not open_ends:
            yield met("arranged", at, day=arranged.registered_on, count=len(arranged.changes))
