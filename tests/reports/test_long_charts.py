"""A month is drawn day by day, a year week by week, on the scale of a week's chart."""

from __future__ import annotations

import re

import pytest

from reports.charts import NARROW, SIZES, WIDE, Size, TimePlot, capacity_plot, demand_plot
from reports.days import parts_of
from reports.long_charts import capacity_chart, demand_chart, demand_key
from reports.week import WeeklyReport
from tests.reports import example_long, example_week

WEEK, MONTH, YEAR = example_week.short_of_target(), example_long.month(), example_long.year()


def demand(report: WeeklyReport, size: Size = WIDE) -> TimePlot:
    plot = demand_chart(report, size, parts_of(report))
    assert plot is not None
    return plot


def test_a_week_is_drawn_as_ever() -> None:
    for size in SIZES:
        assert demand_chart(WEEK, size, parts_of(WEEK)) == demand_plot(WEEK, size)
        assert capacity_chart(WEEK, size, parts_of(WEEK)) == capacity_plot(WEEK, size)


def test_a_bar_is_a_day_or_a_week_that_has_a_figure() -> None:
    """22 school days in October; no bar for the weeks of March, and one for each week beside it."""
    assert len(demand(MONTH).down) == len(demand(MONTH).up) == 22
    known = [part for part in parts_of(YEAR) if part.usage_school.p95.down_mbps is not None]
    assert len(demand(YEAR).down) == len(known) == 49


def test_a_bar_stands_where_its_day_is_and_is_as_high_as_its_figure() -> None:
    """In tenths of a unit, from the axis up."""
    plot = demand(MONTH)
    spot = re.fullmatch(r"M(\d+) (\d+)V(\d+)h(\d+)V\2Z", plot.down[-1])
    assert spot is not None
    x, floor, top, width = (int(part) / 10 for part in spot.groups())
    a_day = (WIDE.width - WIDE.left - WIDE.right) / 31
    assert x == pytest.approx(WIDE.left + 29 * a_day, abs=1.5)
    assert width == pytest.approx(a_day, abs=2.5)
    p95 = parts_of(MONTH)[29].usage_school.p95.down_mbps
    assert p95 is not None
    most = float(plot.ticks[-1].words)
    assert floor == plot.bottom
    assert (floor - top) / (plot.bottom - plot.top) == pytest.approx(p95 / most, abs=0.002)


def test_the_axis_names_what_there_is_room_for() -> None:
    """The Mondays of a month, the months of a year; nothing where it would touch its neighbour."""
    assert [span.words for span in demand(MONTH).days] == ["1 Oct", "5 Oct", "12 Oct", "19 Oct", "26 Oct"]
    assert [span.words for span in demand(YEAR).days] == [
        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun",
    ]  # fmt: skip
    assert all(span.width >= 24 or not span.words for span in demand(YEAR, NARROW).days)


def test_march_without_the_agent_is_a_hole() -> None:
    holes = [hole for hole in demand(YEAR).holes if hole.width > 20]
    assert [hole.words for hole in holes] == ["no data, 743 h"]


def test_a_months_tests_are_marks_and_a_years_are_medians() -> None:
    month = capacity_chart(MONTH, WIDE, parts_of(MONTH))
    year = capacity_chart(YEAR, WIDE, parts_of(YEAR))
    assert month is not None
    assert year is not None
    assert (len(month.tests), len(month.down)) == (248, 0)
    assert (len(year.tests), len(year.down)) == (0, 53)
    assert [span.words for span in month.days] == [span.words for span in demand(MONTH).days]


def test_the_key_says_what_is_drawn() -> None:
    assert [demand_key(report) for report in (WEEK, MONTH, YEAR)] == [
        "Mbps, five-minute means",
        "Mbps, 95 % of each day's school hours",
        "Mbps, 95 % of each week's school hours",
    ]
