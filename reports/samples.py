"""Samples: what was counted on the WAN interface, what one throughput test found, and outages.

*Down* is towards the school, what the WAN interface receives; *up* is what it sends. A sample that
couldn't be taken has no number: None, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Outcome = Literal["ok", "no_measurement"]

Rung = Literal["link", "address", "gateway", "dns", "internet"]
"""What stands between this machine and the Internet, nearest first."""


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

    @property
    def trusted(self) -> bool:
        """Whether this sample may enter a verdict."""
        return self.outcome == "ok" and not self.flags

    @property
    def rates(self) -> Rates:
        return Rates(self.down_mbps, self.up_mbps)


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


def mbps(octets: float, seconds: float) -> float:
    """Bytes over seconds as Mbit/s (10^6 bits, as RFC 5136 and every contract count)."""
    return octets * 8 / seconds / 1e6
