"""Takes uploads in: token, body, judgement, store; the receipt goes out once it is all on the disk.

This is the one address that is asked thousands of times a second, so it is plain ASGI and stands in front of
the framework that serves all others (``collector/app.py``). Plain uploads don't even come so far: the
server's protocol asks for each step of theirs (``collector/short_way.py``).
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import math
import secrets
from collections.abc import Hashable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from collector.admission import Admissions, refusal
from collector.bodies import read_body, small_body
from collector.desk import Desk
from collector.enrolled import Admitted, Arrival, Kept, Outdated
from collector.judging import Judged, judged, plainly
from collector.keeping import CONFLICT
from collector.problems import Problem, problem_response
from collector.rates import Rates
from collector.reads import Unavailable, seconds
from collector.tokens import bearer_token, token_hash
from collector.writer import Tell
from reports.chain import break_words

PATH = "/v1/summaries"

SMALL_BODY = 200_000
"""Bytes of JSON that are judged on the spot, about two hundred summaries and five milliseconds."""

REFUSED_COUNTS = 20
"""Uploads that one with a refused token counts as, in the rate of its address: no guessing at speed."""

MOST_WAITING = 2_000
"""Uploads that may wait for a commit; past it senders are told to come again, and memory stays bounded."""

SPREAD_S = 60
"""Within how long they come again, each at a second of its own."""

MOST_ATTEMPTS = 3
"""How often an upload is judged anew because its site changed meanwhile."""

log = logging.getLogger("bandgap.collector")

_encode = msgspec.json.Encoder().encode


class Plain(Struct, frozen=True, gc=False):
    """An upload of which there is no doubt: the hash of its token, the site of that, and what it holds."""

    hashed: bytes
    site: Admitted
    found: Judged


class Ingest:
    """Stores one site's summaries; sending the same ones again is harmless.

    One collector's, as an ASGI application. ``guards`` are headers that every answer has.
    """

    def __init__(self, desk: Desk, guards: Mapping[str, str]) -> None:
        self._desk = desk
        self._tally = desk.tally
        self._admissions = Admissions(desk.store)
        self._sites = Rates(desk.settings.limits.uploads_per_site)
        self._addresses = Rates(desk.settings.limits.uploads_per_address)
        self._guards = {**guards, "Cache-Control": "no-store"}
        self._head = [
            (b"content-type", b"application/json"),
            *((name.lower().encode(), value.encode()) for name, value in self._guards.items()),
        ]
        self._answers_before: Sequence[tuple[bytes, bytes]] | None = None
        self._answers_head = b""

    def plainly(self, address: str, headers: Sequence[tuple[bytes, bytes]], sent: bytes) -> Plain | None:
        """What is to be written of a whole request, when nobody need be asked; None at the least doubt.

        Nothing is left of a request of which it says None, but where its address has sent too much: there its
        site's rate counts it, too.
        """
        named = dict(headers)
        token = bearer_token(named.get(b"authorization", b"").decode("latin-1"))
        hashed = token_hash(token) if token else b""
        site = self._admissions.remembered(hashed)
        if site is None or self._desk.writer.waiting > MOST_WAITING:
            return None
        body = small_body(named, sent, min(SMALL_BODY, self._desk.settings.limits.body_bytes))
        found = None if body is None else plainly(body, site.told)
        if found is None or (found.site is not None and found.site.id not in (None, site.id)):
            return None
        now_s = self._now_s()
        if self._sites.wait_s(site.key, now_s) or self._addresses.wait_s(address, now_s):
            return None
        return Plain(hashed, site, found)

    def write(self, plain: Plain, tell: Tell) -> None:
        """Has it written; ``tell`` is called with what became of it."""
        now = seconds(self._desk.clock())
        self._desk.writer.add(_arrival(plain.site, plain.found, now), tell)

    def receipt(self, plain: Plain, kept: Kept) -> bytes:
        """The text of the answer for what was kept."""
        plain.site.told = plain.found.told
        self._tally.answered("upload", 200)
        return self._said(plain.site.id, kept)

    def answer(self, text: bytes, before: Sequence[tuple[bytes, bytes]], *, closing: bool) -> bytes:
        """A whole answer as it is sent; ``before`` are the server's own headers, a new list every second."""
        if before is not self._answers_before:
            lines = [b"%s: %s\r\n" % header for header in (*before, *self._head)]
            self._answers_before, self._answers_head = before, b"HTTP/1.1 200 OK\r\n" + b"".join(lines)
        close = b"connection: close\r\n" if closing else b""
        return b"%b%bcontent-length: %d\r\n\r\n%b" % (self._answers_head, close, len(text), text)

    def instead(self, plain: Plain, became: Outdated | Exception) -> ASGIApp | None:
        """Who answers for what wasn't kept; None when it is to be judged once more."""
        if isinstance(became, Outdated):
            self._admissions.forget(plain.hashed)
            return None

        async def failing(scope: Scope, receive: Receive, send: Send) -> None:
            if isinstance(became, Unavailable):
                await self._refuse(_not_stored(became), plain.site.id, scope, receive, send)
            else:
                await self._fail(became, scope, receive, send)

        return failing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        sender = "nobody enrolled"
        try:
            self._mind_the_rate(self._addresses, _address(scope))
            token = bearer_token(headers.get(b"authorization", b"").decode("latin-1"))
            hashed = token_hash(token) if token else b""
            site = (self._admissions.remembered(hashed) or await self._asked(hashed)) if token else None
            if site is None:
                self._addresses.wait_s(_address(scope), self._now_s(), REFUSED_COUNTS)
                raise refusal(token)
            sender = site.id
            self._mind_the_rate(self._sites, site.key)
            if self._desk.writer.waiting > MOST_WAITING:
                raise _later(secrets.randbelow(SPREAD_S) + 1, "too many uploads wait to be stored")
            limits = self._desk.settings.limits
            body = await read_body(
                headers, receive, most=limits.body_bytes, most_unpacked=limits.unpacked_bytes
            )
            kept = await self._take(token, hashed, site, body)
        except Problem as problem:
            await self._refuse(problem, sender, scope, receive, send)
            return
        except Exception as fault:  # noqa: BLE001  # it is told, with all that is known of it
            await self._fail(fault, scope, receive, send)
            return
        text = self._said(sender, kept)
        length = (b"content-length", str(len(text)).encode())
        self._tally.answered("upload", 200)
        await send({"type": "http.response.start", "status": 200, "headers": [*self._head, length]})
        await send({"type": "http.response.body", "body": text})

    async def _refuse(
        self, problem: Problem, sender: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if problem.status != 429:  # a flood of requests is to be no flood of lines
            what = {"site": sender, "status": problem.status, "words": _one_line(str(problem))}
            log.warning("upload of %(site)s refused: %(status)s %(words)s", what)
        answer = problem_response(problem)
        answer.headers.update(self._guards)
        self._tally.answered("upload", problem.status)
        await answer(scope, receive, send)

    async def _fail(self, fault: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        log.error("POST %s failed", PATH, exc_info=fault)
        answer = problem_response(Problem(500, "The collector has failed; its log says how."))
        answer.headers.update(self._guards)
        self._tally.answered("upload", 500)
        await answer(scope, receive, send)

    def _said(self, sender: str, kept: Kept) -> bytes:
        if kept.receipt.refused or kept.breaks:
            for line in _remarks(kept):
                log.warning("upload of %(site)s: %(words)s", {"site": sender, "words": _one_line(line)})
        return _encode(kept.receipt)

    def _mind_the_rate(self, rates: Rates, whose: Hashable) -> None:
        wait_s = rates.wait_s(whose, self._now_s())
        if wait_s:
            raise _later(math.ceil(wait_s), "too many uploads in a minute")

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()

    async def _asked(self, hashed: bytes) -> Admitted | None:
        try:
            site = await self._admissions.ask(hashed)
            if site is None:  # one before the newest isn't remembered, for it ends by itself
                site = await run_in_threadpool(self._admissions.ask_old, hashed, self._desk.clock())
            return site
        except Unavailable as fault:
            raise Problem(
                503, f"The database doesn't answer: {fault}.", headers={"Retry-After": "60"}
            ) from None

    async def _take(self, token: str | None, hashed: bytes, site: Admitted, body: bytes) -> Kept:
        for _ in range(MOST_ATTEMPTS):
            # A small body is judged sooner than a thread is found for it; a large one would keep others
            # waiting.
            if len(body) < SMALL_BODY:
                found = judged(body, site.told)
            else:
                found = await run_in_threadpool(judged, body, site.told)
            if found.site is not None and found.site.id not in (None, site.id):
                raise Problem(
                    403,
                    f'this is the token of "{site.id}" and the upload is of "{found.site.id}"',
                    field="site.id",
                )
            try:
                became = await self._desk.writer.submit(_arrival(site, found, seconds(self._desk.clock())))
            except Unavailable as fault:
                raise _not_stored(fault) from None
            if not isinstance(became, Outdated):
                site.told = found.told
                if not found.refused:
                    return became
                receipt = dataclasses.replace(became.receipt, refused=became.receipt.refused + found.refused)
                return Kept(receipt, became.breaks)
            self._admissions.forget(hashed)
            anew = await self._asked(hashed)
            if anew is None:
                raise refusal(token)
            site = anew
        raise Problem(503, "the site is being changed; nothing was stored", headers={"Retry-After": "5"})


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _later(wait_s: int, why: str) -> Problem:
    return Problem(429, f"{why}; send again in {wait_s} s", headers={"Retry-After": str(wait_s)})


def _not_stored(fault: Unavailable) -> Problem:
    return Problem(503, f"nothing was stored: {fault}", headers={"Retry-After": "60"})


def _arrival(site: Admitted, found: Judged, received_at: int) -> Arrival:
    return Arrival(
        site.key,
        site.generation,
        found.agent,
        found.told,
        found.items,
        received_at,
        found.links,
        found.site,
        found.contract,
        found.agent_state,
    )


def _remarks(kept: Kept) -> Iterator[str]:
    """What somebody must look at: what was refused, and whether the past looks rewritten."""
    refused = kept.receipt.refused
    if refused:
        yield f"{len(refused)} refused, {refused[0].id}: {refused[0].reason}"
    if any(one.reason == CONFLICT for one in refused) or kept.breaks:
        links = f" (links: {', '.join(map(break_words, kept.breaks[:5]))})" if kept.breaks else ""
        yield f"its past was rewritten, restored from a copy, or two gateways have one token{links}"


def _one_line(text: str) -> str:
    """What clients send may reach the log, but no line of their own."""
    return "".join(char if char.isprintable() else "?" for char in text)[:400]
