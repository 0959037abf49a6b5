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
    """The next pass judges these sites, also if one that has read them already is about to write. Who may see
    them, which follows from their place, is so at once.
    """
    place = select(sites.c.place).where(sites.c.key == standings.c.site).scalar_subquery()
    for n in range(0, len(keys), TOGETHER):
        some = keys[n : n + TOGETHER]
        connection.execute(update(sites).where(sites.c.key.in_(some)).values(changes=sites.c.changes + 1))
        connection.execute(update(standings).where(standings.c.site.in_(some)).values(place=place))
