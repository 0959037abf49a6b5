"""A store with some days of a made-up fleet, for the tests of what becomes of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine, func, select

from benchmarks.rollups.fleet import Fleet, days
from collector.archive.columns import Hour
from collector.archive.moving import Moved, days_to_move, move
from collector.archive.reading import hours_of
from collector.archive.shelf import Shelf
from collector.engine import reading, writing
from collector.packed import packed
from collector.reads import as_text, seconds
from collector.tables import hours, sites
from collector.tokens import token_hash
from reports.samples import Rates

FLEET = Fleet(12)
FIRST = date(2026, 8, 31)
"""A Monday after the summer's holidays."""

NOW = datetime(2026, 12, 20, tzinfo=UTC)
AGE = timedelta(days=90)


def filled(source: Engine, first: date = FIRST, count: int = 2, fleet: Fleet = FLEET) -> list[Hour]:
    """Fills a migrated store with the fleet and these days of it; returns its hours."""
    enrolled = [(fleet.site(number), fleet.contract(number)) for number in range(1, fleet.sites + 1)]
    with writing(source) as connection:
        connection.execute(
            sites.insert(),
            [
                {
                    "id": site.id,
                    "token_sha256": token_hash(site.id or ""),
                    "enrolled_at": 0,
                    "facts": as_text(site),
                    "contract": as_text(contract),
                }
                for site, contract in enrolled
            ],
        )
    found = [hour for day in days(first, count) for hour in fleet.hours(day)]
    keep(source, found)
    return found


def keep(source: Engine, found: Iterable[Hour]) -> None:
    """Puts hours into the store that aren't in it, as uploads do."""
    with writing(source) as connection:
        keys = {row.id: row.key for row in connection.execute(select(sites.c.id, sites.c.key))}
        connection.execute(
            hours.insert(),
            [
                {
                    "site": keys[hour.site],
                    "starts_at": seconds(hour.summary.starts_at),
                    "through_at": seconds(hour.summary.through_at),
                    "received_at": seconds(hour.received_at),
                    "body": packed(hour.summary),
                }
                for hour in found
            ],
        )


def wide_hour(hour: Hour) -> Hour:
    """The same hour on a line of 10 Gbps that was busy for a moment."""
    usage = dataclasses.replace(hour.summary.usage, peak=Rates(9_876.543211, 2_147.483648))
    return dataclasses.replace(hour, summary=dataclasses.replace(hour.summary, usage=usage))


def drop(source: Engine, starts_at: datetime) -> None:
    """Takes the hours that begin then out of the store, as if they hadn't come."""
    with writing(source) as connection:
        connection.execute(hours.delete().where(hours.c.starts_at == seconds(starts_at)))


def left(source: Engine) -> int:
    """How many hours the store has."""
    with reading(source) as connection:
        return connection.execute(select(func.count()).select_from(hours)).scalar_one()


def move_all(source: Engine, shelf: Shelf, now: datetime = NOW) -> list[Moved]:
    return [move(source, shelf, day, now) for day in days_to_move(source, now, AGE)]


def everything(source: Engine, shelf: Shelf | None, first: date = FIRST, count: int = 2) -> list[Hour]:
    """All hours of some days, wherever they are, in the order of site and time."""
    with reading(source) as connection:
        found = [hour for day in days(first, count) for hour in hours_of(connection, shelf, day)]
    return in_order(found)


def in_order(hours: Iterable[Hour]) -> list[Hour]:
    return sorted(hours, key=lambda hour: (hour.site, hour.summary.starts_at))
