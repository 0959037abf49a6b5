"""The rows that can still be read of a damaged store, and that can be true.

Each table is read along its own key. Where SQLite comes upon a bad page the rest of the range is halved
until what can't be read is as small as it gets; newer rows first, for what is wholly broken is given up after
a while. A row that reads but can't be true stays behind.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from agent import store
from agent.lost_schema import with_schema
from reports.faults import Fault
from reports.periods import SLOT_S

MOST_FAULTS = 20_000
"""Failed reads in one table after which the rest of it is given up: some seconds' worth."""
MOST_KEY = 1 << 40
BEYOND = 4
LATE_S = 86_400
"""A sample of later than this after the damage was found has no true time."""


KEYS = {
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


def shared_columns(
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
def readable(aside: Path) -> Iterator[sqlite3.Connection]:
    """The file, or where its list of tables is spoilt a copy that has it again."""
    with closing(_connected(aside)) as source:
        if has_tables(source):
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


def has_tables(source: sqlite3.Connection) -> bool:
    """Whether there is a schema that can be read; without one SQLite finds nothing."""
    try:
        return source.execute("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").fetchone() is not None
    except sqlite3.Error:
        return False


def readable_rows(
    source: sqlite3.Connection, table: str, columns: Sequence[str], result: Salvaged
) -> Iterator[tuple[int, Row]]:
    """All rows of a table that can be read, by key; some come twice. What can't is told to ``result``.

    A spoilt key is no bound: reading ends where several keys in a row lie beyond the range, and goes on from
    the smaller of the last two.
    """
    key = KEYS[table]
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


def plausible(table: str, columns: dict[str, tuple[tuple[type, ...], bool]], row: Row, end_s: int) -> bool:
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
        return int(str(values["started_at"])) % slot_s(table) == 0
    if table == "summaries":
        return _is_json(str(values["body"]))
    return table != "capacity_samples" or _is_json(str(values["flags"]))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def slot_s(table: str) -> int:
    return SLOT_S if table == "usage_five_minutes" else 60
