"""Reads the table of standings: a page of it in any order, its counts, and what a place's sites come to.

A page is found from the row before it, by an index, so that the last is as near as the first. Rows without a
figure come after all that have one, whichever way round the figures stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, tuple_

from collector.answers import GapAnswer
from collector.standings.asked import STATE_SLUGS, Asked, Cursor
from collector.standings.narrowing import FEW, given, narrowed, without_index
from collector.standings.scope import Scope
from collector.standings.tables import standing_leases, standings
from collector.tables import places

_WITH_DISTRICT = select(
    standings, places.c.id.label("district_id"), places.c.name.label("district")
).select_from(standings.outerjoin(places, standings.c.place == places.c.key))


@dataclass(frozen=True, slots=True)
class Stand:
    """One site's standing as it is read; ``gap`` is None while no week has come."""

    site: int
    id: str
    name: str
    state: str
    verdict: str
    week: str | None
    share_met: float | None
    share_before: float | None
    shortfall_mbps: float | None
    shortfall_down_mbps: float | None
    shortfall_up_mbps: float | None
    people: int | None
    people_short: int | None
    delivered_mbps: float | None
    demand_mbps: float | None
    utilisation: float | None
    coverage: float | None
    provider: str | None
    contract_ends_on: date | None
    lat: float | None
    lon: float | None
    heard_at: datetime | None
    agent: str | None
    gap: GapAnswer | None
    district_id: str | None
    district: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the table, and where those before and after it begin; None at either end."""

    rows: tuple[Stand, ...]
    before: Cursor | None
    after: Cursor | None


@dataclass(frozen=True, slots=True)
class Totals:
    """How many sites stand how, and what those that are short lack together."""

    short: int = 0
    unknown: int = 0
    silent: int = 0
    meets: int = 0
    shortfall_mbps: float = 0.0
    people_short: int = 0

    @property
    def sites(self) -> int:
        return self.short + self.unknown + self.silent + self.meets

    def of(self, state: str) -> int:
        """The count of one state by its slug."""
        return int(getattr(self, state))


@dataclass(frozen=True, slots=True)
class PlaceTotals:
    """A place with its sites' totals."""

    key: int
    kind: str
    id: str
    name: str
    parent: int | None
    totals: Totals


def part(connection: Connection, scope: Scope, asked: Asked, expected: int | None = None) -> Part:
    """The page that is asked for, where ``expected`` says how many sites are like what is asked.

    Few are found by what they are, and put in order; many in the order's own index, until a page is full.
    """
    backward = asked.before is not None
    many = expected is None or expected > FEW
    found = list(_rows(connection, scope, asked, many, backward=backward, limit=asked.limit + 1))
    more = len(found) > asked.limit
    found = found[: asked.limit]
    if backward:
        found.reverse()
    first, last = (_cursor(found[0], asked), _cursor(found[-1], asked)) if found else (None, None)
    before = first if (backward and more) or asked.after else None
    after = last if backward or more else None
    return Part(tuple(map(_row, found)), before, after)


def every(connection: Connection, scope: Scope, asked: Asked, at_once: int = 2000) -> Iterator[Stand]:
    """All rows of what is asked, a page after the other, so that little is in memory at a time."""
    asked = replace(asked, limit=at_once, before=None)
    while True:
        found = part(connection, scope, asked)
        yield from found.rows
        if found.after is None:
            return
        asked = replace(asked, after=found.after)


def totals(connection: Connection, scope: Scope, asked: Asked = Asked()) -> Totals:  # noqa: B008  # frozen
    """The counts of what is asked, whatever state of it is."""
    c = standings.c
    # Without, so that a search is answered by its own index and not in the order of states.
    state = without_index(c.state) if asked.q else c.state
    counted = select(state, func.count(), func.sum(c.shortfall_mbps), func.sum(c.people_short))
    rows = connection.execute(narrowed(counted, scope, asked, with_state=False).group_by(state))
    return _totals(rows)


def place_totals(
    connection: Connection,
    scope: Scope,
    *,
    keys: Sequence[int] | None = None,
    q: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> list[PlaceTotals]:
    """Districts with what their sites come to, those first that lack most; all, or places with these keys."""
    c = standings.c
    short = c.state == "short"
    if keys is not None:
        of_these = c.place.in_(keys)
    elif q or not scope.everything:
        of_these = c.place.in_(select(places.c.key).where(*_districts(scope, q)))
    else:
        of_these = c.place.is_not(None)
    counts = (
        select(
            c.place,
            *(func.count().filter(c.state == slug).label(slug) for slug in STATE_SLUGS),
            func.sum(c.shortfall_mbps).filter(short).label("shortfall_mbps"),
            func.sum(c.people_short).filter(short).label("people_short"),
        )
        .where(of_these)
        .group_by(c.place)
        .subquery()
    )
    found = (
        select(places, *(one for one in counts.c if one.name != "place"))
        .select_from(places.outerjoin(counts, counts.c.place == places.c.key))
        .where(*_districts(scope, q) if keys is None else (places.c.key.in_(keys), *given(scope.of_places())))
        .order_by(func.coalesce(counts.c.shortfall_mbps, 0.0).desc(), places.c.name, places.c.key)
        .limit(limit)
        .offset(offset)
    )
    return [
        PlaceTotals(
            row.key,
            row.kind,
            row.id,
            row.name,
            row.parent,
            Totals(
                **{slug: int(row._mapping[slug] or 0) for slug in STATE_SLUGS},
                shortfall_mbps=float(row.shortfall_mbps or 0.0),
                people_short=int(row.people_short or 0),
            ),
        )
        for row in connection.execute(found)
    ]


def count_districts(connection: Connection, scope: Scope, q: str = "") -> int:
    """How many districts there are, or are called so."""
    return int(
        connection.execute(select(func.count()).select_from(places).where(*_districts(scope, q))).scalar_one()
    )


def _districts(scope: Scope, q: str) -> list[ColumnElement[bool]]:
    conditions = [places.c.kind == "district", *given(scope.of_places())]
    if q:
        conditions.append(
            or_(places.c.name.icontains(q, autoescape=True), places.c.id.icontains(q, autoescape=True))
        )
    return conditions


def place_of(connection: Connection, scope: Scope, kind: str, place_id: str) -> Row[Any] | None:
    """A place by kind and id, where the viewer may see it."""
    return connection.execute(
        select(places).where(places.c.kind == kind, places.c.id == place_id, *given(scope.of_places()))
    ).one_or_none()


def one(connection: Connection, scope: Scope, site_id: str) -> Stand | None:
    """One site's row, where the viewer may see it."""
    found = connection.execute(
        _WITH_DISTRICT.where(standings.c.id == site_id, *given(scope.condition()))
    ).one_or_none()
    return _row(found) if found else None


def as_of(connection: Connection) -> datetime | None:
    """When the last pass over the sites ended; None before the first."""
    done = connection.execute(select(func.max(standing_leases.c.done_at))).scalar()
    return None if done is None else datetime.fromtimestamp(done, UTC)


def _rows(
    connection: Connection, scope: Scope, asked: Asked, many: bool, *, backward: bool, limit: int
) -> Iterator[Row[Any]]:
    """Up to ``limit`` rows from the cursor on, those with a figure first; or backward from it."""
    cursor = asked.before if backward else asked.after
    site = standings.c.site
    column = standings.c[asked.column] if many else without_index(standings.c[asked.column])
    falling = asked.descending is not backward
    order = [column.desc(), site.desc()] if falling else [column, site]
    with_figure: list[ColumnElement[bool]] | None = [column.is_not(None)]
    without: list[ColumnElement[bool]] | None = [column.is_(None)]
    if cursor is not None and cursor.value is not None:
        here, there = tuple_(column, site), tuple_(cursor.value, cursor.site)
        with_figure = [column.is_not(None), here < there if falling else here > there]
        without = None if backward else without
    elif cursor is not None:
        without = [column.is_(None), site < cursor.site if falling else site > cursor.site]
        with_figure = with_figure if backward else None
    segments = [(with_figure, order), (without, order[1:])]
    for conditions, by in reversed(segments) if backward else segments:
        if conditions is None or limit <= 0:
            continue
        found = connection.execute(
            narrowed(_WITH_DISTRICT, scope, asked, many=many)
            .where(and_(*conditions))
            .order_by(*by)
            .limit(limit)
        ).all()
        limit -= len(found)
        yield from found


def _cursor(row: Row[Any], asked: Asked) -> Cursor:
    return Cursor(getattr(row, asked.column), row.site)


def _row(row: Row[Any]) -> Stand:
    said = row._mapping
    fields = {name: said[name] for name in Stand.__dataclass_fields__}
    fields["heard_at"] = None if row.heard_at is None else datetime.fromtimestamp(row.heard_at, UTC)
    fields["gap"] = None if row.gap is None else msgspec.json.decode(row.gap, type=GapAnswer)
    return Stand(**fields)


def _totals(rows: Any) -> Totals:
    """From rows of state, count, shortfall and people; only those that are short lack anything."""
    counts = dict.fromkeys(STATE_SLUGS, 0)
    mbps, people = 0.0, 0
    for state, count, lacking, short in rows:
        counts[state] = count
        if state == "short":
            mbps, people = float(lacking or 0.0), int(short or 0)
    return Totals(**counts, shortfall_mbps=mbps, people_short=people)
