"""The hours of the days of a week, and how full each was: where a school's busy hours lie.

One cell is a clock hour of a weekday, by the site's clock; its figure is the 95th percentile of the
five-minute means that fall in it, down. Shades are fifths of the delivered capacity, or of the busiest cell
while that isn't known. An hour in which nothing was counted has no figure and no shade.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.percentiles import percentile
from reports.period_words import short_days
from reports.periods import SLOT_S
from reports.summaries import ENOUGH_OF_A_SLOT
from reports.week import WeeklyReport

SHADES = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of a weekday; ``shade`` from 0 to 4, None as its figure where nothing is known."""

    hour: int
    mbps: float | None
    shade: int | None
    school: bool


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A row a weekday, and what a full shade stands for: ``of_capacity`` says whether that is the line."""

    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    full_mbps: float
    of_capacity: bool


def heat_map(report: WeeklyReport) -> HeatMap | None:
    """The map of a report; None when nothing was counted."""
    means: dict[tuple[int, int], list[float]] = {}
    for sample in report.usage:
        mbps = sample.mean.down_mbps
        if sample.interval_s >= SLOT_S * ENOUGH_OF_A_SLOT and mbps is not None:
            local = sample.started_at.astimezone(report.hours.zone)
            means.setdefault((local.weekday(), local.hour), []).append(mbps)
    if not means:
        return None
    found = {place: percentile(values, 0.95) or 0.0 for place, values in means.items()}
    capacity = report.summary.capacity.typical.down_mbps
    full = capacity or max(found.values()) or 1.0
    rows = tuple(
        (day, tuple(_cell(report, n, hour, found.get((n, hour)), full) for hour in range(24)))
        for n, day in enumerate(short_days())
    )
    return HeatMap(rows, full, of_capacity=bool(capacity))


def _cell(report: WeeklyReport, day: int, hour: int, mbps: float | None, full: float) -> Cell:
    shade = None if mbps is None else min(int(mbps / full * SHADES), SHADES - 1)
    hours = report.hours
    school = day in hours.days and hours.opens.hour <= hour < hours.closes.hour
    return Cell(hour, mbps, shade, school)
