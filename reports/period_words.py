"""What a reported period is called: a week, a month or a school year, by its name and by its dates."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from reports.periods import Period

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_NOUNS = {"month": "month", "school-year": "school year"}
_TITLES = {"month": "Monthly Internet capacity report", "school-year": "Yearly Internet capacity report"}
_OPTIONS = {"month": "--month", "school-year": "--school-year"}


def noun(period: Period) -> str:
    """What follows "this" or "the whole"."""
    return _NOUNS.get(period.kind, "week")


def report_title(period: Period) -> str:
    """`Weekly Internet capacity report`."""
    return _TITLES.get(period.kind, "Weekly Internet capacity report")


def option(period: Period) -> str:
    """How `bandgap report` is told of this period: `--week 2026-W47`."""
    return f"{_OPTIONS.get(period.kind, '--week')} {period.label}"


def part_noun(period: Period) -> str:
    """What a report of this period has a row or a bar for."""
    return "week" if period.kind == "school-year" else "day"


def period_name(period: Period) -> str:
    """`Week 47 of 2026`, `October 2026`, `School year 2026-27`."""
    if period.kind == "month":
        year, _, month = period.label.partition("-")
        return f"{MONTHS[int(month) - 1]} {int(year)}"
    if period.kind == "school-year":
        return f"School year {period.label}"
    year, _, week = period.label.partition("-W")
    return f"Week {int(week)} of {year}"


def period_span(period: Period, zone: ZoneInfo) -> str:
    """`16 to 22 November 2026`, with month and year repeated only where they differ."""
    first = period.starts_at.astimezone(zone).date()
    last = (period.ends_at - timedelta(seconds=1)).astimezone(zone).date()
    start = str(first.day)
    if (first.year, first.month) != (last.year, last.month):
        start += f" {MONTHS[first.month - 1]}"
    if first.year != last.year:
        start += f" {first.year}"
    return f"{start} to {date_words(last)}"


def date_words(day: date) -> str:
    """`22 November 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
