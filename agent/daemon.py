"""The agent in the foreground: polls, writes a minute at a time, and starts tests and uploads.

What stays resident imports little; a throughput test, and summarising with uploading, are children. Its
own cadence is ``schedule``'s, which thinks in naive local time: the process therefore lives in UTC, and
the timetable is laid anew when the clock was set. While the clock isn't believed, the interface is sampled
and probes are made, and nothing is tested or sent. SIGTERM ends it within two seconds with the running
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
from typing import TYPE_CHECKING, Any

from agent import agent_lock, clock, damage, installation, paths, store
from agent.cadence import Kind
from agent.children import Children
from agent.config import AgentConfig
from agent.installation import Installation
from agent.ledger import Ledger
from agent.policy import FILE as POLICY
from agent.reach.reachability import KIND as PROBE
from agent.reach.reachability import Reachability
from agent.sampler import Sampler
from agent.telling import Telling
from agent.test_lock import test_running
from agent.timetable import Timetable
from reports.faults import Fault

if TYPE_CHECKING:
    from agent.snmp.gateway import GatewayCounters

log = logging.getLogger("bandgap")

TEST_LIMIT_S = 480.0
"""Engines are tried in turn, some queue for a server or take a minute and more each, and a test below target
is followed by another."""
UPLOAD_LIMIT_S = SALVAGE_LIMIT_S = 600.0
UPLOAD = "the upload"
STOP_S = 1.2
"""How long children get to end after SIGTERM, of the two seconds the agent itself has."""
SYSTEMD_S = frozenset({"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
"""What systemd told the agent alone: a child that spoke to it would be taken for the agent."""


class Daemon:
    """One agent at work on one state folder."""

    def __init__(self, place: Installation, environ: Mapping[str, str]) -> None:
        self._place = place
        self._lock = agent_lock.take(place.state)
        self._store = damage.open_sound(place.state, clock.now(), check=self._lock.unclean)
        store.keep_small(self._store)
        self._lock.begin()
        self._lose_sight()
        self._ledger = Ledger(self._store, place.state, self._renew)
        self._telling = Telling(environ, place.state, self._store, clock.uptime_s())
        self._environ = {name: value for name, value in environ.items() if name not in SYSTEMD_S}
        self._children = Children(self._environ)
        self._timetable = Timetable(self._start_test, self._start_upload, self._noted, self._note)
        self._sampler = self._new_sampler()
        self._gateway = self._new_gateway()
        self._reachability = Reachability(place.config.reachability, self._children)
        self._stop = self._reload = False
        self._policy_at = self._policy_written()
        self._started = True

    def run(self) -> int:
        """Works until SIGTERM or SIGINT; returns 0."""
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, self._on_signal)
        self._ledger.begin(clock.uptime_s(), clock.now())
        self._lay()
        self._telling.configure(self._place.config.metrics)
        if damage.waiting(self._place.state, self._store):
            self._start_salvage()
        log.info("measuring%s, store %s", self._on_what(), self._place.state / store.FILE)
        due = clock.uptime_s()
        while not self._stop:
            due = self._tick(due)
            self._wait(woken, due)
        self._end()
        return 0

    def _wait(self, woken: int, due: float) -> None:
        """Waits until the next turn, a signal, a sign of life that is due, or somebody who asks."""
        port = self._telling.port
        until = self._telling.notifier.due_s(due)
        heard = [woken] if port is None else [woken, port.fileno()]
        ready, _, _ = select.select(heard, [], [], max(0.0, until - clock.uptime_s()))
        if woken in ready:
            os.read(woken, 4096)
            self._reap(clock.uptime_s())
        if port and port.fileno() in ready:
            port.answer(self._telling.figures(self._sampler, self._ledger))
        self._telling.notifier.alive(clock.uptime_s())

    def _tick(self, due: float) -> float:
        """One turn of the loop, if it is time; returns when the next is due (seconds since boot)."""
        if self._reload:
            self._reload = False
            self._telling.reloading()
            self._read_settings()
            self._telling.notifier.tell("READY=1")
        now_s = clock.uptime_s()
        if now_s < due:
            return due
        now = clock.now()
        if self._ledger.look(now_s, now, self._reachability):
            self._lay()
        at = self._ledger.date(now_s)
        self._sampler.poll(now_s, at)
        if self._gateway:
            self._gateway.poll(now_s, testing=self._testing())
        self._reachability.poll(now_s, at, self._sampler.interface, self._testing)
        if self._ledger.fold.ready or (self._ledger.believed and self._reachability.ready(now_s)):
            self._ledger.write(self._reachability)
        self._reap(now_s)
        self._timetable.run_pending()
        config, ledger = self._place.config, self._ledger
        self._telling.turn(now_s, now, config, self._sampler, ledger, self._started)
        self._started = False
        every = config.measure.poll_every
        return due + every if now_s - due < every else now_s + every

    def _lay(self) -> None:
        """Lays the timetable; by a clock that isn't believed nothing is planned, tested or sent."""
        if self._ledger.believed:
            self._timetable.lay(self._place.config, clock.now())
        else:
            self._timetable.rest()

    def _start_test(self, kind: Kind) -> None:
        self._children.start(
            "the throughput test",
            ["check", "--scheduled", *([] if kind == "full" else [f"--{kind}"])],
            now_s=clock.uptime_s(),
            limit_s=TEST_LIMIT_S,
        )

    def _start_upload(self) -> None:
        self._children.start(
            UPLOAD, ["upload", "--scheduled"], now_s=clock.uptime_s(), limit_s=UPLOAD_LIMIT_S
        )

    def _start_salvage(self) -> None:
        self._children.start(
            "the salvage", ["salvage", "--scheduled"], now_s=clock.uptime_s(), limit_s=SALVAGE_LIMIT_S
        )

    def _reap(self, now_s: float) -> None:
        for ended in self._children.reap(now_s):
            if ended.kind == PROBE:
                self._reachability.heard(ended.said)
            elif ended.kind == UPLOAD and self._policy_written() != self._policy_at:
                self._policy_at, self._reload = self._policy_written(), True
            elif self._gateway and ended.kind == self._gateway.kind:
                self._gateway.heard(ended.said, now_s, self._ledger.date(now_s))

    def _policy_written(self) -> int:
        """When the policy was last written that an upload brought, by its file; 0 while there is none."""
        try:
            return (self._place.state / POLICY).stat().st_mtime_ns
        except OSError:
            return 0

    def _testing(self) -> bool:
        return test_running(self._place.test_lock)

    def _renew(self, fresh: sqlite3.Connection) -> None:
        """A new store took the place of a damaged one; a child fetches what can be read of that."""
        self._store = fresh
        store.keep_small(fresh)
        self._telling.renew(fresh)
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
            self._ledger.close()
            self._sampler, self._gateway = self._new_sampler(), self._new_gateway()
        if probed_anew:
            self._reachability.lose_sight()
            self._ledger.write(self._reachability)
            self._reachability = Reachability(reachability, self._children)
        self._telling.configure(self._place.config.metrics)
        self._lay()
        log.info("the settings were read again")

    def _new_sampler(self) -> Sampler:
        measure = self._place.config.measure
        sees_demand = self._place.config.demand_from == "interface"
        return Sampler(
            measure.interface,
            measure.poll_every,
            self._testing,
            self._ledger.fold,
            sees_demand=sees_demand,
        )

    def _new_gateway(self) -> GatewayCounters | None:
        snmp = self._place.config.snmp
        if snmp.address is None:
            return None
        from agent.snmp.gateway import GatewayCounters  # most agents count for themselves

        return GatewayCounters(snmp, self._children, self._ledger.gateway_fold, self._environ)

    def _on_signal(self, number: int, _frame: Any) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            self._stop = True
        elif number == signal.SIGHUP:
            self._reload = True

    def _on_what(self) -> str:
        config = self._place.config
        interface = "the default route's interface" if config.measure.interface == "auto" else ""
        demand = {
            "interface": "",
            "gateway": f", demand at the gateway {config.snmp.where} by SNMP",
            None: ", demand unknown (measure.sees_all_traffic is false)",
        }[config.demand_from]
        return f" {interface or config.measure.interface} every {config.measure.poll_every:g} s{demand}"

    def _end(self) -> None:
        self._telling.stopping()
        self._children.stop(signal.SIGTERM)
        self._ledger.close()
        self._reachability.lose_sight()
        self._ledger.write(self._reachability)
        until = clock.uptime_s() + STOP_S
        while self._children and clock.uptime_s() < until:
            self._children.reap(clock.uptime_s())
            select.select([], [], [], 0.02)
        self._children.stop(signal.SIGKILL)
        self._telling.stopped(clock.uptime_s(), clock.now() if self._ledger.believed else None)
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


def _sampling(config: AgentConfig) -> tuple[object, ...]:
    return config.measure.interface, config.measure.poll_every, config.demand_from, config.snmp
