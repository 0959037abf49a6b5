"""Which rows of the table of standings are asked for, and by which index they are found.

SQLite has no statistics of its tables: it would take a long way as soon as a short one. So only the column of
the one index that shall be used is said as it is, and all others as expressions that no index is of.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Text, select

from collector.standings.asked import Asked
from collector.standings.scope import Scope, with_those_below
from collector.standings.tables import standings
from collector.tables import places

FEW = 2000
"""Up to so many rows are sorted for a page."""


def narrowed(
    query: Select[Any], scope: Scope, asked: Asked, *, with_state: bool = True, many: bool | None = None
) -> Select[Any]:
    """What is asked as conditions. ``many`` says how a page is found (``reading.part``); None reads all."""
    c = standings.c
    by = _index(scope, asked, many=bool(many))
    place = c.place if by == "place" else without_index(c.place)
    conditions = given(scope.of_place(place))
    if asked.q:
        like = c.search.contains(asked.q.casefold(), autoescape=True)
        # Apart, it is answered by the index of what is searched alone.
        apart = by == "search" and many is False
        conditions.append(c.site.in_(select(c.site).where(like).correlate(None)) if apart else like)
    if asked.state and with_state:
        state = c.state if by == "state" else without_index(c.state)
        conditions.append(state == asked.state)
    if asked.district:
        named = select(places.c.key).where(
            places.c.kind.in_(("state", "district")), places.c.id == asked.district
        )
        conditions.append(place.in_(with_those_below(named)))
    if asked.provider:
        provider = c.provider if by == "provider" else without_index(c.provider)
        conditions.append(provider == asked.provider)
    return query.where(*conditions)


def _index(scope: Scope, asked: Asked, *, many: bool) -> str:
    """By which index rows are found: many by that of their order, few by what narrows them most."""
    if many:
        return "state" if asked.column == "share_met" else "order"
    if asked.district or not scope.everything:
        return "place"
    return "search" if asked.q else "provider" if asked.provider else "state"


def without_index(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same value as an expression, which no index is of."""
    return column + ("" if isinstance(column.type, Text) else 0)


def given(condition: ColumnElement[bool] | None) -> list[ColumnElement[bool]]:
    """A condition or none, as a list of those to go by."""
    return [] if condition is None else [condition]
