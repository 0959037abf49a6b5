"""A chart keeps missing data open, names its lines beside them and never presses the data flat."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.charts import FAR, LINE, NARROW, SIZES, WIDE, Size, TimePlot, capacity_plot, ceiling, demand_plot
from reports.periods import week_named
from reports.samples import Outage, Rates
from reports.sites import Contract
from reports.week import WeeklyReport
from tests.reports import example_week
from tests.reports.example_week import WEEK, ZONE

SHORT = example_week.short_of_target()


def plotted(report: WeeklyReport, size: Size = WIDE) -> TimePlot:
    """The week's plot, which must be there."""
    found = demand_plot(report, size)
    assert found is not None
    return found


def spots(path: str) -> list[tuple[float, float]]:
    """The corners of a path in units of the drawing."""
    numbers = [int(n) for n in re.findall(r"-?\d+", path)]
    x, y = numbers[:2]
    found = [(x / 10, y / 10)]
    for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
        x, y = x + dx, y + dy
        found.append((x / 10, y / 10))
    return found


def test_a_gap_in_the_data_is_a_gap_in_the_line() -> None:
    """The line ends where the agent went off and begins where it came back; nothing is drawn between."""
    plot = plotted(SHORT)
    assert len(plot.down) == len(plot.up) == 2
    (hole,) = plot.holes
    assert hole.words == "no data, 3 h"
    for before, after in (plot.down, plot.up):
        assert spots(before)[-1][0] <= hole.x + 0.1
        assert spots(after)[0][0] >= hole.x + hole.width - 0.1


def test_every_mean_is_drawn_where_it_belongs() -> None:
    """The highest of the week stands highest, in the middle of its five minutes."""
    plot = plotted(SHORT)
    highest = max(SHORT.usage, key=lambda sample: sample.mean.down_mbps or 0)
    top = min((spot for d in plot.down for spot in spots(d)), key=lambda spot: spot[1])
    share = (highest.started_at + timedelta(seconds=150) - WEEK.starts_at) / timedelta(days=7)
    assert top[0] == pytest.approx(WIDE.left + share * (WIDE.width - WIDE.left - WIDE.right), abs=0.1)
    assert sum(len(spots(d)) for d in plot.up) == len(SHORT.usage)


def test_a_slot_observed_for_less_than_half_is_missing_from_the_line() -> None:
    """The same rule as for the figures."""
    usage = list(SHORT.usage)
    usage[500] = replace(usage[500], interval_s=100.0)
    assert len(plotted(replace(SHORT, usage=tuple(usage))).down) == 3


def test_what_has_not_happened_yet_is_not_missing() -> None:
    """On Tuesday noon the rest of the week is empty, without a word; Monday's hours before the agent came aren't."""
    (hole,) = plotted(example_week.too_early()).holes
    assert hole.words == "no data, 9 h"
    assert hole.x == WIDE.left


def test_nothing_measured_has_no_chart() -> None:
    """An empty pair of axes says nothing."""
    assert demand_plot(example_week.nothing_measured(), WIDE) is None
    assert capacity_plot(example_week.nothing_measured(), WIDE) is None


def test_an_outage_is_marked_where_it_was() -> None:
    """Forty minutes of Thursday and twelve of Friday, each with its words."""
    plot = plotted(SHORT)
    thursday, friday = plot.outages
    assert (thursday.words, friday.words) == ("line down, 40 min", "no Internet, 12 min")
    assert thursday.width == pytest.approx(40 / (7 * 24 * 60) * (WIDE.width - WIDE.left - WIDE.right))
    assert {thursday, friday} < set(plot.labels)


def test_what_only_the_counters_saw_is_marked_too() -> None:
    """Without probes the seconds without carrier are all that is known, to five minutes."""
    (outage,) = plotted(replace(SHORT, outages=())).outages
    assert outage.words == "line down, 40 min"


def test_words_of_many_outages_do_not_touch() -> None:
    """A line that fails every hour is marked every hour; its words stand where there is room."""
    hourly = tuple(
        Outage(at, at + timedelta(minutes=4), at + timedelta(minutes=5), "internet")
        for at in (WEEK.starts_at + timedelta(hours=n) for n in range(168))
    )
    plot = plotted(replace(SHORT, outages=hourly))
    middles = sorted(label.x + label.width / 2 for label in plot.labels)
    assert len(plot.outages) == 169, "168 of them, and Thursday's link"
    assert all(b - a >= LINE for a, b in pairwise(middles))


def test_a_target_far_above_the_data_is_told_in_words() -> None:
    """Delivered and contract are lines with their names, the target is a sentence at the upper edge."""
    plot = plotted(SHORT)
    assert [level.kind for level in plot.levels] == ["contracted", "delivered"]
    assert [(level.kind, level.words) for level in plot.beyond] == [
        ("target", "Target 1,282 Mbps: 4.3 times as high as this scale")
    ]


def test_levels_near_enough_are_all_drawn_to_scale() -> None:
    """A line of 2 Gbps beside a target of 1,282 Mbps."""
    plot = plotted(example_week.meets_target())
    assert [level.kind for level in plot.levels] == ["contracted", "delivered", "target"]
    assert plot.beyond == ()
    assert [level.y for level in plot.levels] == sorted(level.y for level in plot.levels)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.1, 1e5), st.floats(0.1, 1e5))
def test_the_data_keeps_its_height_and_names_do_not_touch(contract: float, delivered: float) -> None:
    """Whatever the levels: at least a fifth of the height for the demand, a line of text between names."""
    summary = SHORT.summary
    typical = replace(summary.capacity.typical, down_mbps=delivered)
    report = replace(
        SHORT,
        usage=SHORT.usage[90:200],
        contract=Contract(down_mbps=contract),
        summary=replace(summary, capacity=replace(summary.capacity, typical=typical)),
    )
    for size in SIZES:
        plot = plotted(report, size)
        top = min(y for d in plot.down for _, y in spots(d))
        assert (plot.bottom - top) / (plot.bottom - plot.top) > 1 / FAR - 0.1
        places = [level.label_y for level in (*plot.beyond, *plot.levels)]
        assert all(b - a >= LINE - 0.01 for a, b in pairwise(places))
        assert all(0 < y <= size.height for y in places)


def test_a_line_that_carries_nothing_has_a_chart_too() -> None:
    """Idle all week and nothing delivered: the axis still has a height, and the line lies on it."""
    summary = SHORT.summary
    idle = replace(
        SHORT,
        usage=tuple(replace(sample, rx_bytes=0, tx_bytes=0) for sample in SHORT.usage),
        contract=Contract(),
        gaps=(),
        summary=replace(summary, capacity=replace(summary.capacity, typical=Rates(0.0, 0.0))),
    )
    plot = plotted(idle)
    assert {y for d in plot.down for _, y in spots(d)} == {plot.bottom}
    assert [level.y for level in plot.levels] == [plot.bottom]


def test_seven_days_are_named_and_five_are_shaded() -> None:
    """Also in the weeks in which clocks change."""
    for label in ("2026-W10", "2026-W44", "2026-W47"):
        plot = plotted(replace(SHORT, period=week_named(label, ZONE), usage=SHORT.usage))
        assert len(plot.days) == 7
        assert len(plot.school) == 5
        assert plot.days[-1].x + plot.days[-1].width == pytest.approx(WIDE.width - WIDE.right)
    assert plotted(SHORT).days[0].words == "Mon 16 Nov"


def test_every_test_has_its_mark_and_its_words() -> None:
    """26 trusted ones each way, an untrusted one each way, and a cross on the axis for the failed one."""
    plot = capacity_plot(SHORT, NARROW)
    assert plot is not None
    kinds = [mark.kind for mark in plot.tests]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "down": 26,
        "up": 26,
        "untrusted": 2,
        "failed": 1,
    }
    failed = next(mark for mark in plot.tests if mark.kind == "failed")
    assert failed.words == "Thu 19 Nov 10:01: no measurement"
    assert failed.y == plot.bottom


@settings(max_examples=200, deadline=None)
@given(st.floats(0.001, 1e6))
def test_an_axis_holds_what_it_must_with_a_handful_of_round_ticks(most: float) -> None:
    """One to five steps of 1, 2 or 5 times a power of ten."""
    top, step = ceiling(most)
    assert top >= most * (1 - 1e-6)
    assert 1 <= round(top / step) <= 5
    assert f"{step:e}"[0] in "125"
