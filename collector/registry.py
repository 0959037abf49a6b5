"""The tree that sites stand in: states, their districts, and the circuits that sites share.

Functions over a connection (``collector/engine.py``), which whoever calls them has begun to read or to write
with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from collector.standings.stale import stale
from collector.tables import places, sites

PlaceKind = Literal["state", "district"]


@dataclass(frozen=True, slots=True)
class Place:
    """A state or a district. ``id`` is unique among its kind, and a text: leading zeros are part of it."""

    key: int
    kind: PlaceKind
    id: str
    name: str
    parent: int | None = None


def add_place(
    connection: Connection, kind: PlaceKind, place_id: str, name: str, parent: int | None = None
) -> int:
    """Adds a place, or gives the one of this kind and id its new name and parent; returns its key."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    said = {"name": name, "parent": parent}
    added = (
        make(places)
        .values(kind=kind, id=place_id, **said)
        .on_conflict_do_update(index_elements=["kind", "id"], set_=said)
        .returning(places.c.key)
    )
    return int(connection.execute(added).scalar_one())


def place(connection: Connection, kind: PlaceKind, place_id: str) -> Place | None:
    """The place of this kind and id."""
    row = connection.execute(select(places).where(places.c.kind == kind, places.c.id == place_id)).first()
    return Place(*row) if row else None


def place_of(connection: Connection, site: int) -> Place | None:
    """The district of a site (by key); None for one that stands in none."""
    row = connection.execute(
        select(places).join(sites, sites.c.place == places.c.key).where(sites.c.key == site)
    ).first()
    return Place(*row) if row else None


def put_site(connection: Connection, site: int, place: int | None) -> None:
    """Puts a site into a district, or with None into no one's."""
    connection.execute(update(sites).where(sites.c.key == site).values(place=place))
    stale(connection, [site])


def sites_under(connection: Connection, place: int) -> list[int]:
    """The keys of all sites in a place and in the places below it, in order."""
    below = select(places.c.key).where(places.c.key == place).cte("below", recursive=True)
    below = below.union(select(places.c.key).join(below, places.c.parent == below.c.key))
    return list(
        connection.scalars(
            select(sites.c.key).where(sites.c.place.in_(select(below.c.key))).order_by(sites.c.key)
        )
    )
