"""When a school of the United States has no school: summer, breaks and federal holidays of any year.

No district's own calendar, but the rules that most of them come from: begin in the middle of August, end
before Memorial Day, a week at Thanksgiving's end, two at Christmas, one in March.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

MON, THU = 0, 3


def holidays(first: date, last: date) -> tuple[tuple[date, date], ...]:
    """The spans without school that reach into [first, last], oldest first, each with its last day."""
    years = range(first.year - 1, last.year + 1)
    spans = sorted(span for year in years for span in _of_school_year(year))
    return tuple(span for span in spans if span[1] >= first and span[0] <= last)


def school_days(first: date, last: date) -> list[date]:
    """The days of [first, last] that have school."""
    off = holidays(first, last)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5 and not any(a <= day <= b for a, b in off)]


def _of_school_year(year: int) -> Iterator[tuple[date, date]]:
    """Those of the school year that begins in August of ``year``, the summer before it first."""
    opens = _nth(year, 8, MON, 3)
    yield _memorial_day(year), opens - timedelta(days=1)
    yield _alone(_nth(year, 9, MON, 1))  # Labor Day
    thanksgiving = _nth(year, 11, THU, 4)
    yield thanksgiving - timedelta(days=1), thanksgiving + timedelta(days=1)
    christmas = date(year, 12, 25)
    monday = christmas - timedelta(days=christmas.weekday())
    yield monday - timedelta(days=2), monday + timedelta(days=13)
    yield _alone(_nth(year + 1, 1, MON, 3))  # Martin Luther King Jr. Day
    yield _alone(_nth(year + 1, 2, MON, 3))  # Presidents' Day
    spring = _nth(year + 1, 3, MON, 3)
    yield spring, spring + timedelta(days=4)


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th such weekday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _memorial_day(year: int) -> date:
    """The last Monday of May."""
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


def _alone(day: date) -> tuple[date, date]:
    return day, day
