"""``bandgap collector rollup``: which days, which engine, and where the answer goes."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem
from sqlalchemy import Connection

from collector.archive.columns import row_of
from collector.archive.command import place_of
from collector.archive.parts import WIDE, write_part
from collector.archive.reading import live_hours
from collector.archive.shelf import Shelf
from collector.database import Database
from collector.engine import engine, reading
from collector.migrating import prepare
from collector.rollups import sites_table
from collector.rollups.formats import FORMATS
from collector.rollups.statements import Engine, Ground
from collector.settings import ArchiveSettings
from reports.faults import Fault, UsageFault
from reports.long_periods import month_named, month_of, school_year_named, school_year_of
from reports.periods import before, week_named, week_of

_ZONE = ZoneInfo("UTC")
"""Only the names of days are wanted here: each hour knows which of its site's days it belongs to."""

LIVE = 2**31 - 1
"""The part of hours that aren't archived: of those that are in both, only what wins is among them."""


def rollup(database: Database, settings: ArchiveSettings, asked: argparse.Namespace, now: datetime) -> int:
    """Rolls up and writes; returns the exit code."""
    first, end = days_of(asked.period, asked.of, now)
    if asked.format == "parquet" and not asked.output:
        raise UsageFault("--format parquet: is no text; name a file with --output")
    if asked.master and asked.engine != "spark":
        raise UsageFault("--master: is Spark's; add --engine spark")
    prepare(database)
    shelf = Shelf(place_of(database, settings, asked.archive))
    source = engine(database)
    try:
        with Scratch.of(shelf, shared=asked.master is not None) as scratch:
            with reading(source) as connection:
                sites = Path(asked.sites) if asked.sites else None
                ground = ground_of(connection, shelf, scratch, first, end, sites)
            with _engine(asked.engine, asked.master, shelf) as chosen:
                written = FORMATS[asked.format](chosen.rolled_up(ground, asked.by))
    finally:
        source.dispose()
    if asked.output:
        try:
            Path(asked.output).write_bytes(written)
        except OSError as fault:
            raise Fault(f"{asked.output}: can't be written: {fault.strerror}") from None
    else:
        sys.stdout.buffer.write(written)
        sys.stdout.flush()
    return 0


def days_of(period: str, label: str | None, now: datetime) -> tuple[date, date]:
    """The first day of a period and the one after its last; without a label the last one that has ended."""
    at = now.astimezone(UTC)
    if period == "week":
        found = week_named(label, _ZONE) if label else before(week_of(at, _ZONE), _ZONE)
    elif period == "month":
        begun = month_of(at, _ZONE).starts_at
        found = month_named(label, _ZONE) if label else month_of(begun - timedelta(days=1), _ZONE)
    else:
        begun = school_year_of(at, _ZONE).starts_at
        found = school_year_named(label, _ZONE) if label else school_year_of(begun - timedelta(days=1), _ZONE)
    return found.starts_at.date(), found.ends_at.date()


@dataclass(frozen=True, slots=True)
class Scratch:
    """A folder for what an engine reads beside the archive: where all its machines reach it."""

    filesystem: Any
    folder: str

    @classmethod
    @contextmanager
    def of(cls, shelf: Shelf, *, shared: bool) -> Iterator[Scratch]:
        """In the archive where several machines read it, else in a temporary folder of this one."""
        if not shared:
            with tempfile.TemporaryDirectory(prefix="bandgap-rollup-") as folder:
                yield cls(LocalFileSystem(), folder)
            return
        folder = f"{shelf.root}/_rollup-{secrets.token_hex(8)}"  # Spark takes names with _ for no data
        shelf.filesystem.makedirs(folder, exist_ok=True)
        try:
            yield cls(shelf.filesystem, folder)
        finally:
            shelf.filesystem.rm(folder, recursive=True)

    def url(self, path: str) -> str:
        local = isinstance(self.filesystem, LocalFileSystem)
        return path if local else str(self.filesystem.unstrip_protocol(path))


def ground_of(
    connection: Connection, shelf: Shelf, scratch: Scratch, first: date, end: date, sites: Path | None = None
) -> Ground:
    """What a roll-up of these days stands on. A site's day reaches into the UTC days around it."""
    begin, last = first - timedelta(days=1), end
    archived = shelf.parts(begin, last)
    parts = [shelf.url(part.path) for part in archived]
    later = [shelf.url(part.path) for part in archived if part.number]
    path = f"{scratch.folder}/live.parquet"
    with scratch.filesystem.open(path, "wb") as out:
        live = (row for hour in live_hours(connection, shelf, begin, last) if (row := row_of(hour)))
        if write_part(out, live, LIVE, WIDE).rows or not parts:
            later += [scratch.url(path)] if parts else []
            parts.append(scratch.url(path))
    known = sites_table.from_file(sites) if sites else sites_table.from_store(connection)
    with scratch.filesystem.open(f"{scratch.folder}/sites.parquet", "wb") as out:
        pq.write_table(known, out)
    return Ground(first, end, parts, later, known, scratch.url(f"{scratch.folder}/sites.parquet"))


@contextmanager
def _engine(name: str, master: str | None, shelf: Shelf) -> Iterator[Engine]:
    if name == "duckdb":
        from collector.rollups.on_duckdb import OnDuckDB

        yield OnDuckDB(None if shelf.local else shelf.filesystem)
        return
    from collector.rollups.on_spark import OnSpark, session

    with session(master) as spark:
        yield OnSpark(spark)
