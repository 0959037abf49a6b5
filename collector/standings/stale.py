"""Says that sites are to be judged anew: whoever changes them otherwise than by an upload does, in the same
transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from collector.standings.tables import standings
from collector.tables import sites

TOGETHER = 500
"""Keys in one statement; databases take no list of any length."""


def stale(connection: Connection, keys: Sequence[int]) -> None:
    """The next pass judges these sites. Who may see them, which follows from their place, is so at once."""
    place = select(sites.c.place).where(sites.c.key == standings.c.site).scalar_subquery()
    for n in range(0, len(keys), TOGETHER):
        some = standings.c.site.in_(keys[n : n + TOGETHER])
        connection.execute(update(standings).where(some).values(judged_at=0, place=place))
