"""One heavy test at a time on this machine: a lock on a file, and who may look at it.

``flock`` (flock(2)) is given back by the kernel when its holder ends, however it ends. The daemon's poller
asks with every poll whether a test is running, to keep its bytes out of the demand; for a moment its
question holds a shared lock, which is why a test asks more than once before it says "busy".
"""

from __future__ import annotations

import fcntl
import os
import select
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TRIES = 5
TRY_EVERY_S = 0.02


class TestRunning(Exception):
    """Another test holds the lock."""

    __test__ = False  # not pytest's kind of test


@contextmanager
def hold(lock_path: Path) -> Iterator[None]:
    """Holds the lock for as long as a test runs; raises TestRunning when another does."""
    lock_path.parent.mkdir(parents=True, exist_ok=True)
    # Not inheritable (PEP 446), so that an engine's child that outlives us doesn't keep it.
    # For reading, which is all that flock needs: after a test that root made by hand the file is root's.
    descriptor = os.open(lock_path, os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        for attempt in range(TRIES):
            if _lock(descriptor, fcntl.LOCK_EX):
                break
            if attempt + 1 < TRIES:
                select.select([], [], [], TRY_EVERY_S)
        else:
            raise TestRunning(str(lock_path))
        yield
    finally:
        os.close(descriptor)


def test_running(lock_path: Path) -> bool:
    """Whether a test is running now; no file means that there never was one."""
    try:
        descriptor = os.open(lock_path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
