"""One thread that writes: uploads that arrive while a commit runs join the next one.

An fsync costs the same for one summary as for hundreds, so a commit takes whatever waits. Nobody is
answered before the commit that holds what he sent.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import TypeAlias

from collector.enrolled import Arrival
from collector.store import Store
from reports.wire import Receipt

MOST_PER_COMMIT = 256
"""Uploads in one commit; keeps the wait of the first one short."""

SUMMARIES_PER_CHECKPOINT = 2_000
"""About 3 MB of log between two checkpoints."""

_Job: TypeAlias = "tuple[Arrival, Future[Receipt]]"


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

    def submit(self, arrival: Arrival) -> Future[Receipt]:
        """The receipt to come, or the error that kept everything of this arrival from being stored."""
        receipt: Future[Receipt] = Future()
        self._waiting.put((arrival, receipt))
        return receipt

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
        live = [(arrival, receipt) for arrival, receipt in group if receipt.set_running_or_notify_cancel()]
        try:
            receipts = self._store.keep([arrival for arrival, _ in live])
        except Exception as fault:  # noqa: BLE001  # whoever waits is told, and the thread must go on
            for _, receipt in live:
                receipt.set_exception(fault)
        else:
            for (_, receipt), answer in zip(live, receipts, strict=True):
                receipt.set_result(answer)
