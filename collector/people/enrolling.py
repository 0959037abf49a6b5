"""What gateways ask of their tokens: one for a code, and a new one for the one they have.

A code is refused in the same words whatever is wrong with it. Who guesses is slowed down by address; a school
district that enrols hundreds of gateways from one address isn't, for codes that are right don't count.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from collector.admission import refusal
from collector.bodies import read_body
from collector.desk import Desk
from collector.engine import writing
from collector.people import enrolment_codes, site_tokens
from collector.people.audit import Actor
from collector.people.front_desk import FrontDesk
from collector.people.throttle import neighbourhood
from collector.problems import Problem
from collector.tokens import bearer_token
from reports.faults import Fault

MOST_BYTES = 4_096

OVERLAP = timedelta(days=1)
"""How long the token holds that a gateway has changed for a new one: until it has surely kept that."""


@dataclass(frozen=True, slots=True)
class CodeSent:
    """What a gateway sends to be enrolled."""

    code: str


@dataclass(frozen=True, slots=True)
class TokenGiven:
    """A site's id and its token. It is shown this once; ``old_until`` is how long the one before still
    holds."""

    site: str
    token: str
    old_until: datetime | None = None


async def post_enrol(desk: Desk, request: Request) -> Response:
    """Gives a gateway its site's token for a one-time code."""
    headers = dict(request.scope["headers"])
    body = await read_body(headers, request.receive, most=MOST_BYTES, most_unpacked=MOST_BYTES)
    try:
        sent = msgspec.json.decode(body, type=CodeSent)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Problem(422, 'expected an object with the text "code"', field="code") from None
    front_desk: FrontDesk = request.app.state.front_desk
    near, now_s = neighbourhood(request.client.host if request.client else "?"), time.monotonic()
    if wait_s := front_desk.codes.charge(near, now_s):
        raise Problem(
            429,
            "too many codes from here were refused",
            headers={"Retry-After": str(max(1, round(wait_s + 0.5)))},
        )
    try:
        site, token = await run_in_threadpool(_redeemed, desk, sent.code)
    except Fault as fault:
        raise Problem(403, str(fault), field="code") from None
    front_desk.codes.give_back(near, now_s)
    return _json(TokenGiven(site, token))


async def post_token(desk: Desk, request: Request) -> Response:
    """Gives a gateway a new token for the one it has, which holds for another day."""
    shown = bearer_token(request.headers.get("authorization"))
    site = await run_in_threadpool(site_tokens.site_with, desk.store, shown, desk.clock()) if shown else None
    if site is None:
        raise refusal(shown)
    return _json(await run_in_threadpool(_renewed, desk, site.id, shown))


def _redeemed(desk: Desk, code: str) -> tuple[str, str]:
    with writing(desk.engine) as connection:
        return enrolment_codes.redeem(connection, code, desk.clock())


def _renewed(desk: Desk, site_id: str, shown: str | None) -> TokenGiven:
    now = desk.clock()
    with writing(desk.engine) as connection:
        token = site_tokens.renew(
            connection, Actor(f"site {site_id}", "site token"), now, site_id, OVERLAP, shown
        )
    return TokenGiven(site_id, token, now + OVERLAP)


def _json(answer: TokenGiven) -> Response:
    return Response(msgspec.json.encode(answer), media_type="application/json")
