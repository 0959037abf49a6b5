"""Averages are those of the standard library, which is too large for a test's process."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.engines.averages import deviation, mean, median

FIGURES = st.lists(st.floats(0, 1e10), min_size=2, max_size=40)


@given(FIGURES)
def test_they_are_the_librarys(figures: list[float]) -> None:
    assert mean(figures) == statistics.fmean(figures)
    assert median(figures) == statistics.median(figures)
    assert deviation(figures) == pytest.approx(statistics.stdev(figures), rel=1e-6, abs=1e-3)


def test_one_figure_is_its_own_mean_and_median() -> None:
    assert mean([3.0]) == median([3.0]) == 3.0


def test_figures_may_come_one_by_one() -> None:
    assert mean(float(n) for n in range(5)) == median(float(n) for n in range(5)) == 2.0
