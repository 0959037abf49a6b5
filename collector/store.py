"""The collector's store: sites, and one summary for each of their hours, days and weeks.

All SQL of the collector is here, but its migrations, and that of the sites' chains (``collector/chains.py``).
A period has one row: the summary that reaches furthest. What ``keep`` has returned for is on the disk. One
process writes summaries; any number may read, and enrol.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from collector import chains
from collector.database import Database, connect
from collector.enrolled import Arrival, Enrolled, Kept, merged_contract, merged_site
from collector.migrating import prepare
from reports.agent_state import AgentState
from reports.chain import Entry
from reports.faults import ConfigFault
from reports.periods import Kind
from reports.sites import Contract, Site
from reports.summaries import Summary
from reports.wire import Receipt, Refused

CONFLICT = "differs from the summary that was received under this id before"

_SITE = "SELECT key, facts, contract, enrolled_at, agent, heard_at, agent_state FROM sites"
_ROW = "SELECT rowid, label, through_at, sha256 FROM summaries"


class Store:
    """An SQLite file. Raises ConfigFault when it can't be used."""

    def __init__(self, path: Path, *, apart: bool = False) -> None:
        prepare(Database(path), apart=apart)
        self._path = path
        self._idle: list[sqlite3.Connection] = []

    def close(self) -> None:
        """Closes what is idle; call it when nothing else uses the store."""
        while self._idle:
            self._idle.pop().close()

    def ping(self) -> None:
        """Reads the smallest thing. Raises sqlite3.Error when the database doesn't answer."""
        with self._connection() as connection:
            connection.execute("SELECT count(*) FROM alembic_version").fetchone()

    def add(self, site: Site, contract: Contract, token_sha256: bytes, at: datetime) -> bool:
        """Enrols a site; False when one with its id is enrolled already."""
        row = (site.id, token_sha256, _seconds(at), _text(site), _text(contract))
        with self._transaction() as connection:
            done = connection.execute(
                "INSERT INTO sites (id, token_sha256, enrolled_at, facts, contract) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO NOTHING",
                row,
            )
            return done.rowcount == 1

    def renew(self, key: int, token_sha256: bytes) -> None:
        """Gives a site a new token, which ends the one it had."""
        with self._transaction() as connection:
            connection.execute("UPDATE sites SET token_sha256 = ? WHERE key = ?", (token_sha256, key))

    def site_with_token(self, token_sha256: bytes) -> Enrolled | None:
        with self._connection() as connection:
            row = connection.execute(f"{_SITE} WHERE token_sha256 = ?", (token_sha256,)).fetchone()
        return _enrolled(row) if row else None

    def site(self, site_id: str) -> Enrolled | None:
        with self._connection() as connection:
            row = connection.execute(f"{_SITE} WHERE id = ?", (site_id,)).fetchone()
        return _enrolled(row) if row else None

    def sites(self) -> list[Enrolled]:
        """All enrolled sites by id."""
        with self._connection() as connection:
            return [_enrolled(row) for row in connection.execute(f"{_SITE} ORDER BY id")]

    def newest_weeks(self, now: datetime, each: int) -> dict[int, list[Summary]]:
        """By site key: the ``each`` newest weeks that have begun, newest first."""
        found: dict[int, list[Summary]] = {}
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT site, body FROM sites JOIN summaries ON summaries.rowid IN ("
                " SELECT rowid FROM summaries WHERE site = sites.key AND kind = 'week' AND kind <> 'hour'"
                " AND starts_at <= ? ORDER BY label DESC LIMIT ?) ORDER BY site, label DESC",
                (_seconds(now), each),
            )
            for key, body in rows:
                found.setdefault(key, []).append(msgspec.json.decode(body, type=Summary))
        return found

    def recent(self, key: int, kind: Kind, now: datetime, limit: int) -> list[Summary]:
        """A site's newest days or weeks that have begun, newest first."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT body FROM summaries WHERE site = ? AND kind = ? AND kind <> 'hour' "
                "AND starts_at <= ? ORDER BY label DESC LIMIT ?",
                (key, kind, _seconds(now), limit),
            )
            return [msgspec.json.decode(body, type=Summary) for (body,) in rows]

    def hours(self, key: int, starts: Sequence[datetime]) -> list[Summary]:
        """Those of a site's hours that begin at these times, newest first."""
        marks = ", ".join("?" * len(starts))
        with self._connection() as connection:
            rows = connection.execute(
                f"SELECT body FROM summaries WHERE kind = 'hour' AND site = ? AND starts_at IN ({marks}) "  # noqa: S608  # question marks
                "ORDER BY starts_at DESC",
                (key, *map(_seconds, starts)),
            )
            return [msgspec.json.decode(body, type=Summary) for (body,) in rows]

    def chain(self, key: int) -> list[Entry]:
        """A site's links, in the order of their numbers."""
        with self._connection() as connection:
            return chains.entries(connection, key)

    def keep(self, arrivals: Sequence[Arrival]) -> list[Kept]:
        """Stores what uploads brought, all in one commit, and says of each what became of it."""
        with self._transaction() as connection:
            return [_keep(connection, arrival) for arrival in arrivals]

    def checkpoint(self) -> None:
        """Moves what the log holds into the database file, without waiting for readers."""
        with self._connection() as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection of one's own for the moment; the kept ones serve any thread, one at a time."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = connect(self._path)
            # The writer asks for checkpoints between commits, where nobody waits for them.
            connection.execute("PRAGMA wal_autocheckpoint = 0")
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


def open_store(database: Database, *, apart: bool = False) -> Store:
    """The store in a database, migrated first; ``apart`` says whether in a process of its own."""
    if database.path is None:
        prepare(database, apart=apart)
        raise ConfigFault(f"{database}: sites' summaries are kept in SQLite only; name a file")
    return Store(database.path, apart=apart)


def _keep(connection: sqlite3.Connection, arrival: Arrival) -> Kept:
    accepted, known, refused = [], [], []
    for summary in arrival.summaries:
        became = _keep_summary(connection, arrival, summary)
        if became == "accepted":
            accepted.append(summary.id)
        elif became == "known":
            known.append(summary.id)
        else:
            refused.append(Refused(summary.id, became))
    facts, contract = connection.execute(
        "SELECT facts, contract FROM sites WHERE key = ?", (arrival.key,)
    ).fetchone()
    connection.execute(
        "UPDATE sites SET facts = ?, contract = ?, agent = ?, heard_at = ?, agent_state = ? WHERE key = ?",
        (
            _text(merged_site(msgspec.json.decode(facts, type=Site), arrival.site)),
            _text(merged_contract(msgspec.json.decode(contract, type=Contract), arrival.contract)),
            arrival.agent,
            _seconds(arrival.received_at),
            None if arrival.agent_state is None else _text(arrival.agent_state),
            arrival.key,
        ),
    )
    breaks = chains.keep_links(connection, arrival.key, arrival.links, _seconds(arrival.received_at))
    have = chains.have(connection, arrival.key)
    return Kept(Receipt(tuple(accepted), tuple(known), tuple(refused), have), breaks)


def _keep_summary(connection: sqlite3.Connection, arrival: Arrival, summary: Summary) -> str:
    """ "accepted", "known", or the reason for which it is refused."""
    body = _text(summary)
    digest = hashlib.sha256(body.encode()).digest()
    starts_at, through_at = _seconds(summary.starts_at), _seconds(summary.through_at)
    found = connection.execute(
        f"{_ROW} WHERE starts_at = ? AND kind = ? AND site = ?",
        (starts_at, summary.kind, arrival.key),
    ).fetchone()
    if found is None and summary.kind != "hour":
        # The same day or week begins elsewhere once a site's time zone has been mended.
        found = connection.execute(
            f"{_ROW} WHERE site = ? AND kind = ? AND label = ? AND kind <> 'hour'",
            (arrival.key, summary.kind, summary.label),
        ).fetchone()
    row = (starts_at, summary.label, through_at, digest, _seconds(arrival.received_at), body)
    if found is None:
        connection.execute(
            "INSERT INTO summaries (starts_at, label, through_at, sha256, received_at, body, kind, site) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, summary.kind, arrival.key),
        )
        return "accepted"
    rowid, label, reached, kept = found
    if label != summary.label:
        return f"label: the {summary.kind} that starts then is kept as {label}"
    if through_at == reached and digest != kept:
        return CONFLICT
    if through_at <= reached:
        return "known"
    connection.execute(
        "UPDATE summaries SET starts_at = ?, label = ?, through_at = ?, sha256 = ?, received_at = ?, "
        "body = ? WHERE rowid = ?",
        (*row, rowid),
    )
    return "accepted"


def _enrolled(row: tuple[Any, ...]) -> Enrolled:
    key, facts, contract, enrolled_at, agent, heard_at, state = row
    return Enrolled(
        key=key,
        site=msgspec.json.decode(facts, type=Site),
        contract=msgspec.json.decode(contract, type=Contract),
        enrolled_at=_moment(enrolled_at),
        agent=agent,
        heard_at=_moment(heard_at) if heard_at is not None else None,
        agent_state=msgspec.json.decode(state, type=AgentState) if state is not None else None,
    )


def _text(value: Site | Contract | Summary | AgentState) -> str:
    return msgspec.json.encode(value).decode()


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
