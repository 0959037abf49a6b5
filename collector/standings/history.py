"""What a fleet's weeks came to: the totals of the running week as they stand, and of past weeks when asked.

A week of the past is told from the summaries that came of it: a site that was enrolled by its end and of
which none came counts as silent then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from collector.standings.judged import SLUGS, people_short
from collector.standings.tables import standing_weeks, standings
from collector.tables import places
from reports.gaps import Gap

Counts = dict[str, float]
"""Of one place and week, by the names of the table's columns."""

ALL_SITES = 0
"""The key that stands for all places, and for the sites of none."""


def label_of(now: datetime) -> str:
    """The ISO week, by UTC: sites of many zones are in one row."""
    year, week, _ = now.isocalendar()
    return f"{year}-W{week:02d}"


def labels_before(now: datetime, many: int) -> list[str]:
    """The weeks before the running one, newest first."""
    return [label_of(now - timedelta(weeks=n)) for n in range(1, many + 1)]


def nothing() -> Counts:
    return {"short": 0, "unknown": 0, "silent": 0, "meets": 0, "shortfall_mbps": 0.0, "people_short": 0}


def count(counts: Counts, held: Gap | None) -> None:
    """Counts one site of a past week; None for one that sent nothing of it."""
    if held is None:
        counts["silent"] += 1
        return
    counts[SLUGS[held.verdict]] += 1
    if held.verdict == "short":
        counts["shortfall_mbps"] += held.shortfall_mbps or 0.0
        counts["people_short"] += people_short(held) or 0


def keep(connection: Connection, now: datetime) -> None:
    """Writes the running week as the sites stand now."""
    c = standings.c
    rows = connection.execute(
        select(c.place, c.state, func.count(), func.sum(c.shortfall_mbps), func.sum(c.people_short)).group_by(
            c.place, c.state
        )
    )
    by_place: dict[int | None, Counts] = {}
    for place, state, count, mbps, people in rows:
        counts = by_place.setdefault(place, nothing())
        counts[state] += count
        if state == "short":
            counts["shortfall_mbps"] += float(mbps or 0.0)
            counts["people_short"] += int(people or 0)
    write(connection, {label_of(now): by_place})


def write(connection: Connection, weeks: Mapping[str, Mapping[int | None, Counts]]) -> None:
    """Puts weeks in the place of what was known of them: of each district, its state, and all."""
    parents = {row.key: row.parent for row in connection.execute(select(places.c.key, places.c.parent))}
    for week, by_place in weeks.items():
        rolled: dict[int, Counts] = {ALL_SITES: nothing()}
        for place, counts in by_place.items():
            for key in _upwards(place, parents):
                into = rolled.setdefault(key, nothing())
                for name, count in counts.items():
                    into[name] += count
        connection.execute(delete(standing_weeks).where(standing_weeks.c.week == week))
        connection.execute(
            insert(standing_weeks), [{"place": key, "week": week, **counts} for key, counts in rolled.items()]
        )


def _upwards(place: int | None, parents: Mapping[int, int | None]) -> Iterable[int]:
    """A place, the one it belongs to, and all."""
    while place is not None:
        yield place
        place = parents.get(place)
    yield ALL_SITES
