"""The store's schema as numbered migrations, each applied in one transaction with its record.

A migration that has been released is never changed; the next one mends it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_USAGE_COLUMNS = """(
    started_at    INTEGER NOT NULL,  -- Unix seconds, UTC, a multiple of the slot
    interface     TEXT    NOT NULL,
    interval_s    REAL    NOT NULL,
    rx_bytes      INTEGER NOT NULL,
    tx_bytes      INTEGER NOT NULL,
    peak_rx_mbps  REAL,
    peak_tx_mbps  REAL,
    link_down_s   REAL    NOT NULL,
    PRIMARY KEY (started_at, interface)
) WITHOUT ROWID"""

MIGRATIONS: Sequence[tuple[str, Sequence[str]]] = (
    (
        "0001 samples, summaries, outbox",
        (
            f"CREATE TABLE usage_minutes {_USAGE_COLUMNS}",
            f"CREATE TABLE usage_five_minutes {_USAGE_COLUMNS}",
            """CREATE TABLE capacity_samples (
                id                 TEXT PRIMARY KEY,
                started_at         INTEGER NOT NULL,
                ended_at           INTEGER NOT NULL,
                engine             TEXT NOT NULL,
                server             TEXT,
                outcome            TEXT NOT NULL CHECK (outcome IN ('ok', 'no_measurement')),
                reason             TEXT,
                detail             TEXT,
                down_mbps          REAL,
                up_mbps            REAL,
                latency_idle_ms    REAL,
                latency_loaded_ms  REAL,
                down_bytes         INTEGER NOT NULL,
                up_bytes           INTEGER NOT NULL,
                flags              TEXT NOT NULL,
                interface          TEXT,
                link_speed_mbps    REAL
            )""",
            "CREATE INDEX capacity_samples_by_time ON capacity_samples (started_at)",
            """CREATE TABLE summaries (
                sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
                id          TEXT NOT NULL UNIQUE,
                kind        TEXT NOT NULL,
                label       TEXT NOT NULL,
                starts_at   INTEGER NOT NULL,
                ends_at     INTEGER NOT NULL,
                through_at  INTEGER NOT NULL,
                body        TEXT NOT NULL,
                UNIQUE (kind, label)
            )""",
            """CREATE TABLE outbox (
                sequence  INTEGER PRIMARY KEY REFERENCES summaries (sequence) ON DELETE CASCADE,
                refused   TEXT
            )""",
            # One statement makes both rows, so no crash can keep a summary from leaving.
            """CREATE TRIGGER a_summary_goes_out AFTER INSERT ON summaries BEGIN
                INSERT INTO outbox (sequence) VALUES (new.sequence);
            END""",
            "CREATE TABLE notes (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        ),
    ),
    (
        "0002 outages",
        (
            """CREATE TABLE outages (
                started_at  INTEGER PRIMARY KEY,  -- Unix seconds, UTC: the first probe that failed
                seen_until  INTEGER NOT NULL,     -- the last one that did
                ended_at    INTEGER,              -- NULL while it lasts
                rung        TEXT NOT NULL CHECK (rung IN ('link', 'address', 'gateway', 'dns', 'internet')),
                detail      TEXT
            )""",
            # Stretches in which reachability was probed without a gap; the running one grows.
            "CREATE TABLE probed (starts_at INTEGER PRIMARY KEY, ends_at INTEGER NOT NULL)",
        ),
    ),
    (
        "0003 what else a test found",
        tuple(
            f"ALTER TABLE capacity_samples ADD COLUMN {column} REAL"
            for column in (
                "other_down_mbps",
                "other_up_mbps",
                "jitter_ms",
                "responsiveness_rpm",
                "loss_share",
                "loss_down_share",
                "loss_up_share",
                "retransmitted_share",
                "burst_down_mbps",
                "burst_up_mbps",
                "load_s",
            )
        ),
    ),
    (
        "0004 chain",
        (
            # Grows at its end and never changes; hashes in hexadecimal (reports/chain.py).
            """CREATE TABLE chain (
                number    INTEGER PRIMARY KEY,
                id        TEXT NOT NULL,  -- of the summary
                previous  TEXT,           -- NULL for the first
                digest    TEXT NOT NULL
            )""",
            # NULL for what runs still, and for what was made before there was a chain.
            "ALTER TABLE summaries ADD COLUMN number INTEGER REFERENCES chain (number)",
            "CREATE UNIQUE INDEX summaries_by_number ON summaries (number) WHERE number IS NOT NULL",
        ),
    ),
    (
        "0005 the clock",
        (
            # Which era of the wall clock wrote the minute (agent/clock_watch.py).
            "ALTER TABLE usage_minutes ADD COLUMN era INTEGER NOT NULL DEFAULT 0",
            """CREATE TABLE clock_steps (
                at        INTEGER NOT NULL,
                by_s      REAL    NOT NULL,
                believed  INTEGER NOT NULL,
                UNIQUE (at, by_s)
            )""",
            """CREATE TABLE undated_minutes (
                sequence      INTEGER PRIMARY KEY AUTOINCREMENT,
                boot          TEXT    NOT NULL,  -- /proc/sys/kernel/random/boot_id
                left_out      INTEGER NOT NULL,  -- its date is known, and that minute is another era's
                started_at    REAL    NOT NULL,  -- seconds since that boot
                interface     TEXT    NOT NULL,
                interval_s    REAL    NOT NULL,
                rx_bytes      INTEGER NOT NULL,
                tx_bytes      INTEGER NOT NULL,
                peak_rx_mbps  REAL,
                peak_tx_mbps  REAL,
                link_down_s   REAL    NOT NULL,
                UNIQUE (boot, left_out, started_at, interface)
            )""",
        ),
    ),
    (
        "0006 holes, the newest summary of a kind at hand",
        (
            # What the store had and has no longer, or never got, and why: nothing goes without a word.
            # The key's columns come first: SQLite 3.40's integrity_check sees NULLs in others before them.
            """CREATE TABLE holes (
                starts_at  INTEGER NOT NULL,
                what       TEXT NOT NULL CHECK (what IN ('minutes', 'samples')),
                reason     TEXT NOT NULL CHECK (reason IN ('age', 'disk_full', 'unwritable', 'damaged')),
                ends_at    INTEGER NOT NULL,
                PRIMARY KEY (starts_at, what, reason)
            ) WITHOUT ROWID""",
            # Each hour asks what is summarised; without it that reads every summary there is.
            "CREATE INDEX summaries_by_end ON summaries (kind, ends_at) WHERE through_at >= ends_at",
        ),
    ),
)

TABLE = "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL)"


def applied(connection: sqlite3.Connection) -> int:
    """How many migrations the store has; 0 for an empty one."""
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'")
    if known.fetchone() is None:
        return 0
    return int(connection.execute("SELECT count(*) FROM migrations").fetchone()[0])


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, whatever happens inside; the connection is in autocommit mode.

    A disk that fails can do so at the commit, too. SQLite has rolled back by itself then, or has not:
    https://www.sqlite.org/lang_transaction.html, 2.4.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def apply(
    connection: sqlite3.Connection, migrations: Sequence[tuple[str, Sequence[str]]] = MIGRATIONS
) -> None:
    """Brings the store to the newest schema. ``connection`` is in autocommit mode (isolation_level None).

    Two processes may do this at once: the second waits and finds nothing left to do.
    """
    if applied(connection) == len(migrations):
        return
    connection.execute(TABLE)
    for number, (name, statements) in enumerate(migrations, 1):
        with transaction(connection):
            if applied(connection) < number:
                for statement in statements:
                    connection.execute(statement)
                connection.execute("INSERT INTO migrations (number, name) VALUES (?, ?)", (number, name))
