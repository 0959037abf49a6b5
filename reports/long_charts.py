"""The charts of a month and of a school year, and the choice between them and a week's.

A month has a bar for each day and a school year one for each week: the 95th percentile of its school hours,
or the median of its trusted tests, from the samples of that day or week. The figures of the whole period
aren't made of bars but of all its samples. A day or week without a figure has no bar; stretches without data
that are too short to be seen are left to the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reports.chart_breaks import holes
from reports.charts import Frame, Named, Size, Span, TimePlot, capacity_plot, demand_plot
from reports.long_periods import months_in, weeks_in
from reports.period_words import day_month, short_months
from reports.periods import SLOT_S
from reports.samples import Rates
from reports.summaries import ENOUGH_OF_A_SLOT, Summary
from reports.week import WeeklyReport
from reports.wording import say

SEEN = 3.0
"""What is narrower than this in a drawing isn't seen as a stretch."""
ROOM = 24.0
"""What the date of a week or the name of a month takes under the axis."""


def demand_chart(report: WeeklyReport, size: Size, parts: Sequence[Summary]) -> TimePlot | None:
    """Demand each way: five-minute means of a week, percentiles of longer periods; None without any."""
    if report.period.kind == "week":
        return demand_plot(report, size)
    found = [(part, part.usage_school.p95) for part in parts]
    target = report.gaps[0].required.down_mbps if report.gaps else None
    named = (
        ("delivered", say("Delivered"), report.summary.capacity.typical.down_mbps),
        ("contracted", say("Contract"), report.contract.down_mbps),
        ("target", say("Target"), target),
    )
    plot = _bars(report, size, found, named)
    if plot is None:
        return None
    starts = [s.started_at for s in report.usage if s.interval_s >= SLOT_S * ENOUGH_OF_A_SLOT]
    frame = Frame(report, size, 1.0, ())
    missing = tuple(span for hole in holes(report, starts) if (span := frame.span(*hole)).width >= SEEN)
    return replace(plot, holes=missing)


def capacity_chart(report: WeeklyReport, size: Size, parts: Sequence[Summary]) -> TimePlot | None:
    """Delivered capacity: a mark for each test of a week or a month, medians of a year's weeks."""
    if report.period.kind != "school-year":
        plot = capacity_plot(report, size)
        return replace(plot, days=_axis(report, size)) if plot and report.period.kind == "month" else plot
    named = (
        ("contracted", say("Contract ↓"), report.contract.down_mbps),
        ("contracted", say("Contract ↑"), report.contract.up_mbps),
    )
    return _bars(report, size, [(part, part.capacity.typical) for part in parts], named)


def demand_key(report: WeeklyReport) -> str:
    """What the demand chart draws, for its key."""
    if report.period.kind == "week":
        return say("Mbps, five-minute means")
    if report.period.kind == "school-year":
        return say("Mbps, 95 % of each week's school hours")
    return say("Mbps, 95 % of each day's school hours")


def _bars(
    report: WeeklyReport, size: Size, found: Sequence[tuple[Summary, Rates]], named: Sequence[Named]
) -> TimePlot | None:
    """A bar down and a line up for each part that has a figure."""
    figures = [value for _, rates in found for value in (rates.down_mbps, rates.up_mbps) if value is not None]
    if not figures:
        return None
    frame = Frame(report, size, max(figures), named)
    down = tuple(_path(frame, part, rates.down_mbps, closed=True) for part, rates in found if rates.down_mbps)
    up = tuple(_path(frame, part, rates.up_mbps, closed=False) for part, rates in found if rates.up_mbps)
    # School hours would be too thin to be seen.
    return replace(frame.plot(), down=down, up=up, days=_axis(report, size), school=())


def _path(frame: Frame, part: Summary, mbps: float, *, closed: bool) -> str:
    """A bar, or its upper end alone, in tenths of a unit; a little apart from its neighbours."""
    left, right = frame.x(part.starts_at), frame.x(part.ends_at)
    apart = min(1.0, (right - left) / 8)
    x, width, y = (
        round((left + apart) * 10),
        round((right - left - 2 * apart) * 10),
        round(frame.y(mbps) * 10),
    )
    if closed:
        floor = round(frame.bottom * 10)
        return f"M{x} {floor}V{y}h{width}V{floor}Z"
    return f"M{x} {y}h{width}"


def _axis(report: WeeklyReport, size: Size) -> tuple[Span, ...]:
    """Weeks under a month, months under a year."""
    frame, period, zone = Frame(report, size, 1.0, ()), report.period, report.hours.zone
    spans = []
    if period.kind == "school-year":
        for month in months_in(period, zone):
            name = short_months()[month.starts_at.astimezone(zone).month - 1]
            spans.append(frame.span(month.starts_at, month.ends_at, name))
    else:
        for week in weeks_in(period, zone):
            first = week.starts_at.astimezone(zone).date()
            spans.append(frame.span(week.starts_at, week.ends_at, day_month(first)))
    return tuple(span if span.width >= ROOM else replace(span, words="") for span in spans)
