"""Where a collector's database is - an SQLite file or a PostgreSQL server - and how it is connected to.

A database is named by one text: the path of a file, ``sqlite:PATH``, or ``postgresql://USER@HOST/NAME``,
which may hold all that libpq understands. A password in it is in no message.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reports.faults import ConfigFault

if TYPE_CHECKING:
    import psycopg

APPLICATION_ID = 1650942828
"""The number of "bgcl", which stands in the file's header and tells it from every other SQLite file."""

BUSY_TIMEOUT_S = 5.0
"""How long to wait for another process's commit; enrolling takes milliseconds."""

CONNECT_TIMEOUT_S = 10
"""How long to wait for a PostgreSQL server that doesn't answer."""


@dataclass(frozen=True, slots=True)
class Database:
    """One of the two: the path of an SQLite file, or the URL of a PostgreSQL database."""

    path: Path | None = None
    url: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """Its name in messages, without any password."""
        return (
            str(self.path)
            if self.url is None
            else re.sub(r"(//[^:@/?]*):[^/?]*@", r"\1@", self.url).split("?")[0]
        )


def named(text: str) -> Database:
    """The database that a setting or ``--database`` names. Raises ConfigFault."""
    if text.startswith(("postgresql://", "postgres://")):
        return Database(url=text)
    if text.startswith("sqlite:"):
        text = text.removeprefix("sqlite:")
        if text.startswith("//"):
            text = text[2:]  # as in sqlite:///var/lib/...
    elif "://" in text:
        scheme = text.split("://")[0]
        raise ConfigFault(
            f'database: found "{scheme}://...", expected a path, sqlite:PATH or postgresql://USER@HOST/NAME'
        )
    if not text:
        raise ConfigFault(
            "database: names no file, expected a path, sqlite:PATH or postgresql://USER@HOST/NAME"
        )
    return Database(path=Path(text))


def connect(path: Path, timeout_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    """A connection whose transactions are ours to begin and whose commits survive a power cut.

    WAL with synchronous=FULL: a commit returns once the log is on the disk.
    """
    connection = sqlite3.connect(
        path, timeout=timeout_s, isolation_level=None, check_same_thread=False, cached_statements=64
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def connect_postgres(database: Database) -> psycopg.Connection[tuple[object, ...]]:
    """A connection to the server. Raises psycopg.Error; ConfigFault where psycopg isn't installed."""
    driver(database)
    import psycopg

    assert database.url is not None
    return psycopg.connect(database.url, connect_timeout=CONNECT_TIMEOUT_S, application_name="bandgap")


def driver(database: Database) -> None:
    """Loads psycopg, which only PostgreSQL takes. Raises ConfigFault."""
    try:
        import psycopg  # noqa: F401  # loaded for whoever imports it next
    except ImportError:
        raise ConfigFault(
            f"{database}: PostgreSQL takes psycopg; install it with: pip install 'bandgap[postgresql]'"
        ) from None
