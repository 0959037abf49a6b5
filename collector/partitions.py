"""PostgreSQL's partitions of the hours: one for each month, made before its first hour comes.

Old months can then be taken out at once, and an index of one month stays in memory. What belongs to no month
that has a partition, because a gateway's clock is wrong or years were imported, is kept all the same, in
``hours_other``; when its month is made it moves there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

MONTHS_BACK, MONTHS_AHEAD = 1, 2
"""Months that have a partition, counted from the running one: late hours are mostly days late."""

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
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        for further in range(-MONTHS_BACK, MONTHS_AHEAD + 1):
            name, begins, ends = month_of(at, further)
            table = f"hours_{name}"
            if connection.execute("SELECT to_regclass(%s)", (table,)).fetchone() != (None,):
                continue
            for statement in (
                f"CREATE TABLE {table} (LIKE hours INCLUDING DEFAULTS)",
                f"WITH moved AS (DELETE FROM hours_other WHERE starts_at >= {begins} AND starts_at < {ends} "  # noqa: S608  # numbers made above
                f"RETURNING site, starts_at, through_at, received_at, body) "
                f"INSERT INTO {table} (site, starts_at, through_at, received_at, body) SELECT * FROM moved",
                f"ALTER TABLE hours ATTACH PARTITION {table} FOR VALUES FROM ({begins}) TO ({ends})",
            ):
                connection.execute(statement.encode())
