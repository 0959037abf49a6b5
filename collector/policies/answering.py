"""Gives an agent the policy that is meant for it, as it was signed."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from collector.desk import Desk
from collector.engine import reading
from collector.people.site_tokens import site_with
from collector.policies.registry import policy_for
from collector.problems import Problem
from collector.tokens import bearer_token


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """A policy's text and its signature over that text's UTF-8 octets, as base64; null where there is
    none."""

    serial: int | None
    document: str | None
    signature: str | None


def get_policy(desk: Desk, request: Request) -> Response:
    """The newest policy that is for the site of the token; nulls where there is none."""
    token = bearer_token(request.headers.get("authorization"))
    site = site_with(desk.store, token, desk.clock()) if token else None
    if site is None:
        raise Problem(401, "a site's token is needed", headers={"WWW-Authenticate": 'Bearer realm="bandgap"'})
    with reading(desk.engine) as connection:
        found = policy_for(connection, site.key)
    answer = PolicyAnswer(None, None, None)
    if found is not None:
        answer = PolicyAnswer(found.serial, found.document, base64.b64encode(found.signature).decode())
    return Response(msgspec.json.encode(answer), media_type="application/json")
