"""A gap is target minus delivered; contracted, delivered and demanded stay three numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.evidence import EvidenceRule
from reports.gaps import Gap, gap, worst_first
from reports.samples import Rates
from reports.sites import Contract, Site
from reports.summaries import Summary
from tests.reports.example_week import CONTRACT, SITE, short_of_target, target

RULE = EvidenceRule()
SUMMARY = short_of_target().summary
FCC = target("fcc-2014-long")
BOTH_WAYS = target("uk-dfe-primary")


def delivering(down: float | None, up: float | None = None, **figures: Any) -> Summary:
    """The example's summary with another delivered capacity."""
    return replace(SUMMARY, capacity=replace(SUMMARY.capacity, typical=Rates(down, up), **figures))


def held(summary: Summary, *, site: Site = SITE, contract: Contract = CONTRACT) -> Gap:
    """The gap to 1 Mbps for each of 458 users."""
    return gap(FCC, site, contract, summary, RULE)


def test_the_gap_is_target_minus_delivered() -> None:
    """458 asked, 300 delivered."""
    found = held(delivering(300.0))
    assert found.verdict == "short"
    assert found.shortfall_mbps == pytest.approx(158.0)
    assert found.share_met == pytest.approx(300 / 458)
    assert (found.people, found.people_served) == (458, 300)


def test_three_numbers_stay_three() -> None:
    """Each comes from its own source and from no other."""
    found = held(SUMMARY)
    assert found.contracted == Rates(250.0, 50.0)
    assert found.delivered == SUMMARY.capacity.typical
    assert found.demanded == SUMMARY.usage_school.p95
    assert len({found.contracted, found.delivered, found.demanded}) == 3


@pytest.mark.parametrize("contract", [Contract(), Contract(down_mbps=10_000.0), Contract(down_mbps=1.0)])
def test_a_contract_neither_closes_nor_opens_a_gap(contract: Contract) -> None:
    """What was promised isn't what arrives."""
    assert held(delivering(300.0), contract=contract).shortfall_mbps == pytest.approx(158.0)


def test_low_demand_on_a_fast_line_is_not_a_gap() -> None:
    """A school on holiday still has its line."""
    quiet = replace(delivering(460.0), usage_school=replace(SUMMARY.usage_school, p95=Rates(0.1, 0.1)))
    assert held(quiet).verdict == "meets"


def test_exactly_what_is_asked_meets_it_and_serves_everybody() -> None:
    """Nobody is lost to rounding."""
    found = held(delivering(458.0))
    assert (found.verdict, found.shortfall_mbps, found.people_served) == ("meets", 0.0, 458)


def test_more_than_asked_serves_no_more_than_there_are() -> None:
    """The share met ends at all of it."""
    found = held(delivering(4580.0))
    assert (found.share_met, found.people_served) == (1.0, 458)


def test_the_gap_speaks_of_the_way_that_falls_shortest() -> None:
    """100 down and 30 up are asked; 95 and 15 are delivered: upload is the trouble."""
    found = gap(BOTH_WAYS, SITE, CONTRACT, delivering(95.0, 15.0), RULE)
    assert found.way == "up"
    assert (found.required_mbps, found.delivered_mbps) == (30.0, 15.0)
    assert found.shortfall_mbps == pytest.approx(15.0)
    down = gap(BOTH_WAYS, SITE, CONTRACT, delivering(40.0, 15.0), RULE)
    assert (down.way, down.required_mbps, down.delivered_mbps) == ("down", 100.0, 40.0)


def test_a_target_without_upload_does_not_ask_for_any() -> None:
    """SETDA and the FCC name one figure."""
    assert held(delivering(500.0, 0.1)).verdict == "meets"


@pytest.mark.parametrize(
    ("figures", "missing"),
    [
        ({"tests_trusted": 4}, ("4 of 5 tests",)),
        ({"school_days": 2}, ("2 of 3 school days",)),
        ({"tests_trusted": 0, "school_days": 0}, ("0 of 5 tests", "0 of 3 school days")),
    ],
)
def test_without_enough_evidence_there_is_no_verdict_but_figures_so_far(
    figures: dict[str, int], missing: tuple[str, ...]
) -> None:
    """What is missing is said, a phrase each."""
    found = held(delivering(300.0, 40.0, **figures))
    assert (found.verdict, found.missing) == ("not enough evidence", missing)
    assert found.shortfall_mbps == pytest.approx(158.0)


def test_a_way_that_is_asked_and_was_never_measured_is_missing() -> None:
    """Download alone can't meet a target that asks both ways."""
    found = gap(BOTH_WAYS, SITE, CONTRACT, delivering(500.0), RULE)
    assert (found.verdict, found.missing) == ("not enough evidence", ("no upload figure",))


def test_a_site_that_has_not_told_whom_it_serves_has_no_verdict() -> None:
    """No heads, no target, no gap - and no zero."""
    found = held(delivering(300.0), site=replace(SITE, students=None))
    assert found.missing == ("set site.students",)
    assert (found.shortfall_mbps, found.share_met, found.people_served, found.way) == (None, None, None, None)
    assert found.required_mbps is None


def test_a_site_of_nobody_is_not_told_that_it_is_short() -> None:
    """Zero students are a mistake in the settings, not a verdict."""
    assert held(delivering(300.0), site=replace(SITE, students=0, staff=0)).verdict == "not enough evidence"


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 1e5), st.integers(1, 100_000))
def test_whatever_is_delivered_the_figures_agree(delivered: float, students: int) -> None:
    """Nobody is served twice, a gap is never negative, and the verdict is the gap's."""
    found = held(delivering(delivered), site=replace(SITE, students=students, staff=0))
    assert found.shortfall_mbps is not None
    assert found.people_served is not None
    assert found.required_mbps == students
    assert 0 <= found.people_served <= students
    assert 0 <= found.shortfall_mbps <= students
    assert (found.verdict == "meets") == (delivered >= students) == (found.shortfall_mbps == 0)
    assert found.people_served <= delivered + 1e-6


def test_the_worst_come_first_and_the_unknown_last() -> None:
    """By the share that is met; those who meet their target after them; those without a figure at the end."""
    unknown = held(delivering(None))
    order = [held(delivering(rate)) for rate in (10.0, 300.0, 458.0)]
    assert sorted([None, unknown, *reversed(order)], key=worst_first)[:3] == order
    assert worst_first(None) == worst_first(unknown)
