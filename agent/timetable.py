"""The loop's timetable: the next throughput test by the site's cadence, and an upload at even intervals.

It runs on ``schedule``, whose naive local times are UTC in this process. A test's time is noted in the
store, so that a restart keeps to the plan and ``bandgap schedule`` tells the same; so is that of the week's
long test when it begins. An upload follows from the last one that was taken: a gateway that is switched off
and on is heard again within minutes, and one that is never on for an hour is heard at all.
"""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable
from datetime import datetime, timedelta

import schedule

from agent import clock
from agent.cadence import Cadence, Kind, first_test
from agent.config import AgentConfig

log = logging.getLogger("bandgap")

DEFERRAL_S, MOST_DEFERRALS = 300.0, 3
"""A machine whose load is above its processors' number makes its test five minutes later, thrice at most:
one that is always busy must be measured too, and its samples say so."""

SOON_S = (60.0, 300.0)
"""When an upload that is due at the start is made: not at once with all others whose power came back."""


class Timetable:
    """What is to be started when. ``start_test`` is told of what kind the test is to be."""

    def __init__(
        self,
        start_test: Callable[[Kind], object],
        start_upload: Callable[[], object],
        noted: Callable[[str], str | None],
        note: Callable[[str, str], None],
        busy: Callable[[], bool] = lambda: os.getloadavg()[0] > (os.cpu_count() or 1),
    ) -> None:
        self._start_test, self._start_upload = start_test, start_upload
        self._noted, self._note, self._busy = noted, note, busy
        self._scheduler = schedule.Scheduler()

    def lay(self, config: AgentConfig, now: datetime) -> None:
        """Begins anew: at the start, with other settings, and when the clock was set."""
        self._scheduler.clear()
        uploads = self._scheduler.every(max(1, round(config.upload.every))).seconds.do(self._start_upload)
        uploads.next_run -= timedelta(seconds=max(0.0, config.upload.every - self._upload_in_s(config, now)))
        noted = self._noted("next_test_at")
        planned = datetime.fromisoformat(noted) if noted else None
        self._plan(config, first_test(self._cadence(config), planned, now), now)

    def rest(self) -> None:
        """Starts nothing until it is laid again."""
        self._scheduler.clear()

    def run_pending(self) -> None:
        """Starts what is due."""
        self._scheduler.run_pending()

    def _cadence(self, config: AgentConfig) -> Cadence:
        """The site's cadence, stretched to what the last test's account of the budget asked for."""
        stretched = float(self._noted("test_every_s") or 0)
        return config.cadence(max(config.measure.test_every, stretched))

    def _upload_in_s(self, config: AgentConfig, now: datetime) -> float:
        """How long until the first upload is due, in seconds."""
        noted = self._noted("uploaded_at")
        since_s = (now - datetime.fromisoformat(noted)).total_seconds() if noted else config.upload.every
        return max(config.upload.every - since_s, random.uniform(*SOON_S))  # noqa: S311  # jitter

    def _last_long(self) -> datetime | None:
        noted = self._noted("long_test_at")
        return datetime.fromisoformat(noted) if noted else None

    def _plan(self, config: AgentConfig, at: datetime, now: datetime, deferred: int = 0) -> None:
        """Enters one test; once it has begun, the next one follows from its own planned time."""

        def start() -> type[schedule.CancelJob]:
            began, cadence = clock.now(), self._cadence(config)
            if deferred < MOST_DEFERRALS and cadence.every_s > 2 * DEFERRAL_S and self._busy():
                log.info("the machine is busy: the throughput test waits %.0f s", DEFERRAL_S)
                self._plan(config, began + timedelta(seconds=DEFERRAL_S), began, deferred + 1)
                return schedule.CancelJob
            kind = cadence.kind(began, self._last_long())
            if kind == "long":
                self._note("long_test_at", began.isoformat(timespec="seconds"))
            self._start_test(kind)
            following = cadence.after(at)
            self._plan(config, following if following > began else cadence.after(began), began)
            return schedule.CancelJob

        self._scheduler.every(max(1, round((at - now).total_seconds()))).seconds.do(start)
        self._note("next_test_at", at.isoformat(timespec="seconds"))
