"""Outages are time that is counted once, whoever saw it, and never more than was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reports.outages import disjoint, minutes_out
from reports.samples import Outage, Stretch, UsageSample

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = Stretch(NOON - timedelta(hours=12), NOON + timedelta(hours=12))


def outage(start_s: float, seconds: float, *, lasts: bool = False) -> Outage:
    began = NOON + timedelta(seconds=start_s)
    until = began + timedelta(seconds=seconds)
    return Outage(began, until, None if lasts else until, "internet")


def slot(n: int, down_s: float) -> UsageSample:
    return UsageSample("wan0", NOON + timedelta(seconds=300 * n), 300 - down_s, 0, 0, link_down_s=down_s)


def minutes(outages: list[Outage], usage: list[UsageSample]) -> float | None:
    return minutes_out(outages, [DAY], usage, DAY.starts_at, DAY.ends_at)


def test_what_both_saw_counts_once() -> None:
    """Five minutes without carrier are the same five minutes that probes failed."""
    assert minutes([outage(0, 300)], [slot(0, 300)]) == 5
    assert minutes([outage(0, 300)], [slot(0, 0), slot(1, 120)]) == 7


def test_the_longer_of_two_views_counts_in_each_five_minutes() -> None:
    """The counters know the first second, the probes only the first probe."""
    assert minutes([outage(40, 560)], [slot(0, 300), slot(1, 300)]) == 10


def test_an_outage_that_lasts_counts_as_far_as_it_was_seen() -> None:
    """An agent that died in the middle of one doesn't make it grow."""
    assert minutes([outage(0, 600, lasts=True)], []) == 10


def test_nobody_looking_is_not_no_outage() -> None:
    """None when neither probes nor counters saw that time."""
    assert minutes_out([], [], [], DAY.starts_at, DAY.ends_at) is None
    before = Stretch(DAY.starts_at - timedelta(hours=2), DAY.starts_at)
    assert minutes_out([], [before], [], DAY.starts_at, DAY.ends_at) is None
    assert minutes_out([], [DAY], [], DAY.starts_at, DAY.ends_at) == 0


def test_an_hour_lived_twice_counts_once() -> None:
    """The clock was set back in the middle of an outage."""
    assert minutes([outage(0, 1200), outage(600, 1200)], []) == 30


@given(st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 9_000)), max_size=12))
def test_disjoint_outages_are_ordered_and_no_longer_than_they_were(spans: list[tuple[int, int]]) -> None:
    """And together they reach over the same time."""
    outages = [outage(start, seconds) for start, seconds in spans]
    found = disjoint(outages)
    assert all(a.until <= b.started_at for a, b in pairwise(found))
    assert all(one.started_at <= one.seen_until <= one.until for one in found)
    covered = {second for start, seconds in spans for second in range(start, start + seconds)}
    assert sum(one.seconds for one in found) == len(covered)
