"""The agent in the foreground: polls, writes a minute at a time, and starts tests and uploads.

What stays resident imports little; a throughput test, and summarising with uploading, are children. Its
own cadence is ``schedule``'s, which thinks in naive local time: the process therefore lives in UTC, and
the timetable is laid anew when the clock was set. SIGTERM ends it within two seconds with the running
minute written; SIGHUP reads the settings again, and a bad file changes nothing.
"""

from __future__ import annotations

import fcntl
import logging
import os
import select
import signal
import sqlite3
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import schedule

from agent import clock, installation, paths, store
from agent.cadence import Cadence, first_test
from agent.children import Children
from agent.config import AgentConfig
from agent.installation import Installation
from agent.minutes import MinuteFold
from agent.sampler import Sampler
from agent.test_lock import test_running
from reports.faults import ConfigFault, Fault

log = logging.getLogger("bandgap")

TEST_LIMIT_S = 180.0
UPLOAD_LIMIT_S = 600.0
STOP_S = 1.2
"""How long children get to end after SIGTERM, of the two seconds the agent itself has."""
CLOCK_STEP_S = 5.0
DEFERRAL_S, MOST_DEFERRALS = 300.0, 3
"""A machine whose load is above its processors' number makes its test five minutes later, thrice at most:
one that is always busy must be measured too, and its samples say so."""
KEPT_ROWS = 24 * 60
"""Minute rows kept in memory while the store can't be written; older ones are given up, and said so."""


class Daemon:
    """One agent at work on one state folder."""

    def __init__(self, place: Installation, environ: Mapping[str, str]) -> None:
        self._place = place
        self._environ = environ
        self._store = place.open()
        self._lock = _only_one(place.state)
        self._fold = MinuteFold()
        self._children = Children(environ)
        self._timetable = schedule.Scheduler()
        self._sampler = self._new_sampler()
        self._stop = self._reload = False
        self._wall_minus_mono = 0.0
        self._can_write = True

    def run(self) -> int:
        """Works until SIGTERM or SIGINT; returns 0."""
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, self._on_signal)
        self._wall_minus_mono = clock.now().timestamp() - time.monotonic()
        self._lay_timetable(clock.now())
        log.info("measuring%s, store %s", self._on_what(), self._place.state / store.FILE)
        due = time.monotonic()
        while not self._stop:
            due = self._tick(due)
            if select.select([woken], [], [], max(0.0, due - time.monotonic()))[0]:
                os.read(woken, 4096)
                self._children.reap(time.monotonic())
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
        if self._fold.ready:
            self._write()
        self._children.reap(now_s)
        self._timetable.run_pending()
        every = self._place.config.measure.poll_every
        return due + every if now_s - due < every else now_s + every

    def _lay_timetable(self, now: datetime) -> None:
        config = self._place.config
        self._timetable.clear()
        self._timetable.every(max(1, round(config.upload.every))).seconds.do(self._start_upload)
        noted = store.noted(self._store, "next_test_at")
        planned = datetime.fromisoformat(noted) if noted else None
        self._plan_test(first_test(self._cadence(), planned, now), now)

    def _cadence(self) -> Cadence:
        """The site's cadence, stretched to what the last test's account of the budget asked for."""
        stretched = store.noted(self._store, "test_every_s")
        wanted = self._place.config.measure.test_every
        return self._place.config.cadence(max(wanted, float(stretched)) if stretched else wanted)

    def _plan_test(self, at: datetime, now: datetime, deferred: int = 0) -> None:
        """Enters one test; when it has begun, the next one follows from its own planned time."""

        def start() -> type[schedule.CancelJob]:
            began = clock.now()
            if deferred < MOST_DEFERRALS and os.getloadavg()[0] > (os.cpu_count() or 1):
                log.info("the machine is busy: the throughput test waits %.0f s", DEFERRAL_S)
                self._plan_test(began + timedelta(seconds=DEFERRAL_S), began, deferred + 1)
                return schedule.CancelJob
            self._start_test(began)
            following = self._cadence().after(at)
            self._plan_test(following if following > began else self._cadence().after(began), began)
            return schedule.CancelJob

        self._timetable.every(max(1, round((at - now).total_seconds()))).seconds.do(start)
        self._note("next_test_at", at.isoformat(timespec="seconds"))

    def _start_test(self, now: datetime) -> None:
        light = ["--light"] if self._cadence().light(now) else []
        self._children.start(
            "the throughput test",
            ["check", "--scheduled", *light],
            now_s=time.monotonic(),
            limit_s=TEST_LIMIT_S,
        )

    def _start_upload(self) -> None:
        self._children.start(
            "the upload", ["upload", "--scheduled"], now_s=time.monotonic(), limit_s=UPLOAD_LIMIT_S
        )

    def _mind_the_clock(self, now: datetime, now_s: float) -> None:
        offset = now.timestamp() - now_s
        step = offset - self._wall_minus_mono
        self._wall_minus_mono = offset
        if abs(step) >= CLOCK_STEP_S:
            log.warning("the clock was set by %+.0f s; the timetable is laid anew", step)
            self._fold.close()
            self._lay_timetable(now)

    def _write(self) -> None:
        rows = self._fold.ready
        try:
            store.write_minutes(self._store, rows)
        except sqlite3.Error as fault:
            if self._can_write:
                log.error("the store can't be written (%s); samples wait in memory", fault)
            self._can_write = False
            if len(rows) > KEPT_ROWS:
                log.error("%s: given up, the store could not be written", rows[0].started_at)
                del rows[:-KEPT_ROWS]
            return
        if not self._can_write:
            log.info("the store can be written again")
        self._can_write = True
        rows.clear()

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
        self._place = place
        if changed:
            self._fold.close()
            self._sampler = self._new_sampler()
        self._lay_timetable(clock.now())
        log.info("the settings were read again")

    def _new_sampler(self) -> Sampler:
        measure, lock = self._place.config.measure, self._place.test_lock
        return Sampler(measure.interface, measure.poll_every, lambda: test_running(lock), self._fold)

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
        if self._fold.ready:
            self._write()
        until = time.monotonic() + STOP_S
        while self._children and time.monotonic() < until:
            self._children.reap(time.monotonic())
            select.select([], [], [], 0.02)
        self._children.stop(signal.SIGKILL)
        self._store.close()
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


def _sampling(config: AgentConfig) -> tuple[str, float]:
    return config.measure.interface, config.measure.poll_every


def _only_one(state: Path) -> int:
    """Takes the folder's lock for as long as this process lives. Raises ConfigFault when it is taken."""
    handle = os.open(state / "agent.lock", os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
        os.close(handle)
        raise ConfigFault(
            f"{state}: another agent runs here (pid {pid}); stop it, or name another BANDGAP_STATE_DIR"
        ) from None
    os.ftruncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())
    return handle
