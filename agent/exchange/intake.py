"""Takes rows into the store: all of them in one transaction, or none, and none twice.

Rows are gathered in a temporary table first, which locks nobody out, and then put where there is nothing yet.
What the store has stays as it is: a test by its id; a minute or five minutes by its time, whatever its
interface, so that nothing is counted twice; an outage or a probed stretch with all that it overlaps.

Summaries aren't touched. Those of periods that had ended stay as they were made, and sent, without what came
in later; a report of such a week is made from the samples, and shows it.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from agent.exchange.rows import Bad, Item, LeftOut, Row
from agent.exchange.tables import TABLES
from agent.migrations import transaction

BATCH = 2000
SHOWN = 10
_SPANS = {
    "outages": ("started_at", "ifnull({}.ended_at, {}.seen_until)"),
    "probed": ("starts_at", "{}.ends_at"),
}


@dataclass(slots=True)
class Gathered:
    """What was in a file: good rows by table, when they begin and end, bad ones, and what was left out."""

    rows: Counter[str] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None
    bad: list[Bad] = field(default_factory=list)
    bad_count: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


class _NotMeant(Exception):
    """Ends a transaction of which nothing is to stay."""


def gather(connection: sqlite3.Connection, items: Iterable[Item]) -> Gathered:
    """Puts the good rows into temporary tables of this connection."""
    for table in TABLES.values():
        if table.importable:
            connection.execute(
                f"CREATE TEMP TABLE incoming_{table.stored} AS"  # noqa: S608  # our names
                f" SELECT {', '.join(table.names)} FROM {table.stored} WHERE 0"
            )
    found = Gathered()
    rows = _good(items, found)
    while batch := list(islice(rows, BATCH)):
        with _batch(connection):
            for row in batch:
                table = TABLES[row.table]
                connection.execute(
                    f"INSERT INTO incoming_{table.stored} VALUES ({', '.join('?' * len(table.columns))})",  # noqa: S608
                    [row.values.get(name) for name in table.names],
                )
    return found


def put(connection: sqlite3.Connection, *, dry_run: bool = False) -> Counter[str]:
    """Puts what was gathered into the store; returns how many rows of each table were new there."""
    new: Counter[str] = Counter()
    try:
        with transaction(connection):
            for table in TABLES.values():
                if table.importable:
                    new[table.name] = _put(connection, table.name)
            if dry_run:
                raise _NotMeant
    except _NotMeant:
        pass
    return new


def _put(connection: sqlite3.Connection, name: str) -> int:
    table = TABLES[name]
    mine, theirs = f"incoming_{table.stored}", table.stored
    if name in _SPANS:
        start, end = _SPANS[name]
        ends = [end.format(one, one) for one in (mine, "there")]
        here = (
            f"EXISTS (SELECT 1 FROM {theirs} AS there WHERE there.{start} = {mine}.{start}"  # noqa: S608
            f" OR (there.{start} < {ends[0]} AND {ends[1]} > {mine}.{start}))"
        )
    else:
        by = "id" if name == "tests" else "started_at"
        here = f"{by} IN (SELECT {by} FROM {theirs})"  # noqa: S608
    connection.execute(f"DELETE FROM {mine} WHERE {here}")  # noqa: S608
    names = ", ".join(table.names)
    done = connection.execute(f"INSERT OR IGNORE INTO {theirs} ({names}) SELECT {names} FROM {mine}")  # noqa: S608
    return done.rowcount


def _good(items: Iterable[Item], found: Gathered) -> Iterator[Row]:
    for item in items:
        if isinstance(item, Bad):
            found.bad_count += 1
            if len(found.bad) < SHOWN:
                found.bad.append(item)
        elif isinstance(item, LeftOut):
            found.left_out[item.what] += item.count
        else:
            at = item.values[TABLES[item.table].key[0]]
            found.first = at if found.first is None else min(found.first, at)
            found.last = at if found.last is None else max(found.last, at)
            found.rows[item.table] += 1
            yield item


@contextmanager
def _batch(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that touches temporary tables only: it takes no lock on the store."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
