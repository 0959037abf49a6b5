"""Many rows into a table at once, replacing those with the same keys.

For work in the background, which on SQLite keeps uploads from being committed for as long as it writes. A
statement for each row would hand the interpreter's lock back and forth a hundred times, and while uploads
come fast each time wait a millisecond for it: a tenth of a second in which nobody commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql

_encode = msgspec.json.Encoder().encode


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of texts, numbers, days and None, each with the same names."""
    if not rows:
        return
    names = tuple(rows[0])
    if connection.dialect.name == "sqlite":
        values = _encode([[row[name] for name in names] for row in rows]).decode()
        connection.exec_driver_sql(_from_json(table, names), (values,))
        return
    made = postgresql.insert(table)
    new = {name: made.excluded[name] for name in names}
    connection.execute(
        made.on_conflict_do_update(index_elements=list(table.primary_key), set_=new),
        [dict(row) for row in rows],
    )


@cache
def _from_json(table: Table, names: tuple[str, ...]) -> str:
    keys = ", ".join(column.name for column in table.primary_key)
    columns = ", ".join(names)
    values = ", ".join(f"json_extract(value, '$[{number}]')" for number in range(len(names)))
    new = ", ".join(f"{name} = excluded.{name}" for name in names)
    # WHERE true: without it ON would be a join's.
    return (
        f"INSERT INTO {table.name} ({columns}) SELECT {values} FROM json_each(?) WHERE true "  # noqa: S608
        f"ON CONFLICT ({keys}) DO UPDATE SET {new}"
    )
