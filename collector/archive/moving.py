"""Moves old hours out of the store: day by day into a part of the archive, then out of the store.

The part is durable, read back and named before the store forgets anything, and the store forgets a day and
notes where it went in one transaction. Whatever ends a run in between leaves hours in both places and never
in neither; the next run finds in the archive what is there already, and only takes it away. Of an hour that
comes again, what reaches furthest holds, then what was received first: what loses is not archived, what
wins is in a further part of its day. Hours with a rate that takes more than 32 bits follow their day in a
file of their own; they are few, and in memory until then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import filterfalse
from typing import Any

from sqlalchemy import Connection, Engine

from collector.archive.columns import Hour, is_wide, row_of
from collector.archive.parts import ranks_in
from collector.archive.shelf import Part, Shelf, Step, Stored
from collector.archive.stored_hours import Count, Scope, days_with_hours, forget, pages, record
from collector.engine import reading, writing

SETTLED = timedelta(hours=1)
"""Hours that were received so lately wait for the next run: some may be on their way into the store yet."""

EARLIEST = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Moved:
    """A day that was moved: the files that were written, if any; hours that left, and that couldn't."""

    day: date
    stored: Stored | None
    wide: Stored | None
    taken: int
    held: int


def days_to_move(source: Engine, now: datetime, older_than: timedelta) -> list[date]:
    """The days with hours in the store that ended so long ago."""
    with reading(source) as connection:
        return list(days_with_hours(connection, EARLIEST, (now - older_than).date()))


def move(source: Engine, shelf: Shelf, day: date, now: datetime, step: Step = lambda name: None) -> Moved:
    """Moves one day's hours. Raises Fault when it can't; nothing is lost then."""
    scope = Scope(day, now - SETTLED)
    there = shelf.parts(day, day)
    number = there[-1].number + 1 if there else 0
    pass_ = _Pass()
    with reading(source) as connection:
        stored = shelf.put(day, number, pass_.rows(connection, scope, shelf, there), step)
    wide = shelf.put(day, number, pass_.wide, step, wide=True) if pass_.wide else None
    with writing(source) as connection:
        forget(connection, scope, pass_.count, sorted(pass_.held))
        taken = pass_.count.hours
        written: list[Stored | None] = [one for one in (stored, wide) if one]
        for file in written or [None]:
            record(
                connection,
                day,
                file.part.number if file else None,
                shelf.url(shelf.root),
                file.rows if file else 0,
                file.size_bytes if file else 0,
                file.sha256 if file else None,
                taken,
                now,
            )
            taken = 0  # a run's hours are counted once
        step("forgotten")
    step("committed")
    return Moved(day, stored, wide, pass_.count.hours, pass_.held_hours)


@dataclass(slots=True)
class _Pass:
    """What is found on the way through a day's hours."""

    count: Count = field(default_factory=Count)
    held: set[int] = field(default_factory=set)
    held_hours: int = 0
    wide: list[tuple[Any, ...]] = field(default_factory=list)

    def rows(
        self, connection: Connection, scope: Scope, shelf: Shelf, there: list[Part]
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a further part: hours that aren't in the archive, or that win over those there.

        Wide ones are set aside.
        """
        for page in pages(connection, scope):
            fitting = [(key, hour, row_of(hour)) for key, hour in page]
            held = {key for key, _, row in fitting if row is None}
            self.held |= held
            self.held_hours += sum(key in held for key, _, _ in fitting)
            moving = [(hour, row) for key, hour, row in fitting if row is not None and key not in held]
            self.count = _counted(self.count, [hour for hour, _ in moving])
            beats = winners(shelf, there, [hour for hour, _ in moving])
            further = [row for hour, row in moving if beats(hour)]
            self.wide += filter(is_wide, further)
            yield from filterfalse(is_wide, further)


def winners(shelf: Shelf, there: list[Part], hours: list[Hour]) -> Callable[[Hour], bool]:
    """Says of each of these hours whether it holds against what these parts have of it."""
    ranks: dict[tuple[str, datetime], tuple[datetime, datetime]] = {}
    named = sorted({hour.site for hour in hours})
    for part in there if named else ():
        with shelf.opened(part) as source:
            ranks |= ranks_in(source, named)

    def holds(hour: Hour) -> bool:
        rank = ranks.get((hour.site, hour.summary.starts_at))
        return rank is None or hour.rank > (rank[0], -rank[1].timestamp())

    return holds


def _counted(count: Count, hours: list[Hour]) -> Count:
    return Count(
        count.hours + len(hours),
        count.through_at + sum(int(hour.summary.through_at.timestamp()) for hour in hours),
        count.received_at + sum(int(hour.received_at.timestamp()) for hour in hours),
    )
