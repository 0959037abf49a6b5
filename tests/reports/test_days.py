"""A week is shown as its seven days, each from its own samples."""

from __future__ import annotations

from reports.days import days_of
from tests.reports import example_week

SHORT = example_week.short_of_target()


def test_the_days_are_the_weeks_own_and_add_up_to_it() -> None:
    """Counts, bytes and minutes of the days are those of the week."""
    days = days_of(SHORT)
    assert [day.label for day in days] == [f"2026-11-{n}" for n in range(16, 23)]
    week = SHORT.summary
    assert sum(day.usage.found for day in days) == week.usage.found
    assert sum(day.usage.expected for day in days) == week.usage.expected
    assert sum(day.capacity.tests_trusted for day in days) == week.capacity.tests_trusted
    assert sum(day.tests_down_bytes for day in days) == week.tests_down_bytes
    assert sum(day.outage_minutes or 0 for day in days) == week.outage_minutes


def test_a_day_that_has_not_begun_expects_nothing() -> None:
    """Tuesday noon: two days with data, five to come."""
    days = days_of(example_week.too_early())
    assert [day.usage.found > 0 for day in days] == [True, True] + [False] * 5
    assert [day.usage.expected for day in days] == [288, 144, 0, 0, 0, 0, 0]
    assert all(day.outage_minutes is None for day in days[2:])


def test_the_hours_without_the_agent_are_missing_not_idle() -> None:
    """Three hours of Wednesday, all of them in school hours."""
    wednesday = days_of(SHORT)[2]
    assert wednesday.usage.expected - wednesday.usage.found == 36
    assert wednesday.usage_school.coverage == 0.7
