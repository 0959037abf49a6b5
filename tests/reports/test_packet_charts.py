"""The charts of the slides: the report's own figures, and none where there is no verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.packet_charts import NAMES, packet_charts
from reports.week import WeeklyReport
from tests.reports import example_week

SHORT = example_week.short_of_target()


def bars(name: str) -> list[tuple[str, float]]:
    chart = packet_charts(SHORT)[name]
    assert chart is not None
    return [(bar.name, bar.value) for bar in chart.bars]


def test_used_delivered_and_recommended_stand_on_one_scale() -> None:
    """What was bought isn't drawn: a packet doesn't hold the provider to account."""
    assert bars("capacity") == [
        ("Used in school hours", 117.0),
        ("Delivered", 180.6),
        ("Recommended by SETDA 2023-24", 1282.0),
    ]


def test_people_are_counted_whole() -> None:
    assert bars("people") == [("Served", 64), ("Not yet served", 394)]


def test_each_school_day_has_its_own_demand() -> None:
    found = bars("days")
    assert [name for name, _ in found] == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
    assert max(value for _, value in found) == 132.6


def test_a_day_without_data_has_no_bar() -> None:
    """And isn't a bar of no height."""
    monday = [sample for sample in SHORT.usage if sample.started_at.day > 16]
    chart = packet_charts(replace(SHORT, usage=tuple(monday)))["days"]
    assert chart is not None
    assert [bar.name for bar in chart.bars] == ["Tuesday", "Wednesday", "Thursday", "Friday"]


def test_a_chart_without_bars_does_not_exist() -> None:
    """No demand counted, and a target that is not by heads."""
    lead = replace(SHORT.gaps[0], people=None, people_served=None)
    found = packet_charts(replace(SHORT, usage=(), gaps=(lead,)))
    assert (found["days"], found["people"]) == (None, None)
    assert found["capacity"] is not None


@pytest.mark.parametrize("report", [example_week.too_early(), example_week.no_targets()])
def test_without_a_verdict_nothing_is_drawn(report: WeeklyReport) -> None:
    assert packet_charts(report) == dict.fromkeys(NAMES)


def test_each_chart_is_told_in_words() -> None:
    """Its title, and each bar with its unit."""
    chart = packet_charts(SHORT)["capacity"]
    assert chart is not None
    assert chart.told == (
        "Bar chart. Download capacity in Mbps. Used in school hours: 117.0 Mbps; Delivered: 180.6 Mbps; "
        "Recommended by SETDA 2023-24: 1,282 Mbps."
    )
