"""The agent's store: one SQLite file, opened safely, and the one write that happens every minute.

What stays resident needs only this; everything else that reads and writes the store goes through
sqlite-utils in ``agent/history.py``, in commands that end. WAL keeps readers and the writer apart, and
``synchronous=FULL`` makes an acknowledged row survive the power switch. A commit writes each page it touches
whole, so pages are small: see docs/reliability.md for what that saves.
"""

from __future__ import annotations

import select
import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from agent import agent_lock, migrations
from agent.migrations import transaction
from reports.faults import ConfigFault, Fault
from reports.periods import SLOT_S
from reports.samples import ClockStep, Hole, Outage, Stretch, UsageSample

FILE = "bandgap.sqlite"
_WAY_OUT = "move it away, or name another folder in BANDGAP_STATE_DIR"

BUSY_S = 10.0
"""How long to wait for another process at the store."""

PAGE_BYTES = 1024
"""A minute touches three pages or four, and a summary's row still fits into one."""

LOOP_CACHE_KIB = 256
"""What the loop's connection may keep of the file in memory; SQLite's own bound is 2 MB, and a minute's
transaction touches a dozen pages."""

LOOP_LOG_PAGES = 64
"""After so many pages the loop's log begins anew at its start: a log that no longer grows saves its disk the
blocks that say how large it is, with each minute."""

ONE_HOLE_S = 86_400
"""Holes of one kind and reason that lie no further apart than this are told as one."""

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


class Damaged(Fault):
    """The file is the agent's own store, and isn't in order any more."""


class Unwritable(Fault):
    """The store is a store, but its disk takes nothing now; that may pass."""


ADDED = """
        interval_s = interval_s + excluded.interval_s,
        rx_bytes = rx_bytes + excluded.rx_bytes,
        tx_bytes = tx_bytes + excluded.tx_bytes,
        peak_rx_mbps = max(ifnull(peak_rx_mbps, excluded.peak_rx_mbps),
                           ifnull(excluded.peak_rx_mbps, peak_rx_mbps)),
        peak_tx_mbps = max(ifnull(peak_tx_mbps, excluded.peak_tx_mbps),
                           ifnull(excluded.peak_tx_mbps, peak_tx_mbps)),
        link_down_s = link_down_s + excluded.link_down_s"""
"""How a row of usage adds to one that is there already."""

_MINUTE = f"""INSERT INTO usage_minutes
    (started_at, interface, interval_s, rx_bytes, tx_bytes, peak_rx_mbps, peak_tx_mbps, link_down_s, era)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (started_at, interface) DO UPDATE SET {ADDED}"""  # noqa: S608  # no value
_FIVE_MINUTES = f"""INSERT INTO usage_five_minutes
    (started_at, interface, interval_s, rx_bytes, tx_bytes, peak_rx_mbps, peak_tx_mbps, link_down_s)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (started_at, interface) DO UPDATE SET {ADDED}"""  # noqa: S608  # no value

# A later state of the same outage or stretch takes the place of the one before; it never shrinks.
_OUTAGE = """INSERT INTO outages (started_at, seen_until, ended_at, rung, detail) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (started_at) DO UPDATE SET
        seen_until = max(seen_until, excluded.seen_until), ended_at = excluded.ended_at,
        rung = excluded.rung, detail = excluded.detail"""
_PROBED = """INSERT INTO probed (starts_at, ends_at) VALUES (?, ?)
    ON CONFLICT (starts_at) DO UPDATE SET ends_at = max(ends_at, excluded.ends_at)"""


def open_store(folder: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Opens the store of a state folder, made or migrated if need be, in autocommit mode.

    Raises ConfigFault for a file that isn't a store of ours or is from a newer version, Damaged for one that
    was ours, Unwritable when the disk is full or read-only; such a file is left as it is. ``read_only`` never
    makes one, and reads also what can't be written.
    """
    path = folder / FILE
    if read_only:
        return _open_to_read(path)
    try:
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    except sqlite3.Error as fault:
        raise Unwritable(f"{path}: can't be opened: {fault}; is the disk full or read-only?") from None
    try:
        refuse_strangers(connection, path)
        _lay_out(connection)
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        migrations.apply(connection)
    except sqlite3.Error as fault:
        connection.close()
        raise in_words(fault, path) from None
    except Fault:
        connection.close()
        raise
    return connection


def keep_small(connection: sqlite3.Connection) -> None:
    """Bounds what a connection that stays open for months holds in memory, and how long its log gets."""
    connection.execute(f"PRAGMA wal_autocheckpoint = {LOOP_LOG_PAGES}")
    with suppress(sqlite3.Error):  # what it can't move into the file now it moves later
        connection.execute("PRAGMA wal_checkpoint")
    connection.execute(f"PRAGMA cache_size = -{LOOP_CACHE_KIB}")
    connection.execute("PRAGMA shrink_memory")


def is_damage(fault: sqlite3.Error) -> bool:
    """Whether SQLite says that the file itself isn't in order."""
    return _code(fault) in _DAMAGE


def in_words(fault: sqlite3.Error, path: Path) -> Fault:
    """The one line of a fault of SQLite's: damage, a disk that takes nothing, or what it says itself."""
    if is_damage(fault):
        return Damaged(
            f"{path}: the store is damaged ({fault}); an agent that runs sets it aside and keeps what can be "
            "read, or else `bandgap salvage` does"
        )
    if _code(fault) in _DISK:
        return Unwritable(f"{path}: can't be written ({fault}); is the disk full or read-only?")
    return ConfigFault(f"{path}: can't be used: {fault}; mend or move the file away")


def write_minutes(
    connection: sqlite3.Connection,
    rows: Iterable[UsageSample],
    outages: Iterable[Outage] = (),
    probed: Iterable[Stretch] = (),
    *,
    era: int = 0,
    seen_at: datetime | None = None,
    given_up: Hole | None = None,
) -> list[UsageSample]:
    """Writes minute rows, folds them into their five-minute means, and keeps what the probes found and which
    samples had to be given up before, all in one transaction; returns the rows that another era of the clock
    has left no room for.

    A row for a minute that is there already adds to it: the agent was restarted within that minute. An
    outage or a stretch of probing that is there already is brought up to date. ``seen_at`` is the wall
    clock's time, from time to time; no earlier one is believed lightly.
    """
    with transaction(connection):
        left_out = [row for row in rows if not fold_minute(connection, row, era)]
        for outage in outages:
            ended = None if outage.ended_at is None else int(outage.ended_at.timestamp())
            times = int(outage.started_at.timestamp()), int(outage.seen_until.timestamp()), ended
            connection.execute(_OUTAGE, (*times, outage.rung, outage.detail))
        for part in probed:
            connection.execute(_PROBED, (int(part.starts_at.timestamp()), int(part.ends_at.timestamp())))
        if seen_at is not None:
            note(connection, "clock_seen", seen_at.isoformat(timespec="seconds"))
            note(connection, "clock_era", str(era))
        if given_up:
            tell_hole(connection, given_up)
    return left_out


def clock_seen(connection: sqlite3.Connection) -> tuple[datetime | None, int]:
    """The last time of the wall clock's that was believed, and its era: as it was noted, or as the newest
    minute of that era shows."""
    seen, era = noted(connection, "clock_seen"), int(noted(connection, "clock_era") or 0)
    row = connection.execute(
        """SELECT started_at + min(interval_s, 60) FROM usage_minutes WHERE era = ?
           ORDER BY started_at DESC LIMIT 1""",
        (era,),
    ).fetchone()
    times = [datetime.fromisoformat(seen)] if seen else []
    times += [datetime.fromtimestamp(int(row[0]), UTC)] if row else []
    return max(times, default=None), era


def fold_minute(connection: sqlite3.Connection, row: UsageSample, era: int = 0) -> bool:
    """Adds a row to its minute and its five minutes; False when that minute is another era's."""
    start = int(row.started_at.timestamp())
    taken = "SELECT 1 FROM usage_minutes WHERE started_at = ? AND era <> ? LIMIT 1"
    if connection.execute(taken, (start, era)).fetchone():
        return False
    figures = (
        row.interface,
        row.interval_s,
        row.rx_bytes,
        row.tx_bytes,
        row.peak_rx_mbps,
        row.peak_tx_mbps,
        row.link_down_s,
    )
    connection.execute(_MINUTE, (start, *figures, era))
    connection.execute(_FIVE_MINUTES, (start // SLOT_S * SLOT_S, *figures))
    return True


def keep_step(connection: sqlite3.Connection, step: ClockStep) -> None:
    """Keeps that the wall clock was set."""
    connection.execute(
        "INSERT OR IGNORE INTO clock_steps (at, by_s, believed) VALUES (?, ?, ?)",
        (int(step.at.timestamp()), step.by_s, step.believed),
    )


def fold_into(table: str) -> str:
    """The statement that adds a row of usage to what the table has of the same slot; values in its order."""
    return _MINUTE if table == "usage_minutes" else _FIVE_MINUTES


def lose_sight(connection: sqlite3.Connection) -> None:
    """Outages that an agent left open when it ended are known up to the last probe that it made."""
    connection.execute("UPDATE outages SET ended_at = seen_until WHERE ended_at IS NULL")


def tell_hole(connection: sqlite3.Connection, hole: Hole) -> None:
    """Keeps that samples are gone, and why; a hole that goes on grows."""
    start, end = int(hole.starts_at.timestamp()), int(hole.ends_at.timestamp())
    grown = connection.execute(
        """UPDATE holes SET ends_at = max(ends_at, ?)
           WHERE what = ? AND reason = ? AND starts_at <= ? AND ends_at >= ?""",
        (end, hole.what, hole.reason, start, start - ONE_HOLE_S),
    )
    if not grown.rowcount:
        connection.execute("INSERT INTO holes VALUES (?, ?, ?, ?)", (start, hole.what, hole.reason, end))


def note(connection: sqlite3.Connection, key: str, value: str | None) -> None:
    """Keeps a small fact by name (the next test's time, the upload's state); None takes it away."""
    if value is None:
        connection.execute("DELETE FROM notes WHERE key = ?", (key,))
    else:
        connection.execute("INSERT OR REPLACE INTO notes (key, value) VALUES (?, ?)", (key, value))


def noted(connection: sqlite3.Connection, key: str) -> str | None:
    """The fact kept by this name, or None."""
    row = connection.execute("SELECT value FROM notes WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Brings the file into WAL mode, where it stays.

    SQLite never waits for the lock that this takes (two waiting for each other would wait for ever), so the
    waiting is done here: another process may be making the same store.
    """
    until_s = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as fault:
            if "locked" not in str(fault) or time.monotonic() > until_s:
                raise
        select.select([], [], [], 0.02)


def refuse_strangers(connection: sqlite3.Connection, path: Path) -> None:
    """Raises ConfigFault for a file that isn't a store of ours or is from a newer version.

    An empty one may still become one. Only what an agent has worked on is its own to set aside; anything else
    is somebody's.
    """
    try:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        newest = migrations.applied(connection)
    except sqlite3.DatabaseError as fault:
        if _code(fault) not in _DAMAGE or agent_lock.worked(path.parent):
            raise
        raise ConfigFault(f"{path}: not a bandgap store ({fault}); {_WAY_OUT}") from None
    if tables and "migrations" not in tables:
        raise ConfigFault(f"{path}: a database of something else; {_WAY_OUT}")
    if newest > len(migrations.MIGRATIONS):
        raise ConfigFault(
            f"{path}: written by a newer bandgap (format {newest}, this one knows "
            f"{len(migrations.MIGRATIONS)}); install that version again"
        )


def _lay_out(connection: sqlite3.Connection) -> None:
    """Small pages that can be given back. Only a new file takes that at once.

    One of an older format is laid out anew before it is migrated, which happens once: SQLite rewrites it
    whole, so it has to be nobody else's at that moment, and the disk has to have room. Where that isn't so it
    stays as it is, which costs writes and nothing else.
    """
    if migrations.applied(connection) == len(migrations.MIGRATIONS):
        return
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    if migrations.applied(connection):
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("VACUUM")


def _open_to_read(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise ConfigFault(f"{path}: no such store; `bandgap run` or `bandgap check` makes one")
    where = quote(str(path.absolute()))
    fault: sqlite3.Error | None = None
    # On a disk that is read-only there is no room for WAL's shared memory: the file is read as it stands.
    for how in ("mode=ro", "mode=ro&immutable=1"):
        connection = sqlite3.connect(f"file:{where}?{how}", uri=True, timeout=BUSY_S, isolation_level=None)
        try:
            refuse_strangers(connection, path)
            return connection
        except sqlite3.Error as refused:
            connection.close()
            fault = refused
        except Fault:
            connection.close()
            raise
    assert fault is not None
    raise in_words(fault, path)


def _code(fault: sqlite3.Error) -> int:
    """SQLite's primary result code: extended ones carry it in their lowest octet."""
    return (getattr(fault, "sqlite_errorcode", None) or 0) & 0xFF
