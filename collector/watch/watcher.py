"""The watch inside a server: a round a minute on a thread of its own, in the one process that holds it."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from collector.engine import writing
from collector.watch.leases import leave
from collector.watch.round import LEASE, Watch

log = logging.getLogger("bandgap.collector")

EVERY_S = 60.0
FIRST_S = 5.0
"""A server that has just begun has other things to do."""


def holder() -> str:
    """What tells this process from every other one, on this machine and beyond."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


class Watcher:
    """Makes rounds from ``start`` to ``stop``."""

    def __init__(self, watch: Watch, clock: Callable[[], datetime], every_s: float = EVERY_S) -> None:
        self._watch, self._clock, self._every_s = watch, clock, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._faults: tuple[str, ...] = ()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the round that runs; one that tells a server that is slow isn't waited for."""
        self._stop.set()
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        wait_s = FIRST_S
        while not self._stop.wait(wait_s):
            wait_s = self._every_s
            try:
                self._round()
            except (SQLAlchemyError, sqlite3.Error, OSError) as fault:
                log.warning("the watch: %s; tried again in a minute", str(fault).splitlines()[0])
            except Exception:
                log.exception("the watch: a round failed")
        try:
            with writing(self._watch.source) as connection:
                leave(connection, LEASE, self._watch.holder)
        except SQLAlchemyError:
            pass  # it runs out by itself

    def _round(self) -> None:
        done = self._watch.round(self._clock())
        if done is None:
            return
        if done.opened or done.ended or done.told:
            log.info("the watch: %d opened, %d over, %d told", done.opened, done.ended, done.told)
        for line in set(done.faults) - set(self._faults):
            log.warning("alerts: %s; tried again", line)
        self._faults = done.faults
