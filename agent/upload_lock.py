"""Summaries are made, sent and salvaged by one process at a time: a lock on a file in the state folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent import paths

FILE = "upload.lock"


@contextmanager
def one_at_a_time(state: Path) -> Iterator[None]:
    """Waits until no other process is at it."""
    # For reading, which is all that flock needs: after an upload that root made the file is root's.
    lock = os.open(paths.usable(state) / FILE, os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
