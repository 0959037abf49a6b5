"""A district's numbers: circuits counted once, gaps added and never netted, bounds where nothing adds up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.district import Bounds, Line, Place, School, first_deadline
from reports.district_circuits import of_weeks, together
from reports.long_periods import month_named, school_year_named, whole_weeks
from reports.percentiles import percentile
from reports.periods import week_named
from reports.sites import Contract
from tests.reports import example_district as example
from tests.reports.example_district import CHICAGO, FIBER, TOLD, Told, asked, lines, report, schools


def changed(site_id: str, **more: object) -> list[Told]:
    return [replace(one, **more) if one.site == site_id else one for one in TOLD]  # type: ignore[arg-type]


def known(told: list[Told]) -> list[School]:
    return schools(told)


def test_a_shared_circuit_counts_once() -> None:
    """Four sites on the hub: one contract of 2,000, one gap of 1,776 users × 3 Mbps less 1,940."""
    found = report()
    hub, south = found.circuits
    assert (hub.id, hub.circuit.schools) == ("cedar-hub", ("010000500870", "010000500871", "010000500872"))
    assert hub.gap is not None
    assert hub.gap.required.down_mbps == 1776 * 3
    assert found.shortfall_mbps == pytest.approx(1776 * 3 - 1940)
    assert (found.circuits_judged, found.circuits_short) == (1, 1)
    assert south.gap is not None
    assert south.gap.verdict == "not enough evidence"


def test_the_whole_is_asked_by_the_band_of_its_size() -> None:
    """2,050 students are of the medium band; each school alone would be of the small one, with its floor."""
    found = report()
    assert found.required.rates.down_mbps == (2050 + 184) * 3
    assert "medium" in found.required.terms
    assert all(one.gap and "medium" in one.gap.terms for one in found.schools)


def test_schools_are_counted_by_how_they_stand_worst_first() -> None:
    found = report()
    assert found.counts == {"short": 1, "not enough evidence": 1, "silent": 1, "meets": 2}
    assert [one.state for one in found.schools] == [
        "short", "not enough evidence", "silent", "meets", "meets",
    ]  # fmt: skip
    assert [one.site.id for one in found.gateways] == ["hub"]


def test_the_order_of_what_comes_in_does_not_matter() -> None:
    one = schools()
    back = list(reversed(one))
    assert report(one, lines(one)) == report(back, list(reversed(lines(back))))


@pytest.mark.parametrize(
    ("share", "needed", "verdict"), [(0.5, 3, "short"), (0.6, 3, "short"), (0.61, 4, "not enough evidence")]
)
def test_a_verdict_takes_the_share_of_schools_that_the_settings_name(
    share: float, needed: int, verdict: str
) -> None:
    """Three of the five have evidence; what is known so far stays a figure."""
    found = report(asked=asked(share=share))
    assert (found.with_evidence, found.evidence_needed, found.verdict) == (3, needed, verdict)
    assert found.shortfall_mbps is not None


def test_it_meets_only_where_all_circuits_are_known() -> None:
    """A circuit whose evidence is missing may be the one that is short."""
    enough = changed("hub", down=5400.0)
    found = report(known(enough))
    assert (found.circuits_judged, found.verdict) == (1, "not enough evidence")
    enough = [replace(one, down=1400.0) if one.site == "010000500873" else one for one in enough]
    found = report(known(enough))
    assert (found.circuits_judged, found.verdict, found.shortfall_mbps) == (2, "meets", 0.0)


def test_tests_behind_a_shared_circuit_never_show_that_it_is_short() -> None:
    """Without the gateway's agent nobody sees what the others took."""
    alone = [one for one in schools() if one.site.serves != "district"]
    found = report(alone)
    hub = next(one for one in found.circuits if one.id == "cedar-hub")
    assert hub.gap is not None
    assert (hub.gap.verdict, hub.gap.shortfall_mbps) == ("not enough evidence", None)
    assert found.verdict == "not enough evidence"


def test_what_one_circuit_has_to_spare_helps_no_other() -> None:
    south = changed("010000500873", down=9000.0)
    assert report(known(south)).shortfall_mbps == pytest.approx(1776 * 3 - 1940)


def test_who_is_silent_has_no_say() -> None:
    """With the gateway silent, the hub's gap isn't known any more, however clear its week was."""
    gone = changed("hub", silent_since=datetime(2026, 11, 20, 12, tzinfo=UTC))
    found = report(known(gone))
    hub = next(one for one in found.circuits if one.id == "cedar-hub")
    assert hub.circuit.seen_whole is False
    assert found.shortfall_mbps is None
    assert found.verdict == "not enough evidence"


def test_silence_is_told_as_of_the_end_of_the_time_reported() -> None:
    """Who fell silent on Monday was there last week; nobody who was never heard is a school with a "
    "verdict."""
    monday = datetime(2026, 11, 23, 12, tzinfo=UTC)
    found = report(known(changed("010000500870", silent_since=monday)))
    states = {one.site.id: one.state for one in found.schools}
    assert states["010000500870"] == "meets"
    never = [replace(one, heard_at=None, weeks={}) for one in schools()]
    found = report(never)
    assert found.counts["silent"] == 5
    assert (found.verdict, found.shortfall_mbps, found.people) == ("not enough evidence", None, None)


def test_a_school_without_a_circuit_has_a_line_of_its_own() -> None:
    lone = [one for one in schools() if one.site.id == "010000500873"]
    found = report([replace(lone[0], circuit=None, contract=Contract(900.0))], [])
    (own,) = found.circuits
    assert (own.alone, own.id, own.circuit.contract.down_mbps) == (True, "010000500873", 900.0)
    assert own.gap is not None
    assert own.gap.verdict == "meets"


def test_sites_of_other_districts_on_a_circuit_count_for_it_and_not_here() -> None:
    found = schools()
    here = [one for one in found if one.circuit == "cedar-hub"][:2]
    told = report(here, lines(found)[:1])
    assert [one.site.id for one in told.schools] == ["010000500870"]
    (hub,) = told.circuits
    assert (hub.elsewhere, len(hub.circuit.schools)) == (2, 3)


def test_a_target_that_is_none_of_a_district_gives_no_verdict_on_it() -> None:
    """SETDA's WAN figure is for the link between a school and its district: schools are held to it alone."""
    found = report(asked=asked("setda-2-wan"))
    assert (found.required.applies, found.verdict) == (False, "not enough evidence")
    assert found.counts["short"] == 3
    alone = [replace(one, circuit=None) for one in schools()]
    found = report(alone, [], asked=asked("setda-2-wan"))
    assert found.circuits_short > 0
    assert found.verdict == "not enough evidence"


def test_the_figures_of_one_site_are_its_own_and_not_its_circuits() -> None:
    known = schools()
    middle = [one for one in known if one.site.id == "010000500871"]
    found = report(middle, lines(known)[:1], place=Place("site", "010000500871", "Middle"))
    assert found.verdict == "short"
    assert found.shortfall_mbps == pytest.approx(451.0)
    assert (found.people, found.people_lacking) == (557, 151)
    high = [one for one in known if one.site.id == "010000500872"]
    found = report(high, lines(known)[:1], place=Place("site", "010000500872", "High"))
    assert (found.verdict, found.shortfall_mbps) == ("not enough evidence", None)


def test_an_unknown_number_of_students_is_no_zero() -> None:
    some = [
        replace(one, site=replace(one.site, students=None)) if one.site.id == "010000500874" else one
        for one in schools()
    ]
    found = report(some, sizes={example.DISTRICT.id: None})
    assert found.required.rates.down_mbps is None
    assert found.required.why_not is not None


def test_costs_are_summed_by_circuit_where_a_price_is_known() -> None:
    found = report()
    (one,) = found.costs
    assert (one.circuits, one.priced, one.compared, one.currency) == (1, 1, 1, "USD")
    assert one.target_monthly is not None
    assert one.more_monthly == one.target_monthly - 2400
    assert one.discount is not None
    assert one.net_monthly == pytest.approx(one.target_monthly * (1 - one.discount))


def test_what_has_no_price_is_counted_and_in_no_sum() -> None:
    """Two circuits short: one whose price today nobody told, one in a currency without a benchmark."""
    solo = [replace(one, circuit=None) for one in schools() if one.site.serves == "school"]
    short = [
        replace(one, weeks=schools(changed(one.site.id or "", down=20.0))[n + 1].weeks)
        for n, one in enumerate(solo)
    ]
    own = [
        Line("a", Contract(100.0), (short[0],)),
        Line("b", Contract(100.0, monthly_cost=100.0, currency="EUR"), (short[1],)),
    ]
    found = report(short[:2], own)
    euro, dollar = found.costs
    assert (euro.currency, euro.circuits, euro.priced, euro.target_monthly) == ("EUR", 1, 0, None)
    assert (dollar.currency, dollar.priced, dollar.compared, dollar.more_monthly) == ("USD", 1, 0, None)
    assert report(asked=asked(nslp_share=None)).costs[0].net_monthly is None


def test_the_date_is_the_first_after_which_a_decision_is_late() -> None:
    """The window of a circuit that is short; the contract of one that isn't doesn't force anything."""
    assert str(first_deadline(report())) == "2027-03-26"
    assert str(first_deadline(report(asked=asked(window_closes=None)))) == "2028-06-30"
    soon = [replace(line, contract=replace(FIBER, ends_on=None)) for line in lines(schools())]
    assert first_deadline(report(circuits=soon, asked=asked(window_closes=None))) is None


def test_the_newest_week_with_a_verdict_speaks_for_a_longer_time() -> None:
    """The last week has two tests; the one before it had enough, and was short."""
    few = changed("010000500871", tests=2, days=1)
    mixed = [
        replace(new, weeks={**old.weeks, "2026-W47": new.weeks["2026-W47"]})
        for old, new in zip(schools(), schools(few), strict=True)
    ]
    found = report(mixed, period=month_named("2026-11", CHICAGO), weeks=example.WEEKS)
    middle = next(one for one in found.schools if one.site.id == "010000500871")
    assert middle.week is not None
    assert (middle.state, middle.week.label) == ("short", "2026-W46")
    assert (middle.weeks_told, middle.weeks_judged, middle.weeks_short) == (3, 2, 2)
    assert middle.outage_minutes == 36.0
    assert middle.p95.down == Bounds(384.0, 402.0)


def test_demand_of_all_circuits_together_is_bounds() -> None:
    """At least the hub's 1,180, at most its peak and the peaks of the two schools on the other line."""
    assert report().demand.down == Bounds(1180.0, 1710.0 + 260.0 + 180.0)


def test_a_circuit_that_nobody_told_of_takes_the_upper_bound_away() -> None:
    gone = [replace(one, weeks={}) if one.circuit == "south-line" else one for one in schools()]
    assert report(gone).demand.down == Bounds(1180.0, None)


means = st.lists(st.floats(0, 1e5), min_size=1, max_size=60)


@given(st.lists(means, min_size=1, max_size=6))
def test_the_percentile_of_all_weeks_lies_between_those_of_the_weeks(weeks: list[list[float]]) -> None:
    p95s = [percentile(week, 0.95) for week in weeks]
    found = of_weeks([Bounds(p95, p95) for p95 in p95s])
    truth = percentile([mean for week in weeks for mean in week], 0.95)
    assert truth is not None
    assert found.at_least_mbps is not None
    assert found.at_most_mbps is not None
    assert found.at_least_mbps <= truth <= found.at_most_mbps


@given(
    st.integers(1, 40).flatmap(
        lambda n: st.lists(st.lists(st.floats(0, 1e5), min_size=n, max_size=n), min_size=1, max_size=5)
    )
)
def test_the_percentile_of_a_sum_lies_between_its_bounds(circuits: list[list[float]]) -> None:
    parts = []
    for one in circuits:
        p95 = percentile(one, 0.95)
        parts.append((Bounds(p95, p95), max(one)))
    found = together(parts)
    truth = percentile([sum(at) for at in zip(*circuits, strict=True)], 0.95)
    assert truth is not None
    assert found.at_least_mbps is not None
    assert found.at_most_mbps is not None
    assert found.at_least_mbps <= truth * (1 + 1e-12)
    assert truth <= found.at_most_mbps * (1 + 1e-12)


def test_a_week_without_a_bound_takes_it_away() -> None:
    assert of_weeks([Bounds(1.0, 2.0), Bounds(3.0, None)]) == Bounds(1.0, None)
    assert of_weeks([]) == Bounds()


def test_a_state_is_its_districts_with_the_largest_gap_first() -> None:
    far = Told("far", 40.0, 10.0, 20.0)
    period = week_named("2026-W47", CHICAGO)
    lone = School(
        example.site("far", "Far School", 118, 14),
        Contract(300.0),
        far.heard_at,
        {"2026-W47": far.week(period)},
        district="0200006",
        district_name="River Bend District",
    )
    found = report(
        [*schools(), lone],
        lines(schools()),
        place=Place("state", "AL", "Alabama"),
        sizes={example.DISTRICT.id: 2050, "0200006": 118},
    )
    assert [(one.name, one.schools) for one in found.districts] == [
        ("Cedar Fork District", 5),
        ("River Bend District", 1),
    ]
    assert found.shortfall_mbps == pytest.approx(1776 * 3 - 1940 + 132 * 4.3 - 40)
    assert found.required.rates.down_mbps == pytest.approx(2234 * 3 + 132 * 4.3)


@given(st.integers(2020, 2035))
def test_each_week_is_one_months_and_one_years(first: int) -> None:
    """Twelve months have the weeks of their school year, each once, and none is left out between two "
    "years."""
    year = school_year_named(f"{first}-{(first + 1) % 100:02d}", CHICAGO)
    labels = [one.label for one in whole_weeks(year, CHICAGO)]
    months = [f"{first + (n > 12)}-{(n - 1) % 12 + 1:02d}" for n in range(7, 19)]
    assert [
        one.label for name in months for one in whole_weeks(month_named(name, CHICAGO), CHICAGO)
    ] == labels
    assert len(labels) in (52, 53)
    following = school_year_named(f"{first + 1}-{(first + 2) % 100:02d}", CHICAGO)
    after = whole_weeks(following, CHICAGO)[0]
    assert whole_weeks(year, CHICAGO)[-1].ends_at == after.starts_at
    assert after.ends_at - after.starts_at == timedelta(days=7)
