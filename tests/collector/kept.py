"""What a collector's SQLite file holds, read past the collector."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def kept_summaries(path: Path) -> list[tuple[str, str, int]]:
    """Kind, label, and in how many rows, of all sites together, in order."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            """SELECT kind, label, count(*) FROM (SELECT kind, label FROM summaries UNION ALL
               SELECT 'hour', strftime('%Y-%m-%dT%HZ', starts_at, 'unixepoch') FROM hours)
               GROUP BY kind, label ORDER BY kind, label"""
        ).fetchall()
