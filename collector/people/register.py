"""The people who may sign in: added, given a password, looked up, removed. Every change is in the audit log.

Once somebody was added, the pages stay closed to others, even when the last one has been removed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select, update

from collector.people import tree
from collector.people.audit import Actor, note
from collector.people.papers import CLOSED
from collector.people.roles import Role
from collector.people.tables import notes, people, people_places, sessions
from collector.registry import Place
from reports.faults import Fault
from reports.wording import say

LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in; ``places`` are names as in ``district:0100005``, empty for all of the
    tree."""

    key: int
    name: str
    role: Role
    places: tuple[str, ...]
    provider: bool
    made_at: datetime


def folded(name: str) -> str:
    """A name as it is kept and compared."""
    return name.strip().casefold()


def add(
    connection: Connection,
    by: Actor,
    at: datetime,
    name: str,
    role: Role,
    at_places: Sequence[Place],
    password: str | None,
    known_as: tuple[str, str] | None = None,
) -> int:
    """Adds a person with a password's hash, or with issuer and subject; returns the key. Raises Fault."""
    _check(name, by_provider=known_as is not None)
    issuer, subject = known_as or (None, None)
    if connection.execute(select(people.c.key).where(people.c.name == folded(name))).first():
        raise Fault(say('person "{name}": exists already', name=folded(name)))
    key = connection.execute(
        insert(people)
        .values(
            name=folded(name),
            role=role,
            everywhere=int(not at_places),
            password=password,
            issuer=issuer,
            subject=subject,
            made_at=int(at.timestamp()),
        )
        .returning(people.c.key)
    ).scalar_one()
    tree.put(connection, people_places, key, at_places)
    if not closed(connection):
        connection.execute(insert(notes).values(name=CLOSED, value=at.isoformat()))
    note(connection, by, at, "person added", folded(name), _says(role, at_places), _one(at_places))
    return int(key)


def remove(connection: Connection, by: Actor, at: datetime, name: str) -> None:
    """Removes a person and ends all sessions. Raises Fault when there is none of this name."""
    key = _key(connection, name)
    place = _place(connection, key)
    # Both cascade; said here all the same, for an SQLite that was told not to mind foreign keys.
    connection.execute(delete(sessions).where(sessions.c.person == key))
    connection.execute(delete(people_places).where(people_places.c.person == key))
    connection.execute(delete(people).where(people.c.key == key))
    note(connection, by, at, "person removed", folded(name), None, place)


def change_role(
    connection: Connection, by: Actor, at: datetime, key: int, role: Role, at_places: Sequence[Place]
) -> None:
    """Gives a person a role in these places (none: everywhere); nothing happens when it is so already."""
    row = connection.execute(select(people).where(people.c.key == key)).one()
    names = tuple(sorted(f"{one.kind}:{one.id}" for one in at_places))
    if row.role == role and tree.words(connection, people_places, key) == names:
        return
    connection.execute(
        update(people).where(people.c.key == key).values(role=role, everywhere=int(not at_places))
    )
    tree.put(connection, people_places, key, at_places)
    note(connection, by, at, "role changed", row.name, _says(role, at_places), _one(at_places))


def set_password(connection: Connection, by: Actor, at: datetime, name: str, password: str) -> None:
    """Gives a person a new password's hash and ends all sessions. Raises Fault."""
    key = _key(connection, name)
    row = connection.execute(select(people.c.issuer).where(people.c.key == key)).one()
    if row.issuer is not None:
        raise Fault(
            say(
                'person "{name}": signs in by {issuer}, which has the password',
                name=folded(name),
                issuer=row.issuer,
            )
        )
    connection.execute(update(people).where(people.c.key == key).values(password=password))
    connection.execute(delete(sessions).where(sessions.c.person == key))
    note(connection, by, at, "password changed", folded(name), None, _place(connection, key))


def with_password(connection: Connection, name: str) -> tuple[int, str] | None:
    """Key and password's hash of a person who has one."""
    row = connection.execute(
        select(people.c.key, people.c.password).where(
            people.c.name == folded(name), people.c.password.is_not(None)
        )
    ).first()
    return (row.key, row.password) if row else None


def known_as(connection: Connection, issuer: str, subject: str) -> int | None:
    """The key of the person whom a provider knows by this subject."""
    row = connection.execute(
        select(people.c.key).where(people.c.issuer == issuer, people.c.subject == subject)
    ).first()
    return int(row.key) if row else None


def everyone(connection: Connection) -> list[Person]:
    """All people by name."""
    return [
        Person(
            row.key,
            row.name,
            row.role,
            () if row.everywhere else tree.words(connection, people_places, row.key),
            row.issuer is not None,
            datetime.fromtimestamp(row.made_at, UTC),
        )
        for row in connection.execute(select(people).order_by(people.c.name))
    ]


def closed(connection: Connection) -> bool:
    """Whether anybody has ever been added."""
    return connection.execute(select(notes.c.name).where(notes.c.name == CLOSED)).first() is not None


def _check(name: str, *, by_provider: bool) -> None:
    kept = folded(name)
    if not 1 <= len(kept) <= LONGEST_NAME or not kept.isprintable() or ("/" in kept and not by_provider):
        raise Fault(
            say(
                'person "{name}": expected a name of 1 to {most} printable characters without "/"',
                name=name,
                most=LONGEST_NAME,
            )
        )


def _key(connection: Connection, name: str) -> int:
    row = connection.execute(select(people.c.key).where(people.c.name == folded(name))).first()
    if row is None:
        raise Fault(
            say(
                'person "{name}": no such person; `bandgap collector person list` lists them',
                name=folded(name),
            )
        )
    return int(row.key)


def _place(connection: Connection, key: int) -> int | None:
    found = connection.scalars(select(people_places.c.place).where(people_places.c.person == key)).all()
    return found[0] if len(found) == 1 else None


def _says(role: Role, at_places: Sequence[Place]) -> str:
    where = ", ".join(f"{one.kind}:{one.id}" for one in at_places) or "everywhere"
    return f"{role.replace('_', ' ')}, {where}"


def _one(at_places: Sequence[Place]) -> int | None:
    return at_places[0].key if len(at_places) == 1 else None
