"""Outages are made of probes: confirmed, dated back, and never longer than somebody looked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent.reach.outages import CLOCK_TOLERANCE_S, OutageWatch, Probe
from reports.outages import disjoint
from reports.samples import Outage, Rung, Stretch

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
GAP_S = 150.0


def probe(seconds: float, rung: Rung | None = None, *, clock_s: float = 0.0) -> Probe:
    """A probe so many seconds after noon; ``clock_s`` is how far the wall clock was set since."""
    return Probe(NOON + timedelta(seconds=seconds + clock_s), 5000 + seconds, rung, rung and "why")


def watched(*probes: Probe) -> OutageWatch:
    watch = OutageWatch(GAP_S)
    for each in probes:
        watch.take(each)
    return watch


def spans(watch: OutageWatch) -> list[tuple[float, float, float | None]]:
    """Begin, last failed probe and end of each outage, in seconds after noon."""

    def seconds(at: datetime) -> float:
        return (at - NOON).total_seconds()

    return [
        (seconds(one.started_at), seconds(one.seen_until), seconds(one.ended_at) if one.ended_at else None)
        for one in watch.changed.values()
    ]


def test_one_failed_probe_is_no_outage() -> None:
    """A packet was lost; the next one says so."""
    watch = watched(probe(0), probe(60, "internet"), probe(70))
    assert spans(watch) == []
    assert not watch.unsure


def test_a_confirmed_outage_is_dated_back_and_ends_with_the_first_good_probe() -> None:
    """Its rung is the confirming probe's."""
    watch = watched(probe(0), probe(60, "internet"), probe(70, "gateway"), probe(130, "internet"))
    assert spans(watch) == [(60, 130, None)]
    assert watch.running is not None
    assert (watch.running.rung, watch.running.detail) == ("gateway", "why")
    watch.take(probe(190))
    assert spans(watch) == [(60, 130, 190)]
    assert watch.running is None


def test_time_in_which_nobody_probed_is_no_outage() -> None:
    """The agent stood still for an hour within an outage: two outages, and the hour is neither."""
    watch = watched(
        probe(0, "link"), probe(10, "link"), probe(3610, "link"), probe(3620, "link"), probe(3680)
    )
    assert spans(watch) == [(0, 10, 10), (3610, 3620, 3680)]
    assert [(part.ends_at - part.starts_at).total_seconds() for part in watch.probed.values()] == [10, 70]


def test_a_clock_that_was_set_makes_no_outage_time() -> None:
    """Neither forwards nor backwards; what follows begins by the new clock."""
    for step in (86_400, -86_400):
        watch = watched(
            probe(0, "dns"),
            probe(10, "dns"),
            probe(70, "dns", clock_s=step),
            probe(80, "dns", clock_s=step),
            probe(140, clock_s=step),
        )
        assert spans(watch) == [(0, 10, 10), (70 + step, 80 + step, 140 + step)]


def test_a_suspended_machine_did_not_probe() -> None:
    """The monotonic clock stood still and the wall clock went on (clock_gettime(2))."""
    watch = watched(probe(0, "dns"), probe(10, "dns"), probe(40, clock_s=28_800))
    assert spans(watch) == [(0, 10, 10)]


def test_a_clock_that_is_slewed_changes_nothing() -> None:
    """NTP mends half a millisecond a second (ntpd(8))."""
    slewed = [probe(60 * n, "internet", clock_s=0.03 * n) for n in range(60)]
    assert spans(watched(*slewed)) == [(0, 59 * 60, None)]


def test_an_agent_that_stops_leaves_what_it_saw() -> None:
    watch = watched(probe(0, "internet"), probe(10, "internet"))
    watch.lose_sight()
    assert spans(watch) == [(0, 10, 10)]
    (outage,) = watch.changed.values()
    assert not outage.end_seen


RUNGS = st.sampled_from([None, None, "link", "gateway", "internet"])
STEPS = st.lists(
    st.tuples(
        st.floats(0.5, 400).map(lambda s: round(s, 1)),
        st.one_of(st.just(0.0), st.just(0.0), st.integers(-90_000, 90_000).map(float)),
        RUNGS,
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_happens_outages_are_disjoint_ordered_and_were_looked_at(
    steps: list[tuple[float, float, Rung | None]],
) -> None:
    """Any probes, gaps and clock steps: each outage lies within probed time, and so do all together."""
    watch = OutageWatch(GAP_S)
    outages: list[Outage] = []
    stretches: list[Stretch] = []
    at_s = clock_s = looked_s = 0.0
    unbroken = False
    for passed, step, rung in steps:
        at_s, clock_s = at_s + passed, clock_s + step
        unbroken_now = unbroken and passed <= GAP_S and abs(step) <= CLOCK_TOLERANCE_S
        looked_s += passed if unbroken_now else 0.0
        unbroken = True
        watch.take(probe(at_s, rung, clock_s=clock_s))
        before = {one.started_at: one for one in outages}
        outages = list((before | watch.changed).values())
    watch.lose_sight()
    outages = list(({one.started_at: one for one in outages} | watch.changed).values())
    stretches = list(watch.probed.values())
    assert all(one.ended_at is not None for one in outages)
    assert all(one.started_at < one.seen_until <= one.until for one in outages)
    assert sum(one.seconds for one in outages) <= looked_s + 1e-3
    for one in outages:
        assert any(part.starts_at <= one.started_at and one.until <= part.ends_at for part in stretches)
    told = disjoint(outages)
    assert all(a.until <= b.started_at for a, b in pairwise(told))
    assert sum(one.seconds for one in told) <= looked_s + 1e-3
