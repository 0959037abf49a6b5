"""The demo school: its settings, and what happened to its line in a year and a term.

Everything is told from ``until``, the last moment of the data, so that a demo of any day has its last weeks
before that day: an outage of the provider in the last whole school week, a cut cable some weeks before, a
month in which the line carried less in school hours, and, the year before, two days at a port of 100 Mbps
and a weekend without an agent.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from agent.config import AgentConfig, parse
from agent.demo.school_year import holidays, school_days
from reports.periods import Period, midnight, week_of
from reports.samples import Stretch

ZONE = ZoneInfo("America/Chicago")
MARK = "demo data"
"""Stands in the school's name, and so on every page that names it."""
HEADING = "# Demo data: a made-up school, as `bandgap demo` writes it."
INTERFACE = "wan0"
WEEKS = 66
"""A year and a term: enough weeks have one of the year before for growth to be told from the season."""
FULL_WEEK_DAYS = 4
FULL_MONTH_DAYS = 15

_SETTINGS = """{heading}

[site]
id = "demo-school"
name = "Cottonwood School ({mark})"
serves = "independent-school"
students = 612
staff = 54
guests = 8
timezone = "{zone}"
school_hours = "07:30-16:00"
holidays = [
{holidays}
]

[contract]
down_mbps = 500
up_mbps = 500
provider = "Prairie Fiber Cooperative (made up)"
connection = "fibre"
monthly_cost = 940
ends_on = {ends_on}
"""


@dataclass(frozen=True, slots=True)
class Story:
    """What happened, and when; the agent was there all the time but in ``off``."""

    begins_at: datetime
    until: datetime
    last_week: Period
    provider_out: Stretch
    cable_cut: Stretch
    congested: Stretch
    slow_port: Stretch
    off: Stretch


def story(until: datetime) -> Story:
    """What happened in the weeks before ``until``."""
    last = until.astimezone(ZONE).date()
    begins_at = week_of(until - timedelta(weeks=WEEKS), ZONE).starts_at
    first = begins_at.astimezone(ZONE).date()
    days = school_days(first, last - timedelta(days=1))
    month = _congested_month(days, last - timedelta(days=35))
    port = _pair_outside(days, month, last - timedelta(days=150))
    friday = _before(days, last - timedelta(days=260))
    friday += timedelta(days=4 - friday.weekday())
    week = _last_whole_week(days, until)
    return Story(
        begins_at=begins_at,
        until=until,
        last_week=week,
        provider_out=_span(_days_of(days, week)[3], "10:20", "11:35"),
        cable_cut=_span(_before(days, last - timedelta(days=30)), "13:05", "13:50"),
        congested=Stretch(midnight(month[0], ZONE), midnight(month[1] + timedelta(days=1), ZONE)),
        slow_port=Stretch(midnight(port, ZONE), midnight(port + timedelta(days=2), ZONE)),
        off=Stretch(_at(friday, "15:20"), _at(friday + timedelta(days=3), "07:35")),
    )


def settings_text(told: Story) -> str:
    """The school's ``agent.toml``."""
    first, last = (at.astimezone(ZONE).date() for at in (told.begins_at, told.until))
    spans = holidays(first, last + timedelta(days=200))
    lines = [f'  "{a}/{b}",' if a < b else f'  "{a}",' for a, b in spans]
    return _SETTINGS.format(
        heading=HEADING,
        mark=MARK,
        zone=ZONE.key,
        holidays="\n".join(lines),
        ends_on=date(last.year + 1, 6, 30),
    )


def settings(told: Story) -> AgentConfig:
    """The same, read as the agent reads it."""
    return parse(settings_text(told), None, zone=ZONE.key)


def _congested_month(days: list[date], latest: date) -> tuple[date, date]:
    """The last month that ended by ``latest`` and had school for most of it, as its first and last day."""
    year, month = latest.year, latest.month
    while True:
        ends = date(year, month, calendar.monthrange(year, month)[1])
        begins = ends.replace(day=1)
        if ends <= latest and sum(begins <= day <= ends for day in days) >= FULL_MONTH_DAYS:
            return begins, ends
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)


def _pair_outside(days: list[date], month: tuple[date, date], latest: date) -> date:
    """The first of the last two school days in a row by ``latest`` that aren't in that month."""
    known = set(days)
    return max(
        day
        for day in days
        if day <= latest and day + timedelta(days=1) in known and not month[0] <= day <= month[1]
    )


def _last_whole_week(days: list[date], until: datetime) -> Period:
    """The newest week that is over and had school on most of its days."""
    week = week_of(until - timedelta(weeks=1), ZONE)
    while len(_days_of(days, week)) < FULL_WEEK_DAYS:
        week = week_of(week.starts_at - timedelta(days=1), ZONE)
    return week


def _days_of(days: list[date], week: Period) -> list[date]:
    return [day for day in days if week.starts_at <= midnight(day, ZONE) < week.ends_at]


def _before(days: list[date], latest: date) -> date:
    """The last school day by then."""
    return max(day for day in days if day <= latest)


def _span(day: date, begins: str, ends: str) -> Stretch:
    return Stretch(_at(day, begins), _at(day, ends))


def _at(day: date, clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return midnight(day, ZONE) + timedelta(hours=hour, minutes=minute)
