"""Two readings of a gateway's port make a delta, or a reason why what passed isn't known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.counters import Delta
from agent.snmp.port import IN_64, OUT_64, UPTIME, PortReading, delta, reading, values

FIRST = PortReading(100.0, 2, True, 1000.0, 5000, 0, 64, 10**12, 10**11, "eth0")
SECOND = replace(FIRST, at_s=110.0, uptime=6000, rx_bytes=10**12 + 50_000_000, tx_bytes=10**11 + 4_000_000)
LONGEST_S = 60.0


def lost(before: PortReading, after: PortReading) -> str:
    found = delta(before, after, LONGEST_S)
    assert (found.rx_bytes, found.tx_bytes) == (0, 0)
    assert found.lost is not None
    return found.lost


def test_what_passed_is_the_difference() -> None:
    assert delta(FIRST, SECOND, LONGEST_S) == Delta(10.0, 50_000_000, 4_000_000)


def test_a_restart_is_a_gap_though_the_counters_went_up() -> None:
    """sysUpTime went back: a busy gateway passes its old count soon."""
    assert lost(FIRST, replace(SECOND, uptime=40)) == "the gateway was restarted"


def test_a_discontinuity_is_a_gap() -> None:
    """ifCounterDiscontinuityTime moved: the port's driver was made anew."""
    assert lost(FIRST, replace(SECOND, renewed=5900)) == "the gateway was restarted"


def test_counters_that_went_down_are_a_gap_and_no_wrap() -> None:
    """64 bits don't wrap in the life of a gateway."""
    assert lost(FIRST, replace(SECOND, rx_bytes=5)) == "the gateway's counters were reset"


@pytest.mark.parametrize("change", [{"index": 3}, {"name": "eth1"}, {"bits": 32}])
def test_another_port_in_its_place_is_a_gap(change: dict[str, int | str]) -> None:
    assert lost(FIRST, replace(SECOND, **change)) == "the gateway's port was replaced"  # type: ignore[arg-type]


def test_readings_too_far_apart_are_a_gap() -> None:
    """The gateway kept silent for two minutes: when its bytes passed isn't known."""
    assert lost(FIRST, replace(SECOND, at_s=220.0)) == "120 s passed between two readings"


@given(st.integers(0, 2**32 - 1), st.integers(0, 30_000_000))
def test_small_counters_wrap_once_on_a_slow_port(start: int, passed: int) -> None:
    """30 MB are more than 20 Mbps carry in ten seconds."""
    before = replace(FIRST, bits=32, speed_mbps=20.0, rx_bytes=start, tx_bytes=start)
    after = replace(before, at_s=110.0, rx_bytes=(start + passed) % 2**32)
    assert delta(before, after, LONGEST_S) == Delta(10.0, passed, 0)


@pytest.mark.parametrize("speed_mbps", [10_000.0, None])
def test_small_counters_are_not_used_where_they_may_wrap_twice(speed_mbps: float | None) -> None:
    """At 10 Gbps they do so every 3.4 s; without a speed nobody knows."""
    before = replace(FIRST, bits=32, speed_mbps=speed_mbps, rx_bytes=1, tx_bytes=1)
    assert "counters of 32 bits only" in lost(before, replace(before, at_s=110.0, rx_bytes=9))


def test_more_than_the_port_carries_is_a_gap_but_a_late_refresh_is_not() -> None:
    """A gigabit port, ten seconds: 1.25 GB, or what passed before in the time that a refresh may take."""
    late = replace(SECOND, rx_bytes=FIRST.rx_bytes + 2_000_000_000)
    assert delta(FIRST, late, LONGEST_S).rx_bytes == 2_000_000_000
    assert lost(FIRST, replace(SECOND, rx_bytes=FIRST.rx_bytes + 5_000_000_000)).startswith("more bytes than")


def test_a_guessed_speed_bounds_nothing() -> None:
    """net-snmp says 10 Mbps of ports whose speed it doesn't know."""
    slow = replace(FIRST, speed_mbps=10.0), replace(SECOND, speed_mbps=10.0, rx_bytes=FIRST.rx_bytes + 10**9)
    assert delta(*slow, LONGEST_S).rx_bytes == 10**9


def test_what_a_device_does_not_have_is_not_a_value() -> None:
    """As net-snmp prints it."""
    said = (
        f"{UPTIME} 99\n{IN_64}.4 No Such Instance currently exists at this OID\n"
        '.1.3.6.1.2.1.31.1.1.1.1.4 "eth 0"\nstray words\n'
    )
    assert values(said) == {UPTIME: "99", ".1.3.6.1.2.1.31.1.1.1.1.4": "eth 0"}
    with pytest.raises(ValueError, match="no octet counters"):
        reading(values(said), 4, "wan", 0.0)


@pytest.mark.parametrize(
    ("status", "up"), [("1", True), ("2", False), ("4", True), ("6", False), ("7", False)]
)
def test_unknown_is_no_outage(status: str, up: bool) -> None:
    """Tunnels and PPP ports say "unknown" (4) while they work; the others that are down say so."""
    found = {UPTIME: "1", f"{IN_64}.4": "5", f"{OUT_64}.4": "6", ".1.3.6.1.2.1.2.2.1.8.4": status}
    taken = reading(found, 4, "wan", 0.0)
    assert (taken.up, taken.name, taken.speed_mbps) == (up, "4", None)
