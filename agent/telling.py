"""What the running agent tells of itself, and to whom: systemd, its heartbeat file, and Prometheus.

Called once a turn of the loop; what is told once a minute is made then and no sooner.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent import undated
from agent.config import AgentConfig, MetricsSettings
from agent.heartbeat import Heartbeat
from agent.ledger import Ledger
from agent.notify import Notifier
from agent.sampler import Sampler
from reports.agent_state import QUIET
from reports.windows import holds

if TYPE_CHECKING:
    from agent.metrics import MetricsFile, MetricsPort

log = logging.getLogger("bandgap")

EVERY_S = 60.0


class Telling:
    """One agent's word on itself."""

    def __init__(
        self, environ: Mapping[str, str], state: Path, connection: sqlite3.Connection, began_s: float
    ) -> None:
        self.notifier = Notifier(environ)
        self._heartbeat = Heartbeat(state, began_s)
        self._store = connection
        self._settings = MetricsSettings()
        self._file: MetricsFile | None = None
        self.port: MetricsPort | None = None
        self._due_s = 0.0

    def configure(self, settings: MetricsSettings) -> None:
        """Opens and closes what the settings name; a port that is taken is said, and the agent goes on."""
        if settings.listen != self._settings.listen:
            if self.port:
                self.port.close()
            self.port = _opened(settings.listen)
        self._file = _file(settings.textfile)
        self._settings, self._due_s = settings, 0.0

    def renew(self, connection: sqlite3.Connection) -> None:
        """Another store took the place of the one before."""
        self._store = connection

    def turn(
        self,
        now_s: float,
        now: datetime,
        config: AgentConfig,
        sampler: Sampler,
        ledger: Ledger,
        started: bool,
    ) -> None:
        """The loop has made a turn and works."""
        due = now_s >= self._due_s
        if due:
            self._due_s = now_s + EVERY_S
        because = _why_quiet(now, config, sampler, ledger)
        if self._heartbeat.beat(
            now_s,
            now if ledger.believed else None,
            sampled=sampler.there,
            because=because,
            undated_minutes=self._undated() if due else None,
        ):
            log.info("%s", f"quiet: {QUIET[because]}" if because else "no longer quiet")
        if started:
            self.notifier.tell("READY=1")
        self.notifier.status(f"quiet: {QUIET[because]}" if because else f"measuring {sampler.interface}")
        self.notifier.alive(now_s)
        if due and self._file:
            self._file.write(self.figures(sampler, ledger))

    def figures(self, sampler: Sampler, ledger: Ledger) -> str:
        """The metrics as they are now."""
        from agent import metrics  # for those who have Prometheus

        return metrics.exposition(
            metrics.Standing(
                totals=ledger.fold.totals,
                interface=sampler.interface,
                link_up=sampler.link_up if sampler.there else None,
                link_speed_mbps=sampler.link_speed_mbps,
                clock_believed=ledger.believed,
                state=self._heartbeat.state,
                test=metrics.last_test(self._store),
            )
        )

    def reloading(self) -> None:
        """Before the settings are read; ``READY=1`` is said after. Type=notify-reload asks for the time."""
        self.notifier.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self.notifier.tell("STOPPING=1")

    def stopped(self, now_s: float, now: datetime | None) -> None:
        """The last word."""
        self._heartbeat.beat(now_s, now, sampled=False, because="stopped", undated_minutes=self._undated())
        if self.port:
            self.port.close()

    def _undated(self) -> int | None:
        try:
            return undated.minutes(self._store)
        except sqlite3.Error:
            return None


def _why_quiet(now: datetime, config: AgentConfig, sampler: Sampler, ledger: Ledger) -> str | None:
    """The gravest reason there is: a key of ``QUIET``."""
    if not sampler.there:
        return "no_interface"
    if not ledger.writable:
        return "store_not_writable"
    if not ledger.believed:
        return "clock_not_set"
    schedule = config.schedule
    return "quiet_window" if schedule.quiet and holds(schedule.quiet, now, config.zone) else None


def _file(named: str | None) -> MetricsFile | None:
    if named is None:
        return None
    from agent.metrics import MetricsFile

    return MetricsFile(Path(named))


def _opened(address: tuple[str, int] | None) -> MetricsPort | None:
    if address is None:
        return None
    from agent.metrics import MetricsPort

    try:
        return MetricsPort(address)
    except OSError as fault:
        log.error("metrics.listen: %s port %d can't be opened: %s", *address, fault.strerror)
        return None
