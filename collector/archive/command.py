"""``bandgap collector archive``: what it is asked for, and a line for each day that it moves."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from collector.archive.moving import days_to_move, move
from collector.archive.shelf import Shelf
from collector.archive.stored_hours import alone
from collector.database import Database
from collector.engine import engine
from collector.migrating import prepare
from collector.settings import ArchiveSettings, default_database
from reports.faults import UsageFault
from reports.settings import duration


def place_of(database: Database, settings: ArchiveSettings, asked: str | None) -> str:
    """Where the archive lies: as asked, as the settings say, or beside the database."""
    path = database.path or default_database(os.environ, root=os.geteuid() == 0)
    return asked or settings.to or str(path.parent / "archive")


def archive(
    database: Database, settings: ArchiveSettings, to: str | None, older_than: str | None, now: datetime
) -> int:
    """Moves all days that are old enough; returns the exit code."""
    try:
        age = timedelta(seconds=settings.older_than if older_than is None else duration(older_than))
    except ValueError:
        raise UsageFault(f'--older-than: found "{older_than}", expected an interval as in "90d"') from None
    prepare(database)
    shelf = Shelf(place_of(database, settings, to))
    source = engine(database)
    try:
        with alone(database, source):
            days = days_to_move(source, now, age)
            for day in days:
                moved = move(source, shelf, day, now)
                wrote = [
                    f"{file.rows:,} in {shelf.url(file.part.path)}, {file.size_bytes / 1e6:,.1f} MB"
                    for file in (moved.stored, moved.wide)
                    if file
                ]
                told = "; ".join(wrote or ["no further part"])
                print(f"{day}: {moved.taken:,} hours left the store; {told}", flush=True)
                if moved.held:
                    print(f"{day}: {moved.held:,} hours stay, for a site has figures too large to archive")
    finally:
        source.dispose()
    if not days:
        print(f"Nothing to archive: no hour in the store is of a day that ended {age.days} days ago.")
    return 0
