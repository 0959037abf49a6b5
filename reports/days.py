"""The days or weeks of what is reported, each summarised from its own samples.

A day is the site's own calendar day. Days that hadn't begun when the report was made are there too, with
nothing in them, so that a week always has its seven.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import TypeVar

from reports.long_periods import parts_of as parts_in
from reports.periods import Period, days_in
from reports.samples import CapacitySample, UsageSample
from reports.summaries import Summary, summarise
from reports.week import WeeklyReport

Sample = TypeVar("Sample", UsageSample, CapacitySample)


def days_of(report: WeeklyReport) -> tuple[Summary, ...]:
    """One summary a day, in order."""
    return _each(report, days_in(report.period, report.hours.zone))


def parts_of(report: WeeklyReport) -> tuple[Summary, ...]:
    """One summary a row of the report's tables: a day of a week or a month, a week of a school year."""
    return _each(report, parts_in(report.period, report.hours.zone))


def _each(report: WeeklyReport, parts: Iterable[Period]) -> tuple[Summary, ...]:
    """Samples are in order of time, so that each part finds its own without looking at all."""
    hours = report.hours
    return tuple(
        summarise(
            part,
            report.summary.through_at,
            _inside(report.usage, part),
            _inside(report.tests, part),
            hours,
            report.outages,
            report.probed,
        )
        for part in parts
    )


def _inside(samples: Sequence[Sample], part: Period) -> Sequence[Sample]:
    first, last = (
        bisect_left(samples, at, key=lambda sample: sample.started_at)
        for at in (part.starts_at, part.ends_at)
    )
    return samples[first:last]
