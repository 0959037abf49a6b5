"""Summaries are made, sent and salvaged by one process at a time: a lock on a file in the state folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent import paths

FILE = "upload.lock"


@contextmanager
def one_at_a_time(state: Path) -> Iterator[None]:
    """Waits until no other process is at it."""
    with open(paths.usable(state) / FILE, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
