"""What the short way of reading asks a store: papers and hours at once, by statements that stay prepared.

Nothing of SQLAlchemy is on the way but the words of the statement, which are
``collector/people/papers.py``'s and made once. ``ask`` is the event loop's: it doesn't wait. SQLite is read
on the spot, a few hours that came lately and are in memory, some microseconds each; a PostgreSQL server is
asked over a connection of its own, in a pipeline, and told of when it has answered.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sqlalchemy.dialects import sqlite

from collector.database import Database, connect
from collector.people.papers import ASKED, Found, Papers
from collector.series import Kept

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
            run = self._connection.execute
            asked = {"token": shown.token, "secret": shown.secret, "site": shown.site}
            found = Found(*run(_PAPERS, asked).fetchone())
            rows = run(_HOURS, (found.site, hours[0], hours[-1])).fetchall()
        except sqlite3.Error:
            return False
        starts, throughs, bodies = zip(*rows, strict=True) if rows else ((), (), ())
        tell(found, Kept(starts, throughs, b"".join(bodies)))
        return True

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


_PAPERS = str(
    ASKED.compile(dialect=sqlite.dialect(paramstyle="named"), compile_kwargs={"render_postcompile": True})
)
_HOURS = (
    "WITH RECURSIVE asked (at) AS (SELECT ?2 UNION ALL SELECT at + 3600 FROM asked WHERE at < ?3) "
    "SELECT starts_at, through_at, body FROM asked CROSS JOIN hours ON starts_at = at AND site = ?1"
)


def ready(database: Database) -> Ready:
    """The one of a database."""
    if database.path is not None:
        return ReadySqlite(database.path)
    from collector.ready_postgres import ReadyPostgres  # psycopg is an extra

    return ReadyPostgres(database)
