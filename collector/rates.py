"""How many uploads one site or one address may send, and how long the next has to wait.

A bucket for each holds a minute's worth and fills steadily, so that a gateway that was away for a month may
empty its outbox at once, and nobody can keep it up. A refusal is no loss: agents wait as long as they are
told and send again. Seconds are the event loop's. What is full again is forgotten, addresses first of all:
they are held in memory alone.
"""

from __future__ import annotations

from collections.abc import Hashable

MINUTE_S = 60.0
MOST_REMEMBERED = 100_000


class Rates:
    """Buckets of ``per_minute`` each, by whose they are; 0 is no limit."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = float(per_minute)
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def wait_s(self, whose: Hashable, now_s: float, cost: float = 1.0) -> float:
        """Takes from a bucket and returns 0, or takes nothing and returns how long that has to wait."""
        if not self._per_minute:
            return 0.0
        held, at_s = self._buckets.get(whose, (self._per_minute, now_s))
        held = min(self._per_minute, held + (now_s - at_s) * self._per_minute / MINUTE_S)
        if held < 1.0:
            return (1.0 - held) * MINUTE_S / self._per_minute
        if len(self._buckets) >= MOST_REMEMBERED and whose not in self._buckets:
            self._forget(now_s)
        self._buckets[whose] = (held - cost, now_s)
        return 0.0

    def _forget(self, now_s: float) -> None:
        """Forgets the full ones; when none is, all: a flood of addresses must not fill the memory."""
        self._buckets = {
            whose: (held, at_s)
            for whose, (held, at_s) in self._buckets.items()
            if held + (now_s - at_s) * self._per_minute / MINUTE_S < self._per_minute
        }
        if len(self._buckets) >= MOST_REMEMBERED:
            self._buckets.clear()
