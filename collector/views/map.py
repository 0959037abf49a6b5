"""The map of sites, by site, by district or by state as many as there are, and its table."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from sqlalchemy import ColumnElement, Connection, func, select
from starlette.requests import Request
from starlette.responses import Response

from collector.desk import Desk
from collector.pages import page
from collector.standings.board import board_of
from collector.standings.reading import as_of
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
    (many,) = connection.execute(select(func.count()).where(*placed)).one()
    if many <= MOST_SITES:
        rows = connection.execute(select(c.id, c.name, c.state, c.lat, c.lon).where(*placed))
        return [
            Spot(row.lat, row.lon, row.name, f"/sites/{quote(row.id, safe='')}", row.state, 1, 0)
            for row in rows
        ], "site"
    spots = _by_place(connection, scope)
    return (spots, "district") if len(spots) <= MOST_DISTRICTS else (_by_state(connection, spots), "state")


def _by_place(connection: Connection, scope: Scope) -> list[Spot]:
    c = standings.c
    rows = connection.execute(
        select(
            c.place,
            func.count().label("sites"),
            func.avg(c.lat).label("lat"),
            func.avg(c.lon).label("lon"),
            func.count().filter(c.state == "short").label("short"),
        )
        .where(c.lat.is_not(None), c.lon.is_not(None), c.place.is_not(None), *_seen(scope))
        .group_by(c.place)
    ).all()
    names = {row.key: row for row in connection.execute(select(places.c.key, places.c.id, places.c.name))}
    return [
        Spot(
            row.lat,
            row.lon,
            names[row.place].name,
            f"/districts/{quote(names[row.place].id, safe='')}",
            "place",
            row.sites,
            row.short,
        )
        for row in rows
        if row.place in names
    ]


def _by_state(connection: Connection, districts: Sequence[Spot]) -> list[Spot]:
    """Districts gathered where they lie in the same state; those of no state stay by themselves."""
    parent = places.alias()
    states = {
        f"/districts/{quote(row.id, safe='')}": row.state
        for row in connection.execute(
            select(places.c.id, parent.c.name.label("state")).join(parent, places.c.parent == parent.c.key)
        )
    }
    gathered: dict[str, list[Spot]] = {}
    for spot in districts:
        gathered.setdefault(states.get(spot.address, spot.name), []).append(spot)
    found = []
    for name, those in gathered.items():
        sites = sum(spot.sites for spot in those)
        found.append(
            Spot(
                sum(spot.lat * spot.sites for spot in those) / sites,
                sum(spot.lon * spot.sites for spot in those) / sites,
                name,
                "/districts",
                "place",
                sites,
                sum(spot.short for spot in those),
            )
        )
    return found


def _seen(scope: Scope) -> list[ColumnElement[bool]]:
    condition = scope.condition()
    return [] if condition is None else [condition]
