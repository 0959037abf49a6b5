"""The map of sites, by site, by district or by state as many as there are, and its table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import ColumnElement, Connection, FromClause, func, select
from starlette.requests import Request
from starlette.responses import Response

from collector.desk import Desk
from collector.pages import page
from collector.standings.board import board_of
from collector.standings.reading import as_of, count_districts
from collector.standings.scope import Scope, scope_of
from collector.standings.tables import standings
from collector.tables import places
from collector.views.mapping import MOST_SITES, Spot, drawing

MOST_DISTRICTS = 1500


def get_map_page(desk: Desk, request: Request) -> Response:
    """Where sites lie and how they stand."""
    scope = scope_of(request)
    with board_of(request).open() as connection:
        spots, each = _spots(connection, scope)
        (without,) = connection.execute(
            select(func.count()).where(standings.c.lat.is_(None), *_seen(scope))
        ).one()
        return page(
            "map.html",
            here="/map",
            drawing=drawing(spots),
            spots=sorted(spots, key=lambda spot: (-spot.short, spot.name)),
            each=each,
            without=without,
            as_of=as_of(connection),
        )


def _spots(connection: Connection, scope: Scope) -> tuple[Sequence[Spot], str]:
    """What to mark, and whether that is sites, districts or states."""
    c = standings.c
    placed = (c.lat.is_not(None), c.lon.is_not(None), *_seen(scope))
    # To know whether they are too many is enough.
    first = select(c.site).where(*placed).limit(MOST_SITES + 1).subquery()
    (many,) = connection.execute(select(func.count()).select_from(first)).one()
    if many <= MOST_SITES:
        rows = connection.execute(select(c.id, c.name, c.state, c.lat, c.lon).where(*placed))
        return [
            Spot(row.lat, row.lon, row.name, f"/sites/{quote(row.id, safe='')}", row.state, 1, 0)
            for row in rows
        ], "site"
    if count_districts(connection, scope) <= MOST_DISTRICTS:
        return _by_place(connection, scope), "district"
    return _by_state(connection, scope), "state"


def _by_place(connection: Connection, scope: Scope) -> list[Spot]:
    rows = _gathered(connection, scope, places.c.key, places.c.id, places.c.name)
    return [
        Spot(
            row.lat,
            row.lon,
            row.name,
            f"/districts/{quote(row.id, safe='')}",
            "place",
            row.sites,
            row.short,
        )
        for row in rows
    ]


def _by_state(connection: Connection, scope: Scope) -> list[Spot]:
    state = places.alias("state")
    rows = _gathered(connection, scope, state.c.key, state.c.id, state.c.name, state=state)
    return [
        Spot(
            row.lat,
            row.lon,
            row.name,
            f"/sites?{urlencode({'district': row.id})}",
            "place",
            row.sites,
            row.short,
        )
        for row in rows
    ]


def _gathered(
    connection: Connection, scope: Scope, *by: ColumnElement[Any], state: FromClause | None = None
) -> Sequence[Any]:
    """The middle of the sites of each place, how many they are, and how many are short."""
    c = standings.c
    each = (
        select(
            c.place,
            func.count().label("sites"),
            func.sum(c.lat).label("lats"),
            func.sum(c.lon).label("lons"),
            func.count().filter(c.state == "short").label("short"),
        )
        .where(c.lat.is_not(None), c.lon.is_not(None), c.place.is_not(None), *_seen(scope))
        .group_by(c.place)
        .subquery()
    )
    source: FromClause = each.join(places, places.c.key == each.c.place)
    if state is not None:
        source = source.join(state, state.c.key == places.c.parent)
    many = func.sum(each.c.sites)
    return connection.execute(
        select(
            *by,
            (func.sum(each.c.lats) / many).label("lat"),
            (func.sum(each.c.lons) / many).label("lon"),
            many.label("sites"),
            func.sum(each.c.short).label("short"),
        )
        .select_from(source)
        .group_by(*by)
    ).all()


def _seen(scope: Scope) -> list[ColumnElement[bool]]:
    condition = scope.condition()
    return [] if condition is None else [condition]
