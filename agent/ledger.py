"""What the loop counted on its way into the store, each row under the date that its clock deserves.

While the wall clock is believed (``agent/clock_watch.py``) rows go in under their dates. Otherwise they are
counted from boot and kept as such (``agent/undated.py``); once the clock is set, they are dated. What the
store can't take waits in memory, up to a day of it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from agent import clock, damage, store, undated
from agent.clock_watch import ClockWatch, Reckoning
from agent.minutes import MinuteFold
from agent.reach.reachability import Reachability
from reports.faults import Fault
from reports.samples import ClockStep, Hole, UsageSample

log = logging.getLogger("bandgap")

NOTED_EVERY_S = 600.0
"""How often the clock's time is noted beside the minutes, which show it too."""

KEPT_ROWS = 24 * 60
"""Minute rows kept in memory while the store can't be written; older ones are given up, and said so."""


class Ledger:
    """The minutes of one agent, and its clock. The folds take polls at the times that ``date`` gives, and
    what they have ready is one list. ``renewed`` is told of the store that takes a damaged one's place."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        state: Path,
        renewed: Callable[[sqlite3.Connection], None],
        *,
        boot: str | None = None,
        synchronised: Callable[[], bool | None] = clock.synchronised,
    ) -> None:
        self._store, self._state, self._renewed = connection, state, renewed
        self._boot = clock.boot_id() if boot is None else boot
        self._watch = ClockWatch(synchronised, *store.clock_seen(connection))
        self._noted: tuple[datetime, int] | None = None
        self._undated: list[UsageSample] = []
        self._left_out: list[UsageSample] = []
        self._steps: list[ClockStep] = []
        self._to_date = False
        self._given_up: Hole | None = None
        self.fold = MinuteFold()
        self.gateway_fold = MinuteFold(self.fold.ready, coarse=True)
        self.writable = True

    @property
    def believed(self) -> bool:
        """Whether the wall clock is."""
        return self._watch.believed

    def begin(self, now_s: float, wall: datetime) -> None:
        """Takes the first look at both clocks."""
        self._watch.look(now_s, wall)
        if not self.believed:
            log.warning("the clock isn't set (%s): time is counted from boot until it is", _short(wall))
        elif undated.waiting(self._store, self._boot):
            self._watch.era += 1
            self._to_date = True

    def date(self, now_s: float) -> datetime:
        """What a moment is called in the rows: its date, or the time since boot (``clock_watch.BOOT``)."""
        return self._watch.date(now_s)

    def look(self, now_s: float, wall: datetime, reachability: Reachability) -> bool:
        """Holds the clocks against each other; says whether the wall clock was set, or is believed anew."""
        before = self._watch.reckoning
        step = self._watch.look(now_s, wall)
        if step is None and self.believed == before.believed:
            return False
        self._close_the_books(before, reachability)
        if step is not None:
            log.warning("the clock was set by %(by_s)+.0f s", {"by_s": step.by_s})
            self._steps.append(step)
        if self.believed and not before.believed:
            log.info("the clock is believed now: %(clock)s", {"clock": _short(wall)})
            self._to_date = True
            reachability.shift(self._watch.since_boot)
        elif before.believed and not self.believed:
            log.warning("the clock went back to %s: time is counted from boot until it is sure", _short(wall))
        self.write(reachability)
        return True

    def write(self, reachability: Reachability) -> bool:
        """Writes what waits; what the store can't take goes on waiting."""
        return self._write(reachability, self._watch.reckoning)

    def close(self) -> None:
        """Ends the minute that is running; with what is left of it, the clock's time is noted."""
        self._noted = None
        self.fold.close()
        self.gateway_fold.close()

    def _close_the_books(self, before: Reckoning, reachability: Reachability) -> None:
        """Writes what was dated as before, or strips it of its date, for what follows is dated otherwise."""
        self.close()
        if before.believed and not self.believed:
            reachability.lose_sight()
        if not self._write(reachability, before) and before.believed:
            self._undated += [_from_boot(row, before) for row in self.fold.ready]
            self.fold.ready.clear()
            if not self.believed:
                reachability.written(clock.uptime_s())  # given up: their times are no longer known

    def _write(self, reachability: Reachability, reckoning: Reckoning) -> bool:
        if not reckoning.believed:
            self._undated += self.fold.ready
            self.fold.ready.clear()
        if damage.suspected(self._state):
            self._begin_anew()
        try:
            self._put(reachability, reckoning)
        except sqlite3.Error as fault:
            if store.is_damage(fault):
                self._begin_anew()  # what waits is written with the next turn of the loop
                return False
            if self.writable:
                log.error("the store can't be written (%s); samples wait in memory", fault)
            self.writable = False
            for rows in (self.fold.ready, self._undated, self._left_out):
                if len(rows) > KEPT_ROWS:
                    log.error("%s: given up, the store could not be written", rows[0].started_at)
                    if rows is self.fold.ready:
                        self._given_up = _up_to(self._given_up, rows[0], rows[-KEPT_ROWS])
                    del rows[:-KEPT_ROWS]
            return False
        if not self.writable:
            log.info("the store can be written again")
        self.writable = True
        return True

    def _begin_anew(self) -> None:
        """The store is damaged: a new one begins."""
        try:
            fresh = damage.begin_anew(self._state, clock.now())
        except (OSError, Fault, sqlite3.Error) as fault:
            log.error("the store is damaged and could not be set aside (%s)", fault)
            return
        self._store.close()
        self._store, self._noted = fresh, None
        self._renewed(fresh)

    def _put(self, reachability: Reachability, reckoning: Reckoning) -> None:
        """Raises sqlite3.Error; what is in the store by then no longer waits."""
        while self._steps:
            store.keep_step(self._store, self._steps[0])
            del self._steps[0]
        if self._undated:
            undated.keep(self._store, self._boot, self._undated)
            self._undated.clear()
        if not reckoning.believed:
            return
        if self._to_date:
            undated.date(self._store, self._boot, reckoning.since_boot, reckoning.era)
            self._to_date = False
        seen_at = self._watch.seen_at
        notes = not self.fold.ready or not self._is_noted(seen_at, reckoning.era)
        left_out = store.write_minutes(
            self._store,
            self.fold.ready,
            reachability.outages,
            reachability.probed,
            era=reckoning.era,
            seen_at=seen_at if notes else None,
            given_up=self._given_up,
        )
        self.fold.ready.clear()
        self._given_up = None
        if notes:
            self._noted = seen_at, reckoning.era
        reachability.written(clock.uptime_s())
        self._left_out += [_from_boot(row, reckoning) for row in left_out]
        if self._left_out:
            undated.keep(self._store, self._boot, self._left_out, left_out=True)
            self._left_out.clear()

    def _is_noted(self, seen_at: datetime, era: int) -> bool:
        """Whether the clock's time was noted a short while ago, in this era."""
        if self._noted is None or self._noted[1] != era:
            return False
        return 0 <= (seen_at - self._noted[0]).total_seconds() < NOTED_EVERY_S


def _up_to(before: Hole | None, first: UsageSample, kept: UsageSample) -> Hole:
    """The samples given up so far: from the first one on, up to the first that is kept."""
    start = before.starts_at if before else first.started_at
    return Hole(start, kept.started_at, "samples", "unwritable")


def _from_boot(row: UsageSample, reckoning: Reckoning) -> UsageSample:
    return replace(row, started_at=row.started_at - reckoning.since_boot)


def _short(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
