"""SQLAlchemy over a collector's database, for the tables that are written seldom: registry, people, settings.

What is written for every upload goes by the store (``collector/store.py``) and not by this. Statements are
made from ``collector/tables.py`` and run unchanged on SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from collector.database import BUSY_TIMEOUT_S, Database, connect, connect_postgres

POOL = 4
"""Connections that stay open between uses."""


def engine(database: Database, timeout_s: float = BUSY_TIMEOUT_S) -> Engine:
    """Connects when it is first used; any thread may use it."""
    if database.path is None:
        return create_engine(
            "postgresql+psycopg://",
            creator=partial(connect_postgres, database),
            pool_size=POOL,
            pool_pre_ping=True,
        )
    made = create_engine(
        "sqlite://",
        creator=partial(connect, database.path, timeout_s),
        poolclass=QueuePool,
        pool_size=POOL,
        max_overflow=20,
    )
    event.listen(made, "begin", _begin)
    return made


def _begin(connection: Connection) -> None:
    # sqlite3 begins no transaction by itself here (collector.database.connect). One that writes takes the
    # lock at once: one that began by reading couldn't wait for it later.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(source: Engine) -> Iterator[Connection]:
    """A connection that sees one moment of the database, and changes nothing."""
    with source.connect() as connection:
        yield connection


@contextmanager
def writing(source: Engine) -> Iterator[Connection]:
    """A transaction: all of the block is stored at its end, or nothing of it when it raises."""
    with source.execution_options(writes=True).begin() as connection:
        yield connection
