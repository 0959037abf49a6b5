"""When a direction is over: played through with lines of known behaviour, no network."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from agent.engines import method
from agent.engines.estimate import estimate
from agent.engines.marks import Mark
from agent.engines.stopping import Stopping


@dataclass(frozen=True)
class Played:
    """What came of a direction: when it ended, how, and with which figure."""

    seconds: float
    full: bool
    flows: int
    mbps: float
    burst_mbps: float | None = None


def play(
    line: Callable[[float, int], float], *, rtt_s: float = 0.001, seconds: float = 10.0, least_s: float = 0.0
) -> Played:
    """Runs the rule on a line that carries ``line(seconds, flows)`` Mbit/s."""
    stopping, marks = Stopping(method.FIRST_FLOWS, rtt_s, least_s), [Mark(0.0, 0)]
    flows, step = stopping.flows, 0
    while True:
        step += 1
        now = step * method.BIN_S
        marks.append(Mark(now, marks[-1].payload + round(line(now, flows) * 1e6 / 8 * method.BIN_S)))
        match stopping.next(marks):
            case "double":
                flows = stopping.flows
            case "go on" if now < seconds:
                continue
            case _:
                found = estimate(marks)
                mbps, burst = (found.mbps, found.burst_mbps) if found else (0.0, None)
                return Played(now, stopping.full and stopping.settled, flows, mbps, burst)


def test_a_line_that_is_full_at_once_takes_a_little_over_two_seconds() -> None:
    played = play(lambda now, flows: 100)
    assert played.full
    assert played.flows == 8
    assert played.seconds == pytest.approx(2.3, abs=0.15)
    assert played.mbps == pytest.approx(100)


def test_a_long_round_trip_gets_more_time() -> None:
    assert play(lambda now, flows: 100, rtt_s=0.1).seconds == pytest.approx(4.3, abs=0.2)


def test_flows_that_lose_packets_are_doubled_until_more_bring_nothing() -> None:
    played = play(lambda now, flows: min(95.0, flows * 6.0))
    assert played.full
    assert played.flows == 32
    assert played.mbps == pytest.approx(95, rel=0.01)


def test_a_line_that_thirty_two_flows_do_not_fill_is_never_called_full() -> None:
    played = play(lambda now, flows: flows * 2.0)
    assert not played.full
    assert played.flows == 32


def test_flows_too_few_to_settle_are_doubled_all_the_same() -> None:
    """One packet in a hundred is lost: below 32 flows the rate is all saw teeth."""
    noise = random.Random(7)
    played = play(lambda now, flows: 95.0 if flows == 32 else flows * 2.5 * noise.uniform(0.5, 1.5))
    assert played.flows == 32
    assert played.mbps == pytest.approx(95, rel=0.01)


def test_a_burst_that_ends_during_the_test_is_waited_out() -> None:
    played = play(lambda now, flows: 200 if now < 1.6 else 50)
    assert played.full
    assert played.mbps == pytest.approx(50, rel=0.01)


def test_a_burst_that_outlasts_a_short_test_is_what_that_measures() -> None:
    """It can't know better: nothing in two seconds tells a burst from a line."""
    played = play(lambda now, flows: 200 if now < 6 else 50)
    assert (played.full, played.burst_mbps) == (True, None)
    assert played.mbps == pytest.approx(200)


def test_a_load_that_is_held_waits_a_long_burst_out() -> None:
    played = play(lambda now, flows: 200 if now < 6 else 50, seconds=20, least_s=15)
    assert played.full
    assert played.seconds == pytest.approx(15, abs=0.15)
    assert played.mbps == pytest.approx(50, rel=0.01)
    assert played.burst_mbps == pytest.approx(200, rel=0.05)


def test_a_load_that_is_held_takes_no_more_flows_than_a_short_test() -> None:
    played = play(lambda now, flows: 200 if now < 6 else 50, seconds=20, least_s=15)
    assert played.flows == 2 * method.FIRST_FLOWS


def test_a_burst_that_ends_as_the_hold_does_is_waited_out_too() -> None:
    played = play(lambda now, flows: 200 if now < 14.9 else 50, seconds=20, least_s=15)
    assert played.full
    assert 15.5 < played.seconds < 18
    assert played.mbps == pytest.approx(50, rel=0.01)


def test_a_held_load_that_is_unsteady_at_its_end_is_not_called_full() -> None:
    played = play(lambda now, flows: 100 if now < 10 or int(now * 2.5) % 2 else 40, seconds=20, least_s=15)
    assert not played.full
    assert played.seconds >= 20


def test_a_rate_that_never_settles_runs_to_its_limit() -> None:
    played = play(lambda now, flows: 100 if int(now * 2.5) % 2 else 40)
    assert not played.full
    assert played.seconds >= 10


@pytest.mark.parametrize("seed", range(5))
def test_an_uneven_line_is_measured_within_two_percent(seed: int) -> None:
    noise = random.Random(seed)
    played = play(lambda now, flows: 100 * noise.gauss(1, 0.02))
    assert played.full
    assert played.mbps == pytest.approx(100, rel=0.02)


def test_nothing_is_decided_before_anything_has_come() -> None:
    stopping = Stopping(4, 0.001)
    assert all(
        stopping.next([Mark(step / 10, 0) for step in range(count)]) == "go on" for count in range(1, 50)
    )


def test_other_traffic_alone_is_no_rate_of_the_test() -> None:
    """The test's flows have stopped; the interface is steadily full of what others do."""
    stopping, marks = Stopping(4, 0.001), [Mark(0.0, 0, 0, 0, 0, interface=0)]
    for step in range(1, 60):
        payload = min(step, 5) * 1_448_000
        segments = payload // 1448
        marks.append(Mark(step / 10, payload, segments, payload, segments * 66, interface=step * 1_514_000))
        assert stopping.next(marks) != "stop"
    assert not stopping.full
