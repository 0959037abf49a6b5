"""Intervals that hold the truth as often as they say, and none where there is too little."""

from __future__ import annotations

import random
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reports.confidence import of_median, of_p95
from reports.percentiles import median, percentile

FIRST = date(2026, 11, 2)


def test_few_tests_give_no_interval() -> None:
    assert of_median([]) is None
    assert of_median([1.0, 2.0, 3.0, 4.0]) is None
    assert of_median([1.0, 2.0, None, 3.0, 4.0]) is None
    assert of_median([1.0, 2.0, 3.0, 4.0, 5.0]) is not None


@given(st.lists(st.floats(0, 1e5), min_size=5, max_size=200))
def test_the_median_lies_in_its_interval(values: list[float]) -> None:
    interval, middle = of_median(values), median(values)
    assert interval is not None
    assert middle is not None
    assert min(values) <= interval.low <= middle <= interval.high <= max(values)


def test_a_median_s_interval_holds_the_true_one_nine_times_of_ten() -> None:
    """Of any shape: here of a lopsided one, whose true median is ln 2."""
    dice = random.Random(7)
    held = 0
    for _ in range(400):
        interval = of_median([dice.expovariate(1.0) for _ in range(12)])
        assert interval is not None
        held += interval.low <= 0.6931 <= interval.high
    assert held >= 400 * 0.87


def week(dice: random.Random, days: int) -> dict[date, list[float]]:
    """Days that differ from each other more than the hours of a day do."""
    found = {}
    for number in range(days):
        busy = dice.lognormvariate(5.0, 0.25)
        found[FIRST + timedelta(days=number)] = [busy * dice.uniform(0.5, 1.5) for _ in range(120)]
    return found


def test_the_p95_lies_in_its_interval_and_the_same_week_gives_the_same_one() -> None:
    for seed in range(10):
        days = week(random.Random(seed), 5)
        interval = of_p95(days)
        figure = percentile([value for values in days.values() for value in values], 0.95)
        assert interval is not None
        assert figure is not None
        assert interval.low <= figure <= interval.high
        assert of_p95(dict(reversed(days.items()))) == interval


def test_two_days_are_too_few_and_empty_days_are_no_days() -> None:
    days = week(random.Random(1), 2)
    assert of_p95(days) is None
    assert of_p95({**days, FIRST + timedelta(days=9): []}) is None


def test_days_that_differ_make_it_wide() -> None:
    """A thousand means of five days are five witnesses, not a thousand."""
    alike = {FIRST + timedelta(days=n): [float(v) for v in range(100, 220)] for n in range(5)}
    apart = {FIRST + timedelta(days=n): [v * (n + 1) / 3 for v in range(100, 220)] for n in range(5)}
    narrow, wide = of_p95(alike), of_p95(apart)
    assert narrow is not None
    assert wide is not None
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)
