"""The embedded store: one SQLite file, written by one thread of one process.

A group of uploads is read with a statement or two and written with a few, however many uploads it holds: each
is given whole tables as JSON, with the octets of all bodies in one value beside it. A statement for a row
would hand the interpreter's lock back and forth a thousand times a group, and each time wait for whoever has
it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from typing import Any

import msgspec

from collector.chains import link_entry
from collector.database import Database, connect
from collector.engine import engine
from collector.enrolled import Arrival, Item
from collector.keeping import Before, Changes, HourKey, KeptPeriod, Outcome, SiteState, judged
from collector.reads import Reads, Unavailable
from collector.sqlite_log import Log
from reports.chain import Entry

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[list[Any]]).decode


class SqliteStore(Reads):
    """See ``collector.store.Store``. The database is migrated already."""

    def __init__(self, database: Database) -> None:
        super().__init__(engine(database))
        assert database.path is not None
        self._path = database.path
        self._writes: sqlite3.Connection | None = None
        self._log: Log | None = None

    def close(self) -> None:
        if self._log is not None:
            self._log.close()
        if self._writes is not None:
            self._writes.close()
        super().close()

    def keep(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        try:
            if self._writes is None:
                self._writes = connect(self._path)
                self._log = Log(self._path, self._writes)
                self._writes.execute("PRAGMA cache_size = -32000")
            return _keep(self._writes, arrivals)
        except (sqlite3.IntegrityError, sqlite3.DataError):
            raise  # the file is well; something in the group isn't
        except sqlite3.Error as fault:
            raise Unavailable(str(fault)) from None

    def wrote(self, summaries: int) -> None:
        if self._log is not None:
            try:
                self._log.wrote(summaries)
            except sqlite3.Error as fault:
                raise Unavailable(str(fault)) from None


def _keep(connection: sqlite3.Connection, arrivals: Sequence[Arrival]) -> list[Outcome]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        became, changes = judged(_Source(connection), arrivals)
        _write(connection, changes)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return became


class _Source:
    """``collector.keeping.Source`` by SQLite: each answer is one row, a JSON array of rows."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def before(
        self, sites: Collection[int], hours: Collection[HourKey], periods: Collection[tuple[int, Item]]
    ) -> Before:
        return Before(
            self._states(sites),
            self._hours(hours) if hours else {},
            self._periods(periods) if periods else (),
        )

    def _states(self, keys: Collection[int]) -> Mapping[int, SiteState]:
        rows = self._rows(
            "SELECT json_group_array(json_array(sites.key, token_generation, told, linked_through, "
            "links_folded, newest_link, newest_digest)) FROM json_each(?) AS asked "
            "CROSS JOIN sites ON sites.key = asked.value",
            keys,
        )
        return {row[0]: SiteState(*row) for row in rows}

    def facts(self, keys: Collection[int]) -> Mapping[int, tuple[str, str]]:
        rows = self._rows(
            "SELECT json_group_array(json_array(sites.key, facts, contract)) "
            "FROM json_each(?) AS asked CROSS JOIN sites ON sites.key = asked.value",
            keys,
        )
        return {key: (facts, contract) for key, facts, contract in rows}

    def _hours(self, wanted: Collection[HourKey]) -> dict[HourKey, tuple[int, bytes]]:
        rows = self._rows(
            "SELECT json_group_array(json_array(starts_at, site, through_at, hex(body))) "
            "FROM json_each(?) AS asked CROSS JOIN hours ON starts_at = json_extract(asked.value, '$[0]') "
            "AND site = json_extract(asked.value, '$[1]')",
            wanted,
        )
        return {(start, site): (through, bytes.fromhex(body)) for start, site, through, body in rows}

    def _periods(self, wanted: Collection[tuple[int, Item]]) -> list[KeptPeriod]:
        rows = self._rows(
            "SELECT json_group_array(json_array(site, kind, label, starts_at, through_at, hex(sha256))) "
            "FROM (SELECT DISTINCT summaries.rowid AS found FROM json_each(?) AS asked "
            "CROSS JOIN summaries ON kind <> 'hour' AND kind = json_extract(asked.value, '$[1]') "
            "AND site = json_extract(asked.value, '$[0]') AND (starts_at = json_extract(asked.value, '$[2]') "
            "OR label = json_extract(asked.value, '$[3]'))) JOIN summaries ON summaries.rowid = found",
            [(site, item.kind, item.starts_at, item.label) for site, item in wanted],
        )
        return [
            KeptPeriod(site, kind, label, start, through, bytes.fromhex(digest), start)
            for site, kind, label, start, through, digest in rows
        ]

    def links(self, site: int) -> list[Entry]:
        rows = self._connection.execute(
            "SELECT number, previous, digest FROM links WHERE site = ? ORDER BY number, received_at", (site,)
        )
        return [link_entry(row) for row in rows.fetchall()]

    def _rows(self, statement: str, asked: Collection[Any]) -> list[list[Any]]:
        (found,) = self._connection.execute(statement, (_json(asked),)).fetchone()
        return _decode(found)


class _Octets:
    """Many values of octets as one, and where each of them lies in it, counted as SQLite's substr() does."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._next = 1

    def add(self, value: bytes) -> tuple[int, int]:
        self._parts.append(value)
        start, self._next = self._next, self._next + len(value)
        return start, len(value)

    def __bytes__(self) -> bytes:
        return b"".join(self._parts)


def _json(rows: Collection[Any]) -> str:
    return _encode(rows).decode()


def _columns(first: int, count: int) -> str:
    return ", ".join(f"json_extract(value, '$[{number}]')" for number in range(first, first + count))


def _octets(number: int) -> str:
    """The octets whose place and length stand at these two places of a row."""
    return f"substr(?2, json_extract(value, '$[{number}]'), json_extract(value, '$[{number + 1}]'))"


_HOURS = (
    "INSERT INTO hours (starts_at, site, through_at, received_at, body) "
    f"SELECT {_columns(0, 4)}, {_octets(4)} FROM json_each(?1) WHERE true ON CONFLICT (starts_at, site) "
    "DO UPDATE SET through_at = excluded.through_at, received_at = excluded.received_at, body = excluded.body"
)
_HEARD = (
    "UPDATE sites SET heard_at = json_extract(value, '$[1]'), agent = json_extract(value, '$[2]'), "
    "agent_state = json_extract(value, '$[3]'), told = json_extract(value, '$[4]'), "
    "linked_through = json_extract(value, '$[5]'), links_folded = json_extract(value, '$[6]'), "
    "newest_link = json_extract(value, '$[7]'), newest_digest = json_extract(value, '$[8]') "
    "FROM json_each(?1) WHERE sites.key = json_extract(value, '$[0]')"
)
_FACTS = (
    "UPDATE sites SET facts = json_extract(value, '$[1]'), contract = json_extract(value, '$[2]') "
    "FROM json_each(?1) WHERE sites.key = json_extract(value, '$[0]')"
)
_NO_HASH = "0" * 64
_LINKS = (
    "INSERT INTO links (site, number, received_at, digest, previous) "
    # Two hashes of 32 octets a row, one after the other; a first link has none before it.
    f"SELECT {_columns(0, 3)}, substr(?2, key * 64 + 1, 32), "
    "iif(json_extract(value, '$[3]'), substr(?2, key * 64 + 33, 32), NULL) "
    "FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING"
)
_NEW_PERIODS = (
    "INSERT INTO summaries (site, kind, label, starts_at, through_at, received_at, body, sha256) "
    f"SELECT {_columns(0, 7)}, {_octets(7)} FROM json_each(?1)"
)
_OLD_PERIODS = (
    "UPDATE summaries SET label = json_extract(value, '$[2]'), starts_at = json_extract(value, '$[3]'), "
    "through_at = json_extract(value, '$[4]'), received_at = json_extract(value, '$[5]'), "
    f"body = json_extract(value, '$[6]'), sha256 = {_octets(7)} FROM json_each(?1) "
    "WHERE summaries.starts_at = json_extract(value, '$[9]') "
    "AND summaries.kind = json_extract(value, '$[1]') AND summaries.site = json_extract(value, '$[0]')"
)


def _write(connection: sqlite3.Connection, changes: Changes) -> None:
    if changes.hours:
        starts, sites = zip(*changes.hours, strict=True)
        reached, at, bodies = zip(*changes.hours.values(), strict=True)
        lengths = [len(body) for body in bodies]
        places = accumulate(lengths[:-1], initial=1)
        hours = list(zip(starts, sites, reached, at, places, lengths, strict=True))
        connection.execute(_HOURS, (_json(hours), b"".join(bodies)))
    for statement, periods in (
        (_NEW_PERIODS, [one for one in changes.periods if one.stored_at is None]),
        (_OLD_PERIODS, [one for one in changes.periods if one.stored_at is not None]),
    ):
        if periods:
            octets = _Octets()
            connection.execute(statement, (_json([_period(one, octets) for one in periods]), bytes(octets)))
    if changes.links:
        links = [(site, entry.number, at, entry.previous is not None) for site, entry, at in changes.links]
        hashes = "".join([entry.digest + (entry.previous or _NO_HASH) for _, entry, _ in changes.links])
        connection.execute(_LINKS, (_json(links), bytes.fromhex(hashes)))
    if changes.facts:
        connection.execute(_FACTS, (_json([(key, *told) for key, told in changes.facts.items()]),))
    if changes.heard:
        connection.execute(_HEARD, (_json([_heard(*one) for one in changes.heard.values()]),))
    for site, after, through, stay in changes.folded:
        connection.execute(
            "DELETE FROM links WHERE site = ? AND number > ? AND number <= ? "
            "AND number NOT IN (SELECT value FROM json_each(?))",
            (site, after, through, _json(stay)),
        )
    for site, one in changes.breaks:
        connection.execute(
            "INSERT INTO chain_breaks (site, first, last, kind) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (site, one.first, one.last, one.kind),
        )


def _period(one: KeptPeriod, octets: _Octets) -> tuple[Any, ...]:
    return (
        one.site, one.kind, one.label, one.starts_at, one.through_at, one.received_at, one.body.decode(),
        *octets.add(one.sha256), one.stored_at,
    )  # fmt: skip


def _heard(one: Arrival, state: SiteState) -> tuple[Any, ...]:
    return (
        one.key, one.received_at, one.agent, one.agent_state, state.told, state.linked_through,
        state.links_folded, state.newest_link, state.newest_digest,
    )  # fmt: skip
