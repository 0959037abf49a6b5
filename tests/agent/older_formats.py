"""Stores of older formats: `python -m tests.agent.older_formats` makes those that aren't in tests/agent/stores/.

Migrations that were released never change, so the store of any format can be made at any time. The rows are
those of format-2.sqlite, which an agent of its day wrote, as far as the format has tables for them; what came
later has rows of its own here, of the format that brought it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from agent import migrations, store

STORES = Path(__file__).parent / "stores"
WITH_LARGE_PAGES = 5
"""Up to this format."""

_BROUGHT: Mapping[int, Sequence[str]] = {
    3: ("UPDATE capacity_samples SET jitter_ms = 1.5, load_s = 9.0",),
    4: (
        "INSERT INTO chain VALUES (1, 'hour:2026-11-23T07Z:1795420800', NULL, 'ab12')",
        "INSERT INTO chain SELECT 2, id, 'ab12', 'cd34' FROM summaries WHERE sequence = 2",
        "UPDATE summaries SET number = 2 WHERE sequence = 2",
    ),
    5: (
        "INSERT INTO clock_steps VALUES (1795421000, -3600.5, 1)",
        "INSERT INTO undated_minutes VALUES (7, 'a boot', 0, 20.5, 'eth0', 60.0, 10, 20, 1.5, 0.2, 0.0)",
        "UPDATE usage_minutes SET era = 1 WHERE started_at >= 1795428000",
    ),
    6: ("INSERT INTO holes VALUES (1795334400, 'minutes', 'disk_full', 1795338000)",),
}


def path(number: int) -> Path:
    return STORES / f"format-{number}.sqlite"


def make(number: int) -> None:
    """Writes the store of this format."""
    with (
        closing(sqlite3.connect(f"file:{path(2)}?mode=ro&immutable=1", uri=True)) as old,
        closing(sqlite3.connect(path(number), isolation_level=None)) as made,
    ):
        small = number > WITH_LARGE_PAGES
        made.execute(f"PRAGMA page_size = {store.PAGE_BYTES if small else 4096}")
        made.execute(f"PRAGMA auto_vacuum = {'INCREMENTAL' if small else 'NONE'}")
        migrations.apply(made, migrations.MIGRATIONS[:1])
        made.execute("DROP TRIGGER a_summary_goes_out")
        for form in range(1, number + 1):
            migrations.apply(made, migrations.MIGRATIONS[:form])
            if form <= 2:
                _copy(old, made, form)
            for statement in _BROUGHT.get(form, ()):
                made.execute(statement)
        (trigger,) = old.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchone()
        made.execute(trigger)
        made.execute("PRAGMA journal_mode = WAL")


def _copy(old: sqlite3.Connection, made: sqlite3.Connection, number: int) -> None:
    """Rows of the tables that this format brought, in an order that foreign keys allow."""
    first = "usage_minutes", "usage_five_minutes", "capacity_samples", "summaries", "outbox", "notes"
    for table in first if number == 1 else ("outages", "probed"):
        for row in old.execute(f"SELECT * FROM {table}"):
            made.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


if __name__ == "__main__":
    for missing in range(1, len(migrations.MIGRATIONS)):
        if not path(missing).exists():
            make(missing)
            print(path(missing))
