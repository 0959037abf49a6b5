"""What ``collector.toml`` says of people: who may look without signing in, how long a session lasts, and by
which providers people of a district sign in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from reports.settings import duration, setting

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _place(raw: object) -> str:
    if not isinstance(raw, str) or not re.fullmatch(r"(state|district):[!-~]{1,64}", raw):
        raise ValueError(raw)
    return raw


def address(raw: object) -> str:
    """An address without query: https, or http where it stays on this machine."""
    url = urlsplit(raw) if isinstance(raw, str) else None
    if url is None or not url.hostname or url.query or url.fragment or url.username:
        raise ValueError(raw)
    if url.scheme != "https" and not (url.scheme == "http" and url.hostname in LOOPBACK):
        raise ValueError(raw)
    assert isinstance(raw, str)
    return raw


def _slug(raw: object) -> str:
    if not isinstance(raw, str) or not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", raw):
        raise ValueError(raw)
    return raw


ADDRESS = 'an https:// address (http:// only on this machine), as in "https://login.example.org"'


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """An OpenID provider, and what its claims make of a person.

    The claim ``role_claim`` holds one value or a list; the first role, from the most to the least, of which
    one of the values is named holds. Where ``place`` isn't set, ``place_claim`` has the ids of districts.
    """

    id: str = setting(parse=_slug, expect="a short name in lower case, for the address")
    issuer: str = setting(parse=address, expect=ADDRESS)
    client_id: str = setting()
    client_secret_file: str | None = None
    label: str | None = None
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    name_claim: str = "preferred_username"
    role_claim: str = "groups"
    viewer: tuple[str, ...] = ()
    district_admin: tuple[str, ...] = ()
    state_admin: tuple[str, ...] = ()
    place: str | None = setting(None, parse=_place, expect='a place as in "district:0100005"')
    place_claim: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class PeopleSettings:
    """``idle`` and ``lifetime`` of a session are in seconds once read."""

    enabled: bool = False
    open: bool = False
    idle: float = setting(7_200.0, parse=duration, expect='an interval as in "2h"')
    lifetime: float = setting(43_200.0, parse=duration, expect='an interval as in "12h"')
    providers: tuple[ProviderSettings, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicSettings:
    """Whether anybody may see what is made of many sites, small groups left out."""

    enabled: bool = False
