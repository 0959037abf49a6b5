"""Takes uploads in: token, body, judgement, store; the receipt goes out once it is all on the disk."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import sqlite3
from collections.abc import Iterator

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from collector.bodies import read_body
from collector.chains import links_in
from collector.desk import Desk
from collector.enrolled import Arrival, Enrolled, Kept
from collector.people.site_tokens import holder_of_old
from collector.problems import Problem
from collector.store import CONFLICT
from collector.tokens import bearer_token, token_hash
from collector.uploads import read_upload, sorted_out
from reports.chain import Entry, break_words
from reports.summaries import Summary
from reports.wire import Refused, Upload

SMALL_BODY = 20_000
"""Bytes of JSON that are judged on the spot, about ten summaries."""

log = logging.getLogger("bandgap.collector")


async def post_summaries(desk: Desk, request: Request) -> Response:
    """Stores one site's summaries; sending the same ones again is harmless."""
    named = "nobody enrolled"
    try:
        site = sender(desk, request)
        named = site.id
        kept = await _take(desk, request, site)
    except Problem as problem:
        log.warning("%s", _one_line(f"upload of {named} refused: {problem.status} {problem}"))
        raise
    for line in _remarks(kept):
        log.warning("%s", _one_line(f"upload of {named}: {line}"))
    return Response(msgspec.json.encode(kept.receipt), media_type="application/json")


def _remarks(kept: Kept) -> Iterator[str]:
    """What somebody must look at: what was refused, and whether the past looks rewritten."""
    refused = kept.receipt.refused
    if refused:
        yield f"{len(refused)} refused, {refused[0].id}: {refused[0].reason}"
    if any(one.reason == CONFLICT for one in refused) or kept.breaks:
        links = f" (links: {', '.join(map(break_words, kept.breaks[:5]))})" if kept.breaks else ""
        yield f"its past was rewritten, restored from a copy, or two gateways have one token{links}"


def sender(desk: Desk, request: Request) -> Enrolled:
    """The site that a request is of, by its token. Raises Problem."""
    token = bearer_token(request.headers.get("authorization"))
    site = site_with(desk, token) if token else None
    if site is None:
        raise Problem(
            401,
            "the token isn't one of this collector's" if token else "a site's token is needed",
            headers={
                "WWW-Authenticate": 'Bearer realm="bandgap"' + (', error="invalid_token"' if token else "")
            },
        )
    return site


def site_with(desk: Desk, token: str) -> Enrolled | None:
    """The site that a token is of: its newest, or one before it whose time isn't over."""
    digest = token_hash(token)
    if found := desk.store.site_with_token(digest):
        return found
    held_by = holder_of_old(desk.engine, digest, desk.clock())
    return desk.store.site(held_by) if held_by else None


async def _take(desk: Desk, request: Request, site: Enrolled) -> Kept:
    limits = desk.settings.limits
    body = await read_body(request, most=limits.body_bytes, most_unpacked=limits.unpacked_bytes)
    # A small body is judged sooner than a thread is found for it; a large one would keep others waiting.
    judged = _judged(body) if len(body) < SMALL_BODY else await run_in_threadpool(_judged, body)
    upload, links, summaries, refused = judged
    if upload.site.id is not None and upload.site.id != site.id:
        raise Problem(
            403,
            f'this is the token of "{site.id}" and the upload is of "{upload.site.id}"',
            field="site.id",
        )
    arrival = Arrival(
        site.key,
        upload.agent,
        upload.site,
        upload.contract,
        summaries,
        desk.clock(),
        links,
        upload.agent_state,
    )
    try:
        kept = await asyncio.wrap_future(desk.writer.submit(arrival))
    except sqlite3.Error as fault:
        raise Problem(503, f"nothing was stored: {fault}", headers={"Retry-After": "60"}) from None
    receipt = dataclasses.replace(kept.receipt, refused=kept.receipt.refused + refused)
    return dataclasses.replace(kept, receipt=receipt)


def _judged(body: bytes) -> tuple[Upload, tuple[Entry, ...], tuple[Summary, ...], tuple[Refused, ...]]:
    upload = read_upload(body)
    return upload, links_in(body, upload), *sorted_out(upload.summaries)


def _one_line(text: str) -> str:
    """What clients send may reach the log, but no line of their own."""
    return "".join(char if char.isprintable() else "?" for char in text)[:400]
