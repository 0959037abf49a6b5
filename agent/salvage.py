"""Fetches from a damaged store what can still be read, into the new one that took its place.

Each table is read along its own key. Where SQLite comes upon a bad page the rest of the range is halved
until what can't be read is as small as it gets; newer rows first, for what is wholly broken is given up after
a while. A row that reads but can't be true stays behind. Rows go over a few hundred to a transaction, so the
loop writes on meanwhile, and ``OR IGNORE`` makes it harmless to begin again after an interruption. The slot
in which the old store ended and the new one began is in both; it is added up in the last transaction, with
the note that all is done.

Summaries keep their place in the order and their ids. One whose outbox row can't be read is sent again: the
collector knows its id. One that can't be read is made anew from its samples (``agent/summarise.py``).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from agent import damage, links, store
from agent.history import History
from agent.lost_schema import with_schema
from agent.migrations import transaction
from agent.summarise import make_summaries
from reports.faults import Fault
from reports.periods import SLOT_S
from reports.samples import Hole
from reports.sites import Site

BATCH_ROWS = 500
MOST_FAULTS = 20_000
"""Failed reads in one table after which the rest of it is given up: some seconds' worth."""
MOST_KEY = 1 << 40
BEYOND = 4
LATE_S = 86_400
"""A sample of later than this after the damage was found has no true time."""

_KEYS = {
    "chain": "number",
    "usage_minutes": "started_at",
    "usage_five_minutes": "started_at",
    "capacity_samples": "rowid",
    "outages": "started_at",
    "probed": "starts_at",
    "summaries": "sequence",
    "holes": "starts_at",
    "clock_steps": "at",
    "undated_minutes": "sequence",
}
"""The tables and the whole number that each is read along. The outbox comes with the summaries, which are
links of the chain, so that comes before them."""
_TIMES = ("started_at", "starts_at", "seen_until", "ended_at", "ends_at")
_SIGNED = {("clock_steps", "by_s"), ("undated_minutes", "started_at")}
"""A clock goes back, too, and an undated minute may begin before its boot did; all else is 0 or more."""
_OWN_NUMBERS = ("undated_minutes", "sequence")
"""Rows that the new store numbers itself, for it has some of its own by now and nobody names them."""
_TYPES = {"INTEGER": (int,), "REAL": (int, float), "TEXT": (str,)}

Row = tuple[object, ...]


@dataclass(slots=True)
class Salvaged:
    """What came of it: rows by table, and the ranges of keys that couldn't be read."""

    rows: dict[str, int] = field(default_factory=dict)
    unread: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    tests_at: dict[int, int] = field(default_factory=dict)
    """When the tests were made that were read, by the key that says nothing of it."""

    def lost(self, table: str, low: int, high: int) -> None:
        self.unread.setdefault(table, []).append((low, high))


def salvage(aside: Path, target: sqlite3.Connection, found_at: datetime) -> Salvaged:
    """Copies what can be read of the file ``aside``, set aside at ``found_at``, into ``target``."""
    result, end_s = Salvaged(), int(found_at.timestamp())
    both: dict[Row, tuple[str, Row]] = {}
    with _readable(aside) as source:
        for table in _KEYS if _has_tables(source) else ():
            if not (columns := _columns(target, source, table)):
                continue  # of an older format, which had no such table
            batch: list[Row] = []
            for key, row in _rows(source, table, list(columns), result):
                if not _plausible(table, columns, row, end_s):
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


def _columns(
    target: sqlite3.Connection, source: sqlite3.Connection, table: str
) -> dict[str, tuple[tuple[type, ...], bool]]:
    """Names of the columns that both have, the types of their values, and whether they may be NULL."""
    there = {row[1] for row in source.execute(f"PRAGMA table_info({table})")}
    return {
        name: (_TYPES[kind], not (required or place))
        for _, name, kind, required, _, place in target.execute(f"PRAGMA table_info({table})")
        if name in there and (table, name) != _OWN_NUMBERS
    }


@contextmanager
def _readable(aside: Path) -> Iterator[sqlite3.Connection]:
    """The file, or where its list of tables is spoilt a copy that has it again."""
    with closing(_connected(aside)) as source:
        if _has_tables(source):
            yield source
            return
    copy = None
    with suppress(OSError, Fault, sqlite3.Error):  # without the room for one, what can be read is nothing
        copy = with_schema(aside)
    try:
        with closing(_connected(copy or aside)) as source:
            yield source
    finally:
        for part in aside.parent.glob(aside.name + ".read*"):
            part.unlink(missing_ok=True)


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=store.BUSY_S, isolation_level=None)


def _has_tables(source: sqlite3.Connection) -> bool:
    """Whether there is a schema that can be read; without one SQLite finds nothing."""
    try:
        return source.execute("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").fetchone() is not None
    except sqlite3.Error:
        return False


def _rows(
    source: sqlite3.Connection, table: str, columns: Sequence[str], result: Salvaged
) -> Iterator[tuple[int, Row]]:
    """All rows of a table that can be read, by key; some come twice. What can't is told to ``result``.

    A spoilt key is no bound: reading ends where several keys in a row lie beyond the range, and goes on from
    the smaller of the last two.
    """
    key = _KEYS[table]
    query = f"SELECT {key}, {', '.join(columns)} FROM {table} NOT INDEXED WHERE {key} >= ?"  # noqa: S608
    faults, todo = 0, [(0, MOST_KEY)]
    while todo:
        low, high = todo.pop()
        beyond, last, before = 0, low, low
        try:
            for found, *row in source.execute(query, (low,)):
                beyond = beyond + 1 if found >= high else 0
                if beyond == BEYOND:
                    break
                if found < high:
                    last, before = found, last
                yield found, tuple(row)
        except sqlite3.Error:
            faults += 1
            low = max(low, min(last, before))
            if high - low <= 1 or faults > MOST_FAULTS:
                result.lost(table, low, high)
                continue
            middle = (low + high) // 2
            todo += [(low, middle), (middle, high)]


def _plausible(table: str, columns: dict[str, tuple[tuple[type, ...], bool]], row: Row, end_s: int) -> bool:
    """Whether the row can be what the agent wrote: its types, its times, and no count below nothing."""
    values = dict(zip(columns, row, strict=True))
    for name, (types, may_miss) in columns.items():
        value = values[name]
        if value is None:
            if not may_miss:
                return False
            continue
        if type(value) not in types:
            return False
        if isinstance(value, int | float) and value < 0 and (table, name) not in _SIGNED:
            return False
        if name in _TIMES and isinstance(value, int) and table != "summaries" and value > end_s + LATE_S:
            return False
    if table.startswith("usage"):
        return int(str(values["started_at"])) % _slot_s(table) == 0
    if table == "summaries":
        return _is_json(str(values["body"]))
    return table != "capacity_samples" or _is_json(str(values["flags"]))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


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


def _slot_s(table: str) -> int:
    return SLOT_S if table == "usage_five_minutes" else 60


def _slot_end(table: str, row: Row) -> int:
    return int(str(row[0])) + _slot_s(table)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
