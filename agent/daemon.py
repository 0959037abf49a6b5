"""The agent in the foreground: polls, writes a minute at a time, and starts tests and uploads.

What stays resident imports little; a throughput test, and summarising with uploading, are children. Its
own cadence is ``schedule``'s, which thinks in naive local time: the process therefore lives in UTC, and
the timetable is laid anew when the clock was set. SIGTERM ends it within two seconds with the running
minute written; SIGHUP reads the settings again, and a bad file changes nothing.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import sqlite3
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agent import agent_lock, clock, damage, installation, paths, store
from agent.children import Children
from agent.config import AgentConfig
from agent.installation import Installation
from agent.minutes import MinuteFold
from agent.reach.reachability import KIND as PROBE
from agent.reach.reachability import Reachability
from agent.sampler import Sampler
from agent.test_lock import test_running
from agent.timetable import Timetable
from reports.faults import Fault
from reports.samples import Hole, UsageSample

log = logging.getLogger("bandgap")

TEST_LIMIT_S = 300.0
"""Engines are tried in turn, and some queue for a server or take a minute and more each."""
UPLOAD_LIMIT_S = SALVAGE_LIMIT_S = 600.0
STOP_S = 1.2
"""How long children get to end after SIGTERM, of the two seconds the agent itself has."""
CLOCK_STEP_S = 5.0
KEPT_ROWS = 24 * 60
"""Minute rows kept in memory while the store can't be written; older ones are given up, and said so."""


class Daemon:
    """One agent at work on one state folder."""

    def __init__(self, place: Installation, environ: Mapping[str, str]) -> None:
        self._place = place
        self._environ = environ
        self._lock = agent_lock.take(place.state)
        self._store = damage.open_sound(place.state, clock.now(), check=self._lock.unclean)
        self._lock.begin()
        self._lose_sight()
        self._fold = MinuteFold()
        self._children = Children(environ)
        self._timetable = Timetable(self._start_test, self._start_upload, self._noted, self._note)
        self._sampler = self._new_sampler()
        self._reachability = Reachability(place.config.reachability, self._children)
        self._stop = self._reload = False
        self._wall_minus_mono = 0.0
        self._can_write = True
        self._given_up: Hole | None = None

    def run(self) -> int:
        """Works until SIGTERM or SIGINT; returns 0."""
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, self._on_signal)
        self._wall_minus_mono = clock.now().timestamp() - time.monotonic()
        self._timetable.lay(self._place.config, clock.now())
        if damage.waiting(self._place.state, self._store):
            self._start_salvage()
        log.info("measuring%s, store %s", self._on_what(), self._place.state / store.FILE)
        due = time.monotonic()
        while not self._stop:
            due = self._tick(due)
            if select.select([woken], [], [], max(0.0, due - time.monotonic()))[0]:
                os.read(woken, 4096)
                self._reap(time.monotonic())
        self._end()
        return 0

    def _tick(self, due: float) -> float:
        """One turn of the loop, if it is time; returns when the next is due (monotonic)."""
        if self._reload:
            self._reload = False
            self._read_settings()
        now_s = time.monotonic()
        if now_s < due:
            return due
        now = clock.now()
        self._mind_the_clock(now, now_s)
        self._sampler.poll(now_s, now)
        self._reachability.poll(now_s, now, self._sampler.interface, self._testing)
        if self._fold.ready or self._reachability.ready(now_s):
            self._write()
        self._reap(now_s)
        self._timetable.run_pending()
        every = self._place.config.measure.poll_every
        return due + every if now_s - due < every else now_s + every

    def _start_test(self, light: bool) -> None:
        self._children.start(
            "the throughput test",
            ["check", "--scheduled", *(["--light"] if light else [])],
            now_s=time.monotonic(),
            limit_s=TEST_LIMIT_S,
        )

    def _start_upload(self) -> None:
        self._children.start(
            "the upload", ["upload", "--scheduled"], now_s=time.monotonic(), limit_s=UPLOAD_LIMIT_S
        )

    def _start_salvage(self) -> None:
        self._children.start(
            "the salvage", ["salvage", "--scheduled"], now_s=time.monotonic(), limit_s=SALVAGE_LIMIT_S
        )

    def _reap(self, now_s: float) -> None:
        for ended in self._children.reap(now_s):
            if ended.kind == PROBE:
                self._reachability.heard(ended.said)

    def _testing(self) -> bool:
        return test_running(self._place.test_lock)

    def _mind_the_clock(self, now: datetime, now_s: float) -> None:
        offset = now.timestamp() - now_s
        step = offset - self._wall_minus_mono
        self._wall_minus_mono = offset
        if abs(step) >= CLOCK_STEP_S:
            log.warning("the clock was set by %+.0f s; the timetable is laid anew", step)
            self._fold.close()
            self._timetable.lay(self._place.config, now)

    def _write(self) -> None:
        rows = self._fold.ready
        if damage.suspected(self._place.state):
            self._begin_anew()
        try:
            store.write_minutes(
                self._store, rows, self._reachability.outages, self._reachability.probed, self._given_up
            )
        except sqlite3.Error as fault:
            if store.is_damage(fault):
                self._begin_anew()  # what waits is written with the next turn of the loop
                return
            if self._can_write:
                log.error("the store can't be written (%s); samples wait in memory", fault)
            self._can_write = False
            if len(rows) > KEPT_ROWS:
                log.error("%s: given up, the store could not be written", rows[0].started_at)
                self._given_up = _up_to(self._given_up, rows[0], rows[-KEPT_ROWS])
                del rows[:-KEPT_ROWS]
            return
        if not self._can_write:
            log.info("the store can be written again")
        self._can_write = True
        self._given_up = None
        rows.clear()
        self._reachability.written(time.monotonic())

    def _begin_anew(self) -> None:
        """The store is damaged: a new one begins, and a child fetches what can be read of the old one."""
        try:
            fresh = damage.begin_anew(self._place.state, clock.now())
        except (OSError, Fault, sqlite3.Error) as fault:
            log.error("the store is damaged and could not be set aside (%s)", fault)
            return
        self._store.close()
        self._store = fresh
        self._start_salvage()

    def _lose_sight(self) -> None:
        """What an agent before this one left open is known up to its last probe."""
        try:
            store.lose_sight(self._store)
        except sqlite3.Error as fault:
            log.warning("the store can't be written (%s)", fault)

    def _noted(self, key: str) -> str | None:
        try:
            return store.noted(self._store, key)
        except sqlite3.Error as fault:
            log.warning("the store can't be read (%s)", fault)
            return None

    def _note(self, key: str, value: str) -> None:
        try:
            store.note(self._store, key, value)
        except sqlite3.Error as fault:
            log.warning("the store can't be written (%s)", fault)

    def _read_settings(self) -> None:
        try:
            place = installation.find(self._environ)
        except Fault as fault:
            log.error("the settings were not read again, the old ones hold: %s", fault)
            return
        if place.state != self._place.state:
            log.error("the state folder can't change while the agent runs; the old settings hold")
            return
        changed = _sampling(place.config) != _sampling(self._place.config)
        reachability = place.config.reachability
        probed_anew = changed or reachability != self._place.config.reachability
        self._place = place
        if changed:
            self._fold.close()
            self._sampler = self._new_sampler()
        if probed_anew:
            self._reachability.lose_sight()
            self._write()
            self._reachability = Reachability(reachability, self._children)
        self._timetable.lay(self._place.config, clock.now())
        log.info("the settings were read again")

    def _new_sampler(self) -> Sampler:
        measure = self._place.config.measure
        return Sampler(measure.interface, measure.poll_every, self._testing, self._fold)

    def _on_signal(self, number: int, _frame: Any) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            self._stop = True
        elif number == signal.SIGHUP:
            self._reload = True

    def _on_what(self) -> str:
        config = self._place.config
        interface = "the default route's interface" if config.measure.interface == "auto" else ""
        return f" {interface or config.measure.interface} every {config.measure.poll_every:g} s"

    def _end(self) -> None:
        self._children.stop(signal.SIGTERM)
        self._fold.close()
        self._reachability.lose_sight()
        self._write()
        until = time.monotonic() + STOP_S
        while self._children and time.monotonic() < until:
            self._children.reap(time.monotonic())
            select.select([], [], [], 0.02)
        self._children.stop(signal.SIGKILL)
        self._store.close()
        self._lock.end()
        log.info("stopped")


def serve(environ: Mapping[str, str]) -> int:
    """Runs the agent as the environment says. Raises ConfigFault before it begins, never after."""
    environ = dict(environ)  # as it is before the next lines: children and SIGHUP need the machine's zone
    place = installation.find(environ)
    paths.usable(place.state)
    os.environ["TZ"] = "UTC"  # schedule's naive local times are UTC in this process
    time.tzset()
    if place.config.missing_for_a_verdict:
        log.info("%s", place.config.missing_for_a_verdict)
    return Daemon(place, environ).run()


def _up_to(before: Hole | None, first: UsageSample, kept: UsageSample) -> Hole:
    """The samples given up so far: from the first one on, up to the first that is kept."""
    start = before.starts_at if before else first.started_at
    return Hole(start, kept.started_at, "samples", "unwritable")


def _sampling(config: AgentConfig) -> tuple[str, float]:
    return config.measure.interface, config.measure.poll_every
