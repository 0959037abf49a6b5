"""Which throughput tests a table names one by one: all of a week or a month, none of a year of them.

A table of a thousand rows is read by nobody. Where it would have more than its format has room for, one line
says how many there are and which command writes them all.
"""

from __future__ import annotations

from reports.period_words import option
from reports.samples import CapacitySample
from reports.week import WeeklyReport
from reports.wording import say_many

LISTED = 250
"""A month of eight tests a day."""


def listed(report: WeeklyReport, most: int) -> tuple[CapacitySample, ...]:
    """The tests, oldest first, if a table has room for them all."""
    return report.tests if len(report.tests) <= most else ()


def unlisted(report: WeeklyReport, most: int) -> str | None:
    """Where the tests are that no table names, or None."""
    count = len(report.tests)
    if count <= most:
        return None
    command = f"bandgap report {option(report.period)} --format csv-tests"
    return say_many(
        "All {n} tests, one by one: {command}.",
        "All {n} tests, one by one: {command}.",
        count,
        command=command,
    )
