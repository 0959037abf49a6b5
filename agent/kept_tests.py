"""The throughput tests in the store: rows become samples here, and samples rows.

By plain ``sqlite3``, since a scheduled test's own process needs no more of the store than this and its notes;
``agent/history.py`` reads and writes them by the same functions.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime

from reports.samples import CapacitySample

IMPORTED = """flags LIKE '%"imported"%'"""
"""What ``agent/exchange`` brought in from other tools."""


def add(connection: sqlite3.Connection, sample: CapacitySample) -> None:
    """Keeps a test; the same id twice is an error, for a test is counted once."""
    row = asdict(sample)
    row.update(
        started_at=int(sample.started_at.timestamp()),
        ended_at=int(sample.ended_at.timestamp()),
        flags=json.dumps(list(sample.flags)),
    )
    names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO capacity_samples ({names}) VALUES ({places})", row)  # noqa: S608  # fields


def between(connection: sqlite3.Connection, starts_at: datetime, ends_at: datetime) -> list[CapacitySample]:
    """Those that started in [starts_at, ends_at), oldest first."""
    times = int(starts_at.timestamp()), int(ends_at.timestamp())
    return select(connection, "started_at >= ? AND started_at < ? ORDER BY started_at, id", times)


def recent(connection: sqlite3.Connection, count: int) -> list[CapacitySample]:
    """The newest of this agent's own, newest first."""
    return select(connection, f"NOT {IMPORTED} ORDER BY started_at DESC, id LIMIT ?", (count,))


def select(connection: sqlite3.Connection, which: str, values: Iterable[object]) -> list[CapacitySample]:
    """Those for which the condition holds, in its order; ``values`` are for its question marks."""
    found = connection.execute(f"SELECT * FROM capacity_samples WHERE {which}", tuple(values))  # noqa: S608
    names = [column[0] for column in found.description]
    return [_sample(dict(zip(names, row, strict=True))) for row in found]


def _sample(row: dict[str, object]) -> CapacitySample:
    times = {name: datetime.fromtimestamp(int(str(row[name])), UTC) for name in ("started_at", "ended_at")}
    flags = tuple(json.loads(str(row["flags"])))
    return CapacitySample(**{**row, **times, "flags": flags})  # type: ignore[arg-type]  # as the schema has them
