"""How the weeks of a place, or of all that a viewer sees, went: what their sites came to in each."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from collector.standings.reading import Totals
from collector.standings.scope import Scope
from collector.standings.tables import standing_weeks


@dataclass(frozen=True, slots=True)
class WeekTotals:
    """The totals of a week that has passed, or of the running one so far."""

    week: str
    totals: Totals


def trend(connection: Connection, place: int | None, weeks: int) -> list[WeekTotals]:
    """The totals of the last weeks of a place, or of all sites (None), oldest first."""
    c = standing_weeks.c
    rows = connection.execute(
        select(standing_weeks).where(c.place == (place or 0)).order_by(c.week.desc()).limit(weeks)
    )
    found = [
        WeekTotals(
            row.week,
            Totals(row.short, row.unknown, row.silent, row.meets, row.shortfall_mbps, row.people_short),
        )
        for row in rows
    ]
    return found[::-1]


def scoped_trend(connection: Connection, scope: Scope, weeks: int) -> list[WeekTotals]:
    """The trend of all that a viewer sees."""
    if scope.places is None:
        return trend(connection, None, weeks)
    c = standing_weeks.c
    figures = (c.short, c.unknown, c.silent, c.meets, c.shortfall_mbps, c.people_short)
    rows = connection.execute(
        select(c.week, *map(func.sum, figures))
        .where(c.place.in_(scope.places))
        .group_by(c.week)
        .order_by(c.week.desc())
        .limit(weeks)
    )
    found = [
        WeekTotals(week, Totals(int(short), int(unknown), int(silent), int(meets), float(mbps), int(people)))
        for week, short, unknown, silent, meets, mbps, people in rows
    ]
    return found[::-1]
