"""What the collector remembers of its archive: a row for each file of each run, or for a day without one."""

from __future__ import annotations

from sqlalchemy import Column, Identity, Index, Integer, Table, Text

from collector.tables import METADATA, SECONDS, IsoDay

archived = Table(
    "archived",
    METADATA,
    Column("key", Integer, Identity(), primary_key=True),
    Column("day", IsoDay, nullable=False),  # UTC's
    Column("part", Integer),  # the part that was written; NULL when all of it was there already
    Column("place", Text, nullable=False),  # where the archive lay
    Column("rows", Integer, nullable=False),  # of the part
    Column("size_bytes", SECONDS, nullable=False),  # of the part
    Column("sha256", Text),  # of the part's file
    Column("taken", Integer, nullable=False),  # hours that left the store, 0 with a run's second file
    Column("archived_at", SECONDS, nullable=False),
    Index(None, "day"),
    sqlite_strict=True,
)
