"""Dutch working days: feasts that move, the King's birthday, Liberation Day, leap years."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lopendezaken.dossier.workdays import (
    after_months,
    after_working_days,
    free_day,
    is_working_day,
    on_working_day,
)

DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2027, 1, 1), "Nieuwjaarsdag"),
        (date(2027, 3, 26), "Goede Vrijdag"),
        (date(2027, 3, 29), "Tweede paasdag"),
        (date(2027, 4, 27), "Koningsdag"),
        (date(2025, 4, 26), "Koningsdag"),  # the 27th was a Sunday
        (date(2027, 5, 5), "Bevrijdingsdag"),
        (date(2030, 5, 5), "Bevrijdingsdag"),
        (date(2027, 5, 6), "Hemelvaartsdag"),
        (date(2027, 5, 17), "Tweede Pinksterdag"),
        (date(2026, 12, 25), "Eerste Kerstdag"),
        (date(2026, 12, 26), "Tweede Kerstdag"),
    ],
)
def test_free_days_have_their_name(day: date, name: str) -> None:
    assert (free_day(day) or "").casefold() == name.casefold()
    assert not is_working_day(day)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 11, 24), 0, date(2026, 11, 24)),
        (date(2026, 11, 24), 5, date(2026, 12, 1)),
        (date(2026, 12, 23), 5, date(2026, 12, 31)),  # over Christmas
        (date(2027, 3, 25), 1, date(2027, 3, 30)),  # over Easter, with Good Friday
        (date(2027, 4, 26), 1, date(2027, 4, 28)),  # over the King's birthday
        (date(2027, 5, 4), 1, date(2027, 5, 7)),  # Liberation Day, and Ascension the day after
        (date(2028, 2, 28), 2, date(2028, 3, 1)),  # a leap year
        (date(2027, 2, 26), 2, date(2027, 3, 2)),
    ],
)
def test_counting_skips_what_is_free(day: date, count: int, expected: date) -> None:
    assert after_working_days(day, count) == expected


def test_a_month_later_stays_in_that_month() -> None:
    assert after_months(date(2028, 1, 31), 1) == date(2028, 2, 29)
    assert after_months(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert after_months(date(2026, 11, 24), 2) == date(2027, 1, 24)
    assert after_months(date(2026, 12, 31), 14) == date(2028, 2, 29)


@given(DAYS, st.integers(0, 30), st.integers(0, 30))
def test_counting_adds_up(day: date, first: int, second: int) -> None:
    once = after_working_days(after_working_days(day, first), second)
    assert once == after_working_days(day, first + second)
    assert (once - day).days >= first + second


@given(DAYS)
def test_the_next_working_day_is_near(day: date) -> None:
    found = on_working_day(day)
    assert is_working_day(found)
    assert timedelta(0) <= found - day <= timedelta(days=5)
