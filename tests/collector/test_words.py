"""Times, periods and counts in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collector import words
from reports.samples import Rates
from reports.summaries import UsageFigures
from tests.collector import made


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-30, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (7200, "2 hours ago"),
        (86_400, "1 day ago"),
        (40 * 86_400, "40 days ago"),
    ],
)
def test_age_is_in_whole_units(seconds: int, text: str) -> None:
    """Rounded down; a clock that is ahead is no age."""
    assert words.age(made.NOW - timedelta(seconds=seconds), made.NOW) == text


def test_what_has_never_been_has_no_age() -> None:
    """None is never."""
    assert words.age(None, made.NOW) == "never"


@pytest.mark.parametrize(("seconds", "text"), [(10_800, "3 hours"), (5400, "90 minutes"), (45, "45 seconds")])
def test_a_span_is_in_the_unit_that_divides_it(seconds: float, text: str) -> None:
    """As a person would set it."""
    assert words.span(seconds) == text


def test_periods_are_named_by_the_sites_clock() -> None:
    """An hour of UTC is shown by the clock on the school's wall."""
    assert words.period(made.hour(), made.CHICAGO) == "Fri 27 Nov, 12:00"
    assert words.period(made.day(), made.CHICAGO) == "Fri 27 Nov"
    assert words.period(made.week(), made.CHICAGO) == "Week 48, 2026"


def test_a_running_period_says_how_far_it_reaches() -> None:
    """Complete only when its end is reached."""
    assert words.reach(made.week(), made.CHICAGO) == "so far, to Fri 27 Nov 2026, 12:05"
    assert words.reach(made.week(made.NOW - timedelta(days=7)), made.CHICAGO) == "complete"


def test_pairs_are_down_before_up() -> None:
    """A dash for what isn't known."""
    assert words.pair(Rates(94.1, 20.34)) == "94.1 / 20.3"
    assert words.pair(Rates(94.1, None)) == "94.1 / –"
    assert words.pair(Rates()) == "–"


def test_coverage_is_found_of_expected() -> None:
    """Never 100 % while something is missing."""
    none = Rates()
    assert words.coverage(UsageFigures(2016, 2015, none, none, none)) == "2,015 of 2,016 (99 %)"
    assert words.coverage(UsageFigures(0, 0, none, none, none)) == "none expected"


@pytest.mark.parametrize(("count", "text"), [(None, "–"), (0.0, "0"), (0.2, "under 1"), (37.4, "37")])
def test_outage_minutes_are_whole(count: float | None, text: str) -> None:
    """Nothing observed isn't no outage."""
    assert words.minutes(count) == text
