"""When demand will cross capacity: the site's own growth once it can be told, and labelled scenarios.

The site's own growth is a rate per year, from the weekly 95th percentiles of its school hours. Each week is
compared with the same week of years before, and with no other: September against June is the school year
and not growth (Hirsch, Slack & Smith 1982). Before there is a year to compare with, there is no growth of the
site's own. Demand grows by factors, so slopes are of logarithms. Their median is taken (Theil 1950, Sen 1968)
and not a least-squares fit: a third of the weeks may be anything - a holiday, testing, a broken line -
without moving it much. The interval is that of a median by its order statistics, at 90 %, each week counted
once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from reports.percentiles import median
from reports.wording import later

YEAR_DAYS = 365.25
ENOUGH_WEEKS = 10
"""School weeks that have one of a year before to be compared with, before a growth is told: a quarter."""
SAME_WEEK_DAYS = 10
"""The nearest week within these is the same week of another year: holidays move from year to year."""
LEVEL_WEEKS = 8
"""The demand of today is the median of the last weeks: one quiet week isn't a change."""
HOLIDAY_SHARE = 0.5
"""A week under this share of the past year's median is a holiday's: in August a school isn't a small one."""
HORIZON_YEARS = 10
"""Nobody knows a school's demand further ahead, whatever the arithmetic says."""
CAPPED_SHARE = 0.9
"""Demand above this share of capacity is what the line lets through, so its growth is a lower bound."""
Z_90 = 1.645
"""Standard normal deviate of a two-sided interval of 90 %."""

State = Literal["already", "dated", "beyond", "unknown"]


@dataclass(frozen=True, slots=True)
class WeekDemand:
    """One school week's 95th percentile of demand one way; None where the week has no figure."""

    starts_on: date
    p95_mbps: float | None


@dataclass(frozen=True, slots=True)
class Growth:
    """Growth per year as a share (0.5 is 50 %), with its interval, and how many weeks were compared.

    ``capped`` says that the line itself held demand down, which makes the rate a lower bound.
    """

    rate: float
    low: float
    high: float
    weeks: int
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """A rate of growth that others have named: who, in short, and where it was read."""

    name: str
    rate: float
    source: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Crossing:
    """When demand reaches a rate. ``on`` is set when ``state`` is ``dated``.

    ``beyond`` is more than ten years or never; ``earliest`` and ``latest`` are of the growth's interval, and
    None where that end of it lies beyond.
    """

    state: State
    on: date | None = None
    earliest: date | None = None
    latest: date | None = None


SCENARIOS = (
    Scenario(
        "triples in three years",
        3 ** (1 / 3) - 1,
        later("EducationSuperHighway, as the CIO/CTO toolkit quotes it"),
        "EducationSuperHighway",
    ),
    Scenario(
        "50 % a year",
        0.5,
        later("Nielsen's law of Internet bandwidth; CoSN 2014 reports 50 to 60 %"),
        later("Nielsen's law"),
    ),
    Scenario(
        "65 % a year", 0.65, later("ENA, as the CIO/CTO toolkit quotes it; no other source is known"), "ENA"
    ),
)
"""What stands beside the site's own growth, and in its place before there is one."""


def growth(weeks: Sequence[WeekDemand], capacity_mbps: float | None = None) -> Growth | None:
    """The site's own growth; None before there are enough weeks. Weeks without demand tell nothing."""
    found = sorted((_years(week.starts_on), math.log(week.p95_mbps)) for week in weeks if week.p95_mbps)
    slopes, compared = _slopes(found)
    middle = median(slopes)
    if compared < ENOUGH_WEEKS or middle is None:
        return None
    low, high = _interval(sorted(slopes), compared)
    now = level(weeks)
    capped = capacity_mbps is not None and now is not None and now[1] >= CAPPED_SHARE * capacity_mbps
    return Growth(_rate(middle), _rate(low), _rate(high), compared, capped)


def level(weeks: Iterable[WeekDemand]) -> tuple[date, float] | None:
    """The demand of today in Mbit/s and the day that it is of; None while no week has a figure."""
    known = sorted((week.starts_on, week.p95_mbps) for week in weeks if week.p95_mbps)
    year = [value for day, value in known if (known[-1][0] - day).days < YEAR_DAYS]
    least = HOLIDAY_SHARE * (median(year) or 0.0)
    found = [(day, value) for day, value in known if value >= least][-LEVEL_WEEKS:]
    mbps = median(value for _, value in found)
    if mbps is None:
        return None
    middle_day = median(day.toordinal() for day, _ in found)
    return date.fromordinal(round(middle_day or 0)) + timedelta(days=3), mbps


def crossing(
    now: tuple[date, float] | None, threshold_mbps: float | None, rates: Growth | Scenario | None
) -> Crossing:
    """When demand that stands at ``now`` reaches ``threshold_mbps``."""
    if now is None or not threshold_mbps or rates is None:
        return Crossing("unknown")
    if now[1] >= threshold_mbps:
        return Crossing("already")
    on = _reached(now, threshold_mbps, rates.rate)
    earliest = latest = on
    if isinstance(rates, Growth):
        earliest = _reached(now, threshold_mbps, rates.high)
        latest = _reached(now, threshold_mbps, rates.low)
    return Crossing("dated" if on else "beyond", on, earliest, latest)


def _reached(now: tuple[date, float], threshold_mbps: float, rate: float) -> date | None:
    if rate <= 0:
        return None
    years = math.log(threshold_mbps / now[1]) / math.log1p(rate)
    return now[0] + timedelta(days=math.ceil(years * YEAR_DAYS)) if years <= HORIZON_YEARS else None


def _slopes(found: Sequence[tuple[float, float]]) -> tuple[list[float], int]:
    """The slopes between each week and the same week of years before, and how many weeks had any."""
    times = [at for at, _ in found]
    slopes: list[float] = []
    compared = 0
    for index, (at, value) in enumerate(found):
        before = len(slopes)
        for years in range(1, int(at - times[0] + 0.5) + 1):
            nearest = min(range(index), key=lambda one: abs(times[one] - (at - years)), default=None)
            if nearest is not None and abs(times[nearest] - (at - years)) * YEAR_DAYS <= SAME_WEEK_DAYS:
                slopes.append((value - found[nearest][1]) / (at - times[nearest]))
        compared += len(slopes) > before
    return slopes, compared


def _interval(slopes: Sequence[float], weeks: int) -> tuple[float, float]:
    """The slopes whose ranks hold the median in 90 of 100 cases, had ``weeks`` independent ones been seen."""
    half = Z_90 * math.sqrt(weeks) / 2 / weeks * len(slopes)
    middle = (len(slopes) - 1) / 2
    low = max(0, math.floor(middle - half))
    high = min(len(slopes) - 1, math.ceil(middle + half))
    return slopes[low], slopes[high]


def _rate(slope: float) -> float:
    """A slope of logarithms as growth a year, kept within what a float and a reader can bear."""
    return math.expm1(max(-10.0, min(10.0, slope)))


def _years(day: date) -> float:
    return day.toordinal() / YEAR_DAYS
