"""How a reading request is answered: JSON with an ETag, links to what comes before and after, and 304.

The tag is of what is told and not of when: an answer that differs in its time alone is the same.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from collector.problems import Problem
from collector.reference import Parameter
from collector.standings.asked import LONGEST, SORTS, STATE_SLUGS, Asked, BadParameter, Cursor, read

MOST = 1000
"""Rows of one answer."""
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_AT = b'{"made_at":'
_AT_NEVER = _AT + msgspec.json.encode(_NEVER)
"""Each answer that says when it was made begins with it."""

TAGGED = {"Cache-Control": "private, no-cache"}
"""What goes with a tag."""

PAGED = {
    "after": Parameter("The cursor of the row that this page begins after, from a Link header"),
    "before": Parameter("The cursor of the row that this page ends before, from a Link header"),
    "limit": Parameter(
        f"Rows of the answer, up to {MOST}", {"type": "integer", "minimum": 1, "maximum": MOST}
    ),
}
SITES_ASKED = {
    "q": Parameter("Part of a name, an id or a district's name", {"type": "string", "maxLength": LONGEST}),
    "state": Parameter("How sites stand", {"type": "string", "enum": list(STATE_SLUGS)}),
    "district": Parameter("The id of a district or a state", {"type": "string", "maxLength": LONGEST}),
    "provider": Parameter("The provider's name in full", {"type": "string", "maxLength": LONGEST}),
    "sort": Parameter(
        "The order; a minus turns it round",
        {"type": "string", "enum": [*SORTS, *(f"-{name}" for name in SORTS)]},
    ),
}
BAD = {400: "A parameter can't be; the member field names it."}


def asked_of(request: Request, *, most: int = MOST, limit: int = 100) -> Asked:
    """What a program asks of the table of sites. Raises Problem 400 with the parameter named."""
    try:
        return read(request.query_params, most=most, limit=limit)
    except BadParameter as fault:
        raise Problem(400, f"expected {fault.expected}", field=fault.name) from None


def answered(
    request: Request, answer: Any, links: Mapping[str, str | None] | None = None, status: int = 200
) -> Response:
    """The answer, or 304 where the asker has it already. ``links`` are addresses by their relation."""
    dated = hasattr(answer, "made_at")
    same = msgspec.json.encode(dataclasses.replace(answer, made_at=_NEVER) if dated else answer)
    tag = tag_of(same)
    headers = {"ETag": tag, **TAGGED}
    if told := ", ".join(f'<{url}>; rel="{name}"' for name, url in (links or {}).items() if url):
        headers["Link"] = told
    if _has(request.headers.get("If-None-Match", ""), tag):
        return Response(status_code=304, headers=headers)
    assert not dated or same.startswith(_AT_NEVER)
    text = _AT + msgspec.json.encode(answer.made_at) + same.removeprefix(_AT_NEVER) if dated else same
    return Response(text, status, headers, media_type="application/json")


def tag_of(text: bytes) -> str:
    """The tag of what is told."""
    return f'W/"{hashlib.sha256(text).hexdigest()[:32]}"'


def turns(asked: Asked, path: str, before: Cursor | None, after: Cursor | None) -> dict[str, str | None]:
    """The links of one page of the table."""
    return {
        "first": asked.address(path) if before else None,
        "prev": asked.address(path, before=before) if before else None,
        "next": asked.address(path, after=after) if after else None,
    }


def _has(said: str, tag: str) -> bool:
    """Weak comparison (RFC 9110, 13.1.2): whether a tag is weak doesn't matter."""
    strong = tag.removeprefix("W/")
    return said.strip() == "*" or strong in (one.strip().removeprefix("W/") for one in said.split(","))
