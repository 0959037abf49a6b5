"""Stores with a history in them, for the tests of what goes out of a store and comes into it."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent import store
from agent.exchange.tables import TABLES
from agent.history import History
from reports.periods import SchoolHours, week_of
from reports.samples import CapacitySample, Outage, Stretch, UsageSample
from reports.sites import Site
from reports.summaries import summarise

START = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
SITE = Site(timezone="UTC")


def kept(folder: Path, minutes: int = 30, tests: int = 4) -> Path:
    """A state folder whose store has something of everything, awkward text and missing figures among it."""
    chance = random.Random(7)
    folder.mkdir(exist_ok=True)
    with closing(store.open_store(folder)) as connection:
        rows = [
            UsageSample(
                "eth0",
                START + timedelta(minutes=n),
                59.98,
                chance.randrange(10**9),
                chance.randrange(10**8),
                chance.random() * 100 if n % 3 else None,
                chance.random() if n % 3 else None,
                0.1 + 0.2,
            )
            for n in range(minutes)
        ]
        outages = [
            Outage(START, START + timedelta(minutes=2), START + timedelta(minutes=3), "dns", "=1+1"),
            Outage(START + timedelta(hours=1), START + timedelta(hours=2), None, "link"),
        ]
        store.write_minutes(connection, rows, outages, [Stretch(START, START + timedelta(minutes=minutes))])
        store.write_minutes(connection, [UsageSample("wwan0", START, 3.0, 5, 7)])
        history = History(connection)
        for n in range(tests):
            at = START + timedelta(hours=n)
            failed = n % 2 == 1
            history.add_capacity_sample(
                CapacitySample(
                    f"test-{n}",
                    at,
                    at + timedelta(seconds=9),
                    "http",
                    '=HYPERLINK("http://x")' if n else "'quoted\", and\r\nbroken",
                    "no_measurement" if failed else "ok",
                    reason="dns" if failed else None,
                    detail="@SUM(A1)" if failed else None,
                    down_mbps=None if failed else 1 / 3,
                    up_mbps=None if failed else 94.1,
                    down_bytes=12_345,
                    flags=("wifi", "tunnel") if n == 2 else (),
                )
            )
        week = week_of(START, SchoolHours.of(SITE).zone)
        means = history.five_minute_means(week.starts_at, week.ends_at)
        tests_made = history.capacity_samples(week.starts_at, week.ends_at)
        history.keep_summary(
            summarise(week, START + timedelta(hours=1), means, tests_made, SchoolHours.of(SITE))
        )
    return folder


def contents(folder: Path, *names: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of a store, by the name of the export that has it."""
    with closing(sqlite3.connect(folder / store.FILE)) as connection:
        return {
            name: connection.execute(
                f"SELECT {', '.join(table.names)} FROM {table.stored} ORDER BY {', '.join(table.key)}"
            ).fetchall()
            for name, table in TABLES.items()
            if table.importable and (not names or name in names)
        }
