"""Changes of a site's token: a new one, with or without a time in which the old one still holds, or none at
all.

What a site's row holds is the digest of its newest token. The one before it stands in a table of its own
until its time is over, so that a token can be changed at the collector first and at the gateway later.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, or_, select, update

from collector.engine import reading
from collector.enrolled import Enrolled
from collector.people.audit import Actor, note
from collector.people.tables import enrolment_codes, old_site_tokens
from collector.tables import sites
from collector.tokens import new_token, token_hash
from reports.faults import Fault

if TYPE_CHECKING:
    from collector.store import Store

AT_ONCE = timedelta(0)


def renew(
    connection: Connection,
    by: Actor,
    at: datetime,
    site_id: str,
    overlap: timedelta = AT_ONCE,
    shown: str | None = None,
) -> str:
    """Gives a site a new token and returns it; what it had holds for ``overlap`` and no longer. Raises Fault.

    ``shown`` is the token by which a gateway asks. That one holds on even if it isn't the newest: an answer
    that never arrived must not shut a gateway out.
    """
    key, newest, place = _row(connection, site_id)
    token = new_token()
    holding = {newest, token_hash(shown)} if shown else {newest}
    column = old_site_tokens.c
    past = column.token_sha256.in_(holding) if shown is None else column.token_sha256.is_not(None)
    if overlap == AT_ONCE:
        past, holding = column.token_sha256.is_not(None), set()
    connection.execute(
        delete(old_site_tokens).where(column.site == key, or_(past, column.ends_at <= int(at.timestamp())))
    )
    for digest in holding:
        connection.execute(
            insert(old_site_tokens).values(
                token_sha256=digest, site=key, ends_at=int((at + overlap).timestamp())
            )
        )
    _set(connection, key, token_hash(token))
    detail = f"the old one holds for {overlap.total_seconds() / 3600:g} h" if holding else None
    note(connection, by, at, "site token renewed", site_id, detail, place)
    return token


def revoke(connection: Connection, by: Actor, at: datetime, site_id: str) -> None:
    """Ends all of a site's tokens and codes; a digest that no token is known for takes their place."""
    key, _, place = _row(connection, site_id)
    connection.execute(delete(old_site_tokens).where(old_site_tokens.c.site == key))
    connection.execute(delete(enrolment_codes).where(enrolment_codes.c.site == key))
    _set(connection, key, secrets.token_bytes(32))
    note(connection, by, at, "site token revoked", site_id, None, place)


def holder_of_old(connection: Connection, token_sha256: bytes, at: datetime) -> str | None:
    """The id of the site whose token this was, while that one still holds."""
    return connection.scalar(
        select(sites.c.id)
        .join(old_site_tokens, old_site_tokens.c.site == sites.c.key)
        .where(old_site_tokens.c.token_sha256 == token_sha256, old_site_tokens.c.ends_at > at.timestamp())
    )


def site_with(store: Store, token: str, at: datetime) -> Enrolled | None:
    """The site that a token is of: its newest, or one before it whose time isn't over."""
    digest = token_hash(token)
    if found := store.site_with_token(digest):
        return found
    with reading(store.engine) as connection:
        held_by = holder_of_old(connection, digest, at)
    return store.site(held_by) if held_by else None


def _row(connection: Connection, site_id: str) -> tuple[int, bytes, int | None]:
    """Key, token's digest and district of a site."""
    row = connection.execute(
        select(sites.c.key, sites.c.token_sha256, sites.c.place).where(sites.c.id == site_id)
    ).first()
    if row is None:
        raise Fault(f'site "{site_id}": not enrolled; `bandgap collector sites` lists the enrolled ones')
    return row.key, row.token_sha256, row.place


def _set(connection: Connection, site: int, token_sha256: bytes) -> None:
    connection.execute(
        update(sites)
        .where(sites.c.key == site)
        .values(token_sha256=token_sha256, token_generation=sites.c.token_generation + 1)
    )
