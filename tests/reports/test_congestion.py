"""Capacity that is lower in school hours is told from a line that is full, and neither from chance."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from reports.congestion import ENOUGH_TESTS, congestion
from reports.samples import CapacitySample
from tests.reports.made_tests import HOURS, made

Tests = list[CapacitySample]


def both_sides(school: list[float], other: list[float]) -> Tests:
    """School hours' rates by day at ten, the others' at eight in the evening."""
    return [
        *(made(10 + n / 10, rate, day=n % 5) for n, rate in enumerate(school)),
        *(made(20 + n / 10, rate, day=n % 5) for n, rate in enumerate(other)),
    ]


def test_a_line_that_carries_less_in_school_hours_is_congested_upstream() -> None:
    found = congestion(both_sides([70, 72, 68, 71, 69], [100, 99, 101, 98, 102]), HOURS, "down")
    assert (found.school_mbps, found.other_mbps) == (70, 100)
    assert (found.school_tests, found.other_tests) == (5, 5)
    assert found.verdict == "congested upstream"


def test_one_test_less_on_either_side_is_no_evidence() -> None:
    """Whatever the difference."""
    fast, slow = [100.0, 99, 101, 98, 102], [10.0, 11, 12, 13, 14]
    for school, other in ((slow[:4], fast), (slow, fast[:4]), ([], fast), (slow, [])):
        assert congestion(both_sides(school, other), HOURS, "down").verdict == "not enough evidence"
    assert len(slow) == ENOUGH_TESTS


def test_a_small_difference_is_steady_however_clear() -> None:
    """Five per cent are nobody's congestion."""
    found = congestion(both_sides([95.0] * 20, [100.0] * 20), HOURS, "down")
    assert found.verdict == "steady"


def test_a_large_difference_within_the_noise_is_steady() -> None:
    """Medians apart, ranks mixed."""
    found = congestion(both_sides([10, 80, 80, 120, 130], [20, 60, 100, 110, 115]), HOURS, "down")
    assert found.school_mbps is not None
    assert found.other_mbps is not None
    assert found.school_mbps < 0.9 * found.other_mbps
    assert found.verdict == "steady"


def test_a_line_that_is_faster_in_school_hours_is_steady() -> None:
    found = congestion(both_sides([100.0] * 6, [60.0] * 6), HOURS, "down")
    assert found.verdict == "steady"


def test_a_quiet_site_has_a_false_alarm_seldom() -> None:
    """Both sides of one spread: of 400 weeks at most one in fifty."""
    dice, alarms = random.Random(3), 0
    for _ in range(400):
        rates = [dice.lognormvariate(4.6, 0.25) for _ in range(28)]
        alarms += congestion(both_sides(rates[:8], rates[8:]), HOURS, "down").verdict == "congested upstream"
    assert alarms <= 8


def test_experience_is_the_test_s_own_part_in_school_hours() -> None:
    """A full line isn't a slow one: capacity stays, experience doesn't."""
    full = [replace(test, other_down_mbps=60.0) for test in both_sides([100.0] * 5, [])]
    found = congestion([*full, *both_sides([], [100.0] * 5)], HOURS, "down")
    assert found.verdict == "steady"
    assert found.school_mbps == 100
    assert found.experience_mbps == pytest.approx(40)


def test_untrusted_tests_and_lower_bounds_count_on_no_side() -> None:
    slow = [replace(test, flags=("lower_bound",)) for test in both_sides([10.0] * 9, [])]
    found = congestion([*slow, *both_sides([100.0] * 5, [100.0] * 5)], HOURS, "down")
    assert (found.school_mbps, found.school_tests, found.verdict) == (100, 5, "steady")


def test_each_way_is_its_own() -> None:
    tests = [
        replace(test, up_mbps=10.0 if test.started_at in HOURS else 50.0)
        for test in both_sides([100.0] * 5, [100.0] * 5)
    ]
    assert congestion(tests, HOURS, "down").verdict == "steady"
    assert congestion(tests, HOURS, "up").verdict == "congested upstream"


def test_nothing_tested_is_none_and_no_zero() -> None:
    found = congestion([], HOURS, "up")
    assert (found.school_mbps, found.other_mbps, found.experience_mbps) == (None, None, None)
    assert (found.school_tests, found.other_tests) == (0, 0)
