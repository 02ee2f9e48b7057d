"""Dutch working days, and terms counted in them.

Free are weekends and the days that the Algemene termijnenwet (article 3) names: those of the package
``holidays``, and the fifth of May every year, where the package has it once in five years.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase


def is_working_day(day: date) -> bool:
    """Tell whether offices work."""
    return day.weekday() < 5 and free_day(day) is None


def free_day(day: date) -> str | None:
    """Name the day, in Dutch, when it is free by law."""
    name: str | None = _free().get(day)
    return name or ("Bevrijdingsdag" if (day.month, day.day) == (5, 5) else None)


def on_working_day(day: date) -> date:
    """Give the day itself, or the first working day after it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def after_working_days(day: date, count: int) -> date:
    """Give the day that lies ``count`` working days after ``day`` (P2-10)."""
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def after_months(day: date, count: int) -> date:
    """Give the same day ``count`` months later; a month without that day gives its last one."""
    years, month = divmod(day.month - 1 + count, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@cache
def _free() -> HolidayBase:
    from holidays import country_holidays

    return country_holidays("NL", language="nl")
