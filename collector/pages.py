"""The pages that people read: the fleet, one site, and what is said when something isn't there.

Templates escape everything that a site told of itself. No page needs a script.
"""

from __future__ import annotations

import hashlib
import math
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from importlib.resources import files
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from collector import words
from collector.desk import Desk
from collector.fleet import STATES
from collector.looking import look_at_fleet, look_at_site
from collector.people.shown_to import SHOWN_FORM_TOKEN, SHOWN_TO
from reports import sentences
from reports.periods import hour_of
from reports.targets import BASIS_WORDS

SITES_PER_PAGE = 500
"""Longer tables are turned over; a browser draws this many rows at once without a stutter."""

SLUGS = {"short": "short", "not enough evidence": "unknown", "silent": "silent", "meets": "meets"}
"""States as they stand in addresses and style sheets."""


def get_fleet_page(desk: Desk, request: Request) -> Response:
    """All sites, worst gap first."""
    now = desk.clock()
    seen = look_at_fleet(desk, now, request.state.viewer)
    show = request.query_params.get("show", "")
    rows = [one for one in seen.standings if not show or SLUGS[one.state] == show]
    pages = max(1, math.ceil(len(rows) / SITES_PER_PAGE))
    asked = request.query_params.get("page", "1")
    turned = min(max(int(asked), 1), pages) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1
    first = (turned - 1) * SITES_PER_PAGE
    return page(
        "fleet.html",
        fleet=seen,
        rows=rows[first : first + SITES_PER_PAGE],
        first=first,
        found=len(rows),
        show=show,
        page=turned,
        pages=pages,
        target=desk.targets[0],
        now=now,
        silent_after=words.span(desk.settings.fleet.silent_after),
    )


def get_site_page(desk: Desk, request: Request) -> Response:
    """One site: verdict, the three numbers, gaps, weeks, days and hours."""
    view = look_at_site(desk, request.path_params["id"], desk.clock())
    return page(
        "site.html", view=view, zone=ZoneInfo(view.standing.known.site.timezone), rule=desk.settings.evidence
    )


def get_docs_page(desk: Desk, request: Request) -> Response:
    """This interface, for people."""
    return page("docs.html", document=request.app.state.document)


def get_style(desk: Desk, request: Request) -> Response:
    """The pages' style sheet."""
    return Response(_style(), media_type="text/css", headers={"Cache-Control": "max-age=31536000, immutable"})


def fault_page(status: int, detail: str) -> Response:
    """What a person sees instead of a page."""
    return page("fault.html", status=status, title=HTTPStatus(status).phrase, detail=detail)


@cache
def _style() -> bytes:
    return (files("collector") / "static" / "collector.css").read_bytes()


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("collector"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "age": words.age,
        "chain": words.chain,
        "faring": words.faring,
        "coverage": words.coverage,
        "latency": sentences.latency,
        "minutes": words.minutes,
        "moment": words.moment,
        "octets": sentences.octets,
        "pair": words.pair,
        "percent": sentences.percent,
        "period": words.period,
        "rate": sentences.rate,
        "reach": words.reach,
        "verdict": sentences.verdict,
        "week_name": words.week_name,
    }
    found.globals |= {
        "BASIS_WORDS": BASIS_WORDS,
        "SLUGS": SLUGS,
        "STATES": STATES,
        "hour_of": hour_of,
        "shown_to": SHOWN_TO.get,
        "shown_form_token": SHOWN_FORM_TOKEN.get,
        "style_tag": hashlib.sha256(_style()).hexdigest()[:12],
        "version": version("bandgap"),
    }
    return found


def page(template: str, *, status: int = 200, **values: object) -> Response:
    return HTMLResponse(_templates().get_template(template).render(status=status, **values), status)
