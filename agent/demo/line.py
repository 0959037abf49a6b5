"""What the demo school's line carries at any moment, and what its throughput tests find.

Tests are made when the agent's own timetable has them. A test's figure is the line's, others' part counted
in, as the http engine measures it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from agent.cadence import Cadence
from agent.demo.school import INTERFACE, Story
from reports.periods import SchoolHours
from reports.samples import CapacitySample, Rates, Stretch

CAPACITY = Rates(474.0, 468.0)
CONGESTED_SHARE = 0.62
PORT_MBPS = 1000.0
SLOW_PORT_MBPS = 100.0
SLOW_PORT_CARRIES_MBPS = 94.1
"""TCP's part of 100BASE-TX after Ethernet's, IP's and TCP's headers."""

SERVER = "https://measure.example.org"
_UNTRUSTED = (("not_steady", 0.72), ("cpu_bound", 0.9), ("server_limited", 0.55))
_ONE_IN = 45
"""Of so many tests one isn't trusted, and of twice as many one has no figure."""


def within(at: datetime, stretch: Stretch) -> bool:
    return stretch.starts_at <= at < stretch.ends_at


def carries(at: datetime, told: Story, hours: SchoolHours) -> Rates:
    """What the line could carry now; nothing while the Internet is out of reach."""
    if within(at, told.provider_out) or within(at, told.cable_cut):
        return Rates(0.0, 0.0)
    if within(at, told.slow_port):
        return Rates(SLOW_PORT_CARRIES_MBPS, SLOW_PORT_CARRIES_MBPS)
    share = CONGESTED_SHARE if within(at, told.congested) and at in hours else 1.0
    assert CAPACITY.down_mbps is not None
    return Rates(CAPACITY.down_mbps * share, CAPACITY.up_mbps)


def test_times(told: Story, cadence: Cadence) -> Iterator[tuple[datetime, bool]]:
    """When tests were made and whether each was long, by the agent's own timetable."""
    times = iter(cadence.coming(cadence.after(told.begins_at)))
    for at, kind in cadence.kinds(times, None):
        if at >= told.until - timedelta(minutes=1):
            return
        if not within(at, told.off):
            yield at, kind == "long"


def test(
    seed: int, at: datetime, long: bool, told: Story, hours: SchoolHours, asked: Rates
) -> CapacitySample:
    """The test begun at ``at``, while the school asked for ``asked``."""
    chance = random.Random(f"{seed} test {int(at.timestamp())}")  # noqa: S311  # a demo, no secret
    load_s = 15.0 if long else round(chance.uniform(2.1, 4.2), 1)
    blank = CapacitySample(
        id=f"{chance.getrandbits(128):032x}",
        started_at=at,
        ended_at=at + timedelta(seconds=round(2 * load_s + 6)),
        engine="http",
        server=SERVER,
        outcome="ok",
        interface=INTERFACE,
        link_speed_mbps=SLOW_PORT_MBPS if within(at, told.slow_port) else PORT_MBPS,
    )
    if reason := _no_figure(at, told, chance):
        return replace(
            blank, ended_at=at + timedelta(seconds=3), server=None, outcome="no_measurement", reason=reason
        )
    found = _measured(blank, load_s, carries(at, told, hours), asked, chance)
    if within(at, told.slow_port):
        return replace(found, flags=("nic_limited",))
    if chance.random() < 1 / _ONE_IN:
        flag, share = _UNTRUSTED[int(chance.random() * len(_UNTRUSTED))]
        assert found.down_mbps is not None
        return replace(found, flags=(flag,), down_mbps=round(found.down_mbps * share, 2))
    return found


def _no_figure(at: datetime, told: Story, chance: random.Random) -> str | None:
    if within(at, told.cable_cut):
        return "no_link"
    if within(at, told.provider_out):
        return "no_internet"
    draw = chance.random() * 2 * _ONE_IN
    return "server_busy" if draw < 0.6 else "timeout" if draw < 1 else None


def _measured(
    blank: CapacitySample, load_s: float, line: Rates, asked: Rates, chance: random.Random
) -> CapacitySample:
    assert line.down_mbps is not None
    assert line.up_mbps is not None
    assert asked.down_mbps is not None
    assert asked.up_mbps is not None
    down = round(line.down_mbps * min(1.004, chance.gauss(0.985, 0.012)), 2)
    up = round(line.up_mbps * min(1.004, chance.gauss(0.985, 0.01)), 2)
    others = Rates(round(min(asked.down_mbps, 0.9 * down), 2), round(min(asked.up_mbps, 0.9 * up), 2))
    busy = asked.down_mbps / line.down_mbps
    idle_ms = round(chance.uniform(9.2, 11.5) + 14 * busy**3, 2)
    loaded_ms = round(idle_ms + chance.uniform(18, 34) * (1 + busy), 2)
    lost = [int(chance.random() ** 6 * 5) / 250 for _ in range(2)]
    own_down, own_up = down - (others.down_mbps or 0), up - (others.up_mbps or 0)
    return replace(
        blank,
        down_mbps=down,
        up_mbps=up,
        latency_idle_ms=idle_ms,
        latency_loaded_ms=loaded_ms,
        down_bytes=int(own_down * (load_s + 0.6) * 125_000),
        up_bytes=int(own_up * (load_s + 0.6) * 125_000),
        other_down_mbps=others.down_mbps,
        other_up_mbps=others.up_mbps,
        jitter_ms=round(chance.uniform(0.2, 0.7) + 2.5 * busy**2, 2),
        responsiveness_rpm=round(60_000 / loaded_ms),
        loss_share=round(sum(lost), 4),
        loss_down_share=lost[0],
        loss_up_share=lost[1],
        retransmitted_share=round(chance.uniform(0.0004, 0.003), 5),
        load_s=load_s,
    )
