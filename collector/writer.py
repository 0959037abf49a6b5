"""One thread that writes: uploads that arrive while a commit runs join the next one.

An fsync costs the same for one summary as for hundreds, so a commit takes whatever waits. Nobody is
answered before the commit that holds what he sent.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import TypeAlias

from collector.enrolled import Arrival, Kept
from collector.store import Store

MOST_PER_COMMIT = 256
"""Uploads in one commit; keeps the wait of the first one short."""

SUMMARIES_PER_CHECKPOINT = 2_000
"""About 3 MB of log between two checkpoints."""

_Job: TypeAlias = "tuple[Arrival, Future[Kept]]"


class Writer:
    """Writes arrivals into a store in groups, from ``start`` to ``stop``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Writes what waits, then ends."""
        self._waiting.put(None)
        self._thread.join()

    def submit(self, arrival: Arrival) -> Future[Kept]:
        """What becomes of it, or the error that kept everything of this arrival from being stored."""
        kept: Future[Kept] = Future()
        self._waiting.put((arrival, kept))
        return kept

    def _run(self) -> None:
        written = 0
        while (group := self._group(self._waiting.get())) is not None:
            self._write(group)
            written += sum(len(arrival.summaries) for arrival, _ in group)
            if written >= SUMMARIES_PER_CHECKPOINT:
                self._store.checkpoint()
                written = 0
        self._store.checkpoint()

    def _group(self, first: _Job | None) -> list[_Job] | None:
        if first is None:
            return None
        group = [first]
        while len(group) < MOST_PER_COMMIT:
            try:
                job = self._waiting.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._waiting.put(None)
                break
            group.append(job)
        return group

    def _write(self, group: list[_Job]) -> None:
        # A client that has gone away has cancelled; the others' work goes on.
        live = [(arrival, kept) for arrival, kept in group if kept.set_running_or_notify_cancel()]
        try:
            became = self._store.keep([arrival for arrival, _ in live])
        except Exception as fault:  # noqa: BLE001  # whoever waits is told, and the thread must go on
            for _, kept in live:
                kept.set_exception(fault)
        else:
            for (_, kept), one in zip(live, became, strict=True):
                kept.set_result(one)
