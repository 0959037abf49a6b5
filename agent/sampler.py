"""Samples the WAN interface: reads counters, judges each interval, and folds it into minutes.

Which interface is the WAN is asked again every minute and whenever it is gone, so that a failover is
followed; one that is only renamed is the same. While a throughput test runs the polls are set aside: they
would measure the test, not the school. Of an interface that doesn't carry all of the school's traffic only
the link counts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from agent import counters, wan
from agent.minutes import MinuteFold

log = logging.getLogger("bandgap")

LINK_EVERY_S = 5.0
"""Link state costs more to ask than counters (3.6 ms with 200 interfaces), and lasts longer."""
WAN_EVERY_S = 60.0
TELL_EVERY_S = 3600.0
LONGEST_GAP_S = 30.0
"""Polls further apart than this don't say when their bytes passed (a suspended or overloaded machine)."""
NOT_DEMAND = "the interface doesn't carry all of the school's traffic"


class Sampler:
    """Polls one WAN interface, ``configured`` by name or "auto".

    ``sees_demand`` says whether it carries all of the school's traffic.
    """

    def __init__(
        self,
        configured: str,
        poll_every_s: float,
        test_running: Callable[[], bool],
        fold: MinuteFold,
        *,
        sees_demand: bool = True,
    ) -> None:
        self._configured = configured
        self._longest_s = max(LONGEST_GAP_S, 5 * poll_every_s)
        self._test_running = test_running
        self._fold = fold
        self._sees_demand = sees_demand
        self._before: counters.Reading | None = None
        self._missing_since_s: float | None = None
        self._link = counters.Link(up=True, speed_mbps=None)
        self._link_asked_s = self._wan_asked_s = -1e9
        self._testing = False
        self._told: dict[str, float] = {}
        self.interface: str | None = None

    @property
    def link_speed_mbps(self) -> float | None:
        return self._link.speed_mbps

    @property
    def there(self) -> bool:
        """Whether there is an interface that can be read."""
        return self._before is not None

    @property
    def link_up(self) -> bool:
        return self._link.up

    def poll(self, now_s: float, now: datetime) -> None:
        """Takes one reading at monotonic ``now_s``, wall time ``now``."""
        if self.interface is None or self._before is None or now_s - self._wan_asked_s >= WAN_EVERY_S:
            self._find(now_s)
        if self.interface is None:
            return
        after = counters.read(self.interface, now_s)
        if after is None and self._before and (name := self._new_name(self._before)):
            self.interface, after = name, counters.read(name, now_s)
        if after is None or self._before is None or now_s - self._link_asked_s >= LINK_EVERY_S:
            self._link, self._link_asked_s = counters.link(self.interface), now_s
        testing, self._testing = self._testing, self._test_running()
        if after is None:
            self._gone(now_s, now)
            return
        self._missing_since_s = None
        if self._before is not None and not (testing or self._testing):
            delta = counters.delta(self._before, after, self._link.speed_mbps, self._longest_s)
            if not self._sees_demand:
                delta = counters.Delta(delta.interval_s, lost=NOT_DEMAND)
            elif delta.lost:
                self._tell(delta.lost, now_s)
            self._fold.add(self.interface, delta, now, link_up=self._link.up)
        self._before = after

    def _new_name(self, before: counters.Reading) -> str | None:
        """What the interface is called now; one that was configured by name is whatever has that name."""
        name = counters.renamed(before) if self._configured == "auto" else None
        if name is not None:
            log.warning("the WAN interface %s is called %s now", before.interface, name)
        return name

    def _tell(self, lost: str, now_s: float) -> None:
        """One line a reason and hour: a driver that lies about its speed does so every second."""
        kind = lost.strip("0123456789. ")
        if now_s - self._told.get(kind, -1e9) >= TELL_EVERY_S:
            self._told[kind] = now_s
            what = {"interface": self.interface, "reason": lost}
            log.warning("%(interface)s: interval not counted: %(reason)s", what)

    def _find(self, now_s: float) -> None:
        self._wan_asked_s = now_s
        found = wan.default_interface() if self._configured == "auto" else self._configured
        if found is None or found == self.interface:
            return  # no default route: the line that was the WAN is down, and is still the one to watch
        if self._before is not None and counters.renamed(self._before) == found:
            self.interface = self._new_name(self._before)
            return
        if self.interface is not None:
            what = {"interface": found, "before": self.interface}
            log.warning("the WAN interface is now %(interface)s, it was %(before)s", what)
        self.interface, self._before, self._missing_since_s = found, None, None

    def _gone(self, now_s: float, now: datetime) -> None:
        """An interface that isn't there is an outage for as long as it isn't."""
        if self._missing_since_s is not None and self.interface is not None:
            elapsed = min(now_s - self._missing_since_s, self._longest_s)
            self._fold.add(self.interface, counters.Delta(elapsed), now, link_up=False)
        elif self._before is not None:
            log.warning("%(interface)s is gone", {"interface": self.interface})
        self._missing_since_s, self._before = now_s, None
