"""What Logius gives after registration has come."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown

NEEDED = ("xsd", "connectivity")


def check(case: Case) -> Iterator[Finding]:
    """Read the record of what was received."""
    at, got = ("received",), case.dossier.received
    documents = got.documents if got else ()
    late = [each for each in documents if each.received_on > case.day]
    kinds = {each.kind for each in documents}
    missing = [kind for kind in NEEDED if kind not in kinds]
    if got is None or got.sender_id is None:
        missing.append("afzenderID")
    for each in late:
        yield not_met("later", at, title=each.title, day=each.received_on)
    if missing:
        yield unknown("waiting", at, what=", ".join(missing))
    elif not late:
        yield met("received", at)
