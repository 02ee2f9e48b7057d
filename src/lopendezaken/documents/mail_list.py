"""Where every mail stands: to be sent, waiting for an answer since when, or answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from holidays import country_holidays

from lopendezaken.documents.mail_letters import LETTERS, MIJNOVERHEID, Letter
from lopendezaken.documents.registry import applies, document, each_for
from lopendezaken.documents.source import Source
from lopendezaken.evidence.store import Evidence, EvidenceSet

TERM = 5  # working days in which Logius gives its data (P2-10); our measure for the other answers too


@dataclass(frozen=True)
class Row:
    """A mail on a day. ``waiting``: working days since it was sent or, of the form, since it was processed."""

    name: str
    environment: str
    title: str
    awaits: str
    missing: int
    sent: date | None
    answered: date | None
    outcome: str | None
    waiting: int | None

    def line(self) -> str:
        """Give it for people."""
        name = f"{self.name} ({self.environment})" if self.environment else self.name
        return f"{name:32}  {self._state()}"

    def _state(self) -> str:
        if self.sent is None:
            things = "thing" if self.missing == 1 else "things"
            return f"waits for {self.missing} {things}" if self.missing else "can be sent"
        if self.waiting is None:
            return f"sent {self.sent}, answered {self.answered}: {self.outcome}"
        since = f"{self.waiting} working day{'' if self.waiting == 1 else 's'}"
        late = ": ask Logius" if self.waiting > TERM else ""
        return f"sent {self.sent}, no answer after {since} ({self.awaits}){late}"

    def plain(self) -> dict[str, Any]:
        """Give it for machines."""
        return {
            "id": self.name,
            "environment": self.environment or None,
            "title": self.title,
            "missing": self.missing,
            "sent": self.sent and self.sent.isoformat(),
            "answered": self.answered and self.answered.isoformat(),
            "outcome": self.outcome,
            "waiting_working_days": self.waiting,
            "late": self.waiting is not None and self.waiting > TERM,
        }


def rows(source: Source) -> Iterator[Row]:
    """Give every mail that this organisation sends, in the order of the journey; a change gives one each.

    A mail counts from the day that it bears, also when it was recorded later.
    """
    recorded = source.integrity.items
    for letter in LETTERS.values():
        asked = document(letter.document)
        if letter.id == "mail-change":
            for number, change in enumerate(source.dossier.changes):
                yield _row(letter, source.of(change.environment or ""), number, recorded)
        elif applies(asked, source):
            for copy in each_for(asked, source):
                yield _row(letter, copy, 0, recorded)


def _row(letter: Letter, source: Source, number: int, recorded: EvidenceSet) -> Row:
    asked = document(letter.document)
    name = f"{letter.id}/{number}" if letter.id == "mail-change" else letter.id
    passed = list(_mails(source, name, recorded))
    sent = max([*_days(passed, "sent"), *_day(letter.sent_on(source, number))], default=None)
    answer = _answer(letter, source, passed, recorded, sent) if sent else None
    answered, outcome = answer or (None, None)
    since = answered if outcome == "processed" else None if answered else sent
    return Row(
        name,
        source.environment,
        asked.title,
        letter.awaits,
        0 if sent else len(tuple(asked.missing(source))),
        sent,
        answered,
        outcome,
        working_days(since, source.day) if since else None,
    )


def _mails(source: Source, name: str, recorded: EvidenceSet) -> Iterator[Evidence]:
    environments = [source.environment] if source.environment else source.dossier.environments
    for environment in environments:
        for each in recorded.of("document", environment):
            known = each.raw.get("mail") or {}
            if known.get("id") == name and date.fromisoformat(each.raw["dated"]) <= source.day:
                yield each


def _answer(
    letter: Letter, source: Source, passed: list[Evidence], recorded: EvidenceSet, sent: date
) -> tuple[date, str] | None:
    """Give the last answer since the mail was sent: as recorded here or in the dossier, else as other evidence."""
    found = [
        (date.fromisoformat(each.raw["dated"]), str(each.raw["mail"]["outcome"]))
        for each in passed
        if each.raw["mail"]["direction"] == "received"
    ]
    if letter.id == "form":
        found += _of_form(source)
    found = found or list(_evidence(letter, source, recorded))
    since = [each for each in found if sent <= each[0] <= source.day]
    return max(reversed(since), key=_latest, default=None)  # of one day: what was recorded last


def _of_form(source: Source) -> list[tuple[date, str]]:
    form = source.dossier.form
    known = {"processed": form.processed_on, "data": form.data_received_on} if form else {}
    return [(day, outcome) for outcome, day in known.items() if day]


def _evidence(letter: Letter, source: Source, recorded: EvidenceSet) -> Iterator[tuple[date, str]]:
    """Give answers that were added as evidence without naming the mail."""
    if letter.evidence == "cpa-loaded":
        for each in recorded.of(
            "cpa-loaded", source.environment, MIJNOVERHEID, side="partner", source="mail"
        ):
            yield each.collected.date(), "loaded"
    if letter.evidence == "chain-test-approval":
        for each in recorded.of("chain-test-approval", source.environment, MIJNOVERHEID):
            yield date.fromisoformat(each.raw["dated"]), each.raw["outcome"]


def _latest(answer: tuple[date, str]) -> tuple[date, bool]:
    """Order answers by day; what only says that work goes on comes before what ends it."""
    return answer[0], answer[1] != "processed"


def _days(passed: list[Evidence], direction: str) -> list[date]:
    return [
        date.fromisoformat(each.raw["dated"]) for each in passed if each.raw["mail"]["direction"] == direction
    ]


def _day(day: date | None) -> list[date]:
    return [day] if day else []


def working_days(since: date, until: date) -> int:
    """Count the Dutch working days after ``since``, up to and with ``until``."""
    free = country_holidays("NL")
    days = (since + timedelta(days=n) for n in range(1, (until - since).days + 1))
    return sum(day.weekday() < 5 and day not in free for day in days)
