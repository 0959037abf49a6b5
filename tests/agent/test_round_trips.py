"""What a series of round trips says: its jitter, and how many fit into a minute."""

from __future__ import annotations

import pytest

from agent.engines.round_trips import jitter_ms, per_minute


def test_jitter_is_the_mean_difference_of_neighbours_whichever_is_longer() -> None:
    assert jitter_ms([0.010, 0.012, 0.009, 0.009]) == pytest.approx((2 + 3 + 0) / 3)


def test_a_slow_change_is_little_jitter() -> None:
    """Ten milliseconds more over a hundred round trips: a tenth each, though the range is ten."""
    assert jitter_ms([0.020 + n / 10_000 for n in range(101)]) == pytest.approx(0.1)


def test_even_round_trips_have_none_which_is_known() -> None:
    assert jitter_ms([0.5, 0.5, 0.5]) == 0.0


@pytest.mark.parametrize("few", [[], [0.1], [0.1, 0.2]])
def test_too_few_round_trips_have_no_jitter(few: list[float]) -> None:
    assert jitter_ms(few) is None


def test_fifty_milliseconds_are_twelve_hundred_a_minute() -> None:
    assert per_minute(50.0) == 1200
    assert per_minute(None) is None
