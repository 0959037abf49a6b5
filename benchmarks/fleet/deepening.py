"""Makes the history of a filled fleet longer: rows as the stores keep them, in bulk, with indexes made at the end.

Weeks and days are made for all sites, hours for one site in ``SAMPLED`` (a page of a site reads its own rows by
index), a few for the others. What is older says what the site's newest whole period says: it is there to be passed
by, and costs as much as any. The checks that every row of an upload passes are left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Engine, Table, select

from benchmarks.fleet.filling import ZONE
from collector.engine import writing
from collector.partitions import make_partition
from collector.tables import hours, summaries
from reports.periods import Period, day_of, hour_of, week_of

SAMPLED = 100
"""One site in so many has hours as far back as ``Depth.sampled`` says."""
LATE_S = 600
"""What is older came so long after its end."""
AT_ONCE = 50_000
"""Rows in one transaction."""
MONTH = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Depth:
    """How many weeks, days and hours back every site goes, and how many hours one in ``SAMPLED``."""

    weeks: int = 4
    days: int = 2
    hours: int = 3
    sampled: int = 3

    def times(self, more: int) -> Depth:
        return Depth(self.weeks * more, self.days * more, self.hours * more, self.sampled * more)


def deepen(source: Engine, have: Depth, wanted: Depth, now: datetime) -> None:
    """Adds what ``wanted`` has beyond ``have``."""
    periods, bodies = _newest(source)
    if source.dialect.name == "postgresql":
        with writing(source) as connection:
            for n in range(wanted.sampled * timedelta(hours=1) // MONTH + 2):
                make_partition(connection, int((now - n * MONTH).timestamp()))
    indexes = [*summaries.indexes, *hours.indexes]
    for index in indexes:
        index.drop(source)
    _insert(source, summaries, _periods(periods, have, wanted, now))
    _insert(source, hours, _hours(bodies, have, wanted, now))
    for index in indexes:
        index.create(source)
    with source.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # What a server of PostgreSQL does by itself in time; a collector's SQLite has no statistics.
        connection.exec_driver_sql(
            "VACUUM ANALYZE" if source.dialect.name == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)"
        )


def _newest(source: Engine) -> tuple[dict[tuple[str, int], str], dict[int, bytes]]:
    """What each site's newest whole week and day say after their times, and what its newest hour says."""
    periods: dict[tuple[str, int], str] = {}
    with source.connect() as connection:
        rows = connection.execution_options(stream_results=True).execute(
            select(summaries.c.kind, summaries.c.site, summaries.c.body).order_by(summaries.c.starts_at)
        )
        for kind, site, body in rows:
            times, _, figures = body.partition(',"usage":')
            if times.split('"ends_at":')[1].split(",")[0] in times.split('"through_at":')[1]:
                periods[kind, site] = ',"usage":' + figures
        bodies = {
            site: bytes(body)
            for site, body in connection.execute(
                select(hours.c.site, hours.c.body).order_by(hours.c.starts_at)
            )
        }
    return periods, bodies


def _periods(
    newest: dict[tuple[str, int], str], have: Depth, wanted: Depth, now: datetime
) -> Iterator[tuple[Any, ...]]:
    older: dict[str, list[Period]] = {
        "week": [week_of(now - timedelta(weeks=n), ZONE) for n in range(have.weeks, wanted.weeks)],
        "day": [day_of(now - timedelta(days=n), ZONE) for n in range(have.days, wanted.days)],
    }
    said = {kind: [(_at(one.starts_at), _at(one.ends_at), _times(one), one.label) for one in found]
            for kind, found in older.items()}  # fmt: skip
    for (kind, site), figures in newest.items():
        for starts_at, ends_at, times, label in said[kind]:
            body = times + figures
            digest = hashlib.sha256(body.encode()).digest()
            yield starts_at, kind, site, label, ends_at, digest, ends_at + LATE_S, body


def _times(period: Period) -> str:
    """The begin of a summary's JSON (``collector/judging.py``)."""
    both = period.starts_at, period.ends_at
    starts_at, ends_at = (f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for at in both)
    return (
        f'{{"kind":"{period.kind}","label":"{period.label}","starts_at":"{starts_at}",'
        f'"ends_at":"{ends_at}","through_at":"{ends_at}"'
    )


def _hours(newest: dict[int, bytes], have: Depth, wanted: Depth, now: datetime) -> Iterator[tuple[Any, ...]]:
    first = _at(hour_of(now).starts_at)
    for site, body in newest.items():
        sampled = site % SAMPLED == 0
        for n in range(*((have.sampled, wanted.sampled) if sampled else (have.hours, wanted.hours))):
            starts_at = first - 3600 * n
            yield site, starts_at, starts_at + 3600, starts_at + 3600 + LATE_S, body


def _insert(source: Engine, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """By the driver's own quickest way."""
    names = [column.name for column in table.columns]
    _WAYS[source.dialect.name](source, table.name, names, rows)


def _by_copy(source: Engine, table: str, names: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    with source.connect() as pooled:
        driver: Any = pooled.connection.driver_connection
        # A site that isn't there would be refused row by row; all of these are.
        driver.execute("SET session_replication_role = replica")
        with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        driver.execute("SET session_replication_role = DEFAULT")
        driver.commit()


def _by_many(source: Engine, table: str, names: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    statement = (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # our own names
    )
    rows = iter(rows)
    with source.connect() as pooled:
        driver: Any = pooled.connection.driver_connection
        driver.execute("PRAGMA foreign_keys = OFF")
        driver.execute("PRAGMA synchronous = OFF")
        while batch := list(islice(rows, AT_ONCE)):
            driver.execute("BEGIN")
            driver.executemany(statement, batch)
            driver.execute("COMMIT")
        pooled.invalidate()  # nobody gets this connection again


_WAYS: dict[str, Callable[[Engine, str, list[str], Iterable[tuple[Any, ...]]], None]] = {
    "sqlite": _by_many,
    "postgresql": _by_copy,
}


def _at(moment: datetime) -> int:
    return int(moment.timestamp())
