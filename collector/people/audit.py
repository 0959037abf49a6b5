"""The log of every change of a right or of the settings: who, when, what, and from which kind of access.

A line is written in the transaction of the change that it tells of. No address is in it. Lines are never
changed or removed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from collector.people.roles import How, Viewer
from collector.people.tables import audit, notes

SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something, and from which kind of access."""

    who: str
    how: How


@dataclass(frozen=True, slots=True)
class Line:
    """One change. ``about`` names what was changed, ``detail`` what it came to."""

    at: datetime
    who: str
    how: str
    what: str
    about: str
    detail: str | None = None


def actor(viewer: Viewer) -> Actor:
    return Actor(viewer.who, viewer.how)


def note(
    connection: Connection,
    by: Actor,
    at: datetime,
    what: str,
    about: str,
    detail: str | None = None,
    place: int | None = None,
) -> None:
    """Adds a line, in whatever transaction the connection is in.

    ``place`` is a district whose admins may read the line; the others are for those who see all.
    """
    connection.execute(
        insert(audit).values(
            at=int(at.timestamp()),
            who=by.who,
            how=by.how,
            what=what,
            about=about,
            detail=detail,
            place=place,
        )
    )


def lines(
    connection: Connection, most: int, places: frozenset[int] | None = None, before: int | None = None
) -> list[tuple[int, Line]]:
    """The newest lines with their numbers, newest first; ``before`` is the number to go on from."""
    chosen = select(audit).order_by(audit.c.key.desc()).limit(most)
    if places is not None:
        chosen = chosen.where(audit.c.place.in_(places))
    if before is not None:
        chosen = chosen.where(audit.c.key < before)
    return [
        (
            row.key,
            Line(datetime.fromtimestamp(row.at, UTC), row.who, row.how, row.what, row.about, row.detail),
        )
        for row in connection.execute(chosen)
    ]


def note_settings(connection: Connection, by: Actor, at: datetime, settings: Mapping[str, str]) -> None:
    """A line for what has changed in the settings since they were last noted; the first time none."""
    told = json.dumps(dict(sorted(settings.items())))
    row = connection.execute(select(notes.c.value).where(notes.c.name == SETTINGS)).first()
    if row is None:
        connection.execute(insert(notes).values(name=SETTINGS, value=told))
    elif row.value != told:
        before: dict[str, str] = json.loads(row.value)
        changed = [
            f"{name}: {before.get(name, '–')} → {settings.get(name, '–')}"
            for name in sorted(before.keys() | settings.keys())
            if before.get(name) != settings.get(name)
        ]
        connection.execute(notes.update().where(notes.c.name == SETTINGS).values(value=told))
        note(connection, by, at, "settings changed", "collector.toml", "; ".join(changed))
