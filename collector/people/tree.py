"""The parts of the tree that a person or a token is of, and all that is under them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, Connection, Select, Table, delete, insert, select

from collector.registry import Place, PlaceKind, place
from collector.tables import places
from reports.faults import Fault
from reports.wording import say


def named(connection: Connection, names: Iterable[str]) -> tuple[Place, ...]:
    """Places by names as in ``district:0100005``. Raises Fault."""
    found = []
    for name in names:
        kind, _, place_id = name.partition(":")
        kinds: dict[str, PlaceKind] = {"state": "state", "district": "district"}
        if kind not in kinds or not place_id:
            raise Fault(
                say('place "{name}": expected a place as in "district:0100005" or "state:01"', name=name)
            )
        one = place(connection, kinds[kind], place_id)
        if one is None:
            raise Fault(
                say('place "{name}": no such state is known here', name=name)
                if kind == "state"
                else say('place "{name}": no such district is known here', name=name)
            )
        found.append(one)
    return tuple(found)


def put(connection: Connection, table: Table, owner: int, at: Iterable[Place]) -> None:
    """Makes these the places of a person or a token, in place of those it had."""
    column = _owner(table)
    connection.execute(delete(table).where(column == owner))
    for one in at:
        connection.execute(insert(table).values({column.name: owner, "place": one.key}))


def under(connection: Connection, table: Table, owner: int) -> frozenset[int]:
    """Keys of an owner's places and of all below them."""
    own: Select[tuple[int]] = select(table.c.place.label("key")).where(_owner(table) == owner)
    below = own.cte("below", recursive=True)
    below = below.union(select(places.c.key).join(below, places.c.parent == below.c.key))
    return frozenset(connection.scalars(select(below.c.key)))


def words(connection: Connection, table: Table, owner: int) -> tuple[str, ...]:
    """The names of an owner's places."""
    rows = connection.execute(
        select(places.c.kind, places.c.id)
        .join(table, table.c.place == places.c.key)
        .where(_owner(table) == owner)
        .order_by(places.c.kind, places.c.id)
    )
    return tuple(f"{kind}:{place_id}" for kind, place_id in rows)


def _owner(table: Table) -> Column[int]:
    return next(column for column in table.columns if column.name != "place")
