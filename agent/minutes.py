"""Folds polls of a second into rows of a minute, in memory.

A row belongs to the UTC minute in which its polls lie, by their middle. What wasn't observed isn't in
it. Rows are handed out once their minute is over, so that the store is written once a minute however
often the counters are read: SD cards wear out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from agent.counters import Delta
from reports.samples import UsageSample, mbps

MINUTE_S = 60


@dataclass(slots=True)
class Totals:
    """All that was counted on an interface since the agent began."""

    rx_bytes: int = 0
    tx_bytes: int = 0
    observed_s: float = 0.0
    down_s: float = 0.0


class MinuteFold:
    """The minute that is running, those that are over and wait to be written, and totals by interface.

    Several may share ``ready``. Where polls are too ``coarse`` to tell a peak, a minute's is its mean.
    """

    def __init__(self, ready: list[UsageSample] | None = None, *, coarse: bool = False) -> None:
        self._coarse = coarse
        self.totals: dict[str, Totals] = {}
        self._slot: tuple[str, int] | None = None
        self._interval_s = self._down_s = 0.0
        self._rx = self._tx = 0
        self._peak_rx = self._peak_tx = 0.0
        self.ready: list[UsageSample] = [] if ready is None else ready

    def add(self, interface: str, delta: Delta, ended_at: datetime, *, link_up: bool) -> None:
        """Takes one poll's delta that ended at ``ended_at``.

        A lost one leaves its seconds out. Without carrier the seconds are an outage, not zero traffic.
        """
        middle = ended_at.timestamp() - delta.interval_s / 2
        slot = (interface, int(middle // MINUTE_S) * MINUTE_S)
        if slot != self._slot:
            self.close()
            self._slot = slot
        totals = self.totals.setdefault(interface, Totals())
        if not link_up:
            self._down_s += max(0.0, delta.interval_s)
            totals.down_s += max(0.0, delta.interval_s)
            return
        if delta.lost is not None:
            return
        self._interval_s += delta.interval_s
        self._rx += delta.rx_bytes
        self._tx += delta.tx_bytes
        totals.rx_bytes += delta.rx_bytes
        totals.tx_bytes += delta.tx_bytes
        totals.observed_s += delta.interval_s
        self._peak_rx = max(self._peak_rx, mbps(delta.rx_bytes, delta.interval_s))
        self._peak_tx = max(self._peak_tx, mbps(delta.tx_bytes, delta.interval_s))

    def close(self) -> None:
        """Ends the running minute early or because it is over; its row joins ``ready``."""
        if self._slot is not None and self._interval_s + self._down_s > 0:
            interface, started = self._slot
            seen = self._interval_s > 0
            if self._coarse and seen:
                self._peak_rx = mbps(self._rx, self._interval_s)
                self._peak_tx = mbps(self._tx, self._interval_s)
            self.ready.append(
                UsageSample(
                    interface=interface,
                    started_at=datetime.fromtimestamp(started, UTC),
                    interval_s=round(self._interval_s, 3),
                    rx_bytes=self._rx,
                    tx_bytes=self._tx,
                    peak_rx_mbps=round(self._peak_rx, 6) if seen else None,
                    peak_tx_mbps=round(self._peak_tx, 6) if seen else None,
                    link_down_s=round(self._down_s, 3),
                )
            )
        self._slot = None
        self._interval_s = self._down_s = 0.0
        self._rx = self._tx = 0
        self._peak_rx = self._peak_tx = 0.0
