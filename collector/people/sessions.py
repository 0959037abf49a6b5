"""Who is signed in: sessions in the database, each known by the digest of a secret in a cookie.

A session ends when it was idle for too long, when it has lasted its longest, at sign-out, when its person is
removed, and when the password changes. A sign-in always makes a new one, whatever cookie came with it. When
it was last used is noted to the minute, so that reading pages hardly writes.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, insert, or_, select, update

from collector.engine import reading, writing
from collector.people import tree
from collector.people.forms import new_secret
from collector.people.roles import How, Viewer
from collector.people.settings import PeopleSettings
from collector.people.tables import people, people_places, sessions

NOTED_EVERY_S = 60


def begin(connection: Connection, person: int, how: How, at: datetime) -> str:
    """Begins a session; returns the secret for the cookie."""
    secret = new_secret()
    seconds = int(at.timestamp())
    connection.execute(
        insert(sessions).values(
            secret_sha256=_sha256(secret), person=person, how=how, made_at=seconds, seen_at=seconds
        )
    )
    return secret


def end(connection: Connection, secret: str) -> None:
    connection.execute(delete(sessions).where(sessions.c.secret_sha256 == _sha256(secret)))


def end_stale(connection: Connection, settings: PeopleSettings, at: datetime) -> None:
    """Removes what has ended by itself."""
    seconds = int(at.timestamp())
    connection.execute(
        delete(sessions).where(
            or_(
                sessions.c.seen_at < seconds - settings.idle, sessions.c.made_at < seconds - settings.lifetime
            )
        )
    )


def viewer(engine: Engine, settings: PeopleSettings, secret: str, at: datetime) -> Viewer | None:
    """Whose session this is; None when it is nobody's, or has ended."""
    seconds = int(at.timestamp())
    with reading(engine) as connection:
        row = connection.execute(
            select(
                people.c.key,
                people.c.name,
                people.c.role,
                people.c.everywhere,
                sessions.c.how,
                sessions.c.made_at,
                sessions.c.seen_at,
            )
            .join(people, people.c.key == sessions.c.person)
            .where(sessions.c.secret_sha256 == _sha256(secret))
        ).first()
        if row is None or seconds - row.seen_at > settings.idle or seconds - row.made_at > settings.lifetime:
            return None
        places = None if row.everywhere else tree.under(connection, people_places, row.key)
    if seconds - row.seen_at >= NOTED_EVERY_S:
        with writing(engine) as connection:
            connection.execute(
                update(sessions).where(sessions.c.secret_sha256 == _sha256(secret)).values(seen_at=seconds)
            )
    return Viewer(row.role, places, row.name, row.how, row.key)


def _sha256(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
