"""The outlook holds the school's own growth beside scenarios, and never in their place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from reports.forecast import SCENARIOS
from reports.outlook import WeekRates, one_way, outlook
from reports.samples import Rates
from reports.week import WeeklyReport
from tests.reports import example_week
from tests.reports.example_week import PAST

DOWN = one_way(PAST, "down")


def test_the_series_is_of_one_way_and_in_order() -> None:
    shuffled = [PAST[3], PAST[0], PAST[2]]
    assert [week.starts_on for week in one_way(shuffled, "up")] == sorted(week.starts_on for week in shuffled)
    assert one_way(shuffled, "up")[0].p95_mbps == PAST[0].p95.up_mbps


def test_with_two_years_the_own_growth_comes_first() -> None:
    found = outlook(DOWN, 180.0)
    assert found.own is not None
    assert found.courses[0] == found.own
    assert found.own.rate == pytest.approx(0.30, abs=0.03)
    assert [course.name for course in found.courses[1:]] == [scenario.name for scenario in SCENARIOS]
    assert all(course.by and course.source for course in found.courses if not course.own)


def test_with_less_than_a_year_there_are_scenarios_alone() -> None:
    found = outlook(DOWN[-30:], 180.0)
    assert found.own is None
    assert found.growth is None
    assert len(found.courses) == len(SCENARIOS)
    assert found.courses[0].at_100.state == "dated"


def test_four_fifths_are_reached_before_the_whole() -> None:
    for course in outlook(DOWN, 180.0).courses:
        assert course.at_80.on is not None
        assert course.at_100.on is not None
        assert course.at_80.on < course.at_100.on


def test_what_is_supposed_comes_on_top_of_the_demand_of_today() -> None:
    as_it_is, more = outlook(DOWN, 180.0), outlook(DOWN, 180.0, 40.0)
    assert as_it_is.demand_mbps is not None
    assert more.demand_mbps == pytest.approx(as_it_is.demand_mbps + 40)
    assert as_it_is.courses[0].at_100.on is not None
    assert more.courses[0].at_100.on is not None
    assert more.courses[0].at_100.on < as_it_is.courses[0].at_100.on


def test_without_weeks_or_without_a_line_no_date() -> None:
    nothing = outlook((), 180.0)
    assert (nothing.demand_mbps, nothing.courses) == (None, ())
    assert {course.at_100.state for course in outlook(DOWN, None).courses} == {"unknown"}


def test_a_week_that_runs_is_no_week_of_the_series() -> None:
    """Nor one of which less than half of the school hours was found."""
    assert example_week.too_early().outlook.down.weeks == ()
    assert [week.starts_on for week in example_week.short_of_target().outlook.down.weeks] == [
        date(2026, 11, 16)
    ]


def test_a_week_counts_once_though_the_store_has_it_too() -> None:
    report = example_week.week(past=3)
    again = PAST[-1].starts_on + timedelta(weeks=1)
    assert [week.starts_on for week in report.outlook.down.weeks].count(again) == 1


def test_holidays_make_no_small_school() -> None:
    """In August the level is that of the weeks before it."""
    summer = [WeekRates(date(2026, 7, 6) + timedelta(weeks=n), Rates(4.0, 1.0)) for n in range(8)]
    term = [WeekRates(date(2026, 3, 2) + timedelta(weeks=n), Rates(100.0, 10.0)) for n in range(14)]
    assert outlook(one_way([*term, *summer], "down"), 200.0).demand_mbps == 100.0


def own_report() -> WeeklyReport:
    return example_week.well_known()


def test_the_report_s_outlook_ends_with_its_own_week() -> None:
    report = own_report()
    last = report.outlook.down.weeks[-1]
    assert last.p95_mbps == report.summary.usage_school.p95.down_mbps
    assert replace(last, p95_mbps=None).starts_on == date(2026, 11, 16)
