"""A store with some days of a made-up fleet, for the tests of what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from benchmarks.rollups.fleet import Fleet, days
from collector.archive.columns import Hour
from collector.archive.moving import Moved, days_to_move, move
from collector.archive.reading import hours_of
from collector.archive.shelf import Shelf
from collector.engine import reading
from collector.enrolled import Arrival
from collector.store import Store
from collector.tokens import token_hash

FLEET = Fleet(12)
FIRST = date(2026, 8, 31)
"""A Monday after the summer's holidays."""

NOW = datetime(2026, 12, 20, tzinfo=UTC)
AGE = timedelta(days=90)


def filled(path: Path, first: date = FIRST, count: int = 2, fleet: Fleet = FLEET) -> list[Hour]:
    """A store of the fleet with these days; returns its hours."""
    store = Store(path)
    for number in range(1, fleet.sites + 1):
        site = fleet.site(number)
        store.add(site, fleet.contract(number), token_hash(site.id or ""), datetime(2026, 1, 1, tzinfo=UTC))
    store.close()
    hours = [hour for day in days(first, count) for hour in fleet.hours(day)]
    keep(path, hours)
    return hours


def keep(path: Path, hours: Iterable[Hour]) -> None:
    """What an upload of each of these hours does."""
    store = Store(path)
    enrolled = {known.id: known for known in store.sites()}
    store.keep(
        [
            Arrival(
                enrolled[hour.site].key,
                "0.1.0",
                enrolled[hour.site].site,
                enrolled[hour.site].contract,
                (hour.summary,),
                hour.received_at,
            )
            for hour in hours
        ]
    )
    store.close()


def move_all(source: Engine, shelf: Shelf, now: datetime = NOW) -> list[Moved]:
    return [move(source, shelf, day, now) for day in days_to_move(source, now, AGE)]


def everything(source: Engine, shelf: Shelf | None, first: date = FIRST, count: int = 2) -> list[Hour]:
    """All hours of some days, wherever they are, in the order of site and time."""
    with reading(source) as connection:
        found = [hour for day in days(first, count) for hour in hours_of(connection, shelf, day)]
    return in_order(found)


def in_order(hours: Iterable[Hour]) -> list[Hour]:
    return sorted(hours, key=lambda hour: (hour.site, hour.summary.starts_at))
