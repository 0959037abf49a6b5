"""The demand of a week, a month or a school year as curves of signs, for the report as text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from reports.days import days_of, parts_of
from reports.formats.text_lines import paragraph
from reports.periods import SLOT_S
from reports.samples import UsageSample
from reports.sentences import rate
from reports.sparkline import spark
from reports.summaries import ENOUGH_OF_A_SLOT, Summary
from reports.week import WeeklyReport
from reports.week_words import no_demand, short_day
from reports.wording import say

MINUTES_A_BLOCK = 30


def drawn(report: WeeklyReport) -> str:
    if report.period.kind == "school-year":
        return say("Demand down, 95 % of each week's school hours")
    return say("Demand down, the highest mean of every {n} minutes", n=MINUTES_A_BLOCK)


def sparklines(report: WeeklyReport) -> list[str]:
    if report.period.kind == "school-year":
        return _year_line(report)
    counted = [s for s in report.usage if s.interval_s >= SLOT_S * ENOUGH_OF_A_SLOT]
    if not counted:
        return paragraph(no_demand(report))
    most = max(sample.mean.down_mbps or 0.0 for sample in counted)
    lines = []
    for day in days_of(report):
        picture = spark(_half_hours(day, counted), most)
        name = short_day(day.starts_at.astimezone(report.hours.zone).date())
        lines.append(f"{name:<10} {picture:<50} {rate(day.usage_school.p95.down_mbps):>12}".rstrip())
    scale = say(
        "▁ is nothing, █ is {rate}, a space is no data. At the right: 95 % of school hours.", rate=rate(most)
    )
    return [*lines, *paragraph(scale)]


def _year_line(report: WeeklyReport) -> list[str]:
    """A sign a week, from July to June."""
    figures = [part.usage_school.p95.down_mbps for part in parts_of(report)]
    most = max((figure for figure in figures if figure is not None), default=None)
    if most is None:
        return paragraph(no_demand(report))
    scale = say("A sign is a week. ▁ is nothing, █ is {rate}, a space is no figure.", rate=rate(most))
    return [spark(figures, most).rstrip(), scale]


def _half_hours(day: Summary, counted: Sequence[UsageSample]) -> list[float | None]:
    """The highest five-minute mean of each stretch of the day."""
    means: dict[int, float] = {}
    for sample in counted:
        if day.starts_at <= sample.started_at < day.ends_at:
            place = _stretch(day.starts_at, sample.started_at)
            means[place] = max(means.get(place, 0.0), sample.mean.down_mbps or 0.0)
    last = _stretch(day.starts_at, day.ends_at - timedelta(seconds=1))
    return [means.get(n) for n in range(last + 1)]


def _stretch(start: datetime, at: datetime) -> int:
    return int((at - start).total_seconds() // (MINUTES_A_BLOCK * 60))
