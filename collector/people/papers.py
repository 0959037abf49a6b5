"""What a request shows at the gate, and all that the database knows of it, read in one statement.

An API token goes before a session: where a token came, no session is looked for. Nothing is remembered, so
that what is revoked, removed or moved in the tree holds with the next request, on whatever collector it
comes to.
"""

from __future__ import annotations

import hashlib
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    BindParameter,
    Connection,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
)

from collector.people.tables import (
    api_token_places,
    api_tokens,
    notes,
    people,
    people_places,
    sessions,
)
from collector.tables import places, sites
from collector.tokens import token_hash

API_TOKEN = "bandgap_api_"  # noqa: S105  # how each of them begins
CLOSED = "pages closed"
"""The note that says that somebody was added once."""


class Papers(Struct, frozen=True, gc=False):
    """Digests of an API token or of a session's secret, and the site that is asked for; None for what isn't
    shown. ``bearer`` says whether any token came."""

    token: bytes | None = None
    secret: bytes | None = None
    site: str | None = None
    bearer: bool = False


class Found(Struct, frozen=True, gc=False):
    """What the database knows of papers, in the order of ``ASKED``; None where there is nothing."""

    closed: str | None
    token_key: int | None
    token_name: str | None
    scopes: str | None
    token_everywhere: int | None
    token_ends_at: int | None
    used_on: str | None
    person: int | None
    name: str | None
    role: str | None
    everywhere: int | None
    how: str | None
    made_at: int | None
    seen_at: int | None
    site: int | None
    place: int | None
    below: str | None

    @property
    def places(self) -> frozenset[int]:
        """Keys of the token's or the person's places, and of all below them."""
        return frozenset(map(int, self.below.split(","))) if self.below else frozenset()


_token: BindParameter[Any] = bindparam("token", required=False)
_secret: BindParameter[Any] = bindparam("secret", required=False)
_site: BindParameter[Any] = bindparam("site", required=False)
_of_token = (
    select(api_token_places.c.place.label("key"))
    .join(api_tokens, api_tokens.c.key == api_token_places.c.api_token)
    .where(api_tokens.c.token_sha256 == _token)
)
_of_person = (
    select(people_places.c.place)
    .join(sessions, sessions.c.person == people_places.c.person)
    .where(sessions.c.secret_sha256 == _secret)
)
_own = _of_token.cte("below", recursive=True)
_below = _own.union(_of_person, select(places.c.key).join(_own, places.c.parent == _own.c.key))
_nobody = select(literal_column("1").label("one")).subquery("nobody")

ASKED = select(
    select(notes.c.name)
    .where(notes.c.name == literal_column(f"'{CLOSED}'"))
    .scalar_subquery()
    .label("closed"),
    api_tokens.c.key.label("token_key"),
    api_tokens.c.name.label("token_name"),
    api_tokens.c.scopes.label("scopes"),
    api_tokens.c.everywhere.label("token_everywhere"),
    api_tokens.c.ends_at.label("token_ends_at"),
    type_coerce(api_tokens.c.used_on, Text).label("used_on"),
    people.c.key.label("person"),
    people.c.name.label("name"),
    people.c.role.label("role"),
    people.c.everywhere.label("everywhere"),
    sessions.c.how.label("how"),
    sessions.c.made_at.label("made_at"),
    sessions.c.seen_at.label("seen_at"),
    sites.c.key.label("site"),
    sites.c.place.label("place"),
    select(func.aggregate_strings(cast(_below.c.key, Text), ",")).scalar_subquery().label("below"),
).select_from(
    _nobody.outerjoin(api_tokens, api_tokens.c.token_sha256 == _token)
    .outerjoin(sessions, sessions.c.secret_sha256 == _secret)
    .outerjoin(people, people.c.key == sessions.c.person)
    .outerjoin(sites, sites.c.id == _site)
)
"""Each by its own index; what isn't shown is NULL, and found nowhere."""


def of_token(token: str, site: str | None = None) -> Papers:
    """What a program shows; a site's token is no API token."""
    return Papers(token_hash(token) if token.startswith(API_TOKEN) else None, None, site, bearer=True)


def of_secret(secret: str | None, site: str | None = None) -> Papers:
    """What a person's browser shows, if it shows anything."""
    return Papers(None, digest_of_secret(secret) if secret else None, site)


def digest_of_secret(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def look_up(connection: Connection, shown: Papers) -> Found:
    """All that is known of papers, as of one moment."""
    asked = {"token": shown.token, "secret": shown.secret, "site": shown.site}
    return Found(*connection.execute(ASKED, asked).one())
