"""What the store keeps and for how long, and how what is too old leaves it.

The ladder: rows of a minute for weeks, five-minute means and probed time for two years, and for ever the
summaries, throughput tests and outages. A five-minute mean stays until its hour, its day and its week are
summarised, however old it is; a row of a minute is in its mean from the moment it is written. Removal
goes by whole days, oldest first, a few hundred rows to a transaction, so that the loop's one write a minute
never waits long. Pages that come free are used again; what is beyond a few days' need goes back to the disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from agent import store
from agent.migrations import transaction
from reports.periods import Kind
from reports.samples import Hole
from reports.settings import duration, setting

BATCH_ROWS = 500
"""Rows to a transaction: 40 KB, a few milliseconds on an SD card's controller plus one sync."""
BATCH_PAGES = 256
SPARE_PAGES = 1024
"""Free pages that the store keeps for the days to come; one day's minutes need about 130."""
DAY_S = 86_400

_KEYS: Mapping[str, str] = {
    "usage_minutes": "started_at",
    "usage_five_minutes": "started_at",
    "probed": "ends_at",
}


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """How long samples are kept. Summaries, tests and outages are kept for ever."""

    keep_minutes: float = setting(3_024_000.0, parse=duration, expect='a length of time as in "35d"')
    keep_five_minutes: float = setting(63_072_000.0, parse=duration, expect='a length of time as in "730d"')


def prune(connection: sqlite3.Connection, settings: StoreSettings, now: datetime) -> int:
    """Removes what is too old and already summarised; returns how many rows that were."""
    removed = remove_before(connection, "usage_minutes", _day(now, settings.keep_minutes))
    done_s = summarised_through(connection)
    if done_s is not None:
        end_s = min(_day(now, settings.keep_five_minutes), done_s)
        first_s = oldest(connection, "usage_five_minutes")
        if first_s is not None and first_s < end_s:
            removed += remove_before(connection, "usage_five_minutes", end_s)
            store.tell_hole(connection, Hole(_time(first_s), _time(end_s), "samples", "age"))
        removed += remove_before(connection, "probed", end_s)
    return removed


def summarised_through(connection: sqlite3.Connection) -> int | None:
    """Up to when hours, days and weeks are all summarised, in Unix seconds; None while any of them isn't."""
    ends = [
        connection.execute(
            "SELECT max(ends_at) FROM summaries WHERE kind = ? AND through_at >= ends_at", (kind,)
        ).fetchone()[0]
        for kind in get_args(Kind)
    ]
    return None if None in ends else min(ends)


def oldest(connection: sqlite3.Connection, table: str) -> int | None:
    """When the table's first row is of, in Unix seconds."""
    row = connection.execute(f"SELECT min({_KEYS[table]}) FROM {table}").fetchone()  # noqa: S608  # our own names
    return None if row[0] is None else int(row[0])


def remove_before(connection: sqlite3.Connection, table: str, end_s: int) -> int:
    """Removes rows of before ``end_s``, oldest first, in small transactions."""
    removed = 0
    while count := remove_oldest(connection, table, end_s):
        removed += count
    return removed


def remove_oldest(connection: sqlite3.Connection, table: str, end_s: int) -> int:
    """One transaction of ``remove_before``: all rows of the first ``BATCH_ROWS`` moments, at most."""
    key = _KEYS[table]
    with transaction(connection):
        last = connection.execute(
            f"""SELECT max({key}) FROM (SELECT {key} FROM {table} WHERE {key} < ?
                ORDER BY {key} LIMIT {BATCH_ROWS})""",  # noqa: S608  # our own names
            (end_s,),
        ).fetchone()[0]
        if last is None:
            return 0
        return connection.execute(f"DELETE FROM {table} WHERE {key} <= ?", (last,)).rowcount  # noqa: S608


def give_back(connection: sqlite3.Connection, spare_pages: int = SPARE_PAGES) -> int:
    """Gives free pages beyond the spare ones back to the disk, in small steps; returns how many.

    A store that was made before pages could be given back keeps them and fills them again.
    """
    before = free_pages(connection)
    while (free := free_pages(connection)) > spare_pages:
        step = min(BATCH_PAGES, free - spare_pages)
        connection.execute(f"PRAGMA incremental_vacuum({step})").fetchall()
        if free_pages(connection) == free:
            break
    return before - free_pages(connection)


def free_pages(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA freelist_count").fetchone()[0])


def _day(now: datetime, age_s: float) -> int:
    """The midnight (UTC) before which all is older than that: rows leave a day at a time."""
    return int(now.timestamp() - age_s) // DAY_S * DAY_S


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
