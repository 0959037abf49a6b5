"""Hours wherever they are: in the store, in the archive, or in both, each once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection

from collector.archive.columns import Hour
from collector.archive.moving import winners
from collector.archive.parts import hours_in
from collector.archive.shelf import Shelf
from collector.archive.stored_hours import Scope, days_with_hours, pages

EVER = datetime(9999, 1, 1, tzinfo=UTC)


def hours_of(
    connection: Connection, shelf: Shelf | None, day: date, sites: set[str] | None = None
) -> list[Hour]:
    """All hours that begin on a UTC day, by site and time; of all sites, or of these."""
    found: dict[tuple[str, datetime], Hour] = {}
    for part in shelf.parts(day, day) if shelf else ():
        assert shelf is not None
        with shelf.opened(part) as source:
            for hour in hours_in(source):
                found[hour.site, hour.summary.starts_at] = hour
    for page in pages(connection, Scope(day, EVER)):
        for _, hour in page:
            there = found.get((hour.site, hour.summary.starts_at))
            if there is None or hour.rank > there.rank:
                found[hour.site, hour.summary.starts_at] = hour
    return [found[key] for key in sorted(found) if sites is None or key[0] in sites]


def live_hours(connection: Connection, shelf: Shelf, first: date, last: date) -> Iterator[Hour]:
    """The store's hours of these UTC days that the archive doesn't have, or has less of."""
    for day in days_with_hours(connection, first, last + timedelta(days=1)):
        there = shelf.parts(day, day)
        for page in pages(connection, Scope(day, EVER)):
            hours = [hour for _, hour in page]
            holds = winners(shelf, there, hours)
            yield from filter(holds, hours)
