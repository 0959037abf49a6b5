"""Work that one process does for all: whoever holds its lease, until it is done or the lease runs out."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from collector.standings.tables import standing_leases

LASTS = timedelta(minutes=2)
"""How long a lease holds without being renewed; whoever works renews it with every piece of work."""


def take(connection: Connection, name: str, holder: str, now: datetime) -> bool:
    """Takes the lease, or renews it; False while another holds it."""
    c = standing_leases.c
    values = {"holder": holder, "until": int((now + LASTS).timestamp())}
    free = or_(c.holder == holder, c.until < int(now.timestamp()))
    if connection.execute(update(standing_leases).where(c.name == name, free).values(values)).rowcount:
        return True
    if connection.execute(select(c.name).where(c.name == name)).first():
        return False
    try:
        with connection.begin_nested():
            connection.execute(insert(standing_leases).values(name=name, **values))
    except IntegrityError:  # another process was first
        return False
    return True


def give_back(connection: Connection, name: str, holder: str) -> None:
    """Ends the lease, so that another may take it at once."""
    c = standing_leases.c
    connection.execute(update(standing_leases).where(c.name == name, c.holder == holder).values(until=0))
