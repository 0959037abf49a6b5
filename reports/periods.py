"""Hours, days and ISO weeks of a site, and which moments in them are school hours.

A day or week is the site's own (it may have 23, 25, 167 or 169 hours when clocks change); an hour is a
UTC hour, so that no hour of a year has the name of another. All ends are exclusive. Times are aware
UTC outside; the site's time zone appears here and nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from reports.faults import UsageFault
from reports.sites import WEEKDAYS, Site, holiday, school_hours
from reports.wording import say

Kind = Literal["hour", "day", "week"]
"""What is summarised, kept and sent."""
LongKind = Literal["month", "school-year"]
"""What is only reported (``reports/long_periods.py``)."""

SLOT_S = 300
"""A demand sample is a five-minute mean, the interval that 95th percentiles are made of everywhere."""


@dataclass(frozen=True, slots=True)
class Period:
    """A named stretch of time: starts_at <= t < ends_at."""

    kind: Kind | LongKind
    label: str
    starts_at: datetime
    ends_at: datetime


def hour_of(at: datetime) -> Period:
    """The UTC hour that holds ``at``, labelled as in ``2026-11-24T05Z``."""
    start = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Period("hour", start.strftime("%Y-%m-%dT%HZ"), start, start + timedelta(hours=1))


def day_of(at: datetime, zone: ZoneInfo) -> Period:
    """The site's calendar day that holds ``at``, labelled as in ``2026-11-24``."""
    day = at.astimezone(zone).date()
    return Period("day", day.isoformat(), midnight(day, zone), midnight(day + timedelta(days=1), zone))


def week_of(at: datetime, zone: ZoneInfo) -> Period:
    """The site's ISO week that holds ``at``, labelled as in ``2026-W48``."""
    day = at.astimezone(zone).date()
    return _week_from(day - timedelta(days=day.weekday()), zone)


def week_named(label: str, zone: ZoneInfo) -> Period:
    """The ISO week called ``2026-W47``. Raises UsageFault when there is no such week."""
    match = re.fullmatch(r"(\d{4})-?W(\d{1,2})", label)
    try:
        if not match:
            raise ValueError(label)
        return _week_from(date.fromisocalendar(int(match[1]), int(match[2]), 1), zone)
    except (ValueError, OverflowError):
        raise UsageFault(
            say('week "{week}": no such ISO week, expected one as in 2026-W47', week=label)
        ) from None


def week_asked(words: str | None, now: datetime, zone: ZoneInfo) -> Period:
    """The week that a person asks for: by its name, ``last`` for the one that ended, else the running one."""
    if words and words != "last":
        return week_named(words, zone)
    running = week_of(now, zone)
    return before(running, zone) if words else running


def before(period: Period, zone: ZoneInfo) -> Period:
    """The period of the same kind that ends where this one starts."""
    last = period.starts_at - timedelta(seconds=1)
    if period.kind == "hour":
        return hour_of(last)
    return day_of(last, zone) if period.kind == "day" else week_of(last, zone)


def days_in(period: Period, zone: ZoneInfo) -> list[Period]:
    """The site's calendar days of a period, in order; a week always has its seven."""
    found = []
    at = period.starts_at
    while at < period.ends_at:
        found.append(day_of(at, zone))
        at = found[-1].ends_at
    return found


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The UTC moment at which the site's ``day`` begins."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _week_from(monday: date, zone: ZoneInfo) -> Period:
    year, week, _ = monday.isocalendar()
    end = midnight(monday + timedelta(days=7), zone)
    return Period("week", f"{year}-W{week:02d}", midnight(monday, zone), end)


@dataclass(frozen=True, slots=True)
class SchoolHours:
    """The hours in which a school's demand counts, by its own bells.

    The default, Monday to Friday 07:00 to 17:00, is NCREN/MCNC's (North Carolina) utilisation rule.
    """

    days: frozenset[int]
    opens: time
    closes: time
    zone: ZoneInfo
    holidays: tuple[tuple[date, date], ...] = ()

    @classmethod
    def of(cls, site: Site) -> SchoolHours:
        opens, closes = school_hours(site.school_hours)
        days = frozenset(WEEKDAYS.index(day) for day in site.school_days)
        off = tuple(holiday(text) for text in site.holidays)
        return cls(days, opens, closes, ZoneInfo(site.timezone), off)

    def __contains__(self, at: datetime) -> bool:
        local = at.astimezone(self.zone)
        return self._school(local.date()) and self.opens <= local.time() < self.closes

    def school_day(self, at: datetime) -> date | None:
        """The school day that ``at`` falls on by the site's calendar, at any hour of it."""
        day = at.astimezone(self.zone).date()
        return day if self._school(day) else None

    def _school(self, day: date) -> bool:
        return day.weekday() in self.days and not any(first <= day <= last for first, last in self.holidays)

    def spans(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """School hours between two moments, clipped to them, in order."""
        found = []
        day = start.astimezone(self.zone).date()
        while day <= end.astimezone(self.zone).date():
            if self._school(day):
                first = max(start, datetime.combine(day, self.opens, self.zone).astimezone(UTC))
                last = min(end, datetime.combine(day, self.closes, self.zone).astimezone(UTC))
                if first < last:
                    found.append((first, last))
            day += timedelta(days=1)
        return found
