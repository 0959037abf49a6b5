"""PostgreSQL's partitions of the hours: one for each month, made before its first hour comes.

Old months can then be taken out at once, and an index of one month stays in memory. What belongs to no month
that has a partition, because a gateway's clock is wrong or years were imported, is kept all the same, in
``hours_other``; when its month is made it moves there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

MONTHS_BACK, MONTHS_AHEAD = 1, 2
"""Months that have a partition, counted from the running one: late hours are mostly days late."""

EARLIEST, LATEST = 946_684_800, 4_102_444_800
"""The years 2000 to 2099: an hour outside them is some clock's mistake, and gets no partition of its own."""

_LOCK = 1650942829
"""The number of the advisory lock under which partitions are made."""


def month_of(at: int, further: int = 0) -> tuple[str, int, int]:
    """Name, begin and end (Unix seconds) of the month that holds a moment, or of one that many later."""
    moment = datetime.fromtimestamp(at, UTC)
    number = moment.year * 12 + moment.month - 1 + further
    begins, ends = (datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in (number, number + 1))
    return f"{begins:%Y_%m}", int(begins.timestamp()), int(ends.timestamp())


def make_months(connection: psycopg.Connection[Any], at: int) -> None:
    """Makes the partitions around a moment that aren't there, in a transaction of its own."""
    with connection.transaction():
        for further in range(-MONTHS_BACK, MONTHS_AHEAD + 1):
            for statement in _making(at, further, lambda sql: connection.execute(sql.encode()).fetchone()):
                connection.execute(statement.encode())


def make_partition(connection: Connection, at: int) -> None:
    """Makes the partition of the month that holds a moment, unless no school can have had an hour then."""
    if not EARLIEST <= at < LATEST:
        return
    for statement in _making(at, 0, lambda sql: connection.exec_driver_sql(sql).fetchone()):
        connection.exec_driver_sql(statement)


def _making(at: int, further: int, ask: Callable[[str], object]) -> Iterator[str]:
    """What makes one month's partition; nothing when it is there. All are names and numbers made here."""
    name, begins, ends = month_of(at, further)
    table = f"hours_{name}"
    # Not to_regclass(): what that didn't find it believes to be missing until the transaction ends.
    there = f"SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = '{table}'"  # noqa: S608
    if ask(there) is not None:
        return
    ask(f"SELECT pg_advisory_xact_lock({_LOCK})")
    if ask(there) is not None:
        return
    columns = "site, starts_at, through_at, received_at, body"
    yield f"CREATE TABLE {table} (LIKE hours INCLUDING DEFAULTS)"
    yield (
        f"WITH moved AS (DELETE FROM hours_other WHERE starts_at >= {begins} AND starts_at < {ends} "  # noqa: S608
        f"RETURNING {columns}) INSERT INTO {table} ({columns}) SELECT * FROM moved"
    )
    yield f"ALTER TABLE hours ATTACH PARTITION {table} FOR VALUES FROM ({begins}) TO ({ends})"
