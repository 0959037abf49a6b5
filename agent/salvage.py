"""Fetches from a damaged store what can still be read, into the new one that took its place.

What can be read is found by ``agent/damaged_rows.py``. Rows go over a few hundred to a transaction, so the
loop writes on meanwhile, and ``OR IGNORE`` makes it harmless to begin again after an interruption. The slot
in which the old store ended and the new one began is in both; it is added up in the last transaction, with
the note that all is done.

Summaries keep their place in the order and their ids. One whose outbox row can't be read is sent again: the
collector knows its id. One that can't be read is made anew from its samples (``agent/summarise.py``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from agent import damage, links, store
from agent.damaged_rows import (
    KEYS,
    MOST_KEY,
    Row,
    Salvaged,
    has_tables,
    plausible,
    readable,
    readable_rows,
    shared_columns,
    slot_s,
)
from agent.history import History
from agent.migrations import transaction
from agent.summarise import make_summaries
from reports.periods import SLOT_S
from reports.samples import Hole
from reports.sites import Site

BATCH_ROWS = 500


def salvage(aside: Path, target: sqlite3.Connection, found_at: datetime) -> Salvaged:
    """Copies what can be read of the file ``aside``, set aside at ``found_at``, into ``target``."""
    result, end_s = Salvaged(), int(found_at.timestamp())
    both: dict[Row, tuple[str, Row]] = {}
    with readable(aside) as source:
        for table in KEYS if has_tables(source) else ():
            if not (columns := shared_columns(target, source, table)):
                continue  # of an older format, which had no such table
            batch: list[Row] = []
            for key, row in readable_rows(source, table, list(columns), result):
                if not plausible(table, columns, row, end_s):
                    result.lost(table, key, key + 1)
                elif table.startswith("usage") and _slot_end(table, row) > end_s:
                    both[(table, *row[:2])] = table, row
                else:
                    batch.append(row)
                    if table == "capacity_samples":
                        result.tests_at[key] = int(str(row[list(columns).index("started_at")]))
                if len(batch) == BATCH_ROWS:
                    _keep(target, source, table, list(columns), batch, result)
                    batch = []
            _keep(target, source, table, list(columns), batch, result)
        _keep_notes(target, source)
        if not result.rows:
            result.lost("usage_five_minutes", 0, MOST_KEY)
    _means_of_minutes(target)
    with transaction(target):
        for table, row in both.values():
            target.execute(
                store.fold_into(table), row if table != "usage_minutes" or len(row) > 8 else (*row, 0)
            )
            result.rows[table] = result.rows.get(table, 0) + 1
        for hole in _holes(target, result, end_s):
            store.tell_hole(target, hole)
        store.note(target, damage.SALVAGED + aside.name, "")
    return result


def salvage_waiting(folder: Path, connection: sqlite3.Connection, site: Site, now: datetime) -> list[str]:
    """Fetches all that waits, makes the summaries anew that were lost, and says a line of each file.

    Only the file that was set aside last stays; the disk isn't theirs.
    """
    said = []
    while waiting := damage.waiting(folder, connection):
        aside = waiting[-1]  # what the last one says of having been given what was before it comes first
        result = salvage(aside, connection, _stamp(aside))
        if "summaries" in result.unread:
            make_summaries(History(connection), site, now, lost=True)
        unread = ", ".join(result.unread) or "nothing"
        said.append(f"{sum(result.rows.values()):,} rows were read from {aside}; unreadable: {unread}")
    kept = max((path.name for path in folder.glob(damage.ASIDE + "*Z")), default="")
    for older in folder.glob(damage.ASIDE + "*") if said else ():
        if older.name < kept:
            older.unlink(missing_ok=True)
    return said


def _stamp(aside: Path) -> datetime:
    stamp = aside.name.removeprefix(damage.ASIDE)
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _keep(
    target: sqlite3.Connection,
    source: sqlite3.Connection,
    table: str,
    columns: Sequence[str],
    rows: list[Row],
    result: Salvaged,
) -> None:
    """One batch into the new store. Constraints that a row breaks leave it behind."""
    words = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    with transaction(target):
        for row in rows:
            if table == "summaries":
                links.restore(target, *(str(row[columns.index(name)]) for name in ("id", "body")))
            try:
                kept = target.execute(words, row).rowcount
            except sqlite3.IntegrityError:  # a link that neither the chain nor its own body tells of
                result.lost(table, int(str(row[0])), int(str(row[0])) + 1)
                continue
            result.rows[table] = result.rows.get(table, 0) + kept
            if kept and table == "summaries":
                _keep_its_place(target, source, row[columns.index("sequence")])


def _keep_its_place(target: sqlite3.Connection, source: sqlite3.Connection, sequence: object) -> None:
    """A summary that was sent, or refused for good, stays so. The trigger has put it into the outbox."""
    try:
        row = source.execute("SELECT refused FROM outbox WHERE sequence = ?", (sequence,)).fetchone()
    except sqlite3.Error:
        return
    if row is None:
        target.execute("DELETE FROM outbox WHERE sequence = ?", (sequence,))
    elif isinstance(row[0], str):
        target.execute("UPDATE outbox SET refused = ? WHERE sequence = ?", (row[0], sequence))


def _keep_notes(target: sqlite3.Connection, source: sqlite3.Connection) -> None:
    """The next test's time, and which files were salvaged into the one that is read now."""
    with suppress(sqlite3.Error):
        notes = source.execute("SELECT key, value FROM notes").fetchall()
        target.executemany("INSERT OR IGNORE INTO notes (key, value) VALUES (?, ?)", notes)


def _means_of_minutes(target: sqlite3.Connection) -> None:
    """Five-minute means that were lost but whose minutes were read are there again."""
    target.execute(
        f"""INSERT OR IGNORE INTO usage_five_minutes
            SELECT started_at / {SLOT_S} * {SLOT_S} AS slot, interface, sum(interval_s), sum(rx_bytes),
                   sum(tx_bytes), max(peak_rx_mbps), max(peak_tx_mbps), sum(link_down_s)
            FROM usage_minutes GROUP BY slot, interface"""  # noqa: S608  # a number of our own
    )


def _holes(target: sqlite3.Connection, result: Salvaged, end_s: int) -> Iterator[Hole]:
    """The stretches of unread samples in which means are missing now, each cut to those."""
    for table in ("usage_five_minutes", "capacity_samples", "outages", "probed"):
        ranges = result.unread.get(table, [])
        if table == "capacity_samples" and ranges:
            ranges = [_times_between(result.tests_at, ranges, end_s)]
        for low, high in _joined(ranges):
            low, high = low // SLOT_S * SLOT_S, min(-(-high // SLOT_S) * SLOT_S, end_s)
            if table == "usage_five_minutes":
                there = {
                    int(row[0])
                    for row in target.execute(
                        "SELECT started_at FROM usage_five_minutes WHERE started_at >= ? AND started_at < ?",
                        (low, high),
                    )
                }
                while low < high and low in there:
                    low += SLOT_S
                while low < high and high - SLOT_S in there:
                    high -= SLOT_S
            if low < high:
                yield Hole(_time(low), _time(high), "samples", "damaged")


def _times_between(
    tests_at: Mapping[int, int], ranges: Sequence[tuple[int, int]], end_s: int
) -> tuple[int, int]:
    """When the tests were made that can't be read: between those that were read before and after them."""
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    before = (at for key, at in tests_at.items() if key < low)
    after = (at for key, at in tests_at.items() if key >= high)
    return max(before, default=0), min(after, default=end_s)


def _joined(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order, those that lie within a day of each other as one."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + store.ONE_HOLE_S:
            found[-1] = found[-1][0], max(high, found[-1][1])
        else:
            found.append((low, high))
    return found


def _slot_end(table: str, row: Row) -> int:
    return int(str(row[0])) + slot_s(table)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
