"""How often one may fail: a bucket for each key that fills with every try and empties with time.

A try is charged before it is judged and given back when it succeeds, so that many at once gain nothing. Keys
are of an asker (its address, or a name together with it) and never of a name alone: nobody can lock others
out of their account. Buckets live in memory, are forgotten with the process, and are bounded in number.
Seconds are monotonic.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Hashable
from dataclasses import dataclass, field

MOST_KEYS = 20_000


@dataclass(slots=True)
class Throttle:
    """``most`` failures at once, and as many again in each ``within_s``."""

    most: int
    within_s: float
    _levels: dict[Hashable, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def charge(self, key: Hashable, now_s: float) -> float:
        """Charges a try: 0 when it may go ahead, else the seconds until one may, and nothing is charged."""
        with self._lock:
            level = self._level(key, now_s)
            if level + 1 > self.most + 1e-9:
                return (level + 1 - self.most) * self.within_s / self.most
            if key not in self._levels and len(self._levels) >= MOST_KEYS:
                self._make_room(now_s)
            self._levels[key] = (level + 1, now_s)
            return 0.0

    def give_back(self, key: Hashable, now_s: float) -> None:
        """The try that was charged last has succeeded."""
        with self._lock:
            self._levels[key] = (max(0.0, self._level(key, now_s) - 1), now_s)

    def _level(self, key: Hashable, now_s: float) -> float:
        level, at_s = self._levels.get(key, (0.0, now_s))
        return max(0.0, level - (now_s - at_s) * self.most / self.within_s)

    def _make_room(self, now_s: float) -> None:
        """Forgets the half that has failed least: who goes on failing is remembered."""
        by_level = sorted(self._levels, key=lambda one: self._level(one, now_s))
        for key in by_level[: MOST_KEYS // 2]:
            del self._levels[key]


def neighbourhood(address: str) -> str:
    """An address as far as one asker has it to himself: all of IPv4's, the first half of IPv6's."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found), 64), strict=False).network_address)
    return str(found)
