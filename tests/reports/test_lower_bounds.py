"""A lower bound can show that a line meets its target, and never that it falls short."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.evidence import EvidenceRule
from reports.formats.table import TEXT
from reports.gaps import Gap, gap, worst_first
from reports.percentiles import median
from reports.samples import LOWER_BOUND, CapacitySample, Rates
from reports.sentences import UNCOUNTED, check_verdict, outcome, verdict
from reports.summaries import Summary, summarise
from reports.targets import requirement
from reports.week import WeeklyReport
from reports.week_words import delivered_from, no_demand, numbers, tally
from reports.wire import plain, summary_from
from tests.reports.example_week import CONTRACT, SITE, short_of_target, target, week

RULE = EvidenceRule()
WEEK = short_of_target()
FCC = target("fcc-2014-long")  # 1 Mbps for each of 458 people
GOOD = [test for test in WEEK.tests if test.trusted]


def rated(down_mbps: float, *flags: str, count: int = 7) -> list[CapacitySample]:
    """Tests spread over the school days of the week."""
    return [
        replace(
            GOOD[0],
            id=f"{down_mbps}-{flags}-{n}",
            started_at=GOOD[0].started_at + timedelta(days=n % 5, minutes=n),
            flags=flags,
            down_mbps=down_mbps,
            up_mbps=50.0,
        )
        for n in range(count)
    ]


def bounds(down_mbps: float, count: int = 7) -> list[CapacitySample]:
    return rated(down_mbps, LOWER_BOUND, count=count)


def summary(*tests: CapacitySample) -> Summary:
    return summarise(WEEK.period, WEEK.made_at, (), tests, WEEK.hours)


def held(*tests: CapacitySample) -> Gap:
    return gap(FCC, SITE, CONTRACT, summary(*tests), RULE)


def test_lower_bounds_above_the_target_meet_it() -> None:
    """Seven tests on a switch port carried 500 Mbps or more; 458 are asked."""
    found = held(*bounds(500.0))
    assert (found.verdict, found.at_least, found.tests, found.missing) == ("meets", True, 7, ())
    assert verdict(found).startswith(
        f"Meets {FCC.name}: at least 500.0 Mbps down delivered, 458.0 Mbps asked"
    )


def test_lower_bounds_below_the_target_say_nothing_of_a_shortfall() -> None:
    """Others may have had the rest of the line: no figure of a gap, of people, and no place among the short."""
    found = held(*bounds(300.0))
    assert found.verdict == "not enough evidence"
    assert (found.shortfall_mbps, found.share_met, found.people_served) == (None, None, None)
    assert verdict(found) == (
        f"Not enough evidence yet for a verdict on {FCC.name}: others' traffic wasn't counted, so the line may "
        "carry more than the tests did. So far: at least 300.0 Mbps down delivered of 458.0 Mbps asked."
    )
    assert worst_first(found) == worst_first(None)


def test_too_few_lower_bounds_are_too_few() -> None:
    found = held(*bounds(500.0, count=2))
    assert (found.verdict, found.missing) == ("not enough evidence", ("2 of 5 tests", "2 of 3 school days"))


def test_enough_trusted_tests_need_no_lower_bounds() -> None:
    """The tests of quiet nights are exact; a hundred of noon don't change what they say."""
    alone, beside = held(*rated(300.0)), held(*rated(300.0), *bounds(20.0, count=40))
    assert alone.verdict == beside.verdict == "short"
    assert (alone.delivered, alone.tests) == (beside.delivered, beside.tests)
    assert not beside.at_least


def test_a_few_trusted_tests_and_lower_bounds_meet_a_target_together() -> None:
    found = held(*rated(470.0, count=2), *bounds(460.0, count=5))
    assert (found.verdict, found.at_least, found.tests) == ("meets", True, 7)


def test_a_few_trusted_tests_stay_the_figure_so_far_when_lower_bounds_say_too_little() -> None:
    found = held(*rated(300.0, count=2), *bounds(20.0))
    assert found.missing == ("2 of 5 tests", "2 of 3 school days")
    assert (found.delivered_mbps, found.at_least) == (300.0, False)


def test_another_doubt_beside_it_makes_it_no_evidence() -> None:
    """A test that a slow processor bounded isn't what the line carries at the least: it is what nobody knows."""
    doubted = rated(500.0, LOWER_BOUND, "exceeds_link_speed")
    assert not any(test.at_least for test in doubted)
    assert held(*doubted).verdict == "not enough evidence"


@given(st.lists(st.tuples(st.floats(1, 1000), st.floats(0, 1)), min_size=5, max_size=12))
def test_it_never_claims_more_than_the_line_carries(lines: list[tuple[float, float]]) -> None:
    """Whatever share of the line each test got: the bound is at most the median of the truth."""
    tests = bounds(1.0, count=len(lines))
    seen = [
        replace(test, down_mbps=line * (1 - others))
        for test, (line, others) in zip(tests, lines, strict=True)
    ]
    at_least, truth = summary(*seen).capacity.at_least.down_mbps, median(line for line, _ in lines)
    assert at_least is not None
    assert truth is not None
    assert at_least <= truth


def test_lower_bounds_are_counted_as_untrusted_and_named() -> None:
    report = replace(
        WEEK, summary=summary(*rated(300.0, count=2), *bounds(500.0)), tests=tuple(bounds(500.0))
    )
    figures = report.summary.capacity
    assert (figures.tests_trusted, figures.tests_untrusted, figures.lower_bounds) == (2, 7, 7)
    assert figures.best == Rates(300.0, 50.0)
    assert "2 trusted, 7 untrusted (7 of them lower bounds)" in tally(report)
    assert outcome(bounds(1.0)[0]) == (
        "Lower bound: others' traffic wasn't counted: the line carries at least this"
    )


def on_a_switch_port(down_mbps: float) -> WeeklyReport:
    """A week of tests that are lower bounds, and of no demand."""
    found = week()
    tests = tuple(bounds(down_mbps))
    held_now = tuple(gap(each.target, SITE, CONTRACT, summary(*tests), RULE) for each in found.gaps)
    return replace(found, gaps=held_now, summary=summary(*tests), tests=tests, usage=(), uncounted=UNCOUNTED)


@pytest.mark.parametrize("down_mbps", [500.0, 2.0])
@pytest.mark.parametrize("form", sorted(TEXT))
def test_every_format_can_tell_it(form: str, down_mbps: float) -> None:
    text = " ".join(TEXT[form](on_a_switch_port(down_mbps)).split())
    if form in ("text", "html"):
        assert "at least" in text.lower()
        assert "sees_all_traffic" in text


def test_a_report_names_what_its_figure_rests_on() -> None:
    report = on_a_switch_port(2.0)
    delivered = numbers(report)[1]
    assert (delivered.rates, delivered.source) == (Rates(2.0, 50.0), "At least: median of 7 tests")
    assert delivered_from(report.summary.capacity, None) == "No trusted test"


def test_a_report_says_why_demand_is_not_known() -> None:
    assert no_demand(on_a_switch_port(2.0)).startswith("Demand isn't known: this machine isn't on the path")


def test_one_check_that_is_a_lower_bound_claims_no_shortfall() -> None:
    words = check_verdict(bounds(300.0)[0], FCC, requirement(FCC, SITE), RULE)
    assert "short" not in words
    assert "the line may carry more" in words
    assert "or more" in check_verdict(bounds(500.0)[0], FCC, requirement(FCC, SITE), RULE)


def test_a_summary_of_an_older_agent_has_no_lower_bounds() -> None:
    """It comes without the fields."""
    table = plain(WEEK.summary)
    for name in ("lower_bounds", "school_days_at_least", "at_least"):
        del table["capacity"][name]
    assert summary_from(table).capacity.at_least == Rates()
