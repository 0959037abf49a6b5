"""When the line runs out: the demand of past weeks, how it grows, and when that fills what is delivered.

The weeks are those whose summaries the site keeps, for about three years, each with at least half of its
school hours found. The site's own growth stands first once it is known; what others have named stands beside
it under its name and source, and is no forecast of this site's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reports.forecast import SCENARIOS, Crossing, Growth, Scenario, WeekDemand, crossing, growth, level
from reports.samples import Rates
from reports.wording import say_many

PLAN_SHARE = 0.8
"""A 95th percentile at this share of capacity is where operators upgrade (``reports/headroom.py``)."""
ENOUGH_OF_A_WEEK = 0.5
"""A week's 95th percentile counts when at least this share of its school hours was found."""


@dataclass(frozen=True, slots=True)
class WeekRates:
    """One week's 95th percentile of school hours, each way."""

    starts_on: date
    p95: Rates


@dataclass(frozen=True, slots=True)
class Course:
    """A rate of growth a year with its source, and when it takes demand to 80 % and to all of the line.

    ``own`` is the growth that this site's weeks show; all others are scenarios, named by ``by``.
    """

    name: str
    rate: float
    source: str
    own: bool
    at_80: Crossing
    at_100: Crossing
    by: str = ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """One way of the line. ``demand_mbps`` is that of ``demand_on``, the middle of the last weeks, with what
    is supposed on top; None while no week has a figure. The site's own course is the first, if it has one."""

    capacity_mbps: float | None = None
    demand_mbps: float | None = None
    demand_on: date | None = None
    growth: Growth | None = None
    courses: tuple[Course, ...] = ()
    weeks: tuple[WeekDemand, ...] = ()

    @property
    def own(self) -> Course | None:
        """The course of the site's own growth."""
        return next((course for course in self.courses if course.own), None)


def outlook(weeks: Sequence[WeekDemand], capacity_mbps: float | None, added_mbps: float = 0.0) -> Outlook:
    """What becomes of a line of ``capacity_mbps``; ``added_mbps`` is demand on top of what the weeks show."""
    now = level(weeks)
    if now is None:
        return Outlook(capacity_mbps, weeks=tuple(weeks))
    now = now[0], now[1] + added_mbps
    found = growth(weeks, capacity_mbps)
    own = [] if found is None else [_course("this school's own growth", found, capacity_mbps, now)]
    others = [_course(scenario.name, scenario, capacity_mbps, now) for scenario in SCENARIOS]
    return Outlook(capacity_mbps, now[1], now[0], found, (*own, *others), tuple(weeks))


def one_way(weeks: Sequence[WeekRates], way: str) -> tuple[WeekDemand, ...]:
    """The series of one way, oldest first."""
    ordered = sorted(weeks, key=lambda week: week.starts_on)
    return tuple(
        WeekDemand(week.starts_on, week.p95.down_mbps if way == "down" else week.p95.up_mbps)
        for week in ordered
    )


def _course(
    name: str, rates: Growth | Scenario, capacity_mbps: float | None, now: tuple[date, float]
) -> Course:
    if isinstance(rates, Growth):
        source, by = (
            say_many(
                "{n} weeks held against the same weeks of years before",
                "{n} weeks held against the same weeks of years before",
                rates.weeks,
                n=rates.weeks,
            ),
            "",
        )
    else:
        source, by = rates.source, rates.by
    at_80 = crossing(now, None if capacity_mbps is None else capacity_mbps * PLAN_SHARE, rates)
    own = isinstance(rates, Growth)
    return Course(name, rates.rate, source, own, at_80, crossing(now, capacity_mbps, rates), by)
