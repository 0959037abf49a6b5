"""What a report says of its week is said by the site's clock, in whole sentences, and only if it is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from reports.period_words import date_words, period_name, period_span
from reports.periods import week_named
from reports.week import WeeklyReport
from reports.week_words import (
    coverage,
    demanded,
    duration,
    headline,
    moment,
    numbers,
    served,
    short_day,
    tally,
    to_set,
)
from tests.reports import example_week
from tests.reports.example_week import SITE, ZONE

SHORT = example_week.short_of_target()
EMPTY = example_week.nothing_measured()


def test_the_headline_is_the_verdict_on_the_first_target() -> None:
    """The site named its sets in the order in which they matter to it."""
    assert headline(SHORT).startswith("Short of SETDA 2023-24 by")
    assert headline(example_week.no_targets()) == "No verdict: no target set is chosen, set targets.sets."


def test_a_gap_is_said_in_people() -> None:
    """For somebody who doesn't think in Mbps."""
    assert served(SHORT.gaps[0]) == (
        "The line delivers 14 % of what is recommended: enough for 64 of the 458 people it serves."
    )
    assert served(SHORT.gaps[3]) == (
        "The line delivers enough for all 458 people it serves, at the recommended rate."
    )
    early = served(example_week.too_early().gaps[0])
    assert early is not None
    assert early.startswith("So far the line delivers 12 %")
    assert served(EMPTY.gaps[0]) is None


def test_demand_is_a_sentence_that_explains_itself() -> None:
    """Nobody has to know what a 95th percentile is."""
    assert demanded(SHORT) == "In school hours the school used 117.0 Mbps or less for 95 % of the time."
    assert demanded(EMPTY) is None


def test_tests_are_counted_by_what_became_of_them() -> None:
    """And what they cost stands beside."""
    assert tally(SHORT) == (
        "28 tests: 26 trusted, 1 untrusted, 1 failed. They moved 5.9 GB down and 1.5 GB up."
    )
    assert tally(EMPTY) == "No throughput test was run."


def test_coverage_is_counted() -> None:
    """A share alone hides how much there was."""
    assert coverage(SHORT.summary.usage) == "1,980 of 2,016 five-minute means (98 %)"


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (SHORT, None),
        (
            example_week.no_contract(),
            "To complete this report, set contract.down_mbps and contract.up_mbps in agent.toml.",
        ),
        (
            example_week.no_students(),
            "To complete this report, set site.students and site.staff in agent.toml.",
        ),
        (
            replace(SHORT, site=replace(SITE, serves="school")),
            "To complete this report, set site.district_students in agent.toml.",
        ),
        (
            EMPTY,
            "To complete this report, set site.students, site.staff, contract.down_mbps and contract.up_mbps "
            "in agent.toml.",
        ),
    ],
)
def test_what_nobody_has_told_is_one_line_that_says_what_to_set(
    report: WeeklyReport, line: str | None
) -> None:
    """None when the report is whole."""
    assert to_set(report) == line


def test_contracted_delivered_and_demanded_are_three_rows() -> None:
    """Each with what it rests on."""
    rows = numbers(SHORT)
    assert [row.name for row in rows] == ["Contracted", "Delivered", "Demanded"]
    assert [row.rates for row in rows] == [
        SHORT.gaps[0].contracted,
        SHORT.gaps[0].delivered,
        SHORT.gaps[0].demanded,
    ]
    assert [row.source for row in numbers(EMPTY)][:2] == ["Not set in agent.toml", "No trusted test"]


@pytest.mark.parametrize(
    ("label", "span", "number"),
    [
        ("2026-W47", "16 to 22 November 2026", "Week 47 of 2026"),
        ("2026-W44", "26 October to 1 November 2026", "Week 44 of 2026"),
        ("2026-W53", "28 December 2026 to 3 January 2027", "Week 53 of 2026"),
        ("2026-W01", "29 December 2025 to 4 January 2026", "Week 1 of 2026"),
    ],
)
def test_a_week_repeats_month_and_year_only_where_they_differ(label: str, span: str, number: str) -> None:
    """By the site's calendar, also when its Monday begins on UTC's Sunday."""
    for zone in (ZONE, ZoneInfo("Pacific/Auckland")):
        week = week_named(label, zone)
        assert (period_span(week, zone), period_name(week)) == (span, number)


def test_moments_are_the_sites_own() -> None:
    """The clock on the school's wall."""
    assert moment(datetime(2026, 11, 20, 3, 5, tzinfo=UTC), ZONE) == "Thu 19 Nov 21:05"
    assert short_day(date(2026, 3, 1)) == "Sun 1 Mar"
    assert date_words(date(2027, 6, 30)) == "30 June 2027"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (12, "under 1 min"),
        (2400, "40 min"),
        (3600, "1 h"),
        (10_800, "3 h"),
        (12_000, "3 h 20 min"),
        (3599, "1 h"),
    ],
)
def test_a_stretch_of_time_is_hours_and_minutes(seconds: float, words: str) -> None:
    """What is there is never 0 min."""
    assert duration(seconds) == words
