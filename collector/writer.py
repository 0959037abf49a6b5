"""One thread that writes: uploads that arrive while a commit runs join the next one.

An fsync costs the same for one summary as for hundreds, so a commit takes whatever waits. Nobody is
answered before the commit that holds what he sent.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeAlias

from collector.enrolled import Arrival
from collector.keeping import Outcome
from collector.reads import Unavailable
from collector.store import Store
from collector.tally import Tally

MOST_PER_COMMIT = 256
"""Uploads in one commit; keeps the wait of the first one short."""

MOST_SUMMARIES_PER_COMMIT = 4_000
"""Past this no further upload joins a commit; one alone may hold 500."""

Tell: TypeAlias = Callable[[Outcome | Exception], None]
"""Who is told what became of an upload: in the event loop's thread, which it must not hold up."""

_Job: TypeAlias = tuple[Arrival, asyncio.AbstractEventLoop, Tell]

log = logging.getLogger("bandgap.collector")


class Writer:
    """Writes arrivals into a store in groups, from ``start`` to ``stop``, and counts them in ``tally``."""

    def __init__(self, store: Store, tally: Tally | None = None) -> None:
        self._store = store
        self.tally = tally or Tally()
        self._waiting: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer")

    @property
    def waiting(self) -> int:
        """How many uploads wait to be written."""
        return self._waiting.qsize()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Writes what waits, then ends."""
        self._waiting.put(None)
        self._thread.join()

    def submit(self, arrival: Arrival) -> asyncio.Future[Outcome]:
        """What becomes of it, or Unavailable when nothing could be stored. For the event loop's thread."""
        kept: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.add(arrival, partial(_tell_one, kept))
        return kept

    def add(self, arrival: Arrival, tell: Tell) -> None:
        """The same for whoever is to be told. For the event loop's thread."""
        self._waiting.put((arrival, asyncio.get_running_loop(), tell))

    def _run(self) -> None:
        while (group := self._group(self._waiting.get())) is not None:
            self._write(group)
            summaries = sum(len(arrival.items) for arrival, _, _ in group)
            self.tally.wrote(summaries)
            with suppress(Unavailable):  # then it is done after a later one
                self._store.wrote(summaries)

    def _group(self, first: _Job | None) -> list[_Job] | None:
        if first is None:
            return None
        group = [first]
        summaries = len(first[0].items)
        while len(group) < MOST_PER_COMMIT and summaries < MOST_SUMMARIES_PER_COMMIT:
            try:
                job = self._waiting.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._waiting.put(None)
                break
            group.append(job)
            summaries += len(job[0].items)
        return group

    def _write(self, group: list[_Job]) -> None:
        became: Sequence[Outcome] | Exception
        try:
            became = self._store.keep([arrival for arrival, _, _ in group])
        except Unavailable as fault:
            became = fault
        except Exception as fault:  # noqa: BLE001  # whoever waits is told, and the thread must go on
            if len(group) > 1:  # one that can't be kept is to be in the way of no other
                half = len(group) // 2
                self._write(group[:half])
                self._write(group[half:])
                return
            became = fault
        loop = group[0][1]
        if not loop.is_closed():
            # Once for all: each call wakes the loop by a system call.
            loop.call_soon_threadsafe(_tell, [tell for _, _, tell in group], became)


def _tell(waiting: Sequence[Tell], became: Sequence[Outcome] | Exception) -> None:
    for number, tell in enumerate(waiting):
        try:
            tell(became if isinstance(became, Exception) else became[number])
        except Exception:  # whoever comes behind is to be told too
            log.exception("An upload can't be answered")


def _tell_one(kept: asyncio.Future[Outcome], became: Outcome | Exception) -> None:
    if kept.done():  # a client that has gone away has cancelled
        return
    if isinstance(became, Exception):
        kept.set_exception(became)
    else:
        kept.set_result(became)
