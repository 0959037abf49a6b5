"""Percentiles are those that operators bill by, whatever the values."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.percentiles import median, percentile

RATES = st.lists(st.floats(0, 1e5), min_size=1, max_size=60)


@settings(max_examples=200, deadline=None)
@given(RATES, st.integers(1, 100))
def test_a_percentile_is_the_least_value_that_enough_of_the_others_do_not_exceed(
    values: list[float], percent: int
) -> None:
    """The definition of nearest rank, word for word, against the way it is computed."""
    enough = [v for v in values if sum(other <= v for other in values) * 100 >= percent * len(values)]
    assert percentile(values, percent / 100) == min(enough)


@settings(max_examples=100, deadline=None)
@given(RATES)
def test_the_95th_drops_a_twentieth_and_takes_the_highest_left(values: list[float]) -> None:
    """As a carrier's invoice says it."""
    kept = sorted(values)[: len(values) - len(values) // 20]
    assert percentile(values, 0.95) == kept[-1]


@settings(max_examples=100, deadline=None)
@given(RATES)
def test_a_median_has_as_many_below_as_above(values: list[float]) -> None:
    """The middle of an odd number, the mean of the two middle ones of an even one."""
    middle = median(values)
    assert middle is not None
    assert sum(v < middle for v in values) <= len(values) / 2
    assert sum(v > middle for v in values) <= len(values) / 2


def test_what_is_missing_does_not_count_and_nothing_gives_nothing() -> None:
    """None is left out; no values have no percentile, which isn't 0."""
    assert percentile([None, 4.0, None], 0.95) == 4.0
    assert median([None, 4.0, 2.0]) == 3.0
    assert percentile([], 0.95) is None
    assert percentile([None], 0.5) is None
    assert median([]) is None


def test_288_means_of_a_day_drop_the_14_highest() -> None:
    """A day has 288 five-minute means; a rounding error in 0.95 doesn't move the rank."""
    assert percentile(range(1, 289), 0.95) == 274
    assert percentile(range(1, 101), 0.95) == 95
    assert percentile(range(1, 21), 0.95) == 19
