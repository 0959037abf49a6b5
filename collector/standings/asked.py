"""What is asked of the table of sites: filters, order and place in it, as they stand in an address.

Pages forgive what they don't know; programs are refused, with the parameter named. A place in the table is a
cursor: the figure and key of the row that it comes after, or before.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlencode

SORTS: dict[str, tuple[str, bool]] = {
    "gap": ("share_met", False),
    "name": ("name_sort", False),
    "shortfall": ("shortfall_mbps", True),
    "people": ("people_short", True),
    "delivered": ("delivered_mbps", False),
    "demand": ("demand_mbps", True),
    "load": ("utilisation", True),
    "heard": ("heard_at", False),
}
"""Orders by name: the column, and whether its largest come first. A minus before the name turns it round."""

STATE_SLUGS = ("short", "unknown", "silent", "meets")
LONGEST = 200
"""Characters of a text that is looked for."""
KEYS = 2**31
"""Keys are below this in the databases."""


class BadParameter(ValueError):
    """A parameter that can't be: its name, and what is expected of it."""

    def __init__(self, name: str, expected: str) -> None:
        super().__init__(f"{name}: expected {expected}")
        self.name = name
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Cursor:
    """A row by what it is sorted by and its key."""

    value: float | str | None
    site: int

    def __str__(self) -> str:
        text = json.dumps([self.value, self.site], separators=(",", ":"), ensure_ascii=False)
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked; all sites, the worst gap first, unless it says more."""

    q: str = ""
    state: str = ""
    district: str = ""
    provider: str = ""
    sort: str = "gap"
    after: Cursor | None = None
    before: Cursor | None = None
    limit: int = 100

    @property
    def column(self) -> str:
        return SORTS[self.sort.removeprefix("-")][0]

    @property
    def descending(self) -> bool:
        return SORTS[self.sort.removeprefix("-")][1] is not self.sort.startswith("-")

    @property
    def narrowed(self) -> bool:
        """Whether not all sites are asked for."""
        return bool(self.q or self.state or self.district or self.provider)

    def address(self, path: str, **changes: Any) -> str:
        """The same on a page or an interface at ``path``, with changes; a place in the table isn't kept."""
        asked = replace(self, **{"after": None, "before": None, **changes})
        default = Asked()
        said = {
            name: str(getattr(asked, name))
            for name in ("q", "state", "district", "provider", "sort", "after", "before", "limit")
            if getattr(asked, name) not in (None, getattr(default, name))
        }
        return f"{path}?{urlencode(said)}" if said else path


def read(query: Mapping[str, str], *, most: int, limit: int = 100) -> Asked:
    """What a query says. Raises BadParameter with the first thing that is wrong."""
    sort = query.get("sort", "gap")
    if sort.removeprefix("-") not in SORTS:
        raise BadParameter("sort", f"one of {', '.join(SORTS)}, or one with '-' before it")
    state = query.get("state", "")
    if state and state not in STATE_SLUGS:
        raise BadParameter("state", f"one of {', '.join(STATE_SLUGS)}")
    asked = Asked(
        q=_text(query, "q"),
        state=state,
        district=_text(query, "district"),
        provider=_text(query, "provider"),
        sort=sort,
        limit=_limit(query, most, limit),
    )
    after = _cursor(query, "after", asked)
    before = _cursor(query, "before", asked)
    if after and before:
        raise BadParameter("before", "none beside after")
    return replace(asked, after=after, before=before)


def forgiving(query: Mapping[str, str], *, limit: int) -> Asked:
    """The same for a page: what is wrong is left out."""
    said = dict(query)
    said.pop("limit", None)
    while True:
        try:
            return read(said, most=limit, limit=limit)
        except BadParameter as fault:
            said.pop(fault.name, None)


def _text(query: Mapping[str, str], name: str) -> str:
    text = query.get(name, "").strip()
    if len(text) > LONGEST or "\0" in text or not _encodes(text):
        raise BadParameter(name, f"up to {LONGEST} characters")
    return text


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _limit(query: Mapping[str, str], most: int, default: int) -> int:
    text = query.get("limit")
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 7 and 1 <= int(text) <= most):
        raise BadParameter("limit", f"a number from 1 to {most}")
    return int(text)


def _cursor(query: Mapping[str, str], name: Literal["after", "before"], asked: Asked) -> Cursor | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        value, site = json.loads(
            base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        )
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise BadParameter(name, "a cursor as in an answer's links") from None
    if not (type(site) is int and 0 <= site < KEYS and _fits(value, asked.column)):
        raise BadParameter(name, "a cursor as in an answer's links, for the same order")
    return Cursor(value, site)


def _fits(value: object, column: str) -> bool:
    if column == "name_sort":
        return isinstance(value, str) and len(value) <= 1000 and "\0" not in value and _encodes(value)
    if value is None:
        return True
    return type(value) in (int, float) and math.isfinite(value) and abs(value) < 1e15  # type: ignore[arg-type]
