"""The limited production run was finished, covered every stream and was reported."""

from __future__ import annotations

from collections.abc import Iterator

from lopendezaken.policy.api import Case, Finding, met, not_met, unknown


def check(case: Case) -> Iterator[Finding]:
    """Read the record of the run."""
    at, ran = ("limited_run",), case.dossier.limited_run
    if ran is None:
        yield unknown("not-recorded", at)
        return
    missing = [each.name for each in case.dossier.service.streams if each.name not in ran.streams]
    few = ran.participants == 0 or ran.messages < ran.participants
    finished = ran.finished_on is not None and ran.finished_on <= case.day
    reported = ran.reported_on is not None and ran.reported_on <= case.day
    for name in missing:
        yield not_met("stream-missing", (*at, "streams"), stream=name)
    if few:
        yield not_met("too-few", (*at, "messages"), messages=ran.messages, participants=ran.participants)
    if not finished:
        yield not_met("not-finished", at)
    elif not reported:
        yield not_met("not-reported", at)
    elif not missing and not few:
        yield met("done", at, day=ran.finished_on, messages=ran.messages)
