"""How much of a server's time its own round and its judge may take while uploads come in fast.

All threads of a process have one interpreter: a thread that computes without a pause makes each upload wait
for it, many times over. So whoever works in the background asks for a rest after every site. Nobody is made
to wait while uploads are few, and what is put off is done a little later: it was to be seen within minutes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAST_PER_S = 50
"""Summaries in a second from which on uploads come fast: 180,000 sites that send each hour, or a backlog."""

SLICE_S = 0.002
"""Of processor time, worked at a stretch: as long as an upload may be held up."""

SHARE = 0.05
"""Of the time, which is worked while they come fast."""

LONGEST_REST_S = 0.5
"""A server that is told to end isn't kept from it."""


class Pace:
    """One background thread's. ``written`` says how many summaries were, since the server began."""

    def __init__(self, written: Callable[[], int]) -> None:
        self._written = written
        self._never = threading.Event()
        self._worked_s = self._looked_s = 0.0
        self._seen = 0

    def rest(self) -> None:
        """Waits where it is time to. For the thread that works, outside of any transaction."""
        worked_s = time.thread_time() - self._worked_s
        if worked_s < SLICE_S:
            return
        now_s, seen = time.monotonic(), self._written()
        fast = seen - self._seen > FAST_PER_S * (now_s - self._looked_s)
        if fast:
            self._never.wait(min(worked_s * (1 - SHARE) / SHARE, LONGEST_REST_S))
        self._worked_s, self._looked_s, self._seen = time.thread_time(), now_s, seen


def at_once() -> None:
    """The pace of a command, which holds up nobody."""
