"""How full the line is in school hours, and what an operator would make of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reports.headroom import headroom, stage
from reports.periods import SchoolHours
from reports.samples import Rates, UsageSample
from reports.sites import Site

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
HOURS = SchoolHours.of(Site(timezone="UTC"))


def mean(hour: int, minute: int, down_mbps: float, *, seen_s: float = 300.0) -> UsageSample:
    at = MONDAY + timedelta(hours=hour, minutes=minute)
    octets = round(down_mbps * 1e6 / 8 * seen_s)
    return UsageSample("wan0", at, seen_s, octets, octets // 10)


def test_utilisation_is_p95_over_delivered_capacity_each_way() -> None:
    down, up = headroom([mean(9, 0, 400)], Rates(400, 20), Rates(500, 100), HOURS)
    assert down.utilisation == pytest.approx(0.8)
    assert down.left_mbps == pytest.approx(100)
    assert down.stage == "upgrade"
    assert up.utilisation == pytest.approx(0.2)
    assert up.stage == "room"


def test_minutes_at_four_fifths_and_more_are_of_school_hours_alone() -> None:
    usage = [
        mean(9, 0, 399),
        mean(9, 5, 401),
        mean(9, 10, 480),
        mean(20, 0, 480),
        mean(9, 15, 490, seen_s=100),
    ]
    down, _ = headroom(usage, Rates(480, None), Rates(500, None), HOURS)
    assert down.minutes_full == 10
    assert down.minutes_observed == 15


def test_without_capacity_or_demand_there_is_no_figure() -> None:
    """Not 0 %, and not 100 %."""
    usage = [mean(9, 0, 400)]
    for p95, capacity in ((Rates(400, 40), Rates()), (Rates(), Rates(500, 500)), (Rates(), Rates())):
        for way in headroom(usage, p95, capacity, HOURS):
            assert way.utilisation is None
            assert way.left_mbps is None
            assert way.stage is None
            assert way.minutes_full is None


def test_demand_above_what_tests_found_leaves_nothing_and_no_less() -> None:
    down, _ = headroom([mean(9, 0, 600)], Rates(600, None), Rates(500, None), HOURS)
    assert down.utilisation == pytest.approx(1.2)
    assert down.left_mbps == 0


@pytest.mark.parametrize(
    ("share", "named"),
    [
        (0.0, "room"),
        (0.599, "room"),
        (0.6, "watch"),
        (0.7, "plan"),
        (0.799, "plan"),
        (0.8, "upgrade"),
        (3, "upgrade"),
    ],
)
def test_stages_are_the_operators(share: float, named: str) -> None:
    assert stage(share) == named
