"""Whether the wall clock may be believed, and when it was set.

A machine without a clock of its own boots in 1970 or at the time at which it was last saved. Until its wall
clock may be believed, times are counted from boot (as if it had been at 1970-01-01), and dated once the
clock is set. What speaks against a clock: it is earlier than this version, or than the last time that was
believed; or an NTP client was started and hasn't set it yet. What ends the waiting: a time server's word, a
step that somebody made, or ``LONGEST_WAIT_S``; a clock that is earlier than this version is never believed.

Whenever a clock is believed that wasn't before, a new *era* begins. A minute belongs to the era that wrote
it first; no other adds to it, so that time which is lived twice counts once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent.clock import EARLIEST
from reports.samples import ClockStep

STEP_S = 2.0
"""Clocks that run apart by more than this between two looks: one was set. Slewing is 0.5 ms a second."""
LONGEST_WAIT_S = 3600.0
"""A machine whose time server is out of reach, or that never had one, is believed in the end."""

BOOT = datetime(1970, 1, 1, tzinfo=UTC)
"""Boot's own time while no other is known."""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How moments are dated: by the wall clock or from boot, in which era, and what lies between the two."""

    believed: bool
    era: int
    since_boot: timedelta


class ClockWatch:
    """Holds the wall clock against seconds since boot. ``seen`` is the last time that was believed."""

    def __init__(self, synchronised: Callable[[], bool | None], seen: datetime | None, era: int = 0) -> None:
        self._synchronised = synchronised
        self._seen = max(seen, EARLIEST) if seen else EARLIEST
        self._offset_s: float | None = None
        self._was_set = False
        self._unsure_since_s: float | None = None
        self.believed = False
        self.era = era

    def look(self, now_s: float, wall: datetime) -> ClockStep | None:
        """Takes both clocks at one moment; returns the step if there was one since the last look."""
        before_s, self._offset_s = self._offset_s, wall.timestamp() - now_s
        step = None
        if before_s is not None and abs(self._offset_s - before_s) >= STEP_S:
            step = ClockStep(wall, self._offset_s - before_s, self.believed)
            self._was_set = True
            self.believed = self.believed and wall >= self._seen
        if not self.believed:
            self._consider(now_s, wall, first=before_s is None)
        if self.believed:
            self._seen = wall
        return step

    def date(self, now_s: float) -> datetime:
        """A moment's date: the wall clock's, or as if boot had been at ``BOOT`` while that isn't believed."""
        return BOOT + timedelta(seconds=now_s) + (self.since_boot if self.believed else timedelta())

    @property
    def since_boot(self) -> timedelta:
        """What makes a time that is counted from boot the wall clock's."""
        return timedelta(seconds=self._offset_s or 0.0)

    @property
    def reckoning(self) -> Reckoning:
        return Reckoning(self.believed, self.era, self.since_boot)

    @property
    def seen_at(self) -> datetime:
        """The last time that was believed."""
        return self._seen

    def _consider(self, now_s: float, wall: datetime, *, first: bool) -> None:
        if self._unsure_since_s is None:
            self._unsure_since_s = now_s
        if self._believable(now_s - self._unsure_since_s, wall):
            self.believed, self._unsure_since_s = True, None
            if not first or wall < self._seen:
                self.era += 1

    def _believable(self, waited_s: float, wall: datetime) -> bool:
        if wall < EARLIEST:
            return False
        if waited_s >= LONGEST_WAIT_S:
            return True
        synchronised = self._synchronised()
        if wall < self._seen:
            return synchronised is True
        return synchronised is not False or self._was_set
