"""The collector as one ASGI application: the table's routes, what guards them, and how they fail."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from inspect import iscoroutinefunction

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector import measure
from collector.api.metrics import kind_of
from collector.desk import Desk
from collector.endpoints import ENDPOINTS, SERIES
from collector.ingest import PATH, Ingest
from collector.languages import Speaking
from collector.pace import Pace
from collector.pages import fault_page
from collector.people.forms import Here, form_token
from collector.people.front_desk import FrontDesk
from collector.people.gate import Gate, SignInFirst, to_sign_in
from collector.people.public_page import Day
from collector.people.shown_to import SHOWN_FORM_TOKEN, SHOWN_TO
from collector.people.site_tokens import site_with
from collector.problems import Problem, problem_response
from collector.reads import Unavailable, one_line
from collector.ready import ready
from collector.reference import Endpoint, document
from collector.short_series import ShortSeries
from collector.standings.board import Board
from collector.standings.judging import Judge
from collector.tally import Tally
from reports.wording import say

log = logging.getLogger("bandgap.collector")

FOR_PROGRAMS = ("/v1/", "/healthz", "/metrics", "/openapi.json")
"""Paths whose faults are problem documents; people get a page elsewhere."""

GUARDS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers wouldn't say that a form is ours
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""What every answer tells a browser: nothing from elsewhere, no script, in nobody's frame."""


def application(desk: Desk, *, exposed: bool = False) -> Guarded:
    """The guarded application around a desk. Its writer runs from start-up to shutdown.

    ``exposed`` says whether others than this machine reach it (``collector/people/gate.py``).
    """
    ingest = Ingest(desk, GUARDS)
    app = routed(desk, ingest, exposed=exposed)
    settings = desk.settings
    speaking = Speaking(app, Here(settings.listen.url), settings.pages.language, FOR_PROGRAMS)
    return Guarded(speaking, ingest, desk.tally, app.state.series)


def routed(desk: Desk, ingest: Ingest, *, exposed: bool = False) -> Starlette:
    """The routes with their faults, and the document that describes them in ``state.document``."""
    gate = Gate(desk, exposed)
    front_desk = FrontDesk(desk.settings.people)
    series = ShortSeries(desk, gate, SERIES, ready(desk.database), GUARDS)

    judge = Judge(
        desk.engine,
        desk.store,
        desk.targets[0],
        desk.settings.evidence,
        desk.settings.fleet.silent_after,
        desk.clock,
        Pace(desk.tally.written).rest,
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        desk.writer.start()
        judge.start()
        try:
            yield
        finally:
            front_desk.close()
            series.close()
            await run_in_threadpool(judge.stop)
            await run_in_threadpool(desk.writer.stop)

    def site_of(token: str) -> str | None:
        site = site_with(desk.store, token, desk.clock())
        return site.id if site else None

    tests = measure.routes(desk.settings.measure, site_of)
    app = Starlette(
        routes=[*(_route(one, desk, ingest, gate) for one in ENDPOINTS), *tests],
        exception_handlers={
            HTTPException: _http_fault,
            Problem: _problem,
            SignInFirst: _sign_in_first,
            Unavailable: _store_fault,
            SQLAlchemyError: _store_fault,
        },
        lifespan=lifespan,
    )
    app.state.document = document(ENDPOINTS, tests)
    app.state.gate, app.state.front_desk, app.state.public_day = gate, front_desk, Day()
    app.state.board = Board(desk.engine, judge)
    app.state.series = series
    return app


class Guarded:
    """Adds the guarding headers and counts answers. Throughput tests pass untouched, and uploads, which
    have the headers and are counted, pass all else by: each layer costs them speed."""

    def __init__(self, app: ASGIApp, ingest: Ingest, tally: Tally, series: ShortSeries) -> None:
        self._app = app
        self.uploads = ingest
        self.series = series
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "POST":
            await self.uploads(scope, receive, send)
            return
        if scope["type"] != "http" or scope["path"].startswith("/v1/measure"):
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._tally.answered(kind_of(scope["path"]), message["status"])
                names = {name for name, _ in message["headers"]}
                extra = GUARDS if b"cache-control" in names else {**GUARDS, "Cache-Control": "no-store"}
                message["headers"] = [
                    *message["headers"],
                    *((name.lower().encode(), value.encode()) for name, value in extra.items()),
                ]
            await send(message)

        await self._app(scope, receive, guarded)


def _route(one: Endpoint, desk: Desk, ingest: Ingest, gate: Gate) -> Route:
    if one.handler is Ingest:
        return Route(one.path, ingest, methods=[one.method], name=f"{one.method} {one.path}")

    async def endpoint(request: Request) -> Response:
        try:
            if one.needs != "site":  # its handler asks for the token
                await run_in_threadpool(gate.admit, one, request)
                SHOWN_TO.set(request.state.viewer)
                SHOWN_FORM_TOKEN.set(form_token(request.state.secret or ""))
            if iscoroutinefunction(one.handler):
                answer = one.handler(desk, request)
            else:
                answer = run_in_threadpool(one.handler, desk, request)
            found = await answer
        except SQLAlchemyError as fault:
            raise Unavailable(one_line(getattr(fault, "orig", None) or fault)) from None
        except (HTTPException, Problem, SignInFirst, Unavailable):
            raise
        except Exception:
            # Answered here and not by Starlette, which lets the server drop the connection too.
            log.exception("%s %s failed", one.method, one.path)
            return _told(request, 500, say("The collector has failed; its log says how."), None)
        assert isinstance(found, Response)
        return found

    return Route(one.path, endpoint, methods=[one.method], name=f"{one.method} {one.path}")


async def _http_fault(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    details = {
        404: say("There is nothing at this address."),
        405: say("{method} is not what this address takes.", method=request.method),
    }
    said = fault.detail if fault.detail not in ("Not Found", "Method Not Allowed") else ""
    return _told(
        request, fault.status_code, said or details.get(fault.status_code, fault.detail), fault.headers
    )


async def _problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return problem_response(problem)


async def _sign_in_first(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, SignInFirst)
    return to_sign_in(fault)


async def _store_fault(request: Request, fault: Exception) -> Response:
    # SQLAlchemy's own words would have the statement and its parameters in them.
    why = getattr(fault, "orig", None) or fault
    return _told(request, 503, say("The database doesn't answer: {why}.", why=why), {"Retry-After": "60"})


def _told(request: Request, status: int, detail: str, headers: object) -> Response:
    extra = dict(headers) if isinstance(headers, dict) else {}
    if request.url.path.startswith(FOR_PROGRAMS):
        return problem_response(Problem(status, detail, headers=extra))
    page = fault_page(status, detail)
    page.headers.update(extra)
    return page
