"""A summary counts what is there against what should be, and says None where it knows nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reports.periods import SchoolHours, day_of
from reports.samples import CapacitySample, Outage, Rates, Stretch, UsageSample
from reports.summaries import UsageFigures, summarise
from tests.reports.example_week import SITE, WEEK, ZONE, short_of_target

HOURS = SchoolHours.of(SITE)
MONDAY = day_of(WEEK.starts_at, ZONE)
SLOT = UsageSample("wan0", MONDAY.starts_at, 300.0, 37_500_000, 3_750_000, 4.0, 2.0)
TEST = CapacitySample(
    "1", MONDAY.starts_at, MONDAY.starts_at, "bandgap", None, "ok", down_mbps=90.0, up_mbps=20.0
)


def slots(*rates_mbps: float, observed_s: float = 300.0) -> list[UsageSample]:
    """Five-minute means from midnight on."""
    return [
        replace(
            SLOT,
            started_at=MONDAY.starts_at + timedelta(seconds=300 * n),
            interval_s=observed_s,
            rx_bytes=int(rate * 125_000 * observed_s),
        )
        for n, rate in enumerate(rates_mbps)
    ]


def test_nothing_gives_none_everywhere_and_never_zero() -> None:
    """An agent that has just begun knows no demand, no capacity and no outages."""
    found = summarise(MONDAY, MONDAY.ends_at, [], [], HOURS)
    assert found.usage == UsageFigures(288, 0, Rates(), Rates(), Rates())
    assert found.usage_school.expected == 120
    assert (found.capacity.typical, found.capacity.best) == (Rates(), Rates())
    assert found.capacity.latency_idle_ms is None
    assert found.outage_minutes is None
    assert (found.tests_down_bytes, found.tests_up_bytes) == (0, 0)


def test_coverage_is_found_over_expected_and_unknown_where_none_was() -> None:
    """A Saturday expects no school hours, so their coverage isn't 0 % but none."""
    found = summarise(MONDAY, MONDAY.starts_at + timedelta(hours=1), slots(*[1.0] * 6), [], HOURS)
    assert (found.usage.expected, found.usage.found, found.usage.coverage) == (12, 6, 0.5)
    assert found.usage_school.coverage is None


def test_a_slot_observed_for_less_than_half_does_not_count() -> None:
    """150 of 300 seconds are enough, 149 aren't."""
    enough = summarise(MONDAY, MONDAY.ends_at, slots(1.0, observed_s=150.0), [], HOURS)
    short = summarise(MONDAY, MONDAY.ends_at, slots(1.0, observed_s=149.0), [], HOURS)
    assert (enough.usage.found, short.usage.found) == (1, 0)
    assert short.usage.p95 == Rates()


def test_a_peak_counts_even_from_a_slot_too_short_for_a_mean() -> None:
    """It is a poll's own figure, not a mean over the slot."""
    assert summarise(MONDAY, MONDAY.ends_at, slots(1.0, observed_s=60.0), [], HOURS).usage.peak == Rates(
        4.0, 2.0
    )


def test_percentiles_are_of_the_means_themselves() -> None:
    """Twenty means: the highest is dropped, the next is the figure."""
    found = summarise(MONDAY, MONDAY.ends_at, slots(*range(1, 21)), [], HOURS)
    assert (found.usage.p50.down_mbps, found.usage.p95.down_mbps) == (10.0, 19.0)


def test_school_hours_see_only_what_began_in_them() -> None:
    """The night's backup isn't the school's demand."""
    night, lesson = slots(50.0)[0], replace(slots(5.0)[0], started_at=MONDAY.starts_at + timedelta(hours=9))
    found = summarise(MONDAY, MONDAY.ends_at, [night, lesson], [], HOURS)
    assert found.usage.p95.down_mbps == 50.0
    assert found.usage_school.p95.down_mbps == 5.0
    assert found.usage_school.found == 1


def test_only_trusted_tests_are_delivered_capacity_but_all_cost_bytes() -> None:
    """Failed and untrusted tests are counted by name, and what they moved was moved."""
    tests = [
        replace(TEST, id="a", down_mbps=90.0, latency_idle_ms=10.0, down_bytes=5),
        replace(TEST, id="b", down_mbps=94.0, latency_idle_ms=14.0, down_bytes=5),
        replace(TEST, id="c", down_mbps=500.0, flags=("exceeds_link_speed",), down_bytes=7),
        replace(
            TEST, id="d", down_mbps=None, up_mbps=None, outcome="no_measurement", reason="dns", up_bytes=1
        ),
    ]
    found = summarise(MONDAY, MONDAY.ends_at, [], tests, HOURS)
    figures = found.capacity
    assert (figures.tests_trusted, figures.tests_untrusted, figures.tests_failed) == (2, 1, 1)
    assert figures.typical == Rates(92.0, 20.0)
    assert figures.best == Rates(94.0, 20.0)
    assert figures.latency_idle_ms == 12.0
    assert (found.tests_down_bytes, found.tests_up_bytes) == (17, 1)


def test_school_days_are_counted_once_each_and_weekends_never() -> None:
    """Four tests a day are still one day of evidence."""
    tests = [replace(TEST, started_at=WEEK.starts_at + timedelta(hours=6 * n)) for n in range(28)]
    assert summarise(WEEK, WEEK.ends_at, [], tests, HOURS).capacity.school_days == 5


def test_a_running_period_expects_only_what_has_passed() -> None:
    """Half a day measured in full is covered in full, and isn't complete."""
    noon = MONDAY.starts_at + timedelta(hours=12)
    found = summarise(MONDAY, noon, slots(*[1.0] * 144), [], HOURS)
    assert found.usage.coverage == 1.0
    assert not found.complete
    assert found.usage_school.expected == 60


@pytest.mark.parametrize("hours", [-5, 30])
def test_a_period_is_never_reached_past_its_ends(hours: int) -> None:
    """What lies before or after doesn't belong to it."""
    found = summarise(MONDAY, MONDAY.starts_at + timedelta(hours=hours), slots(1.0), [], HOURS)
    assert MONDAY.starts_at <= found.through_at <= MONDAY.ends_at


def test_more_of_a_period_has_another_id_and_the_same_has_the_same() -> None:
    """That is how a later summary supersedes an earlier one."""
    noon = MONDAY.starts_at + timedelta(hours=12, microseconds=7)
    first = summarise(MONDAY, noon, [], [], HOURS)
    assert first.id == summarise(MONDAY, noon.replace(microsecond=0), [], [], HOURS).id
    assert first.id != summarise(MONDAY, MONDAY.ends_at, [], [], HOURS).id
    assert first.id == f"day:2026-11-16:{int(noon.timestamp())}"


def test_outage_minutes_are_those_of_link_and_probes_together() -> None:
    """The example's forty minutes on Thursday, which both saw, count once; Friday's twelve only probes saw."""
    assert short_of_target().summary.outage_minutes == 52.0


def test_an_outage_of_the_night_is_shared_by_its_days() -> None:
    """From 23:50 to 00:20: ten minutes are Monday's."""
    night = MONDAY.ends_at - timedelta(minutes=10)
    outage = Outage(night, night + timedelta(minutes=29), night + timedelta(minutes=30), "gateway")
    probed = [Stretch(MONDAY.starts_at, MONDAY.ends_at + timedelta(hours=1))]
    tuesday = day_of(MONDAY.ends_at, ZONE)
    assert summarise(MONDAY, MONDAY.ends_at, [], [], HOURS, [outage], probed).outage_minutes == 10
    assert summarise(tuesday, tuesday.ends_at, [], [], HOURS, [outage], probed).outage_minutes == 20


def test_probes_that_all_succeeded_are_known_to_be_no_outage() -> None:
    """0 with probes, None without: also where no counter was read."""
    probed = [Stretch(MONDAY.starts_at, MONDAY.ends_at)]
    assert summarise(MONDAY, MONDAY.ends_at, [], [], HOURS, [], probed).outage_minutes == 0
    assert summarise(MONDAY, MONDAY.ends_at, [], [], HOURS).outage_minutes is None
