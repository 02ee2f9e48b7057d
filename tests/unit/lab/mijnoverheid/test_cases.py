from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lopendezaken.casemessage.model import CaseMessage, Status
from lopendezaken.lab.mijnoverheid.cases import Cases
from tests.unit.casemessage.samples import BSN, MO, OTHER_BSN, STUF

DONE = Status("9", "Afgehandeld", date(2026, 11, 20))
LATER = replace(
    STUF,
    sent=STUF.sent + timedelta(days=1),
    case=replace(STUF.case, title="Omgevingsvergunning", end=date(2026, 11, 20), statuses=(DONE,)),
)


@pytest.fixture
def cases() -> Cases:
    return Cases(":memory:")


def accept(cases: Cases, *messages: CaseMessage) -> None:
    for number, message in enumerate(messages, start=1):
        cases.accept("CPA", f"m{number}", "Zaakbericht", message)


@pytest.mark.parametrize("messages", [(STUF, LATER), (LATER, STUF)], ids=["in order", "overtaken"])
def test_statuses_add_up_and_the_latest_message_counts(
    cases: Cases, messages: tuple[CaseMessage, ...]
) -> None:
    accept(cases, *messages)
    ((_, case),) = cases.of(BSN)
    assert case == replace(LATER.case, statuses=(*STUF.case.statuses, DONE))


def test_a_message_seen_before_changes_nothing(cases: Cases) -> None:
    accept(cases, STUF)
    accept(cases, LATER)  # the same MessageId
    assert [case for _, case in cases.of(BSN)] == [STUF.case]
    assert len(cases.taken()) == 1


def test_citizens_and_organisations_are_kept_apart(cases: Cases) -> None:
    other = replace(MO, sender_oin="00000099200000001000")
    accept(cases, STUF, other, replace(MO, bsn=OTHER_BSN))
    assert cases.citizens() == {BSN: 2, OTHER_BSN: 1}


def test_what_was_taken_shows_no_bsn(cases: Cases) -> None:
    accept(cases, replace(STUF, case=replace(STUF.case, id=f"Z-{BSN}")))
    (taken,) = cases.taken()
    assert (taken.bsn, taken.case_id) == ("*******19", "Z-*******19")
    assert BSN not in repr(taken)


def test_only_what_is_new_and_no_more_than_asked(cases: Cases) -> None:
    accept(cases, STUF, MO, LATER)
    assert [one.message_id for one in cases.taken(after=1)] == ["m2", "m3"]
    assert [one.message_id for one in cases.taken(limit=1)] == ["m3"]
