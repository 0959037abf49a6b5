"""School days and hours below target are counted where they were tested, and nowhere else."""

from __future__ import annotations

from reports.below_target import BelowTarget, below_target
from reports.samples import CapacitySample, Rates
from tests.reports.made_tests import HOURS, failed, made


def counted(
    tests: list[CapacitySample], down: float | None = 100, up: float | None = None
) -> BelowTarget | None:
    return below_target(tests, HOURS, Rates(down, up))


def test_a_day_is_below_when_its_median_is() -> None:
    monday = [made(hour, rate) for hour, rate in ((8, 90), (10, 95), (20, 300))]
    tuesday = [made(hour, rate, day=1) for hour, rate in ((8, 90), (10, 100), (20, 300))]
    assert counted([*monday, *tuesday]) == BelowTarget(2, 1, 4, 3)


def test_hours_are_clock_hours_of_school() -> None:
    """Two tests of one hour are one hour; an evening's are of the day and of no hour."""
    tests = [made(9.1, 90), made(9.4, 95), made(11, 200), made(19, 200), made(21, 200)]
    assert counted(tests) == BelowTarget(1, 0, 2, 1)


def test_weekends_are_no_school_days() -> None:
    assert counted([made(10, 20, day=5), made(10, 20, day=6)]) is None


def test_what_is_not_trusted_or_not_measured_does_not_count() -> None:
    tests = [made(10, 20, flags=("lower_bound",)), made(11, 20, flags=("wifi",)), failed(12, "refused")]
    assert counted(tests) is None
    assert counted([*tests, made(13, 120)]) == BelowTarget(1, 0, 1, 0)


def test_either_way_is_enough() -> None:
    assert counted([made(10, 500)], down=100, up=60) == BelowTarget(1, 1, 1, 1)
    assert counted([made(10, 500)], down=100, up=50) == BelowTarget(1, 0, 1, 0)


def test_where_nothing_is_asked_nothing_is_below() -> None:
    """Not 0 of 5 days: unknown."""
    assert counted([made(10, 5)], down=None) is None
