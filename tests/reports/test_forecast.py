"""Growth is the school's own once it can be told from the school year, and dates follow from it."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.forecast import SCENARIOS, Crossing, Growth, Scenario, WeekDemand, crossing, growth, level

FIRST = date(2024, 9, 2)


def school_weeks(
    count: int, rate: float, *, noise: float = 0.0, season: float = 0.0, wild: float = 0.0, seed: int = 1
) -> list[WeekDemand]:
    """Weeks of a school that grows by ``rate`` a year; July and August are off, ``wild`` of the rest is anything."""
    dice = random.Random(seed)
    weeks = []
    for index in range(count):
        day = FIRST + timedelta(weeks=index)
        if day.month in (7, 8):
            continue
        of_the_year = season * math.sin(2 * math.pi * (day.timetuple().tm_yday - 60) / 365)
        demand = 100 * (1 + rate) ** (index * 7 / 365.25) * math.exp(of_the_year + dice.gauss(0, noise))
        if dice.random() < wild:
            demand *= dice.choice([0.05, 0.3, 5.0])
        weeks.append(WeekDemand(day, demand))
    return weeks


@settings(max_examples=60, deadline=None)
@given(st.floats(-0.3, 2.0), st.integers(75, 200), st.floats(0, 0.5))
def test_a_school_year_is_not_taken_for_growth(rate: float, count: int, season: float) -> None:
    """Without noise the rate is found again, however strong the seasons are."""
    found = growth(school_weeks(count, rate, season=season))
    assert found is not None
    assert found.rate == pytest.approx(rate, abs=0.03)
    assert found.low <= found.rate <= found.high


def test_less_than_a_year_gives_no_growth_of_its_own() -> None:
    """September to June of one year: a rise of a quarter is the season's as likely as not."""
    assert growth(school_weeks(44, 0.3, season=0.3)) is None
    assert growth([]) is None
    assert growth([WeekDemand(FIRST, 100.0)]) is None


def test_a_year_and_a_term_is_enough() -> None:
    found = growth(school_weeks(52 + 14, 0.3))
    assert found is not None
    assert found.weeks >= 10


def test_weeks_without_a_figure_are_no_zeros() -> None:
    """A term in which the agent was off leaves the others' growth as it is."""
    weeks = school_weeks(120, 0.4)
    holed = [
        WeekDemand(week.starts_on, None if 20 <= n < 34 else week.p95_mbps) for n, week in enumerate(weeks)
    ]
    found = growth(holed)
    assert found is not None
    assert found.rate == pytest.approx(0.4, abs=0.02)


def test_a_tenth_of_wild_weeks_moves_it_little() -> None:
    """Testing weeks, a broken line, a snow week: the median doesn't follow them."""
    rates = [growth(school_weeks(156, 0.3, noise=0.05, wild=0.1, seed=seed)) for seed in range(20)]
    assert all(found is not None and abs(found.rate - 0.3) < 0.08 for found in rates)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """90 of 100 times; never much less, for it is better wide than wrong."""
    held = 0
    for seed in range(100):
        found = growth(school_weeks(110, 0.3, noise=0.15, season=0.3, wild=0.05, seed=seed))
        assert found is not None
        held += found.low <= 0.3 <= found.high
    assert held >= 82


def test_demand_at_the_line_s_limit_makes_growth_a_lower_bound() -> None:
    weeks = school_weeks(110, 0.1)
    now = level(weeks)
    assert now is not None
    full = growth(weeks, capacity_mbps=now[1] * 1.02)
    roomy = growth(weeks, capacity_mbps=now[1] * 3)
    assert full is not None
    assert full.capped
    assert roomy is not None
    assert not roomy.capped


def test_today_s_demand_is_the_middle_of_the_last_weeks() -> None:
    weeks = [WeekDemand(FIRST + timedelta(weeks=n), 100.0 if n < 30 else 200.0) for n in range(40)]
    weeks[-1] = WeekDemand(weeks[-1].starts_on, 2.0)
    now = level(weeks)
    assert now is not None
    assert now[1] == 200.0
    assert weeks[31].starts_on < now[0] < weeks[39].starts_on
    assert level([WeekDemand(FIRST, None)]) is None


@settings(max_examples=100, deadline=None)
@given(st.floats(0.01, 3.0), st.floats(1.01, 20.0))
def test_on_the_day_that_is_told_demand_has_just_reached_the_rate(rate: float, times: float) -> None:
    """Compound growth, there and back."""
    found = crossing((FIRST, 100.0), 100.0 * times, Scenario("x", rate, "here"))
    years = math.log(times) / math.log1p(rate)
    if years > 10:
        assert found == Crossing("beyond")
    else:
        assert found.on is not None
        passed = (found.on - FIRST).days / 365.25
        assert 100.0 * (1 + rate) ** passed >= 100.0 * times * (1 - 1e-9)
        assert passed - years < 1.01 / 365.25


def test_a_date_has_its_earliest_and_latest() -> None:
    found = crossing((FIRST, 100.0), 200.0, Growth(0.4, 0.2, 0.6, 40))
    assert found.earliest is not None
    assert found.on is not None
    assert found.latest is not None
    assert found.earliest < found.on < found.latest
    unsure = crossing((FIRST, 100.0), 200.0, Growth(0.4, -0.1, 0.6, 40))
    assert unsure.on is not None
    assert unsure.latest is None


def test_what_cannot_be_dated_says_why() -> None:
    nothing_known = crossing(None, 100.0, SCENARIOS[0])
    no_capacity = crossing((FIRST, 50.0), None, SCENARIOS[0])
    no_growth = crossing((FIRST, 50.0), 100.0, None)
    assert nothing_known == no_capacity == no_growth == Crossing("unknown")
    assert crossing((FIRST, 100.0), 100.0, SCENARIOS[0]) == Crossing("already")
    assert crossing((FIRST, 50.0), 100.0, Growth(-0.2, -0.3, -0.1, 40)) == Crossing("beyond")


def test_tripling_in_three_years_triples_in_three_years() -> None:
    found = crossing((FIRST, 100.0), 300.0, SCENARIOS[0])
    assert found.on is not None
    assert (found.on - FIRST).days == pytest.approx(3 * 365.25, abs=1)
