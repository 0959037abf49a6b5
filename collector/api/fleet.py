"""The fleet, its places and its circuits for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import func, select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.api.answering import MOST, answered
from collector.desk import Desk
from collector.fleet import State
from collector.problems import Problem
from collector.reference import Parameter
from collector.standings.asked import KEYS
from collector.standings.board import board_of
from collector.standings.judged import SLUGS
from collector.standings.reading import Totals, as_of, place_of, place_totals, totals
from collector.standings.scope import scope_of
from collector.standings.trends import scoped_trend, trend
from collector.tables import circuits, places, sites
from collector.views.trend import WEEKS

BY_KEY = {
    "after": Parameter(
        "The key after which this page begins, from a Link header",
        {"type": "integer", "minimum": 0, "maximum": KEYS - 1},
    ),
    "limit": Parameter(
        f"Rows of the answer, up to {MOST}", {"type": "integer", "minimum": 1, "maximum": MOST}
    ),
}


@dataclass(frozen=True, slots=True)
class WeekAnswer:
    """How sites stood at the end of a week."""

    week: str
    counts: dict[State, int]
    shortfall_mbps: float
    people_short: int


@dataclass(frozen=True, slots=True)
class FleetAnswer:
    """What all sites come to. ``shortfall_mbps`` and ``people_short`` add up those that are short and not
    silent; ``weeks`` are the last half year's, oldest first."""

    made_at: datetime
    target: str
    sites: int
    counts: dict[State, int]
    shortfall_mbps: float
    people_short: int
    weeks: tuple[WeekAnswer, ...]


@dataclass(frozen=True, slots=True)
class PlaceAnswer:
    """A state or a district, and what the sites of a district come to."""

    kind: Literal["state", "district"]
    id: str
    name: str
    sites: int
    counts: dict[State, int]
    shortfall_mbps: float
    people_short: int


@dataclass(frozen=True, slots=True)
class PlacesAnswer:
    """A page of places; the next one is in the header Link."""

    places: tuple[PlaceAnswer, ...]


@dataclass(frozen=True, slots=True)
class PlaceDetail:
    """A place with its last weeks, oldest first."""

    place: PlaceAnswer
    weeks: tuple[WeekAnswer, ...]


@dataclass(frozen=True, slots=True)
class CircuitAnswer:
    """A circuit with its contract; ``sites`` share it."""

    id: str
    district: str | None
    district_id: str | None
    provider: str | None
    connection_type: str | None
    contracted_down_mbps: float | None
    contracted_up_mbps: float | None
    price_per_month: float | None
    currency: str | None
    starts_on: date | None
    ends_on: date | None
    sites: int


@dataclass(frozen=True, slots=True)
class CircuitsAnswer:
    """A page of circuits; the next one is in the header Link."""

    circuits: tuple[CircuitAnswer, ...]


def get_fleet(desk: Desk, request: Request) -> Response:
    """What all sites come to, and the last half year's weeks."""
    scope = scope_of(request)
    with board_of(request).open() as connection:
        found = totals(connection, scope)
        weeks = scoped_trend(connection, scope, WEEKS)
        made_at = as_of(connection) or desk.clock()
    return answered(
        request,
        FleetAnswer(
            made_at,
            desk.targets[0].id,
            found.sites,
            _counts(found),
            found.shortfall_mbps,
            found.people_short,
            tuple(
                WeekAnswer(one.week, _counts(one.totals), one.totals.shortfall_mbps, one.totals.people_short)
                for one in weeks
            ),
        ),
    )


def get_places(desk: Desk, request: Request) -> Response:
    """States and districts, and what their sites come to."""
    scope = scope_of(request)
    after, limit = _number(request.query_params, "after", 0, KEYS - 1, 0), _limit(request)
    condition = scope.of_places()
    with board_of(request).open() as connection:
        keys = list(
            connection.scalars(
                select(places.c.key)
                .where(places.c.key > after, *([] if condition is None else [condition]))
                .order_by(places.c.key)
                .limit(limit + 1)
            )
        )
        found = sorted(place_totals(connection, scope, keys=keys[:limit]), key=lambda one: one.key)
    following = f"/v1/places?after={keys[limit - 1]}&limit={limit}" if len(keys) > limit else None
    return answered(
        request,
        PlacesAnswer(tuple(_place(one.kind, one.id, one.name, one.totals) for one in found)),
        {"next": following},
    )


def get_place(desk: Desk, request: Request) -> Response:
    """One state or district, and its last weeks."""
    scope = scope_of(request)
    kind, place_id = request.path_params["kind"], request.path_params["id"]
    with board_of(request).open() as connection:
        place = None if "\0" in kind + place_id else place_of(connection, scope, kind, place_id)
        if place is None:
            raise HTTPException(404, "There is no place of this kind and id.")
        (found,) = place_totals(connection, scope, keys=[place.key])
        weeks = trend(connection, place.key, WEEKS)
    counted = weeks[-1].totals if place.kind == "state" and weeks else found.totals
    return answered(
        request,
        PlaceDetail(
            _place(place.kind, place.id, place.name, counted),
            tuple(
                WeekAnswer(one.week, _counts(one.totals), one.totals.shortfall_mbps, one.totals.people_short)
                for one in weeks
            ),
        ),
    )


def get_circuits(desk: Desk, request: Request) -> Response:
    """Circuits with their contracts."""
    after, limit = _number(request.query_params, "after", 0, KEYS - 1, 0), _limit(request)
    seen = scope_of(request).of_place(circuits.c.place)
    many = select(func.count()).where(sites.c.circuit == circuits.c.key).scalar_subquery()
    with board_of(request).open() as connection:
        rows = connection.execute(
            select(
                circuits,
                places.c.name.label("district"),
                places.c.id.label("district_id"),
                many.label("sites"),
            )
            .select_from(circuits.outerjoin(places, circuits.c.place == places.c.key))
            .where(circuits.c.key > after, *([] if seen is None else [seen]))
            .order_by(circuits.c.key)
            .limit(limit + 1)
        ).all()
    names = CircuitAnswer.__dataclass_fields__
    found = tuple(CircuitAnswer(**{name: row._mapping[name] for name in names}) for row in rows[:limit])
    following = f"/v1/circuits?after={rows[limit - 1].key}&limit={limit}" if len(rows) > limit else None
    return answered(request, CircuitsAnswer(found), {"next": following})


def _place(kind: Literal["state", "district"] | str, place_id: str, name: str, found: Totals) -> PlaceAnswer:
    return PlaceAnswer(
        "state" if kind == "state" else "district",
        place_id,
        name,
        found.sites,
        _counts(found),
        found.shortfall_mbps,
        found.people_short,
    )


def _counts(found: Totals) -> dict[State, int]:
    return {word: found.of(slug) for word, slug in SLUGS.items()}


def _limit(request: Request) -> int:
    return _number(request.query_params, "limit", 1, MOST, 100)


def _number(query: Mapping[str, str], name: str, low: int, high: int, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and low <= int(text) <= high):
        raise Problem(400, f"expected a number from {low} to {high}", field=name)
    return int(text)
