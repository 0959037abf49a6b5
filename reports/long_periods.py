"""Months and school years of a site: the periods that are reported beside the week, and their parts.

A month is the calendar's. A school year runs from 1 July to 30 June and is named by both its years, as in
``2026-27``: that is the E-rate programme's funding year (47 CFR 54.507(b)) and most states' fiscal year. Both
begin and end at the site's own midnight. They are reported only: no summary of them is kept or sent, since
each report is made from samples.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reports.faults import UsageFault
from reports.periods import Period, days_in, midnight, week_of
from reports.wording import say

FIRST_MONTH = 7
"""A school year begins with July."""


def month_of(at: datetime, zone: ZoneInfo) -> Period:
    """The site's calendar month that holds ``at``, labelled as in ``2026-10``."""
    day = at.astimezone(zone).date()
    return _month(day.year, day.month, zone)


def month_named(label: str, zone: ZoneInfo) -> Period:
    """The month called ``2026-10``. Raises UsageFault when there is no such month."""
    match = re.fullmatch(r"(\d{4})-(\d{2})", label, re.ASCII)
    try:
        if not match:
            raise ValueError(label)
        return _month(int(match[1]), int(match[2]), zone)
    except (ValueError, OverflowError):
        raise UsageFault(
            say('month "{month}": no such month, expected one as in 2026-10', month=label)
        ) from None


def school_year_of(at: datetime, zone: ZoneInfo) -> Period:
    """The school year that holds ``at``, labelled as in ``2026-27``."""
    day = at.astimezone(zone).date()
    return _school_year(day.year if day.month >= FIRST_MONTH else day.year - 1, zone)


def school_year_named(label: str, zone: ZoneInfo) -> Period:
    """The school year called ``2026-27``. Raises UsageFault when there is no such year."""
    match = re.fullmatch(r"(\d{4})-(\d{2})", label, re.ASCII)
    try:
        if not match or (int(match[1]) + 1) % 100 != int(match[2]):
            raise ValueError(label)
        return _school_year(int(match[1]), zone)
    except (ValueError, OverflowError):
        raise UsageFault(
            say(
                'school year "{years}": no such year, expected one as in 2026-27, which begins on 1 July '
                "2026",
                years=label,
            )
        ) from None


def parts_of(period: Period, zone: ZoneInfo) -> list[Period]:
    """What a report's tables have a row for: the days of a week or a month, the weeks of a school year."""
    return weeks_in(period, zone) if period.kind == "school-year" else days_in(period, zone)


def weeks_in(period: Period, zone: ZoneInfo) -> list[Period]:
    """The weeks of a period in order, the first and the last cut to it: together they are the whole."""
    found: list[Period] = []
    at = period.starts_at
    while at < period.ends_at:
        week = week_of(at, zone)
        found.append(replace(week, starts_at=at, ends_at=min(week.ends_at, period.ends_at)))
        at = found[-1].ends_at
    return found


def whole_weeks(period: Period, zone: ZoneInfo) -> list[Period]:
    """The weeks that a period is told by, whole ones, in order: those whose Thursday lies in it.

    As ISO 8601 gives weeks to years, so that each is one month's and one year's.
    """
    last, found = period.ends_at, []
    week = week_of(period.starts_at, zone)
    while week.starts_at < last:
        monday = week.starts_at.astimezone(zone).date()
        if period.starts_at <= midnight(monday + timedelta(days=3), zone) < last:
            found.append(week)
        week = week_of(week.ends_at, zone)
    return found


def months_in(period: Period, zone: ZoneInfo) -> list[Period]:
    """The calendar months that begin in a period, in order."""
    found = []
    at = period.starts_at
    while at < period.ends_at:
        found.append(month_of(at, zone))
        at = found[-1].ends_at
    return found


def _month(year: int, month: int, zone: ZoneInfo) -> Period:
    first = date(year, month, 1)
    following = date(year + month // 12, month % 12 + 1, 1)
    return Period("month", f"{year:04d}-{month:02d}", midnight(first, zone), midnight(following, zone))


def _school_year(year: int, zone: ZoneInfo) -> Period:
    start, end = (midnight(date(first, FIRST_MONTH, 1), zone) for first in (year, year + 1))
    return Period("school-year", f"{year:04d}-{(year + 1) % 100:02d}", start, end)
