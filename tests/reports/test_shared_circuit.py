"""Several schools on one circuit count once: people, demand, capacity and contract."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.evidence import EvidenceRule
from reports.percentiles import percentile
from reports.samples import Rates
from reports.shared_circuit import Demand, Member, SharedCircuit, circuit_gap, demand_words, fold
from reports.sites import Contract, Site
from reports.summaries import Summary
from tests.reports.example_week import short_of_target, target

WEEK = short_of_target().summary
LEASED = Contract(down_mbps=1000.0, up_mbps=1000.0, provider="Prairie Fiber Cooperative", monthly_cost=2400.0)
RULE = EvidenceRule()
SETDA = target("setda-2-2020-21")


def school(n: int, students: int | None = 300) -> Site:
    return Site(id=f"school-{n:03}", name=f"School {n}", serves="school", students=students, staff=30)


def week(p95: float | None = 60.0, peak: float | None = 90.0, capacity: float | None = 200.0) -> Summary:
    usage = replace(WEEK.usage_school, p95=Rates(p95, p95), peak=Rates(peak, peak))
    found = replace(WEEK.capacity, typical=Rates(capacity, capacity), best=Rates(capacity, capacity))
    return replace(WEEK, usage_school=usage, capacity=found)


def folded(*members: Member, **more: int | None) -> SharedCircuit:
    return fold("Hub", members, LEASED, **more)


def test_people_are_added_and_the_contract_counts_once() -> None:
    found = folded(Member(school(1), week()), Member(school(2, 500), week()))
    assert (found.site.students, found.site.staff, found.site.serves) == (800, 60, "district")
    assert found.contract.down_mbps == 1000.0
    gap = circuit_gap(SETDA, found, RULE)
    assert gap is not None
    assert gap.contracted == Rates(1000.0, 1000.0)


def test_a_sum_of_people_that_lacks_one_school_is_unknown() -> None:
    assert folded(Member(school(1), week()), Member(school(2, None), week())).site.students is None


def test_the_districts_band_is_that_of_all_its_schools_together() -> None:
    """Four schools of 300 are a medium district (3 Mbps a user), not four small ones (4.3)."""
    found = folded(*(Member(school(n), week()) for n in range(4)))
    gap = circuit_gap(SETDA, found, RULE)
    assert gap is not None
    assert gap.required.down_mbps == pytest.approx(4 * 330 * 3.0)


def test_a_circuit_for_a_part_of_a_district_is_asked_for_that_part_by_the_districts_band() -> None:
    found = folded(Member(school(1), week()), Member(school(2), week()), district_students=12_000)
    gap = circuit_gap(SETDA, found, RULE)
    assert gap is not None
    assert gap.required.down_mbps == pytest.approx(2 * 330 * 2.0)
    assert "part of its district's target" in gap.terms


def test_a_single_schools_target_is_not_for_a_circuit_of_several() -> None:
    found = folded(Member(school(1), week()), Member(school(2), week()), district_students=12_000)
    gap = circuit_gap(target("fcc-2014-long"), found, RULE)
    wan = circuit_gap(target("setda-2-wan"), found, RULE)
    assert gap is not None
    assert wan is not None
    assert not wan.applies


def test_demand_from_weeks_alone_has_bounds_and_says_so() -> None:
    found = folded(Member(school(1), week(60, 90)), Member(school(2), week(80, 120)))
    assert found.down == Demand(None, 80.0, 210.0, 140.0)
    assert demand_words(found.down) == "80 to 210 Mbps (140 all at once)"
    assert found.week is not None
    assert found.week.usage_school.p95 == Rates()  # no figure where there are only bounds


def test_a_school_that_was_not_heard_leaves_a_lower_bound_alone() -> None:
    found = folded(Member(school(1), week(60, 90)), Member(school(2)))
    assert found.down == Demand(at_least_mbps=60.0)
    assert found.unheard == ("school-002",)
    assert demand_words(found.down) == "at least 60 Mbps"


def test_an_older_week_does_not_stand_in_for_the_newest() -> None:
    old = replace(week(500), label="2026-W40")
    found = folded(Member(school(1), week(60)), Member(school(2), old))
    assert (found.down.at_least_mbps, found.unheard) == (60.0, ("school-002",))


def test_schools_tests_are_lower_bounds_of_the_circuit() -> None:
    """They can show that the target is met, and never that the circuit falls short."""
    little = [Member(school(n, 10), week(capacity=400.0)) for n in range(2)]
    much = [Member(school(n), week(capacity=400.0)) for n in range(2)]
    enough, unknown = (circuit_gap(SETDA, fold("Hub", each, LEASED), RULE) for each in (little, much))
    assert enough is not None
    assert unknown is not None
    assert (enough.verdict, enough.at_least) == ("meets", True)
    assert (unknown.verdict, unknown.shortfall_mbps) == ("not enough evidence", None)
    assert unknown.delivered == Rates(400.0, 400.0)


def test_the_districts_own_gateway_speaks_for_all_and_its_schools_are_not_added() -> None:
    hub = Site(id="hub", name="Hub", serves="district", students=1200, staff=100)
    found = folded(Member(hub, week(420, 700, 900)), Member(school(1), week(60)), Member(school(2), week(70)))
    assert found.down == Demand(420.0, 420.0, 420.0)
    assert (found.site.students, found.unheard, found.seen_whole) == (1200, (), True)
    gap = circuit_gap(SETDA, found, RULE)
    assert gap is not None
    assert (gap.delivered.down_mbps, gap.demanded.down_mbps, gap.verdict) == (900.0, 420.0, "short")


def test_a_school_alone_on_its_circuit_is_itself() -> None:
    alone = replace(school(1), district_students=900)
    found = folded(Member(alone, week(60, 90, 150)))
    assert found.site == alone
    assert found.week == week(60, 90, 150)


def test_nobody_heard_is_no_week_and_no_verdict() -> None:
    found = folded(Member(school(1)), Member(school(2)))
    assert (found.week, circuit_gap(SETDA, found, RULE)) == (None, None)
    assert demand_words(found.down) == "unknown"


def test_the_sum_of_percentiles_is_no_bound() -> None:
    """Two schools that are busy for 4 % of the time each, one after the other."""
    starts = [WEEK.starts_at + timedelta(minutes=5 * n) for n in range(100)]
    early = {at: Rates(50.0 if n < 4 else 0.0) for n, at in enumerate(starts)}
    late = {at: Rates(50.0 if n >= 96 else 0.0) for n, at in enumerate(starts)}
    found = folded(
        Member(school(1), week(0.0, 50.0), early),
        Member(school(2), week(0.0, 50.0), late),
    )
    assert (found.down.all_at_once_mbps, found.down.together_mbps) == (0.0, 50.0)
    assert found.down.at_most_mbps == 100.0


def test_sums_of_too_few_common_five_minutes_are_no_figure() -> None:
    starts = [WEEK.starts_at + timedelta(minutes=5 * n) for n in range(100)]
    first, rest = dict.fromkeys(starts[:60], Rates(5.0, 1.0)), dict.fromkeys(starts[40:], Rates(5.0, 1.0))
    found = folded(Member(school(1), week(), first), Member(school(2), week(), rest))
    assert found.down.together_mbps is None
    assert found.down.at_least_mbps == 60.0


def test_concurrency_is_measured_and_else_unknown() -> None:
    assert Demand(together_mbps=90.0, all_at_once_mbps=120.0).concurrency == pytest.approx(0.75)
    assert Demand(all_at_once_mbps=120.0).concurrency is None


SERIES = st.lists(
    st.lists(st.floats(0, 1000), min_size=40, max_size=40),
    min_size=1,
    max_size=6,
)


def members_of(series: Sequence[Sequence[float]]) -> list[Member]:
    starts = [WEEK.starts_at + timedelta(minutes=5 * n) for n in range(40)]
    return [
        Member(
            school(n),
            week(percentile(means, 0.95), max(means), 100.0 + n),
            {at: Rates(mean, mean) for at, mean in zip(starts, means, strict=True)},
        )
        for n, means in enumerate(series)
    ]


@given(SERIES)
def test_the_bounds_hold_what_truly_came_together(series: list[list[float]]) -> None:
    """Whatever the schools do: the largest part <= the percentile of the sums <= the sum of peaks."""
    exact = percentile([sum(each) for each in zip(*series, strict=True)], 0.95)
    found = fold("Hub", members_of(series), LEASED).down
    assert exact is not None
    assert found.together_mbps == pytest.approx(exact)
    assert found.at_least_mbps is not None
    assert found.at_most_mbps is not None
    assert found.at_least_mbps <= exact + 1e-6
    assert exact <= found.at_most_mbps + 1e-6 or len(series) == 1


@given(SERIES, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_who_comes_twice_counts_once(
    series: list[list[float]], chance: random.Random
) -> None:
    members = members_of(series)
    again = [*members, *chance.choices(members, k=3)]
    chance.shuffle(again)
    assert fold("Hub", again, LEASED) == fold("Hub", members, LEASED)
    assert fold("Hub", members, LEASED).site.students == 300 * len(series)


@given(SERIES)
def test_a_circuits_figures_are_no_larger_than_its_schools_allow(series: list[list[float]]) -> None:
    """Capacity counts once: the best school's, not the sum of what all saw."""
    found = fold("Hub", members_of(series), LEASED)
    assert found.week is not None
    capacity = found.week.capacity
    seen = capacity.typical.down_mbps if len(series) == 1 else capacity.at_least.down_mbps
    assert seen == 100.0 + len(series) - 1
