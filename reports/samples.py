"""Samples: what was counted on the WAN interface, what one throughput test found, and outages.

*Down* is towards the school, what the WAN interface receives; *up* is what it sends. A sample that
couldn't be taken has no number: None, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Outcome = Literal["ok", "no_measurement"]

LONG_S = 10.0
"""Seconds of load each way from which a test is a long one."""

Rung = Literal["link", "address", "gateway", "dns", "internet"]
"""What stands between this machine and the Internet, nearest first."""


LOWER_BOUND = "lower_bound"
"""The flag of a test on a line whose other traffic wasn't counted."""


@dataclass(frozen=True, slots=True)
class Rates:
    """A pair of rates, one each way, in Mbit/s; None where there is no evidence."""

    down_mbps: float | None = None
    up_mbps: float | None = None

    def __bool__(self) -> bool:
        return self.down_mbps is not None or self.up_mbps is not None


@dataclass(frozen=True, slots=True)
class UsageSample:
    """What crossed an interface in one slot of a minute or of five.

    ``interval_s`` is how much of the slot was observed: seconds in which the agent was off, the counters
    were reset or a throughput test was running are missing from it, as are their bytes. Peaks are those
    of the finer polls inside. ``link_down_s`` are seconds without carrier; they aren't part of
    ``interval_s``, for a cut wire isn't 0 Mbps.
    """

    interface: str
    started_at: datetime
    interval_s: float
    rx_bytes: int
    tx_bytes: int
    peak_rx_mbps: float | None = None
    peak_tx_mbps: float | None = None
    link_down_s: float = 0.0

    @property
    def mean(self) -> Rates:
        """Mean rates over the observed part; no rate where nothing was observed."""
        if self.interval_s <= 0:
            return Rates()
        return Rates(mbps(self.rx_bytes, self.interval_s), mbps(self.tx_bytes, self.interval_s))


@dataclass(frozen=True, slots=True)
class CapacitySample:
    """One throughput test: what the line carried each way, at what cost, and whether to trust it.

    ``reason`` and ``detail`` say why there is no measurement; ``flags`` are the codes of what makes a
    measurement untrusted. Bytes are those the test itself moved, both ways together with its latency
    probes. Latencies are round trips in milliseconds: idle before the load, loaded during it (medians).

    What else a test found is None where its engine can't know it. ``other_`` is the part of ``down_mbps`` and
    ``up_mbps`` that others had while the test ran: the figure is the line's, its own part what is left of it.
    ``jitter_ms`` is the mean absolute difference of successive idle round trips. ``responsiveness_rpm`` is
    round trips in a minute under load, as a page would make them. ``loss_`` shares are those of UDP packets
    sent while the line was idle: that didn't come back, and each way where the far end tells.
    ``retransmitted_share`` is that of the upload's TCP segments; the test itself fills the queue that drops
    them, so it is no loss of the line's. ``burst_`` is the rate that a direction began with, where that was
    clearly more than it sustained. ``load_s`` is how long each direction was loaded, the shorter of both.
    """

    id: str
    started_at: datetime
    ended_at: datetime
    engine: str
    server: str | None
    outcome: Outcome
    reason: str | None = None
    detail: str | None = None
    down_mbps: float | None = None
    up_mbps: float | None = None
    latency_idle_ms: float | None = None
    latency_loaded_ms: float | None = None
    down_bytes: int = 0
    up_bytes: int = 0
    flags: tuple[str, ...] = ()
    interface: str | None = None
    link_speed_mbps: float | None = None
    other_down_mbps: float | None = None
    other_up_mbps: float | None = None
    jitter_ms: float | None = None
    responsiveness_rpm: float | None = None
    loss_share: float | None = None
    loss_down_share: float | None = None
    loss_up_share: float | None = None
    retransmitted_share: float | None = None
    burst_down_mbps: float | None = None
    burst_up_mbps: float | None = None
    load_s: float | None = None

    @property
    def trusted(self) -> bool:
        """Whether this sample may enter a verdict."""
        return self.outcome == "ok" and not self.flags

    @property
    def at_least(self) -> bool:
        """Whether all that is known is that the line carries these rates or more."""
        return self.outcome == "ok" and self.flags == (LOWER_BOUND,)

    @property
    def imported(self) -> bool:
        """Whether another tool made this test: its cost and its time are none of this agent's."""
        return "imported" in self.flags

    @property
    def rates(self) -> Rates:
        return Rates(self.down_mbps, self.up_mbps)

    @property
    def other(self) -> Rates:
        """What else was on the line during the test."""
        return Rates(self.other_down_mbps, self.other_up_mbps)

    @property
    def own(self) -> Rates:
        """What the test itself had of the line; None where others' part isn't known."""
        return Rates(
            _less(self.down_mbps, self.other_down_mbps),
            _less(self.up_mbps, self.other_up_mbps),
        )

    @property
    def burst(self) -> Rates:
        """What the line gave at first, before its sustained rate."""
        return Rates(self.burst_down_mbps, self.burst_up_mbps)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Codes of what a reader should know of a figure that is right all the same."""
        return ("burst",) if self.burst else ()

    @property
    def long(self) -> bool:
        """Whether the load lasted for long enough to empty a large burst bucket."""
        return self.load_s is not None and self.load_s >= LONG_S


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time: starts_at <= t < ends_at."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch whose samples were kept no longer, or never could be, and the code of why.

    ``what`` is "minutes" where only the rows of a minute are gone and their five-minute means still there,
    "samples" where those may be missing too. A damaged store doesn't always tell when its first sample was:
    a hole then begins with 1970.
    """

    starts_at: datetime
    ends_at: datetime
    what: Literal["minutes", "samples"]
    reason: Literal["age", "disk_full", "unwritable", "damaged"]


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch in which every probe found the Internet out of reach, and the first rung that failed.

    It begins with the first probe that failed and ends with the first that didn't. ``ended_at`` is None while
    it lasts, and as late as ``seen_until``, the last probe that failed, when nobody probed any longer: what
    came after isn't known.
    """

    started_at: datetime
    seen_until: datetime
    ended_at: datetime | None
    rung: Rung
    detail: str | None = None

    @property
    def until(self) -> datetime:
        """How far it is known to reach."""
        return self.ended_at or self.seen_until

    @property
    def end_seen(self) -> bool:
        """Whether a probe found the Internet in reach again."""
        return self.ended_at is not None and self.ended_at > self.seen_until

    @property
    def seconds(self) -> float:
        """How long it is known to have been."""
        return (self.until - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class ClockStep:
    """The wall clock was set: what it said afterwards, and by how much it moved.

    ``believed`` tells whether samples had been dated by what it said before.
    """

    at: datetime
    by_s: float
    believed: bool


def _less(rate_mbps: float | None, other_mbps: float | None) -> float | None:
    return None if rate_mbps is None or other_mbps is None else max(0.0, rate_mbps - other_mbps)


def mbps(octets: float, seconds: float) -> float:
    """Bytes over seconds as Mbit/s (10^6 bits, as RFC 5136 and every contract count)."""
    return octets * 8 / seconds / 1e6
