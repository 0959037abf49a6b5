"""Minutes that were counted while the wall clock wasn't believed: kept by seconds since boot, dated later.

A row is known by its boot and by when it began in it. Once that boot's wall time is known its rows are dated:
each is cut where minutes begin, in proportion, as if what it observed lay at its start; that is wrong by a
minute at most. A piece whose minute another era of the clock has written stays undated, as does all of a boot
whose wall time nobody ever knew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent import store
from agent.clock_watch import BOOT
from agent.migrations import transaction
from agent.minutes import MINUTE_S
from reports.samples import UsageSample

KEPT_ROWS = 10_000
"""A week of them: a machine whose clock is never set must not fill its disk."""

_COLUMNS = "interface, started_at, interval_s, rx_bytes, tx_bytes, peak_rx_mbps, peak_tx_mbps, link_down_s"


def keep(
    connection: sqlite3.Connection, boot: str, rows: Iterable[UsageSample], *, left_out: bool = False
) -> None:
    """Keeps rows whose times are counted from ``BOOT``; one that is there already is added to.

    Those that are ``left_out`` have a date that is another era's, and will get no other.
    """
    with transaction(connection):
        for row in rows:
            _keep(connection, boot, row, left_out)
        connection.execute(
            "DELETE FROM undated_minutes WHERE sequence <= (SELECT max(sequence) FROM undated_minutes) - ?",
            (KEPT_ROWS,),
        )


def date(connection: sqlite3.Connection, boot: str, since_boot: timedelta, era: int) -> None:
    """Dates all rows of a boot that began at ``BOOT + since_boot``, in one transaction."""
    with transaction(connection):
        rows = [
            UsageSample(name, datetime.fromtimestamp(started, UTC), *figures)
            for name, started, *figures in connection.execute(
                f"SELECT {_COLUMNS} FROM undated_minutes WHERE boot = ? AND NOT left_out ORDER BY started_at",  # noqa: S608
                (boot,),
            )
        ]
        connection.execute("DELETE FROM undated_minutes WHERE boot = ? AND NOT left_out", (boot,))
        for row in rows:
            for piece in cut(replace(row, started_at=row.started_at + since_boot)):
                if not store.fold_minute(connection, piece, era):
                    _keep(connection, boot, replace(piece, started_at=piece.started_at - since_boot), True)


def waiting(connection: sqlite3.Connection, boot: str) -> bool:
    """Whether a boot has rows that may still be dated."""
    found = connection.execute("SELECT 1 FROM undated_minutes WHERE boot = ? AND NOT left_out", (boot,))
    return found.fetchone() is not None


def minutes(connection: sqlite3.Connection) -> int:
    """How many minutes of unknown date there are."""
    seconds = connection.execute("SELECT sum(interval_s + link_down_s) FROM undated_minutes").fetchone()[0]
    return round((seconds or 0) / MINUTE_S)


def cut(row: UsageSample) -> Iterator[UsageSample]:
    """A row that may begin at any second, in pieces of a minute each; no byte or second is lost or added."""
    observed_s = row.interval_s + row.link_down_s
    ends_at = row.started_at + timedelta(seconds=observed_s)
    at, rx, tx, seconds, down_s = row.started_at, 0, 0, 0.0, 0.0
    while observed_s and at < ends_at:
        minute = datetime.fromtimestamp(at.timestamp() // MINUTE_S * MINUTE_S, UTC)
        at = min(minute + timedelta(seconds=MINUTE_S), ends_at)
        share = 1.0 if at == ends_at else (at - row.started_at).total_seconds() / observed_s
        upto = (
            (int(row.rx_bytes * share), int(row.tx_bytes * share))
            if share < 1
            else (row.rx_bytes, row.tx_bytes)
        )
        yield replace(
            row,
            started_at=minute,
            interval_s=row.interval_s * share - seconds,
            rx_bytes=upto[0] - rx,
            tx_bytes=upto[1] - tx,
            link_down_s=row.link_down_s * share - down_s,
        )
        (rx, tx), seconds, down_s = upto, row.interval_s * share, row.link_down_s * share


def _keep(connection: sqlite3.Connection, boot: str, row: UsageSample, left_out: bool) -> None:
    connection.execute(
        f"""INSERT INTO undated_minutes
           (boot, left_out, started_at, interface, interval_s, rx_bytes, tx_bytes, peak_rx_mbps, peak_tx_mbps,
            link_down_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (boot, left_out, started_at, interface) DO UPDATE SET {store.ADDED}""",  # noqa: S608  # no value
        (
            boot,
            left_out,
            (row.started_at - BOOT).total_seconds(),
            row.interface,
            row.interval_s,
            row.rx_bytes,
            row.tx_bytes,
            row.peak_rx_mbps,
            row.peak_tx_mbps,
            row.link_down_s,
        ),
    )
