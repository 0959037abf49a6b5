"""A period is called by what it is: nothing says week of a month."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from reports.long_periods import month_named, school_year_named
from reports.period_words import date_words, noun, option, part_noun, period_name, period_span, report_title
from reports.periods import Period, week_named

ZONE = ZoneInfo("America/Chicago")
WEEK, MONTH, YEAR = (
    week_named("2026-W53", ZONE),
    month_named("2026-02", ZONE),
    school_year_named("2026-27", ZONE),
)


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (
            WEEK,
            (
                "week",
                "day",
                "Weekly Internet capacity report",
                "Week 53 of 2026",
                "28 December 2026 to 3 January 2027",
            ),
        ),
        (
            MONTH,
            ("month", "day", "Monthly Internet capacity report", "February 2026", "1 to 28 February 2026"),
        ),
        (
            YEAR,
            (
                "school year",
                "week",
                "Yearly Internet capacity report",
                "School year 2026-27",
                "1 July 2026 to 30 June 2027",
            ),
        ),
    ],
)
def test_each_period_has_its_words(period: Period, words: tuple[str, ...]) -> None:
    """Its noun, what it is made of, the report's title, its name and its dates."""
    assert (
        noun(period),
        part_noun(period),
        report_title(period),
        period_name(period),
        period_span(period, ZONE),
    ) == words


def test_the_command_for_the_same_period_can_be_told() -> None:
    assert [option(period) for period in (WEEK, MONTH, YEAR)] == [
        "--week 2026-W53",
        "--month 2026-02",
        "--school-year 2026-27",
    ]


def test_dates_are_written_out() -> None:
    assert date_words(date(2027, 6, 30)) == "30 June 2027"
