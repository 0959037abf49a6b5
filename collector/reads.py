"""What is asked of a store for enrolling, pages and programs: the same words to SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Select, bindparam, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from collector.chains import KeptChain
from collector.engine import reading, writing
from collector.enrolled import Admitted, Enrolled
from collector.kept_series import kept_series
from collector.packed import unpacked
from collector.people.site_tokens import holder_of_old
from collector.series import Asked, Kept
from collector.tables import chain_breaks, hours, links, sites, summaries
from reports.agent_state import AgentState
from reports.chain import Break
from reports.periods import Kind
from reports.sites import Contract, Site
from reports.summaries import Summary

_summary = msgspec.json.Decoder(Summary).decode

ROWS_AT_ONCE = 5_000
"""Hours that are fetched together while all of a stretch are read."""


class Unavailable(Exception):
    """The database doesn't answer, or can't be written; the text says why."""


@dataclass(frozen=True, slots=True)
class KeptHour:
    """One hour of one site (by key) as it is kept; times are Unix seconds."""

    site: int
    starts_at: int
    through_at: int
    received_at: int
    body: bytes

    @property
    def summary(self) -> Summary:
        return unpacked(self.starts_at, self.through_at, self.body)


_SITE = select(
    sites.c.key,
    sites.c.facts,
    sites.c.contract,
    sites.c.enrolled_at,
    sites.c.agent,
    sites.c.heard_at,
    sites.c.agent_state,
)

_SITE_BY_ID = _SITE.where(sites.c.id == bindparam("id"))
_RECENT = (
    select(summaries.c.body)
    .where(summaries.c.site == bindparam("site"), summaries.c.kind == bindparam("kind"))
    .where(summaries.c.kind != "hour", summaries.c.starts_at <= bindparam("now"))
    .order_by(summaries.c.label.desc())
    .limit(bindparam("many"))
)
_HOURS = (
    select(hours.c.starts_at, hours.c.through_at, hours.c.body)
    .where(hours.c.site == bindparam("site"), hours.c.starts_at.in_(bindparam("starts", expanding=True)))
    .order_by(hours.c.starts_at.desc())
)
_LINKS = (
    select(links.c.number, links.c.previous, links.c.digest)
    .where(links.c.site == bindparam("site"))
    .order_by(links.c.number, links.c.received_at)
)
_NOTED = (
    select(sites.c.links_folded, chain_breaks.c.kind, chain_breaks.c.first, chain_breaks.c.last)
    .outerjoin(chain_breaks, chain_breaks.c.site == sites.c.key)
    .where(sites.c.key == bindparam("site"))
)
"""What a site's page asks is put together once: that takes longer than asking it."""

_NEWEST_WEEKS = {
    "sqlite": text(
        "SELECT site, body FROM sites JOIN summaries ON summaries.rowid IN ("
        " SELECT rowid FROM summaries WHERE site = sites.key AND kind = 'week' AND kind <> 'hour'"
        " AND starts_at <= :now ORDER BY label DESC LIMIT :each) ORDER BY site, label DESC"
    ),
    "postgresql": text(
        "SELECT newest.site, newest.body FROM sites JOIN LATERAL ("
        " SELECT site, label, body FROM summaries WHERE site = sites.key AND kind = 'week' AND kind <> 'hour'"
        " AND starts_at <= :now ORDER BY label DESC LIMIT :each) AS newest ON true"
        " ORDER BY newest.site, newest.label DESC"
    ),
}
"""Each site's newest rows by its own index, however long its history."""


class Reads:
    """Everything of a store but how uploads are written."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def close(self) -> None:
        self.engine.dispose()

    def ping(self) -> None:
        with self._reading() as connection:
            connection.execute(text("SELECT version_num FROM alembic_version")).first()

    def add(self, site: Site, contract: Contract, token_sha256: bytes, at: datetime) -> bool:
        make = postgresql.insert if self.engine.dialect.name == "postgresql" else sqlite.insert
        row = {
            "id": site.id,
            "token_sha256": token_sha256,
            "enrolled_at": seconds(at),
            "facts": as_text(site),
            "contract": as_text(contract),
        }
        with self._writing() as connection:
            added = make(sites).values(row).on_conflict_do_nothing(index_elements=["id"])
            return connection.scalar(added.returning(sites.c.key)) is not None

    def renew(self, key: int, token_sha256: bytes) -> None:
        with self._writing() as connection:
            connection.execute(
                update(sites)
                .where(sites.c.key == key)
                .values(token_sha256=token_sha256, token_generation=sites.c.token_generation + 1)
            )

    def admitted(self, tokens_sha256: Collection[bytes]) -> dict[bytes, Admitted]:
        asked = select(sites.c.token_sha256, sites.c.key, sites.c.id, sites.c.token_generation, sites.c.told)
        with self._reading() as connection:
            rows = connection.execute(asked.where(sites.c.token_sha256.in_(tokens_sha256)))
            return {bytes(hashed): Admitted(*site) for hashed, *site in rows}

    def admitted_by_old(self, token_sha256: bytes, at: datetime) -> Admitted | None:
        with self._reading() as connection:
            site_id = holder_of_old(connection, token_sha256, at)
            asked = select(sites.c.key, sites.c.id, sites.c.token_generation, sites.c.told)
            row = connection.execute(asked.where(sites.c.id == site_id)).first() if site_id else None
        return Admitted(*row) if row else None

    def site_with_token(self, token_sha256: bytes) -> Enrolled | None:
        return self._one(_SITE.where(sites.c.token_sha256 == token_sha256))

    def site(self, site_id: str) -> Enrolled | None:
        return self._one(_SITE_BY_ID, {"id": site_id})

    def sites(self) -> list[Enrolled]:
        with self._reading() as connection:
            return [_enrolled(tuple(row)) for row in connection.execute(_SITE.order_by(sites.c.id))]

    def newest_weeks(self, now: datetime, each: int) -> dict[int, list[Summary]]:
        found: dict[int, list[Summary]] = {}
        asked = _NEWEST_WEEKS[self.engine.dialect.name]
        with self._reading() as connection:
            for key, body in connection.execute(asked, {"now": seconds(now), "each": each}):
                found.setdefault(key, []).append(msgspec.json.decode(body, type=Summary))
        return found

    def recent(self, key: int, kind: Kind, now: datetime, limit: int) -> list[Summary]:
        asked = {"site": key, "kind": kind, "now": seconds(now), "many": limit}
        with self._reading() as connection:
            return [_summary(body) for (body,) in connection.execute(_RECENT, asked).all()]

    def hours(self, key: int, starts: Sequence[datetime]) -> list[Summary]:
        asked = {"site": key, "starts": [seconds(one) for one in starts]}
        with self._reading() as connection:
            return [unpacked(*row) for row in connection.execute(_HOURS, asked).all()]

    def series(self, key: int, asked: Asked) -> Kept:
        with self._reading() as connection:
            return kept_series(connection, key, asked)

    def hours_between(self, start: datetime, end: datetime) -> Iterator[KeptHour]:
        """Read a part at a time, each a moment of its own, so that a long reader holds up nobody."""
        asked = select(hours.c.site, hours.c.starts_at, hours.c.through_at, hours.c.received_at, hours.c.body)
        at, site = seconds(start), -1
        while True:
            after = (hours.c.starts_at > at) | ((hours.c.starts_at == at) & (hours.c.site > site))
            part = asked.where(hours.c.starts_at >= at, hours.c.starts_at < seconds(end), after)
            with self._reading() as connection:
                rows = connection.execute(
                    part.order_by(hours.c.starts_at, hours.c.site).limit(ROWS_AT_ONCE)
                ).all()
            for row in rows:
                yield KeptHour(*row)
            if len(rows) < ROWS_AT_ONCE:
                return
            site, at = rows[-1][0], rows[-1][1]

    def chain(self, key: int) -> KeptChain:
        with self._reading() as connection:
            rows = connection.execute(_LINKS, {"site": key}).all()
            noted = connection.execute(_NOTED, {"site": key}).all()
        breaks = tuple(Break(*row[1:]) for row in noted if row[1] is not None)
        return KeptChain(tuple(map(tuple, rows)), noted[0][0], breaks)

    @contextmanager
    def moment(self) -> Iterator[Reads]:
        """The same, all of it as it is at one moment, and over one connection."""
        with self._reading() as connection:
            yield _Moment(self.engine, connection)

    def _one(self, asked: Select[Any], values: dict[str, str] | None = None) -> Enrolled | None:
        with self._reading() as connection:
            row = connection.execute(asked, values or {}).first()
        return _enrolled(tuple(row)) if row else None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _told(), reading(self.engine) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _told(), writing(self.engine) as connection:
            yield connection


class _Moment(Reads):
    """What is read while a connection sees one moment."""

    def __init__(self, engine: Engine, connection: Connection) -> None:
        super().__init__(engine)
        self._connection = connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _told():
            yield self._connection


@contextmanager
def _told() -> Iterator[None]:
    """A fault of the database as Unavailable, in the driver's words."""
    try:
        yield
    except DBAPIError as fault:
        raise Unavailable(one_line(fault.orig)) from None
    except (SQLAlchemyError, sqlite3.Error) as fault:
        raise Unavailable(one_line(fault)) from None


def one_line(fault: object) -> str:
    return " ".join(str(fault).split())


def _enrolled(row: Sequence[Any]) -> Enrolled:
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


def as_text(value: Site | Contract | AgentState) -> str:
    return msgspec.json.encode(value).decode()


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
