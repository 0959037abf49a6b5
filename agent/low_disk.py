"""What the store does when its disk is nearly full: it stops growing, and says so.

What the store could give to a full disk is a few megabytes, soon eaten by whatever fills it. So nothing is
given: rows of a minute, oldest first, make room inside the file for the samples to come, and the means,
summaries, tests and outages stay. Even to remove rows SQLite needs a little of the disk; a reserve of a
megabyte, made while there was room, is let go for that.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from agent import retention, store
from reports.samples import Hole

log = logging.getLogger("bandgap")

LOW_BYTES = 16_000_000
"""What a store that must not grow any more leaves free: about a year of its growth."""
RESERVE = "bandgap.reserve"
RESERVE_BYTES = 1_048_576
"""As much as SQLite's log takes before it begins anew at its start: a thousand pages."""
ROOM_PAGES = 512
"""Room inside the file: about four days of samples."""
KEPT_MINUTES_S = 86_400
"""The last day's rows of a minute stay, whatever the disk says."""


def free_bytes(folder: Path) -> int:
    """What the disk of ``folder`` has left for this user."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def read_only(folder: Path) -> bool:
    """Whether the disk of ``folder`` is mounted read-only."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def mind_the_disk(
    connection: sqlite3.Connection, folder: Path, now: datetime, *, low_bytes: int = LOW_BYTES
) -> int:
    """Makes room inside the store when the disk is low; returns how many rows of a minute that took."""
    if free_bytes(folder) >= low_bytes:
        _hold_reserve(folder)
        return 0
    let_go(folder)
    before = retention.oldest(connection, "usage_minutes")
    end_s, removed = int(now.timestamp()) - KEPT_MINUTES_S, 0
    while retention.free_pages(connection) < ROOM_PAGES:
        count = retention.remove_oldest(connection, "usage_minutes", end_s)
        if not count:
            break
        removed += count
    after = retention.oldest(connection, "usage_minutes")
    if before is not None and removed:
        gone = Hole(_time(before), _time(after or end_s), "minutes", "disk_full")
        store.tell_hole(connection, gone)
        log.warning("the disk is nearly full: %d rows of a minute made room in the store", removed)
    return removed


def let_go(folder: Path) -> None:
    """Gives the reserve back to the disk, for SQLite to work with."""
    with suppress(OSError):
        (folder / RESERVE).unlink()


def _hold_reserve(folder: Path) -> None:
    path = folder / RESERVE
    if path.exists():
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.posix_fallocate(handle, 0, RESERVE_BYTES)
        finally:
            os.close(handle)
    except OSError:  # without one the store does what it can
        let_go(folder)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
