"""One episode of a kind while it lasts; late data opens none; every one ends when the evidence says so."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.watch.findings import (
    NEWS_OF_DAYS,
    NEWS_OF_HOURS,
    Bounds,
    DayFact,
    Finding,
    HourFact,
    Kind,
    Thresholds,
    of_days,
    outage,
    over_budget,
    silent,
)
from collector.watch.ledger import Ended, Opened, turn
from collector.watch.liveness import liveness
from reports.samples import Rates
from tests.collector.made import NOW

RULE = Thresholds()
BOUNDS = Bounds(Rates(100.0, 10.0), Rates(200.0, 20.0), 1e9)
START = datetime(2026, 11, 2, tzinfo=NOW.tzinfo)


def day(
    n: int, down: float | None = 150.0, *, p95: float = 20.0, school: bool = True, octets: int = 0
) -> DayFact:
    return DayFact(
        date(2026, 11, 2) + timedelta(days=n),
        START + timedelta(days=n + 1),
        Rates(down, None if down is None else 18.0),
        Rates(p95, 1.0),
        0.9,
        school,
        octets,
    )


def hour(n: int, minutes: float | None) -> HourFact:
    return HourFact(START + timedelta(hours=n), START + timedelta(hours=n + 1), minutes)


def found(days: Sequence[DayFact], kind: Kind) -> Finding | None:
    return next((one for one in of_days(days, BOUNDS, RULE) if one.kind == kind), None)


def test_three_of_five_school_days_below_target_are_an_episode_and_two_are_none() -> None:
    two = [day(0, 50), day(1), day(2, 50), day(3), day(4)]
    assert found(two, "below_target") == Finding(
        "below_target",
        False,
        two[-1].ends_at,
        None,
        two[-1].ends_at + NEWS_OF_DAYS,
        {"days": 2, "of_days": 5},
    )
    three = found([*two, day(5, 50)], "below_target")
    assert three is not None
    assert not three.holds  # of the last five, 1 to 5, only two
    now = found([*two[1:], day(5, 50), day(6, 50)], "below_target")
    assert now is not None
    assert now.holds


def test_days_without_school_or_without_tests_are_none_of_them() -> None:
    days = [day(0, 50), day(1, 50, school=False), day(2, None), day(3, 50), day(4)]
    below = found(days, "below_target")
    assert below is not None
    assert below.figures == {"days": 2, "of_days": 3}


def test_nothing_asked_or_bought_is_no_finding() -> None:
    assert of_days([day(0, 50)], Bounds(), RULE)[0].kind == "full_line"
    assert of_days([], BOUNDS, RULE) == []


def test_a_contract_is_under_delivered_below_four_fifths_and_a_line_full_above_them() -> None:
    delivered = found([day(n, 159.0) for n in range(5)], "under_delivered")
    enough = found([day(n, 161.0) for n in range(5)], "under_delivered")
    full = found([day(n, 100.0, p95=80.0) for n in range(5)], "full_line")
    room = found([day(n, 100.0, p95=79.0) for n in range(5)], "full_line")
    assert [one.holds for one in (delivered, enough, full, room) if one] == [True, False, True, False]


def test_the_month_so_far_is_held_against_the_budget_and_a_new_month_ends_it() -> None:
    days = [day(n, octets=300_000_000) for n in range(5)]
    spent = over_budget(days, 1e9, date(2026, 11, 6), NOW)
    assert spent is not None
    assert (spent.holds, spent.since) == (True, days[3].ends_at)
    fresh = over_budget(days, 1e9, date(2026, 12, 1), NOW)
    assert fresh is not None
    assert not fresh.holds
    assert over_budget(days, None, date(2026, 11, 6), NOW) is None


def test_an_outage_is_that_of_the_newest_hour_that_anybody_saw() -> None:
    hours = [hour(0, 0.0), hour(1, 60.0), hour(2, 30.0), hour(3, None)]
    lasts = outage(hours, RULE, None)
    assert lasts is not None
    assert (lasts.holds, lasts.since, lasts.figures) == (True, hours[1].starts_at, {"minutes": 90})
    over = outage([*hours, hour(4, 2.0)], RULE, None)
    assert over is not None
    assert not over.holds
    assert outage([hour(3, None)], RULE, None) is None


def test_an_outage_that_was_told_as_a_silence_is_not_told_again() -> None:
    hours = [hour(1, 60.0), hour(2, 60.0)]
    back = hours[-1].starts_at + timedelta(minutes=50)
    told = outage(hours, RULE, back)
    assert told is not None
    assert turn((), [told], hours[-1].ends_at) == []
    untold = outage(hours, RULE, None)
    assert untold is not None
    assert turn((), [untold], hours[-1].ends_at) == [Opened("outage", hours[0].starts_at, {"minutes": 120})]


def test_last_weeks_trouble_that_arrives_now_opens_nothing() -> None:
    days = [day(n, 50.0) for n in range(5)]
    below = found(days, "below_target")
    assert below is not None
    late = days[-1].ends_at + NEWS_OF_DAYS + timedelta(seconds=1)
    assert turn((), [below], late) == []
    assert len(turn((), [below], late - timedelta(seconds=2))) == 1


# What happens at a school, hour by hour for two weeks; it arrives in any order, late, and more than once.


@dataclass
class World:
    """What has arrived, what is open, and all that was ever told, by one collector."""

    hours: dict[int, HourFact] = field(default_factory=dict)
    days: dict[int, DayFact] = field(default_factory=dict)
    heard_at: datetime | None = None
    going: set[Kind] = field(default_factory=set)
    told: list[tuple[datetime, Opened | Ended]] = field(default_factory=list)

    def findings(self, now: datetime) -> Iterable[Finding]:
        live = liveness(self.heard_at, 3600.0, now, silent_after_s=10_800.0)
        quiet = silent(live, self.heard_at, now)
        out = outage(list(self.hours.values()), RULE, None)
        yield from (one for one in (quiet, out) if one)
        yield from of_days(list(self.days.values()), BOUNDS, RULE)

    def look(self, now: datetime) -> None:
        for change in turn(self.going, self.findings(now), now):
            self.told.append((now, change))
            if isinstance(change, Opened):
                self.going.add(change.kind)
            else:
                self.going.remove(change.kind)

    def arrive(self, fact: HourFact | DayFact, now: datetime) -> None:
        self.heard_at = max(self.heard_at or now, now)
        if isinstance(fact, HourFact):
            self.hours[int((fact.starts_at - START) / timedelta(hours=1))] = fact
        else:
            self.days[(fact.day - START.date()).days] = fact


FACTS = st.lists(
    st.one_of(
        st.builds(hour, st.integers(0, 335), st.sampled_from([None, 0.0, 5.0, 30.0, 60.0])),
        st.builds(
            lambda n, down, p95: day(n, down, p95=p95, school=n % 7 < 5),
            st.integers(0, 13),
            st.sampled_from([None, 50.0, 90.0, 150.0, 190.0]),
            st.sampled_from([5.0, 60.0, 170.0]),
        ),
    ),
    max_size=60,
    unique_by=lambda one: (type(one), one.ends_at),
)
LATENESS = st.lists(st.floats(0, 30 * 24), min_size=60, max_size=60)


def lived(facts: Sequence[HourFact | DayFact], delays: Sequence[float]) -> tuple[World, datetime]:
    """Each fact arrives so many hours after its end, and somebody looks after each, and every nineteen hours."""
    arrivals = sorted(
        (
            (one.ends_at + timedelta(hours=late), n, one)
            for n, (one, late) in enumerate(zip(facts, delays, strict=False))
        ),
        key=lambda each: each[:2],
    )
    world, end = World(), START + timedelta(days=50)
    looks = [START + timedelta(hours=19 * n) for n in range(64)]
    for at, _, fact in sorted([*arrivals, *((look, -1, None) for look in looks)], key=lambda each: each[:2]):
        if fact is not None:
            world.arrive(fact, at)
        world.look(at)
    return world, end


@settings(max_examples=50, deadline=None)
@given(FACTS, LATENESS)
def test_there_is_one_of_a_kind_at_a_time_and_its_end_follows_its_beginning(
    facts: list[HourFact | DayFact], delays: list[float]
) -> None:
    world, _ = lived(facts, delays)
    kinds = {change.kind for _, change in world.told}
    for kind in kinds:
        mine = [change for _, change in world.told if change.kind == kind]
        assert isinstance(mine[0], Opened)
        assert all(isinstance(a, Opened) != isinstance(b, Opened) for a, b in pairwise(mine))


@settings(max_examples=50, deadline=None)
@given(FACTS, LATENESS)
def test_what_arrives_too_late_opens_nothing(facts: list[HourFact | DayFact], delays: list[float]) -> None:
    """An episode is opened only while something that holds, and that somebody has just been told, is news."""
    late = [max(delay, NEWS_OF_DAYS / timedelta(hours=1) + 0.1) for delay in delays]
    world, _ = lived(facts, late)
    assert {change.kind for _, change in world.told} <= {"silent"}


@settings(max_examples=50, deadline=None)
@given(FACTS, LATENESS, st.randoms(use_true_random=False))
def test_the_order_in_which_things_arrive_does_not_matter(
    facts: list[HourFact | DayFact], delays: list[float], chance: random.Random
) -> None:
    """Once all is there: what is found is the same, and so is what is open at a collector that looks now first."""
    one, _ = lived(facts, delays)
    other = World()
    shuffled = [*facts, *facts[:5]]
    chance.shuffle(shuffled)
    for fact in shuffled:
        other.arrive(fact, START + timedelta(days=44))
    other.heard_at = one.heard_at
    now = START + timedelta(days=46)
    assert list(one.findings(now)) == list(other.findings(now))


@settings(max_examples=50, deadline=None)
@given(FACTS, LATENESS)
def test_recovery_always_follows(facts: list[HourFact | DayFact], delays: list[float]) -> None:
    """A week of good days later, told as late as one likes, nothing is open any more."""
    world, end = lived(facts, delays)
    for n in range(60, 67):
        world.arrive(day(n, 190.0), end + timedelta(days=30))
    world.arrive(hour(24 * 67, 0.0), end + timedelta(days=30))
    world.look(end + timedelta(days=30, minutes=1))
    assert world.going == set()
    opened = sum(isinstance(change, Opened) for _, change in world.told)
    assert opened * 2 == len(world.told)


def test_hours_are_news_for_hours() -> None:
    bad = outage([hour(1, 60.0)], RULE, None)
    assert bad is not None
    at = hour(1, 60.0).ends_at
    assert turn((), [bad], at + NEWS_OF_HOURS)
    assert not turn((), [bad], at + NEWS_OF_HOURS + timedelta(seconds=1))
