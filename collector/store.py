"""The collector's store: what every kind of it does, and how one is opened.

There are two: ``collector/sqlite_store.py`` and ``collector/postgres_store.py``. They differ in how a group
of uploads is written; what becomes of each upload is judged once for both (``collector/keeping.py``), and
what is read for pages and programs is asked in the same words (``collector/reads.py``). What ``keep`` has
returned for is on the disk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine

from collector.chains import KeptChain
from collector.database import Database
from collector.enrolled import Admitted, Arrival, Enrolled
from collector.keeping import Outcome
from collector.migrating import prepare
from collector.reads import KeptHour, Reads, Unavailable
from collector.series import Asked, Kept
from reports.periods import Kind
from reports.sites import Contract, Site
from reports.summaries import Summary


class Store(Protocol):
    """Sites, and one summary for each of their hours, days and weeks. Raises Unavailable when it fails.

    Any thread may call anything but ``keep`` and ``wrote``, which are the writer's.
    """

    engine: Engine

    def close(self) -> None:
        """Closes what is open; call it when nothing else uses the store."""

    def ping(self) -> None:
        """Reads the smallest thing."""

    def add(self, site: Site, contract: Contract, token_sha256: bytes, at: datetime) -> bool:
        """Enrols a site; False when one with its id is enrolled already."""
        ...

    def renew(self, key: int, token_sha256: bytes) -> None:
        """Gives a site a new token, which ends the one it had from this moment on."""

    def admitted(self, tokens_sha256: Collection[bytes]) -> dict[bytes, Admitted]:
        """The sites whose tokens these are, as their uploads are judged by them."""
        ...

    def admitted_by_old(self, token_sha256: bytes, at: datetime) -> Admitted | None:
        """The same for a token that was changed for another, while it still holds."""
        ...

    def site_with_token(self, token_sha256: bytes) -> Enrolled | None: ...

    def site(self, site_id: str) -> Enrolled | None: ...

    def sites(self) -> list[Enrolled]:
        """All enrolled sites by id."""
        ...

    def newest_weeks(self, now: datetime, each: int) -> dict[int, list[Summary]]:
        """By site key: the ``each`` newest weeks that have begun, newest first."""
        ...

    def recent(self, key: int, kind: Kind, now: datetime, limit: int) -> list[Summary]:
        """A site's newest days or weeks that have begun, newest first."""
        ...

    def hours(self, key: int, starts: Sequence[datetime]) -> list[Summary]:
        """Those of a site's hours that begin at these times, newest first."""
        ...

    def series(self, key: int, asked: Asked) -> Kept:
        """What is kept of the periods of a site that are asked for."""
        ...

    def hours_between(self, start: datetime, end: datetime) -> Iterator[KeptHour]:
        """All sites' hours that begin in this stretch, by their start, then by site."""
        ...

    def moment(self) -> AbstractContextManager[Reads]:
        """The same reads, all of them as of one moment."""
        ...

    def chain(self, key: int) -> KeptChain: ...

    def keep(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        """Stores what uploads brought, all in one commit, and says of each what became of it."""
        ...

    def wrote(self, summaries: int) -> None:
        """What is better done between commits than in one, after one of so many summaries."""


def open_store(database: Database | Path, *, apart: bool = False) -> Store:
    """The store in a database, migrated first; ``apart`` says whether in a process of its own.

    Raises ConfigFault when it can't be used.
    """
    if isinstance(database, Path):
        database = Database(database)
    prepare(database, apart=apart)
    if database.path is not None:
        from collector.sqlite_store import SqliteStore

        return SqliteStore(database)
    from collector.postgres_store import PostgresStore

    return PostgresStore(database)


__all__ = ["Store", "Unavailable", "open_store"]
