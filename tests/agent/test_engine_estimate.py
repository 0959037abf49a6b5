"""The line's rate out of counts: quiet lines, busy ones, bursts, and counters that can't be used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.engines.estimate import by_way, estimate, is_steady
from agent.engines.marks import Mark, retransmitted_share, straightened

PAYLOAD, HEADERS = 1448, 66
SHARE = PAYLOAD / (PAYLOAD + HEADERS)


def marks(
    line_mbps: Sequence[float],
    *,
    own: float = 1.0,
    interface: Callable[[int], int | None] = lambda octets: octets,
    wire: bool = True,
) -> list[Mark]:
    """A direction whose line carried so many Mbit/s of Ethernet octets in each tenth of a second.

    ``own`` is the test's part of them; ``interface`` is what the interface makes of the octets so far.
    """
    passed, found = 0.0, []
    for index, rate in enumerate([0.0, *line_mbps]):
        passed += rate * 1e6 / 8 / 10
        segments = passed * own / (PAYLOAD + HEADERS)
        found.append(
            Mark(
                at_s=100 + index / 10,
                payload=round(segments * PAYLOAD),
                segments=round(segments) if wire else None,
                carried=round(segments * PAYLOAD) if wire else None,
                headers=round(segments * HEADERS) if wire else None,
                interface=interface(round(passed)),
            )
        )
    return found


def nobody_counts(octets: int) -> None:
    return None


@given(rate=st.floats(1, 10_000), own=st.floats(0.15, 1.0))
def test_whatever_part_of_the_line_the_test_gets_the_capacity_is_the_lines(rate: float, own: float) -> None:
    found = estimate(marks([rate] * 25, own=own))
    assert found is not None
    assert found.mbps == pytest.approx(rate * SHARE, rel=0.006)
    assert found.own_share == pytest.approx(own, abs=0.01)
    assert not found.hidden_traffic


@given(rate=st.floats(1, 10_000))
def test_without_an_interface_it_is_the_payload_that_counts(rate: float) -> None:
    found = estimate(marks([rate] * 20, interface=nobody_counts))
    assert found is not None
    assert found.mbps == pytest.approx(rate * SHARE, rel=0.001)
    assert found.own_share is None


@given(st.lists(st.floats(0.5, 1000), min_size=8, max_size=60), st.floats(0.2, 1))
def test_a_figure_is_never_above_the_best_tenth_of_a_second(rates: list[float], own: float) -> None:
    found = estimate(marks(rates, own=own))
    if found is not None:
        assert 0 < found.mbps <= max(rates) * 1.01


def test_the_ramp_is_never_counted() -> None:
    found = estimate(marks([5, 20, 60] + [100] * 15))
    assert found is not None
    assert found.mbps == pytest.approx(100 * SHARE, rel=0.001)
    assert found.burst_mbps is None


def test_a_burst_before_the_bucket_was_empty_is_told_apart_from_the_rate() -> None:
    found = estimate(marks([200] * 14 + [50] * 15))
    assert found is not None
    assert found.mbps == pytest.approx(50 * SHARE, rel=0.001)
    assert found.burst_mbps == pytest.approx(200 * SHARE, rel=0.05)


def test_an_interface_that_does_not_see_the_test_is_left_aside() -> None:
    found = estimate(marks([100] * 20, interface=lambda octets: octets // 50))
    assert found is not None
    assert found.mbps == pytest.approx(100 * SHARE, rel=0.001)
    assert found.own_share is None


def test_a_driver_that_counts_the_frame_check_sequence_makes_no_difference() -> None:
    found = estimate(marks([100] * 20, interface=lambda octets: round(octets * 1518 / 1514)))
    assert found is not None
    assert found.mbps == pytest.approx(100 * SHARE, rel=0.001)


def test_a_driver_that_counts_aggregates_makes_no_difference_on_a_quiet_line() -> None:
    found = estimate(marks([100] * 20, interface=lambda octets: round(octets * SHARE * 1.002)))
    assert found is not None
    assert found.mbps == pytest.approx(100 * SHARE, rel=0.003)


def test_aggregates_are_told_by_their_number_on_a_busy_line() -> None:
    """Half of the line is other traffic; all of it is counted in lumps of 20 segments, a header each."""
    lump = 20 * PAYLOAD + HEADERS
    busy = []
    for mark in marks([100] * 20, own=0.5):
        assert mark.segments is not None
        lumps = mark.segments * 2 / 20
        busy.append(
            Mark(
                at_s=mark.at_s,
                payload=mark.payload,
                segments=mark.segments,
                carried=mark.carried,
                headers=mark.headers,
                interface=round(lumps * lump),
                interface_packets=round(lumps),
            )
        )
    found = estimate(busy)
    assert found is not None
    assert found.mbps == pytest.approx(100 * SHARE, rel=0.01)


def test_a_counter_that_is_refreshed_once_a_second_is_left_aside() -> None:
    quiet = estimate(marks([100] * 35, interface=lambda octets: octets // 12_500_000 * 12_500_000))
    assert quiet is not None
    assert quiet.mbps == pytest.approx(100 * SHARE, rel=0.001)
    assert not quiet.hidden_traffic


def test_other_traffic_behind_such_a_counter_is_a_doubt() -> None:
    busy = estimate(marks([100] * 35, own=0.6, interface=lambda octets: octets // 12_500_000 * 12_500_000))
    assert busy is not None
    assert busy.hidden_traffic


def test_without_tcps_counts_the_share_is_the_best_there_was() -> None:
    found = estimate(marks([100] * 20, wire=False))
    assert found is not None
    assert found.mbps == pytest.approx(100 * SHARE, rel=0.001)


def received(octets: Sequence[int], segments: Sequence[int], mss: int = PAYLOAD) -> list[Mark]:
    """Marks of a receiver: what it has in order, and how many segments have come."""
    return [
        Mark(
            at_s=step / 10, payload=read, carried=read, segments=came, headers=0, data_segments=came, mss=mss
        )
        for step, (read, came) in enumerate(zip(octets, segments, strict=True))
    ]


def test_payload_behind_a_gap_is_counted_when_its_segments_come() -> None:
    """What was read stands still for half a second and then jumps; the segments came all the while."""
    came = [100 * step for step in range(30)]
    even = [PAYLOAD * count for count in came]
    stuck = [*even[:22], *[even[22]] * 5, *even[27:]]
    assert [mark.payload for mark in straightened(received(stuck, came))] == even


def test_a_server_that_writes_in_small_pieces_is_counted_at_its_segments_mean() -> None:
    came = [120 * step for step in range(30)]
    read = [8192 * 20 * step for step in range(30)]  # 8 KiB in six segments
    assert [mark.payload for mark in straightened(received(read, came))] == read


@pytest.mark.parametrize(("each", "mss"), [(40_000, 65_483), (700, PAYLOAD), (2_000, PAYLOAD)])
def test_segments_of_any_size_are_no_measure(each: int, mss: int) -> None:
    came = [100 * step for step in range(30)]
    seen = received([each * count for count in came], came, mss)
    assert straightened(seen) == seen


@pytest.mark.parametrize("rates", [[], [0.0] * 20, [100.0] * 3])
def test_too_little_is_no_figure(rates: list[float]) -> None:
    assert estimate(marks(rates)) is None


def test_one_rate_is_steady_and_two_are_not() -> None:
    assert is_steady([100, 101, 99, 100, 100, 101, 99, 100], 0.03)
    assert not is_steady([100, 100, 100, 100, 110, 110, 110, 110], 0.03)
    assert not is_steady([100, 60, 140, 100, 60, 140, 100, 100], 0.03)
    assert not is_steady([0, 0, 0, 0, 0, 0], 0.03)
    assert not is_steady([100, 100], 0.03)


def test_a_machine_that_was_busy_throughout_shows() -> None:
    worked = [replace(mark, machine=(190 * n, 200 * n)) for n, mark in enumerate(marks([100] * 20))]
    found = estimate(worked)
    assert found is not None
    assert found.machine_share == pytest.approx(0.95)
    untold = estimate(marks([100] * 20))
    assert untold is not None
    assert untold.machine_share is None


def test_a_machine_that_was_seldom_let_run_shows() -> None:
    """A twentieth of a core: little work of its own, an idle machine, and always waiting."""
    held = [replace(mark, cpu_s=0.005 * n, waited_s=0.095 * n) for n, mark in enumerate(marks([100] * 20))]
    found = estimate(held)
    assert found is not None
    assert found.cpu_share == pytest.approx(1.0)


def test_acknowledgements_that_come_in_lumps_are_all_counted() -> None:
    """Behind a full downlink: seven tenths of a second of 95 and three of 111.7 are 100."""
    lumps = ([95.0] * 7 + [111.7] * 3) * 3
    found = estimate(marks([100] * 4 + lumps, interface=nobody_counts))
    assert found is not None
    assert found.mbps == pytest.approx(100 * SHARE, rel=0.002)


def test_an_uplinks_count_that_is_ahead_of_the_line_now_and_then_is_not_the_lines_rate() -> None:
    """It counts what the provider drops later, in bursts; with others on the line it is all there is."""
    found = estimate(marks([100] * 4 + ([100.0] * 8 + [120.0] * 2) * 3, own=0.5))
    assert found is not None
    assert found.mbps == pytest.approx(100 * SHARE, rel=0.002)


def test_one_stall_of_the_machine_and_the_rush_after_it_change_nothing() -> None:
    found = estimate(marks([100] * 8 + [30, 100, 100] + [100] * 9))
    assert found is not None
    assert found.mbps == pytest.approx(100 * SHARE, rel=0.001)


def test_what_others_had_of_the_line_is_told_beside_it() -> None:
    found = estimate(marks([100] * 20, own=0.7))
    assert found is not None
    assert found.other_mbps == pytest.approx(30 * SHARE, rel=0.01)
    unseen = estimate(marks([100] * 20, interface=lambda octets: None))
    assert unseen is not None
    assert unseen.other_mbps is None


def test_a_reading_has_nothing_of_a_direction_without_a_figure() -> None:
    down = marks([200] * 15 + [50] * 20)
    found = estimate(down)
    assert found is not None
    figures = by_way({"down": found}, down, [])
    assert figures["down_mbps"] == pytest.approx(50 * SHARE, rel=0.01)
    assert figures["burst_down_mbps"] == pytest.approx(200 * SHARE, rel=0.05)
    assert figures["load_s"] == pytest.approx(3.5)
    assert figures["retransmitted_share"] is None
    assert "up_mbps" not in figures


def test_the_load_of_a_test_is_its_shorter_direction() -> None:
    down, up = marks([100] * 150), marks([100] * 20)
    both = {way: found for way, of in (("down", down), ("up", up)) if (found := estimate(of))}
    assert by_way(both, down, up)["load_s"] == pytest.approx(2.0)


def test_segments_sent_again_are_a_share_of_all_that_were_sent() -> None:
    sent = [replace(mark, retransmitted=(mark.segments or 0) // 100) for mark in marks([100] * 20)]
    assert retransmitted_share(sent) == pytest.approx(0.01, rel=0.01)
    assert retransmitted_share(marks([100] * 20)) is None
    assert retransmitted_share([]) is None
