"""Makes outages of single probes: when one began, how far it is known to reach, when it ended. Pure.

An outage begins when a failed probe is confirmed by the next, and is dated back to the first; it ends with
the first good one. Lengths are the monotonic clock's. Two probes that lie too far apart, or between which the
wall clock moved otherwise than the monotonic one (it was set, or the machine was suspended), have time in
which nobody probed between them: a running outage is known up to the probe before, and what follows begins
anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reports.samples import Outage, Rung, Stretch

CLOCK_TOLERANCE_S = 2.0
"""Clocks that run apart by more than this between two probes were set, or stood still."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One climb of the ladder, by the time at which it began; ``rung`` is the one that failed, or None."""

    at: datetime
    at_s: float
    rung: Rung | None = None
    detail: str | None = None


class OutageWatch:
    """The outage and the stretch of probing that run now, and those that are to be kept.

    ``changed`` and ``probed`` hold what changed since they were taken away, by its beginning; of the same
    outage or stretch only the last state.
    """

    def __init__(self, longest_gap_s: float) -> None:
        self._longest_s = longest_gap_s
        self._last: Probe | None = None
        self._failed: Probe | None = None
        self._begun: Probe | None = None
        self.running: Outage | None = None
        self.changed: dict[datetime, Outage] = {}
        self.probed: dict[datetime, Stretch] = {}

    @property
    def unsure(self) -> bool:
        """Whether a probe failed and waits to be confirmed."""
        return self._failed is not None and self.running is None

    @property
    def goes_on(self) -> bool:
        """Whether the stretch of probing that was last told of still runs, with the Internet in reach."""
        return self._last is not None and self._failed is None

    def take(self, probe: Probe) -> None:
        """Takes the next probe."""
        if not self._follows(probe):
            self.lose_sight()
            self._begun = probe
        self._last = probe
        assert self._begun is not None  # of this stretch of probing, in which there is now a probe
        start = self._begun
        self.probed[start.at] = Stretch(start.at, _later(start, probe))
        if probe.rung is None:
            if self.running and self._failed:
                self._tell(replace(self.running, ended_at=_later(self._failed, probe)))
            self.running = self._failed = None
        elif self.running and self._failed:
            self.running = self._tell(replace(self.running, seen_until=_later(self._failed, probe)))
        elif self._failed is None:
            self._failed = probe
        else:
            begun = self._failed
            seen = _later(begun, probe)
            # The rung is the confirming probe's: by then the kernel knows that a neighbour is gone.
            self.running = self._tell(Outage(begun.at, seen, None, probe.rung, probe.detail))

    def lose_sight(self) -> None:
        """Nobody probes from here on, or did since the last probe: what runs is known up to that one."""
        if self.running:
            self._tell(replace(self.running, ended_at=self.running.seen_until))
        self.running = self._failed = self._last = self._begun = None

    def shift(self, by: timedelta) -> None:
        """Moves what is to be kept by so much: it was timed by a clock that wasn't set then."""
        self.lose_sight()
        outages, parts = list(self.changed.values()), list(self.probed.values())
        self.changed.clear()
        for each in outages:
            assert each.ended_at is not None  # sight of it was lost
            self._tell(
                Outage(each.started_at + by, each.seen_until + by, each.ended_at + by, each.rung, each.detail)
            )
        self.probed = {part.starts_at + by: Stretch(part.starts_at + by, part.ends_at + by) for part in parts}

    def _tell(self, outage: Outage) -> Outage:
        self.changed[outage.started_at] = outage
        return outage

    def _follows(self, probe: Probe) -> bool:
        """Whether nothing is unknown between the last probe and this one."""
        if self._last is None:
            return False
        passed_s = probe.at_s - self._last.at_s
        by_the_wall_s = (probe.at - self._last.at).total_seconds()
        return 0 < passed_s <= self._longest_s and abs(by_the_wall_s - passed_s) <= CLOCK_TOLERANCE_S


def _later(start: Probe, probe: Probe) -> datetime:
    return start.at + timedelta(seconds=probe.at_s - start.at_s)
