"""The days of a reported week, each summarised from its own samples.

A day is the site's own calendar day. Days that hadn't begun when the report was made are there too, with
nothing in them, so that a week always has its seven.
"""

from __future__ import annotations

from reports.periods import Period, days_in
from reports.summaries import Summary, summarise
from reports.week import WeeklyReport


def days_of(report: WeeklyReport) -> tuple[Summary, ...]:
    """One summary a day, in order."""
    return tuple(_day(report, day) for day in days_in(report.period, report.hours.zone))


def _day(report: WeeklyReport, day: Period) -> Summary:
    usage = [sample for sample in report.usage if day.starts_at <= sample.started_at < day.ends_at]
    tests = [test for test in report.tests if day.starts_at <= test.started_at < day.ends_at]
    return summarise(
        day, report.summary.through_at, usage, tests, report.hours, report.outages, report.probed
    )
