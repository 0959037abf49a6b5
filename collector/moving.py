"""Carries a whole collector from one database to another: ``bandgap collector move``.

Every table is copied in the order of its key, a part and a commit at a time. A move that was interrupted is
taken up where it stood: what the new database has must be the beginning of what the old one has, row by row,
or it is refused as another's. At the end both are read through once more, and every table must have the same
number of rows and the same hash over all of them. The old database is only read; no collector may run on
either meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Index,
    Table,
    Text,
    func,
    insert,
    select,
    text,
    tuple_,
)

from collector.database import Database
from collector.engine import engine, reading, writing
from collector.migrating import prepare
from collector.partitions import make_partition
from collector.tables import METADATA
from reports.faults import ConfigFault, Fault

ROWS_AT_ONCE = 1_000

Tell = Callable[[str], None]


def move(source: Database, goal: Database, tell: Tell) -> dict[str, int]:
    """Moves everything; returns the rows of each table. Raises ConfigFault or Fault, and may be called again.

    ``tell`` is given a line whenever there is something to say.
    """
    if source == goal:
        raise ConfigFault(f"{source}: is both the old database and the new one")
    if source.path is not None and not source.path.exists():
        raise ConfigFault(f"{source}: there is no such database to move from")
    prepare(source)
    prepare(goal)
    old, new = engine(source), engine(goal)
    try:
        tables = METADATA.sorted_tables
        for table in tables:
            _copy(table, old, new, goal, tell)
        rows = {}
        for table in tables:
            rows[table.name], found = _sum(table, old)
            if (rows[table.name], found) != _sum(table, new):
                raise Fault(
                    f"{goal}: its table {table.name} isn't what {source} has; was one of them written "
                    "meanwhile? Move into an empty database"
                )
            tell(f"{table.name}: {rows[table.name]:,} rows, verified")
        return rows
    finally:
        old.dispose()
        new.dispose()


def _copy(table: Table, old: Engine, new: Engine, goal: Database, tell: Tell) -> None:
    with reading(old) as connection:
        count = connection.scalar(select(func.count()).select_from(table)) or 0
    there, after = _beginning(table, old, new, goal)
    if there:
        tell(f"{table.name}: {there:,} of {count:,} rows are there already")
    for rows in _parts(table, old, after):
        with writing(new) as connection:
            if table.name == "hours" and connection.dialect.name == "postgresql":
                for at in {row.starts_at for row in rows}:
                    make_partition(connection, at)
            # One statement: a place may stand before the one that it is in.
            connection.execute(insert(table).values([dict(row._mapping) for row in rows]))
        before, there = there, there + len(rows)
        if there == count or before // 100_000 != there // 100_000:
            tell(f"{table.name}: {there:,} of {count:,} rows")
    with writing(new) as connection:
        _count_on(connection, table)


def _beginning(table: Table, old: Engine, new: Engine, goal: Database) -> tuple[int, Sequence[Any] | None]:
    """How many rows are there already, and the key of the last; they must be the old one's first."""
    there, after = 0, None
    expected = _parts(table, old, None)
    for rows in _parts(table, new, None):
        if [tuple(row) for row in rows] != [tuple(row) for row in next(expected, [])][: len(rows)]:
            raise ConfigFault(
                f"{goal}: its table {table.name} has what the old database hasn't; move into an empty one"
            )
        there += len(rows)
        after = [rows[-1]._mapping[column] for column in key_of(table)]
    return there, after


def _parts(table: Table, source: Engine, after: Sequence[Any] | None) -> Iterator[Sequence[Any]]:
    """A table's rows in the order of its key, from after one key on."""
    columns = key_of(table)
    with reading(source) as connection:
        order = [_ordered(column, connection) for column in columns]
    while True:
        asked = select(table).order_by(*order).limit(ROWS_AT_ONCE)
        if after is not None:
            asked = asked.where(tuple_(*order) > tuple_(*after))
        with reading(source) as connection:
            rows = connection.execute(asked).all()
        if rows:
            yield rows
        if len(rows) < ROWS_AT_ONCE:
            return
        after = [rows[-1]._mapping[column] for column in columns]


def key_of(table: Table) -> list[Column[Any]]:
    """The columns by which a table's rows are told apart."""
    if table.primary_key.columns:
        return list(table.primary_key.columns)
    whole = [
        one for one in table.indexes if one.unique and one.dialect_options["postgresql"]["where"] is None
    ]
    return list(min(whole, key=_name).columns)


def _name(index: Index) -> str:
    return str(index.name)


def _ordered(column: Column[Any], connection: Connection) -> ColumnElement[Any]:
    """By octets on both: PostgreSQL would order texts as a dictionary does."""
    if connection.dialect.name == "postgresql" and isinstance(column.type, Text):
        return column.collate("C")
    return column


def _sum(table: Table, source: Engine) -> tuple[int, str]:
    """How many rows a table has, and a hash over all of them."""
    count, hashed = 0, hashlib.sha256()
    for rows in _parts(table, source, None):
        count += len(rows)
        hashed.update(msgspec.msgpack.encode([tuple(row) for row in rows]))
    return count, hashed.hexdigest()


def _count_on(connection: Connection, table: Table) -> None:
    """Lets PostgreSQL's next key follow those that came with their rows; SQLite's does."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.columns:
        if column.identity is not None:
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), "  # noqa: S608  # names
                    f"(SELECT coalesce(max({column.name}), 0) + 1 FROM {table.name}), false)"
                )
            )
