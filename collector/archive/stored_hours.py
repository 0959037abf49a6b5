"""The store's side of the archive: which days have hours, what they are, and how they leave.

Functions over a connection (``collector/engine.py``). What the store says of hours is asked here and
nowhere else in the archive. Days are UTC's.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, insert, select, text

from collector.archive.columns import Hour
from collector.archive.table import archived
from collector.database import Database
from collector.packed import unpacked
from collector.tables import hours, sites
from reports.faults import Fault
from reports.sites import Site

SITES_A_PAGE = 1000
"""Sites whose hours of a day are held in memory at a time."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The hours of one UTC day that were received no later than ``until``."""

    day: date
    until: datetime

    @property
    def starts(self) -> list[int]:
        midnight = int(datetime.combine(self.day, time(), UTC).timestamp())
        return [midnight + 3600 * hour for hour in range(24)]

    @property
    def rows(self) -> ColumnElement[bool]:
        return and_(
            hours.c.starts_at.in_(self.starts),
            hours.c.received_at <= int(self.until.timestamp()),
        )


@dataclass(frozen=True, slots=True)
class Count:
    """How many hours, and what their reaches and receipts add up to: if that differs, they changed."""

    hours: int = 0
    through_at: int = 0
    received_at: int = 0


def days_with_hours(connection: Connection, first: date, end: date) -> Iterator[date]:
    """The days of [first, end) on which hours in the store begin, in order."""
    at = int(datetime.combine(first, time(), UTC).timestamp())
    until = int(datetime.combine(end, time(), UTC).timestamp())
    while True:
        found = connection.scalar(
            select(func.min(hours.c.starts_at)).where(hours.c.starts_at >= at, hours.c.starts_at < until)
        )
        if found is None:
            return
        day = datetime.fromtimestamp(found, UTC).date()
        yield day
        at = int(datetime.combine(day + timedelta(days=1), time(), UTC).timestamp())


def pages(connection: Connection, scope: Scope) -> Iterator[list[tuple[int, Hour]]]:
    """The hours in scope with their site's key, some sites at a time, in the order of key and time."""
    after = 0
    while True:
        known = connection.execute(
            select(sites.c.key, sites.c.id, sites.c.facts)
            .where(sites.c.key > after)
            .order_by(sites.c.key)
            .limit(SITES_A_PAGE)
        ).all()
        if not known:
            return
        first, after = known[0].key, known[-1].key
        named = {row.key: (row.id, _zone(row.facts)) for row in known}
        rows = connection.execute(
            select(hours.c.site, hours.c.starts_at, hours.c.through_at, hours.c.received_at, hours.c.body)
            .where(scope.rows, hours.c.site.between(first, after))
            .order_by(hours.c.site, hours.c.starts_at)
        )
        page = [(row.site, _hour(*named[row.site], *row[1:])) for row in rows]
        connection.rollback()  # a read that lasts for the whole day would keep SQLite's log from being cut
        yield page


def count(connection: Connection, scope: Scope, but: Sequence[int] = ()) -> Count:
    """What is in scope, without these sites."""
    row = connection.execute(
        select(
            func.count(),
            func.coalesce(func.sum(hours.c.through_at), 0),
            func.coalesce(func.sum(hours.c.received_at), 0),
        ).where(scope.rows, hours.c.site.not_in(but))
    ).one()
    return Count(*map(int, row))


def forget(connection: Connection, scope: Scope, expected: Count, but: Sequence[int] = ()) -> None:
    """Takes away what is in scope, without these sites. Raises Fault when it isn't what was read."""
    if count(connection, scope, but) != expected:
        raise Fault(
            f"{scope.day}: the store changed while its hours were archived; nothing was taken away, run again"
        )
    connection.execute(delete(hours).where(scope.rows, hours.c.site.not_in(but)))


def record(
    connection: Connection,
    day: date,
    part: int | None,
    place: str,
    rows: int,
    size_bytes: int,
    sha256: str | None,
    taken: int,
    at: datetime,
) -> None:
    """Notes a day's run: which part was written, if any, and how many hours left the store."""
    values = (day, part, place, rows, size_bytes, sha256, taken, int(at.timestamp()))
    names = ("day", "part", "place", "rows", "size_bytes", "sha256", "taken", "archived_at")
    connection.execute(insert(archived).values(dict(zip(names, values, strict=True))))


@contextmanager
def alone(database: Database, source: Engine) -> Iterator[None]:
    """No other run archives this database meanwhile. Raises Fault when one does."""
    busy = Fault(f"{database}: another run is archiving it; wait for that one to end")
    if database.path is not None:
        with database.path.with_name(database.path.name + ".archiving").open("w") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise busy from None
            yield
        return
    number = int.from_bytes(hashlib.sha256(b"bandgap archive").digest()[:7])
    with source.connect() as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": number}):
            raise busy
        connection.commit()  # the lock is the session's, and holds without a transaction that stays open
        try:
            yield
        finally:
            connection.scalar(text("SELECT pg_advisory_unlock(:number)"), {"number": number})


def _hour(site: str, zone: ZoneInfo, starts_at: int, through_at: int, received_at: int, body: bytes) -> Hour:
    summary = unpacked(starts_at, through_at, body)
    local_day = summary.starts_at.astimezone(zone).date()
    return Hour(site, local_day, datetime.fromtimestamp(received_at, UTC), summary)


@lru_cache(maxsize=4096)
def _zone(facts: str) -> ZoneInfo:
    return ZoneInfo(msgspec.json.decode(facts, type=Site).timezone)
