"""The measurement endpoint: bytes down, bytes up and pings, in the words that LibreSpeed clients speak.

Paths and parameters are those of LibreSpeed's backend (``garbage.php``, ``empty.php``, ``getIP.php``),
so that a browser page of that project can use this server; ``/v1/measure`` tells bandgap's own agent
where they are. Nothing is stored, and no answer says who asked.

The callables are plain ASGI: a test moves gigabits, and every layer between would cost a core.
Transfers are bounded in number and each in time; past the bound the answer is 503 with Retry-After, so
that one test's figure is never the leftovers of another. The client address of a running transfer is
held in memory while it runs, to tell one test's many flows from two tests.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from collector.passes import Passes
from collector.problems import Problem, problem_response
from collector.settings import MeasureSettings
from collector.tokens import bearer_token

FLOWS_PER_TEST = 32
"""The most flows that one test opens at once; the agent's own engine stops at as many."""

TRANSFER_SECONDS = 60.0
"""The longest that one request may run: six times an agent's test, after which the slot is taken back."""

RETRY_SECONDS = 30
"""What a refused client is told to wait: a test of both directions takes 5 to 25 s."""

DEFAULT_MIB, MAX_MIB = 4, 1024
"""``ckSize`` without a value and at most, in MiB, as LibreSpeed's ``garbage.php`` has them."""

BLOCK = os.urandom(1 << 20)
"""One MiB that doesn't compress; made once, sent again and again."""

PIECE = 1 << 18
"""Octets handed to the transport at once: small, since up to Python 3.11 it copies what the socket didn't
take, and four to the MiB, since asyncio logs a warning for each write from the fifth after a reset on."""

_PIECES = tuple(BLOCK[start : start + PIECE] for start in range(0, len(BLOCK), PIECE))

Head = Sequence[tuple[bytes, bytes]]

SiteOf = Callable[[str], str | None]
"""The id of the site that a token belongs to, or None."""

_JSON = ((b"content-type", b"application/json"),)
_CLOSING = {"Connection": "close"}
_RETRY = {"Retry-After": f"{RETRY_SECONDS}", **_CLOSING}
_BUSY = "As many throughput tests are running as this server carries."
_ENROLLED = "Only enrolled sites test here: ask /v1/measure with the site's token for a pass."
_BEARER = {"WWW-Authenticate": 'Bearer realm="bandgap"'}
_HEADERS = [
    (b"cache-control", b"no-store, no-cache, must-revalidate, no-transform"),
    (b"pragma", b"no-cache"),
    (b"x-accel-buffering", b"no"),  # nginx in front would else write up to 1 GiB per request to its disk
]
_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"Content-Encoding, Content-Type"),
]


def routes(settings: MeasureSettings, site_of: SiteOf = lambda token: None) -> list[Route]:
    """The endpoint's routes; with measuring switched off every one of them answers 404.

    ``site_of`` tells the site that a token belongs to; it may take as long as a look into the database.
    """
    endpoint = Endpoint(settings, site_of)
    return [
        Route("/v1/measure", _Callable(settings, endpoint.describe), methods=["GET"]),
        Route(
            "/v1/measure/garbage.php", _Callable(settings, endpoint.garbage, endpoint.admits), methods=["GET"]
        ),
        Route(
            "/v1/measure/empty.php",
            _Callable(settings, endpoint.empty, endpoint.admits),
            methods=["GET", "POST", "OPTIONS"],
        ),
        Route("/v1/measure/getIP.php", _Callable(settings, endpoint.address), methods=["GET"]),
    ]


@dataclass(slots=True)
class Endpoint:
    """The transfers that are running, by client, and what answers to each path."""

    settings: MeasureSettings
    site_of: SiteOf
    running: Counter[str] = field(default_factory=Counter)
    passes: Passes = field(default_factory=Passes)

    @property
    def busy(self) -> bool:
        """Whether a further test would share the server with as many as it should carry."""
        return len(self.running) >= self.settings.max_tests or self._full

    @property
    def _full(self) -> bool:
        return self.running.total() >= self.settings.max_tests * FLOWS_PER_TEST

    @contextmanager
    def _transfer(self, scope: Scope) -> Iterator[None]:
        client = (scope.get("client") or ("?",))[0]
        self.running[client] += 1
        try:
            yield
        finally:
            self.running[client] -= 1
            if not self.running[client]:
                del self.running[client]

    async def describe(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Where the three paths are, and whether a test would be alone; the agent asks this first.

        The paths are relative to this one (RFC 3986, 4.2), so that they hold behind a proxy's prefix. Where
        only enrolled sites may test, this is where a site shows its token, and the paths carry its pass.
        """
        query = ""
        if self.settings.access == "enrolled":
            token = bearer_token(Headers(scope=scope).get("authorization"))
            site = await run_in_threadpool(self.site_of, token) if token else None
            if site is None:
                await _answer_problem(scope, receive, send, 401, _ENROLLED, _BEARER)
                return
            query = f"?pass={self.passes.issue(site, asyncio.get_running_loop().time())}"
        told: dict[str, object] = {"down": f"measure/garbage.php{query}", "up": f"measure/empty.php{query}"}
        told |= {"ping": f"measure/empty.php{query}", "busy": self.busy}
        await _answer_json(scope, send, 200, told)

    def admits(self, scope: Scope) -> bool:
        """Whether a transfer or a ping may go ahead."""
        if self.settings.access == "open":
            return True
        secret = _query(scope).get("pass", [""])[0]
        return self.passes.admits(secret, asyncio.get_running_loop().time())

    async def garbage(self, scope: Scope, receive: Receive, send: Send) -> None:
        """``ckSize`` MiB of octets that don't compress."""
        if self._full:
            await _answer_problem(scope, receive, send, 503, _BUSY, _RETRY)
            return
        mebibytes = _mebibytes(scope)
        head = [
            (b"content-type", b"application/octet-stream"),
            (b"content-length", b"%d" % (mebibytes * len(BLOCK))),
            (b"content-description", b"File Transfer"),
        ]
        with self._transfer(scope), suppress(TimeoutError):  # an answer cut short closes the connection
            async with asyncio.timeout(TRANSFER_SECONDS):
                await _begin(scope, send, 200, head)
                for _ in range(mebibytes):
                    for piece in _PIECES:
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
                    await asyncio.sleep(
                        0
                    )  # a client as fast as we are would else keep the loop from the others
                await send({"type": "http.response.body", "body": b""})

    async def empty(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reads whatever is sent and answers with nothing; a GET is a ping."""
        if scope["method"] == "POST":
            if self._full:
                await _answer_problem(scope, receive, send, 503, _BUSY, _RETRY)
                return
            with self._transfer(scope):
                drained = await _drain(receive)
            if not drained:
                await _answer_problem(scope, receive, send, 408, "The body took too long.", _CLOSING)
                return
        await _begin(scope, send, 200, [(b"content-length", b"0")])
        await send({"type": "http.response.body", "body": b""})

    async def address(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What LibreSpeed's page shows as the visitor's address: nothing."""
        await _answer_json(scope, send, 200, {"processedString": "", "rawIspInfo": ""})


@dataclass(frozen=True, slots=True)
class _Callable:
    """One path's ASGI callable. An instance, since Starlette wraps functions in its own request objects."""

    settings: MeasureSettings
    answer: Callable[[Scope, Receive, Send], Awaitable[None]]
    admits: Callable[[Scope], bool] = lambda scope: True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.settings.enabled:
            await _answer_problem(scope, receive, send, 404, "This collector serves no throughput tests.", {})
            return
        if not self.admits(scope):
            await _answer_problem(scope, receive, send, 401, _ENROLLED, {**_BEARER, **_CLOSING})
            return
        await self.answer(scope, receive, send)


async def _drain(receive: Receive) -> bool:
    """Reads a body to its end; False when that took longer than a transfer may."""
    try:
        async with asyncio.timeout(TRANSFER_SECONDS):
            more = True
            while more:
                message = await receive()
                more = message["type"] == "http.request" and message.get("more_body", False)
    except TimeoutError:
        return False
    return True


def _mebibytes(scope: Scope) -> int:
    """``ckSize`` as LibreSpeed reads it: 4 without a usable value, 1024 at most."""
    asked = _query(scope).get("ckSize", [""])[0]
    if not (asked.isascii() and asked.isdecimal()):
        return DEFAULT_MIB
    return min(int(asked[:6]), MAX_MIB) or DEFAULT_MIB


def _query(scope: Scope) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)


async def _answer_problem(
    scope: Scope, receive: Receive, send: Send, status: int, detail: str, headers: Mapping[str, str]
) -> None:
    await problem_response(Problem(status, detail, headers=headers))(scope, receive, send)


async def _answer_json(
    scope: Scope, send: Send, status: int, content: Mapping[str, object], headers: Head = _JSON
) -> None:
    body = json.dumps(content).encode()
    await _begin(scope, send, status, [*headers, (b"content-length", b"%d" % len(body))])
    await send({"type": "http.response.body", "body": body})


async def _begin(scope: Scope, send: Send, status: int, head: Head) -> None:
    cors = _CORS if "cors" in _query(scope) else []
    await send({"type": "http.response.start", "status": status, "headers": [*head, *_HEADERS, *cors]})
