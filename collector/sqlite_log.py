"""SQLite's log (WAL) on its way into the database's file, beside the commits that go on.

To move it takes tenths of a second, in which a writer that does so itself commits nothing. Therefore another
connection moves it, on a thread of its own, while commits are appended to the log's end. It can't catch up
with them, and a log that was never moved whole would grow without end
(https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files). So what came meanwhile, a small part,
is moved by the writer between two commits, and with the next one the log begins anew.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

from collector.database import connect

SUMMARIES_MOVED_AT_ONCE = 8_000
"""About 30 MB of log."""

_MOVE = "PRAGMA wal_checkpoint(PASSIVE)"
"""Waits for nobody: what a reader still needs stays in the log, until the next time."""

log = logging.getLogger("bandgap.collector")


class Log:
    """The log of the database that ``writer`` writes. For the writer's thread."""

    def __init__(self, path: Path, writer: sqlite3.Connection) -> None:
        self._path, self._writer = path, writer
        # No commit moves anything.
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        self._since = 0
        self._moving: threading.Thread | None = None

    def wrote(self, summaries: int) -> None:
        """Call it between two commits. Raises sqlite3.Error."""
        self._since += summaries
        if self._moving is None:
            if self._since >= SUMMARIES_MOVED_AT_ONCE:
                self._moving = threading.Thread(target=self._move, name="log")
                self._moving.start()
        elif not self._moving.is_alive():
            self._moving, self._since = None, 0
            self._writer.execute(_MOVE).fetchone()

    def close(self) -> None:
        if self._moving is not None:
            self._moving.join()

    def _move(self) -> None:
        try:
            connection = connect(self._path)
            try:
                connection.execute(_MOVE).fetchone()
            finally:
                connection.close()
        except sqlite3.Error as fault:
            log.warning("the database's log stays as long as it is: %s; tried again", fault)
