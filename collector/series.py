"""One site's figures in columns: the times of its hours, days or weeks, and of each figure what stands there.

Every period that begins in what is asked for has its place, whether anything came of it or not: where nothing
did, and where a summary lacks a figure, there is None. Who draws a line through such a place, or counts it as
0, says what nobody measured. ``through_at`` is how far a summary reaches; one of a period that still runs
reaches less far than its end. Times are Unix seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from collector.packed import NAMES, columns
from reports.periods import Kind, Period, day_of, week_of

FIGURES = NAMES
HOUR_S, DAY_S, WEEK_S = 3600, 86_400, 7 * 86_400


class Kept(Struct, frozen=True, gc=False):
    """What the store has of the periods that were asked for: when each begins, how far it reaches, and their
    bodies (``collector/packed.py``) one after the other. In any order."""

    starts_at: Sequence[int] = ()
    through_at: Sequence[int] = ()
    bodies: bytes = b""


class Asked(Struct, frozen=True, gc=False):
    """Which figures of which periods: those that begin from one moment on and before another."""

    every: Kind
    figures: tuple[str, ...]
    begins: int
    ends: int

    @property
    def hours(self) -> range:
        """The hours that are asked for."""
        return range(-(-self.begins // HOUR_S) * HOUR_S, self.ends, HOUR_S)


@dataclass(frozen=True, slots=True)
class SeriesAnswer:
    """One site's figures in columns, oldest first: ``figures`` has an array by each name, as long as
    ``starts_at``, with null where there is none. ``through_at`` is how far the summary of a period reaches,
    null where none is: none came, or an hour was moved to the archive."""

    site: str
    every: Kind
    starts_at: list[datetime]
    through_at: list[datetime | None]
    figures: dict[str, list[float | int | None]]


def answer(site: str, asked: Asked, kept: Kept, zone: Callable[[], ZoneInfo]) -> SeriesAnswer:
    """What was kept, put in its places. ``zone`` is asked where days are."""
    found = columns(len(kept.starts_at), kept.bodies, asked.figures)
    starts: Sequence[int] = asked.hours if asked.every == "hour" else _calendar(asked, zone())
    places: list[int | None] = []
    if tuple(kept.starts_at) != tuple(starts):
        at = {start: n for n, start in enumerate(kept.starts_at)}
        if not at.keys() <= set(starts):  # days of another time zone, which the site was in before
            starts = sorted({*starts, *at})
        places = [at.get(start) for start in starts]
    return SeriesAnswer(
        site,
        asked.every,
        list(map(moment, starts)),
        _placed(list(map(moment, kept.through_at)), places),
        {name: _placed(column, places) for name, column in zip(asked.figures, found, strict=True)},
    )


def _placed(column: list[Any], places: list[int | None]) -> list[Any]:
    return [None if n is None else column[n] for n in places] if places else column


def _calendar(asked: Asked, zone: ZoneInfo) -> list[int]:
    """When the site's days or weeks begin."""
    of: Callable[[datetime, ZoneInfo], Period] = day_of if asked.every == "day" else week_of
    found: list[int] = []
    at = asked.begins
    while at < asked.ends:
        period = of(moment(at), zone)
        begins = int(period.starts_at.timestamp())
        if begins >= asked.begins:
            found.append(begins)
        at = int(period.ends_at.timestamp())
    return found


@lru_cache(maxsize=4096)
def moment(at: int) -> datetime:
    """A moment by its Unix second; those of hours come again and again."""
    return datetime.fromtimestamp(at, UTC)
