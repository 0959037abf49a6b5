"""Counters are read from the real loopback interface, and judged by vnstat's rules."""

import socket

import pytest

from agent import counters
from agent.counters import Reading


def reading(at_s: float, rx: int, tx: int, index: int = 2, interface: str = "eth0") -> Reading:
    return Reading(interface, index, at_s, rx, tx)


def test_loopback_counts_what_is_sent_over_it() -> None:
    """A datagram over a real socket moves the real counters."""
    before = counters.read("lo", 1.0)
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    receiver.sendto(b"x" * 50_000, receiver.getsockname())
    receiver.recv(65_536)
    receiver.close()
    after = counters.read("lo", 2.0)
    assert before is not None
    assert after is not None
    assert counters.delta(before, after, None, 30).rx_bytes >= 50_000


def test_an_interface_that_is_not_there_has_no_reading_and_no_link() -> None:
    """Nothing is None, never 0."""
    assert counters.read("nosuch0", 1.0) is None
    assert counters.link("nosuch0") == counters.Link(up=False, speed_mbps=None)


def test_a_plain_interval_counts() -> None:
    """Both ways, over the time between the readings."""
    passed = counters.delta(reading(10, 1000, 500), reading(11, 3000, 600), 1000, 30)
    assert (passed.interval_s, passed.rx_bytes, passed.tx_bytes, passed.lost) == (1, 2000, 100, None)


@pytest.mark.parametrize(
    ("after", "speed", "why"),
    [
        (reading(11, 900, 600), None, "the counters were reset"),
        (reading(11, 1000, 400), None, "the counters were reset"),
        (reading(11, 2000, 600, index=7), None, "the interface was replaced"),
        (reading(11, 1000 + 12_800_000, 600), 100, "more bytes than a link of 100 Mbps carries"),
        (reading(50, 2000, 600), None, "40 s passed between two readings"),
        (reading(9, 2000, 600), None, "-1 s passed between two readings"),
    ],
)
def test_what_cannot_be_known_counts_nothing(after: Reading, speed: float | None, why: str) -> None:
    """A reset, a new interface, an impossible delta and a long pause are gaps, each with its reason."""
    lost = counters.delta(reading(10, 1000, 500), after, speed, 30)
    assert (lost.rx_bytes, lost.tx_bytes, lost.lost) == (0, 0, why)


def test_a_new_name_is_no_new_interface() -> None:
    """The kernel's number stays when udev renames eth0 to enp1s0."""
    passed = counters.delta(reading(10, 1000, 500), reading(11, 2000, 600, interface="enp1s0"), None, 30)
    assert (passed.rx_bytes, passed.lost) == (1000, None)


@pytest.mark.parametrize(
    ("before", "after", "speed", "counted"),
    [
        (reading(10, 2**32 - 1000, 10**9), reading(11, 2000, 10**9 + 5), 1000, (3000, 5)),
        (reading(10, 10**9, 2**32 - 1000), reading(11, 10**9 + 5, 2000), 1000, (5, 3000)),
        # The other way's counter is so low that a reset need not have lowered it.
        (reading(10, 2**32 - 1000, 10), reading(11, 2000, 15), 1000, None),
        # Both fell: a reset.
        (reading(10, 2**32 - 1000, 10**9), reading(11, 2000, 10), 1000, None),
        # More than the link carries since.
        (reading(10, 2**31, 10**9), reading(11, 2000, 10**9 + 5), 1000, None),
        # No speed to judge by.
        (reading(10, 2**32 - 1000, 10**9), reading(11, 2000, 10**9 + 5), None, None),
        # A counter of 64 bits was above.
        (reading(10, 2**33, 10**9), reading(11, 2000, 10**9 + 5), 1000, None),
    ],
)
def test_a_counter_of_32_bits_that_went_round_is_told_from_a_reset(
    before: Reading, after: Reading, speed: float | None, counted: tuple[int, int] | None
) -> None:
    """Only when a reset is out of the question: it would have lowered the other way's counter too."""
    passed = counters.delta(before, after, speed, 30)
    assert (passed.lost is None) == (counted is not None)
    assert (passed.rx_bytes, passed.tx_bytes) == (counted or (0, 0))


def test_link_speed_with_its_tolerance_is_believed() -> None:
    """A full link measured by an imperfect clock is not an error: 2 % above passes."""
    full = counters.delta(reading(10, 0, 0), reading(11, 12_700_000, 0), 100, 30)
    assert full.lost is None
