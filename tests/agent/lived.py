"""Stores of agents that have lived for a while, made by the code that agents run."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from agent import store
from agent.history import History
from agent.summarise import make_summaries
from reports.samples import CapacitySample, Outage, Stretch, UsageSample
from reports.sites import Site

SITE = Site(timezone="America/Chicago")
BEGUN = datetime(2026, 10, 5, 5, 0, tzinfo=UTC)  # a Monday's midnight in Chicago


def minute(at: datetime, interface: str = "eth0") -> UsageSample:
    return UsageSample(interface, at, 60.0, 7_500_000 + int(at.timestamp()) % 977, 750_000, 1.5, 0.2, 0.0)


def test_at(at: datetime) -> CapacitySample:
    return CapacitySample(
        id=f"test-{at:%d%H}",
        started_at=at,
        ended_at=at + timedelta(seconds=9),
        engine="http",
        server="https://collector.example.org",
        outcome="ok",
        down_mbps=94.1,
        up_mbps=47.05,
        down_bytes=24_000_000,
        up_bytes=12_000_000,
    )


test_at.__test__ = False  # type: ignore[attr-defined]  # not pytest's kind of test


def live(connection: sqlite3.Connection, days: float, begun: datetime = BEGUN) -> datetime:
    """Lives through some days: minutes, a test and an outage a day, summaries of which some were sent.

    Returns the end of them.
    """
    end = begun + timedelta(days=days)
    minutes = round(days * 1440)
    connection.execute("PRAGMA synchronous = OFF")  # the past need not wait for the disk
    for first in range(0, minutes, 60):
        rows = [minute(begun + timedelta(minutes=n)) for n in range(first, min(first + 60, minutes))]
        store.write_minutes(connection, rows, [], [Stretch(begun, rows[-1].started_at)])
    history = History(connection)
    for day in range(int(days)):
        at = begun + timedelta(days=day, hours=9)
        history.add_capacity_sample(test_at(at))
        seen = at + timedelta(minutes=3)
        store.write_minutes(connection, [], [Outage(at, seen, seen + timedelta(minutes=1), "gateway")])
    make_summaries(history, SITE, end + timedelta(minutes=2))
    history.sent([one for one, _ in history.waiting()][::2])
    connection.execute("PRAGMA synchronous = FULL")
    return end


def count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
