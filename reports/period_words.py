"""What a reported period is called: a week, a month or a school year, by its name and by its dates."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from reports.periods import Period
from reports.wording import say, say_as

_OPTIONS = {"month": "--month", "school-year": "--school-year"}


def noun(period: Period) -> str:
    """What the period is, in a word."""
    if period.kind == "month":
        return say("month")
    return say("school year") if period.kind == "school-year" else say("week")


def the_whole(period: Period) -> str:
    """`Whole week`."""
    if period.kind == "month":
        return say("Whole month")
    return say("Whole school year") if period.kind == "school-year" else say("Whole week")


def this(period: Period) -> str:
    """`this week`, where and when something was."""
    if period.kind == "month":
        return say("this month")
    return say("this school year") if period.kind == "school-year" else say("this week")


def the(period: Period) -> str:
    """`the week`, for what is over it."""
    if period.kind == "month":
        return say("the month")
    return say("the school year") if period.kind == "school-year" else say("the week")


def all_of(period: Period) -> str:
    """`the whole week`."""
    if period.kind == "month":
        return say("the whole month")
    return say("the whole school year") if period.kind == "school-year" else say("the whole week")


def report_title(period: Period) -> str:
    """`Weekly Internet capacity report`."""
    if period.kind == "month":
        return say("Monthly Internet capacity report")
    if period.kind == "school-year":
        return say("Yearly Internet capacity report")
    return say("Weekly Internet capacity report")


def option(period: Period) -> str:
    """How `bandgap report` is told of this period: `--week 2026-W47`."""
    return f"{_OPTIONS.get(period.kind, '--week')} {period.label}"


def part_noun(period: Period) -> str:
    """What a report of this period has a row or a bar for."""
    return say("week") if period.kind == "school-year" else say("day")


def by_part(period: Period) -> str:
    """`Day by day`, `Week by week`."""
    return say("Week by week") if period.kind == "school-year" else say("Day by day")


def part_head(period: Period) -> str:
    """The head of a column that names the days or weeks."""
    return say("Week from") if period.kind == "school-year" else say("Day")


def period_name(period: Period) -> str:
    """`Week 47 of 2026`, `October 2026`, `School year 2026-27`."""
    if period.kind == "month":
        year, _, month = period.label.partition("-")
        return month_words(date(int(year), int(month), 1))
    if period.kind == "school-year":
        return say("School year {years}", years=period.label)
    year, _, week = period.label.partition("-W")
    return say("Week {number} of {year}", number=int(week), year=year)


def period_span(period: Period, zone: ZoneInfo) -> str:
    """`16 to 22 November 2026`, with month and year repeated only where they differ."""
    months = months_named()
    first = period.starts_at.astimezone(zone).date()
    last = (period.ends_at - timedelta(seconds=1)).astimezone(zone).date()
    if first.year != last.year:
        start = date_words(first)
    elif first.month != last.month:
        start = say("{day} {month}", day=first.day, month=months[first.month - 1])
    else:
        start = str(first.day)
    return dates(start, date_words(last))


def dates(start: str, end: str) -> str:
    """`16 to 22 November 2026`."""
    return say_as("dates", "{start} to {end}", start=start, end=end)


def date_words(day: date) -> str:
    """`22 November 2026`."""
    return say("{day} {month} {year}", day=day.day, month=months_named()[day.month - 1], year=day.year)


def month_words(day: date) -> str:
    """`July 2028`."""
    return say("{month} {year}", month=months_named()[day.month - 1], year=day.year)


def months_named() -> tuple[str, ...]:
    """The months, January first."""
    return (
        say("January"), say("February"), say("March"), say("April"), say("May"), say("June"), say("July"),
        say("August"), say("September"), say("October"), say("November"), say("December"),
    )  # fmt: skip


def short_months() -> tuple[str, ...]:
    """The months for narrow places."""
    return (
        say_as("short", "Jan"), say_as("short", "Feb"), say_as("short", "Mar"), say_as("short", "Apr"),
        say_as("short", "May"), say_as("short", "Jun"), say_as("short", "Jul"), say_as("short", "Aug"),
        say_as("short", "Sep"), say_as("short", "Oct"), say_as("short", "Nov"), say_as("short", "Dec"),
    )  # fmt: skip


def days_named() -> tuple[str, ...]:
    """The days of the week, Monday first."""
    return (
        say("Monday"), say("Tuesday"), say("Wednesday"), say("Thursday"), say("Friday"), say("Saturday"),
        say("Sunday"),
    )  # fmt: skip


def short_days() -> tuple[str, ...]:
    """The days of the week for narrow places."""
    return (
        say_as("short", "Mon"), say_as("short", "Tue"), say_as("short", "Wed"), say_as("short", "Thu"),
        say_as("short", "Fri"), say_as("short", "Sat"), say_as("short", "Sun"),
    )  # fmt: skip


def day_month(day: date) -> str:
    """`16 Nov`."""
    return say_as("short", "{day} {month}", day=day.day, month=short_months()[day.month - 1])
