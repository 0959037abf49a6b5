"""Tokens of programs that read: each with scopes, a part of the tree, an end, and the day it was last
used."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, Engine, Update, delete, insert, select, update

from collector.engine import reading, writing
from collector.people import papers, tree
from collector.people.audit import Actor, note
from collector.people.papers import Found
from collector.people.roles import SCOPES, Viewer
from collector.people.tables import api_token_places, api_tokens
from collector.registry import Place
from collector.tokens import token_hash
from reports.faults import Fault
from reports.settings import nearest

PREFIX = papers.API_TOKEN


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is listed; ``places`` are empty for all of the tree."""

    name: str
    scopes: tuple[str, ...]
    places: tuple[str, ...]
    made_at: datetime
    ends_at: datetime
    used_on: date | None


def add(
    connection: Connection,
    by: Actor,
    at: datetime,
    name: str,
    scopes: Sequence[str],
    at_places: Sequence[Place],
    lasts: timedelta,
) -> str:
    """Makes a token and returns it, the only time that it is seen. Raises Fault."""
    for scope in scopes:
        if scope not in SCOPES:
            raise Fault(f'scope "{scope}": no such scope{nearest(scope, SCOPES)}')
    if not 1 <= len(name) <= 64 or not name.isprintable():
        raise Fault(f'API token "{name}": expected a name of 1 to 64 printable characters')
    if connection.execute(select(api_tokens.c.key).where(api_tokens.c.name == name)).first():
        raise Fault(f'API token "{name}": exists already; remove it, or choose another name')
    token = PREFIX + secrets.token_urlsafe(32)
    key = connection.execute(
        insert(api_tokens)
        .values(
            name=name,
            token_sha256=token_hash(token),
            scopes=" ".join(sorted(set(scopes))),
            everywhere=int(not at_places),
            made_at=int(at.timestamp()),
            ends_at=int((at + lasts).timestamp()),
        )
        .returning(api_tokens.c.key)
    ).scalar_one()
    tree.put(connection, api_token_places, key, at_places)
    where = ", ".join(f"{one.kind}:{one.id}" for one in at_places) or "everywhere"
    note(connection, by, at, "API token added", name, f"{', '.join(sorted(set(scopes)))}, {where}")
    return token


def remove(connection: Connection, by: Actor, at: datetime, name: str) -> None:
    """Ends a token at once. Raises Fault."""
    key = connection.scalar(select(api_tokens.c.key).where(api_tokens.c.name == name))
    if key is None:
        raise Fault(f'API token "{name}": no such token; `bandgap collector api-token list` lists them')
    connection.execute(delete(api_token_places).where(api_token_places.c.api_token == key))
    connection.execute(delete(api_tokens).where(api_tokens.c.key == key))
    note(connection, by, at, "API token removed", name)


def every(connection: Connection) -> list[ApiToken]:
    """All tokens by name."""
    return [
        ApiToken(
            row.name,
            tuple(row.scopes.split()),
            () if row.everywhere else tree.words(connection, api_token_places, row.key),
            datetime.fromtimestamp(row.made_at, UTC),
            datetime.fromtimestamp(row.ends_at, UTC),
            row.used_on,
        )
        for row in connection.execute(select(api_tokens).order_by(api_tokens.c.name))
    ]


def viewer(engine: Engine, token: str, at: datetime) -> tuple[Viewer, frozenset[str]] | None:
    """Who asks with this token, and its scopes; None when it is nobody's, or has ended."""
    with reading(engine) as connection:
        found = papers.look_up(connection, papers.of_token(token))
    if (noted := noting(found, at)) is not None:
        with writing(engine) as connection:
            connection.execute(noted)
    return bearer(found, at)


def bearer(found: Found, at: datetime) -> tuple[Viewer, frozenset[str]] | None:
    """Who asks with the token that was found, and its scopes; None when none was, or it has ended."""
    if found.token_key is None or (found.token_ends_at or 0) <= at.timestamp():
        return None
    places = None if found.token_everywhere else found.places
    scopes = frozenset((found.scopes or "").split())
    return Viewer("viewer", places, f"API token {found.token_name}", "API token"), scopes


def noting(found: Found, at: datetime) -> Update | None:
    """What notes that the token is used on this day; None where that is noted already."""
    if bearer(found, at) is None or found.used_on == at.date().isoformat():
        return None
    return update(api_tokens).where(api_tokens.c.key == found.token_key).values(used_on=at.date())
