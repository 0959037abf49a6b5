"""What the short way of reading asks a store: papers and hours at once, by statements that stay prepared.

Nothing of SQLAlchemy is on the way but the words of the statement, which are
``collector/people/papers.py``'s and made once. ``ask`` is the event loop's: it doesn't wait. SQLite is read
on the spot, a few hours that came lately and are in memory, some microseconds each; a PostgreSQL server is
asked over a connection of its own, in a pipeline, and told of when it has answered.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from sqlalchemy.dialects import sqlite

from collector.database import Database, connect
from collector.people.papers import ASKED, Found, Papers
from collector.series import Kept

CACHE_KB = 16_000
"""The last day of two thousand sites. With SQLite's own 2 MB most hours would be read from the file anew."""

Tell = Callable[[Found | None, Kept], None]
"""Told what was found; with None that it can't be known this way."""


class Ready(Protocol):
    """A store that can be asked on the short way."""

    def ask(self, shown: Papers, hours: range, tell: Tell) -> bool:
        """Whether it is asked; then ``tell`` is told once, maybe before this returns."""
        ...

    def close(self) -> None: ...


class ReadySqlite:
    """Reads on the spot, waiting for no lock. For the event loop's thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def ask(self, shown: Papers, hours: range, tell: Tell) -> bool:
        try:
            if self._connection is None:
                self._connection = connect(self._path, 0.0)
                self._connection.execute("PRAGMA query_only = on")
                self._connection.execute(f"PRAGMA cache_size = -{CACHE_KB}")
            run = self._connection.execute
            asked = {"token": shown.token, "secret": shown.secret, "site": shown.site}
            run("BEGIN")  # both at one moment, and the file is locked for reading once
            try:
                found = Found(*run(_PAPERS, asked).fetchone())
                rows = run(_hours(len(hours)), (found.site, *hours)).fetchall()
            finally:
                run("COMMIT")
        except sqlite3.Error:
            self.close()
            return False
        starts, throughs, bodies = zip(*rows, strict=True) if rows else ((), (), ())
        tell(found, Kept(starts, throughs, b"".join(bodies)))
        return True

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


_PAPERS = str(
    ASKED.compile(dialect=sqlite.dialect(paramstyle="named"), compile_kwargs={"render_postcompile": True})
)


@lru_cache(maxsize=256)
def _hours(count: int) -> str:
    """So many hours by their beginnings: a list is quicker than a table that is made for it."""
    asked = ", ".join("?" * count)
    return f"SELECT starts_at, through_at, body FROM hours WHERE site = ? AND starts_at IN ({asked})"  # noqa: S608


def ready(database: Database) -> Ready:
    """The one of a database."""
    if database.path is not None:
        return ReadySqlite(database.path)
    from collector.ready_postgres import ReadyPostgres  # psycopg is an extra

    return ReadyPostgres(database)
