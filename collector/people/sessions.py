"""Who is signed in: sessions in the database, each known by the digest of a secret in a cookie.

A session ends when it was idle for too long, when it has lasted its longest, at sign-out, when its person is
removed, and when the password changes. A sign-in always makes a new one, whatever cookie came with it. When
it was last used is noted to the minute, so that reading pages hardly writes.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Engine, Update, delete, insert, or_, update

from collector.engine import reading, writing
from collector.people import papers
from collector.people.forms import new_secret
from collector.people.papers import Found, Papers, digest_of_secret
from collector.people.roles import How, Role, Viewer
from collector.people.settings import PeopleSettings
from collector.people.tables import sessions

NOTED_EVERY_S = 60


def begin(connection: Connection, person: int, how: How, at: datetime) -> str:
    """Begins a session; returns the secret for the cookie."""
    secret = new_secret()
    seconds = int(at.timestamp())
    connection.execute(
        insert(sessions).values(
            secret_sha256=digest_of_secret(secret), person=person, how=how, made_at=seconds, seen_at=seconds
        )
    )
    return secret


def end(connection: Connection, secret: str) -> None:
    connection.execute(delete(sessions).where(sessions.c.secret_sha256 == digest_of_secret(secret)))


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
    shown = papers.of_secret(secret)
    with reading(engine) as connection:
        found = papers.look_up(connection, shown)
    if (noted := noting(shown, found, settings, at)) is not None:
        with writing(engine) as connection:
            connection.execute(noted)
    return person(found, settings, at)


def person(found: Found, settings: PeopleSettings, at: datetime) -> Viewer | None:
    """Whose session was found; None when none was, or it has ended."""
    seconds = int(at.timestamp())
    if found.person is None or found.seen_at is None or found.made_at is None:
        return None
    if seconds - found.seen_at > settings.idle or seconds - found.made_at > settings.lifetime:
        return None
    places = None if found.everywhere else found.places
    return Viewer(cast(Role, found.role), places, found.name or "", cast(How, found.how), found.person)


def noting(shown: Papers, found: Found, settings: PeopleSettings, at: datetime) -> Update | None:
    """What notes that the session is used in this minute; None where that is noted already."""
    seconds = int(at.timestamp())
    if person(found, settings, at) is None or seconds - (found.seen_at or 0) < NOTED_EVERY_S:
        return None
    return update(sessions).where(sessions.c.secret_sha256 == shown.secret).values(seen_at=seconds)
