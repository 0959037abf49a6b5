"""The store in PostgreSQL 15 or later: any number of collectors may write into one.

A group of uploads is one transaction: it locks the rows of the group's sites in the order of their keys,
which keeps other collectors from these sites and no two of them waiting for each other, reads what is kept,
and writes with one statement a table, rows unnested from arrays. Statements are sent one behind the other
without waiting for each answer (``collector/postgres_line.py``): a group waits for the server twice, once for
what it reads and once for the commit. That returns once it is on the server's disk: synchronous_commit is set
for every connection, whatever the server's default is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, LiteralString

import psycopg
import psycopg.errors
from psycopg.pq import TransactionStatus

from collector.chains import link_entry
from collector.database import Database, connect_postgres
from collector.engine import engine
from collector.enrolled import Arrival, Item
from collector.keeping import Before, Changes, HourKey, KeptPeriod, Outcome, SiteState, judged
from collector.partitions import make_months, month_of
from collector.postgres_arrays import Statement
from collector.postgres_line import Line
from collector.reads import Reads, Unavailable, one_line
from reports.chain import Entry

_OF_THE_WRITER: tuple[LiteralString, ...] = (
    "SET synchronous_commit = on",
    # Every row that is asked for is found by an index, whatever the planner makes of a small table: it would
    # go through all of it, with the dead rows of all updates since the last vacuum, for every group.
    "SET enable_seqscan = off",
    "SET enable_bitmapscan = off",
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
    # Then the plan is the same each time, and need not be made again.
    "SET plan_cache_mode = force_generic_plan",
)


_BEGIN, _COMMIT = Statement("BEGIN"), Statement("COMMIT")


class PostgresStore(Reads):
    """See ``collector.store.Store``. The database is migrated already."""

    def __init__(self, database: Database) -> None:
        super().__init__(engine(database))
        self._database = database
        self._writes: psycopg.Connection[Any] | None = None
        self._line: Line | None = None
        self._month = ""

    def close(self) -> None:
        if self._writes is not None:
            self._writes.close()
        super().close()

    def keep(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        try:
            return self._keep(arrivals, anyhow=False)
        except psycopg.errors.UniqueViolation:
            return self._keep(arrivals, anyhow=True)

    def _keep(self, arrivals: Sequence[Arrival], *, anyhow: bool) -> list[Outcome]:
        try:
            connection = self._connected()
            self._make_months(connection, max((one.received_at for one in arrivals), default=0))
            assert self._line is not None
            with self._line as line:
                line.ask(_BEGIN)
                became, changes = judged(_Source(line), arrivals)
                _write(line, changes, anyhow=anyhow)
                line.ask(_COMMIT)
                line.answers()
            if connection.info.transaction_status != TransactionStatus.IDLE:
                raise Unavailable("the server hasn't committed what was written")
        except BaseException as fault:
            # Whatever became of the transaction, it ends with its connection, and the next group finds out by
            # a new one whether the server is back.
            self._drop()
            if not isinstance(fault, psycopg.Error):
                raise
            if isinstance(fault, psycopg.DataError) or (
                isinstance(fault, psycopg.errors.UniqueViolation) and not anyhow
            ):
                raise  # the server is well; something in the group isn't
            raise Unavailable(one_line(fault)) from None
        return became

    def _drop(self) -> None:
        if self._writes is not None:
            self._writes.close()
        self._writes = self._line = None

    def wrote(self, summaries: int) -> None:
        """The server has a process of its own for its log."""

    def _connected(self) -> psycopg.Connection[Any]:
        if self._writes is None or self._writes.closed:
            self._writes = connect_postgres(self._database)
            self._writes.autocommit = True
            self._writes.prepare_threshold = (
                None  # with statements of its own it would forget the line's, too
            )
            self._line = Line(self._writes)
            for setting in _OF_THE_WRITER:
                self._writes.execute(setting)
        return self._writes

    def _make_months(self, connection: psycopg.Connection[Any], at: int) -> None:
        month = month_of(at)[0]
        if month != self._month:
            make_months(connection, at)
            self._month = month


_STATES = Statement(
    "SELECT key, token_generation, told, linked_through, links_folded, newest_link, newest_digest "
    "FROM sites WHERE key = ANY(*int) ORDER BY key FOR NO KEY UPDATE"
)
_FACTS_OF = Statement("SELECT key, facts, contract FROM sites WHERE key = ANY(*int)")
# A join with as many rows as there are hours, and not an IN list: each is a look into the index.
_HOURS_OF = Statement(
    "SELECT hours.starts_at, hours.site, through_at, body "
    "FROM unnest(*bigint, *int) AS asked (starts_at, site) "
    "JOIN hours ON hours.starts_at = asked.starts_at AND hours.site = asked.site"
)
_PERIODS_OF = Statement(
    "WITH asked AS (SELECT * FROM unnest(*int, *text, *bigint, *text) "
    "AS asked (site, kind, starts_at, label)) "
    "SELECT s.site, s.kind, s.label, s.starts_at, s.through_at, s.sha256 "
    "FROM asked a JOIN summaries s ON s.starts_at = a.starts_at AND s.kind = a.kind "
    "AND s.site = a.site UNION "
    "SELECT s.site, s.kind, s.label, s.starts_at, s.through_at, s.sha256 "
    "FROM asked a JOIN summaries s ON s.site = a.site AND s.kind = a.kind "
    "AND s.label = a.label AND s.kind <> 'hour'"
)
_LINKS_OF = Statement(
    "SELECT number, previous, digest FROM links WHERE site = ANY(*int) ORDER BY number, received_at"
)


class _Source:
    """``collector.keeping.Source`` by PostgreSQL."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def before(
        self, sites: Collection[int], hours: Collection[HourKey], periods: Collection[tuple[int, Item]]
    ) -> Before:
        # All are asked before the first is answered. Each sees what is committed when it begins, the second
        # and third therefore what the sites were locked for.
        self._line.ask(_STATES, sites)
        self._line.write(_HOURS_OF, list(hours))
        self._line.write(
            _PERIODS_OF, [(site, item.kind, item.starts_at, item.label) for site, item in periods]
        )
        _, states, *others = self._line.answers()
        found_hours = others.pop(0) if hours else []
        return Before(
            {row[0]: SiteState(*row) for row in states},
            {(start, site): (through, body) for start, site, through, body in found_hours},
            [
                KeptPeriod(site, kind, label, start, through, digest, start)
                for found in others
                for site, kind, label, start, through, digest in found
            ],
        )

    def facts(self, keys: Collection[int]) -> Mapping[int, tuple[str, str]]:
        self._line.ask(_FACTS_OF, keys)
        (rows,) = self._line.answers()
        return {key: (facts, contract) for key, facts, contract in rows}

    def links(self, site: int) -> list[Entry]:
        self._line.ask(_LINKS_OF, [site])
        (rows,) = self._line.answers()
        return [link_entry(row) for row in rows]


_NEW_HOURS_WORDS = (
    "INSERT INTO hours (starts_at, site, through_at, received_at, body) "
    "SELECT * FROM unnest(*bigint, *int, *bigint, *bigint, *bytea)"
)
_NEW_HOURS = Statement(_NEW_HOURS_WORDS)
_HOURS = Statement(
    f"{_NEW_HOURS_WORDS} ON CONFLICT (starts_at, site) DO UPDATE SET through_at = excluded.through_at, "
    "received_at = excluded.received_at, body = excluded.body"
)
_NEW_PERIODS = Statement(
    "INSERT INTO summaries (site, kind, label, starts_at, through_at, received_at, body, sha256) "
    "SELECT * FROM unnest(*int, *text, *text, *bigint, *bigint, *bigint, *text, *bytea)"
)
_OLD_PERIODS = Statement(
    "UPDATE summaries SET label = u.label, starts_at = u.starts_at, through_at = u.through_at, "
    "received_at = u.received_at, body = u.body, sha256 = u.sha256 "
    "FROM unnest(*int, *text, *text, *bigint, *bigint, *bigint, *text, *bytea, *bigint) "
    "AS u (site, kind, label, starts_at, through_at, received_at, body, sha256, stored_at) "
    "WHERE summaries.starts_at = u.stored_at AND summaries.kind = u.kind AND summaries.site = u.site"
)
_NEW_LINKS_WORDS = (
    "INSERT INTO links (site, number, received_at, digest, previous) "
    "SELECT * FROM unnest(*int, *bigint, *bigint, *bytea, *bytea)"
)
_NEW_LINKS = Statement(_NEW_LINKS_WORDS)
_LINKS = Statement(f"{_NEW_LINKS_WORDS} ON CONFLICT DO NOTHING")
_FACTS = Statement(
    "UPDATE sites SET facts = u.facts, contract = u.contract "
    "FROM unnest(*int, *text, *text) AS u (key, facts, contract) WHERE sites.key = u.key"
)
_HEARD = Statement(
    "UPDATE sites SET heard_at = u.heard_at, agent = u.agent, agent_state = u.agent_state, told = u.told, "
    "linked_through = u.linked_through, links_folded = u.links_folded, newest_link = u.newest_link, "
    "newest_digest = u.newest_digest "
    "FROM unnest(*int, *bigint, *text, *text, *bigint, *bigint, *bigint, *bigint, *text) "
    "AS u (key, heard_at, agent, agent_state, told, linked_through, links_folded, newest_link, "
    "newest_digest) WHERE sites.key = u.key"
)


_FOLDED = Statement(
    "DELETE FROM links USING unnest(*int, *bigint, *bigint) AS u (site, after, through) "
    "WHERE links.site = u.site AND links.number > u.after AND links.number <= u.through "
    "AND NOT EXISTS (SELECT 1 FROM unnest(*int, *bigint) AS stays (site, number) "
    "WHERE stays.site = links.site AND stays.number = links.number)"
)
_BREAKS = Statement(
    "INSERT INTO chain_breaks (site, first, last, kind) SELECT * FROM unnest(*int, *bigint, *bigint, *text) "
    "ON CONFLICT DO NOTHING"
)


def _write(line: Line, changes: Changes, *, anyhow: bool) -> None:
    """``anyhow`` asks for every row whether it is there; else those that weren't read are believed to be new,
    which costs a third less."""
    hours = [(*key, *values) for key, values in changes.hours.items()]
    if anyhow:
        line.write(_HOURS, hours)
        line.write(_LINKS, [_link(*one) for one in changes.links])
    else:
        line.write(_NEW_HOURS, [row for row in hours if row[:2] not in changes.stored])
        line.write(_HOURS, [row for row in hours if row[:2] in changes.stored])
        line.write(_NEW_LINKS, [_link(*one) for one in changes.links])
    line.write(_NEW_PERIODS, [_period(one) for one in changes.periods if one.stored_at is None])
    line.write(
        _OLD_PERIODS,
        [(*_period(one), one.stored_at) for one in changes.periods if one.stored_at is not None],
    )
    line.write(_FACTS, [(key, *told) for key, told in changes.facts.items()])
    line.write(_HEARD, [_heard(*one) for one in changes.heard.values()])
    if changes.folded:
        sites, after, through, _ = zip(*changes.folded, strict=True)
        stay = [(site, number) for site, _, _, numbers in changes.folded for number in numbers]
        line.ask(_FOLDED, sites, after, through, [site for site, _ in stay], [number for _, number in stay])
    line.write(_BREAKS, [(site, one.first, one.last, one.kind) for site, one in changes.breaks])


def _period(one: KeptPeriod) -> tuple[Any, ...]:
    return (
        one.site, one.kind, one.label, one.starts_at, one.through_at, one.received_at, one.body.decode(),
        one.sha256,
    )  # fmt: skip


def _link(site: int, entry: Entry, at: int) -> tuple[Any, ...]:
    previous = bytes.fromhex(entry.previous) if entry.previous else None
    return (site, entry.number, at, bytes.fromhex(entry.digest), previous)


def _heard(one: Arrival, state: SiteState) -> tuple[Any, ...]:
    return (
        one.key, one.received_at, one.agent, one.agent_state, state.told, state.linked_through,
        state.links_folded, state.newest_link, state.newest_digest,
    )  # fmt: skip
