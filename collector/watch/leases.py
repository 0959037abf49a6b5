"""A job that only one process at a time may hold, by a row in the database.

Whoever holds it renews it with every round; who doesn't for as long as it lasts has lost it to whoever asks
next.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from collector.fleet_tables import leases

ROUNDS = "rounds"


def take(connection: Connection, name: str, holder: str, now: datetime, lasts: timedelta) -> bool:
    """Whether the job is this holder's now; call it in a transaction of its own."""
    until = int((now + lasts).timestamp())
    held = connection.execute(
        update(leases)
        .where(leases.c.name == name)
        .where(or_(leases.c.holder == holder, leases.c.until <= int(now.timestamp())))
        .values(holder=holder, until=until)
    )
    if held.rowcount == 1:
        return True
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    added = make(leases).values(name=name, holder=holder, until=until).on_conflict_do_nothing()
    return connection.execute(added.returning(leases.c.name)).scalar() is not None


def listening_since(connection: Connection, now: datetime, away: timedelta) -> datetime:
    """Since when rounds have followed each other with no gap longer than ``away``; notes that there is one
    now.

    The row's holder is that moment, its until the last round's.
    """
    row = connection.execute(select(leases).where(leases.c.name == ROUNDS).with_for_update()).first()
    at = int(now.timestamp())
    if row is None:
        connection.execute(insert(leases).values(name=ROUNDS, holder=str(at), until=at))
        return now
    since = at if at - row.until > away.total_seconds() else int(row.holder)
    connection.execute(update(leases).where(leases.c.name == ROUNDS).values(holder=str(since), until=at))
    return datetime.fromtimestamp(since, UTC)


def leave(connection: Connection, name: str, holder: str) -> None:
    """Lets the next one have it at once."""
    connection.execute(update(leases).where(leases.c.name == name, leases.c.holder == holder).values(until=0))
