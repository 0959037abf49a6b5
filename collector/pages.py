"""How pages are made: the templates, what they may say things with, and the pages that are about no site.

Templates escape everything that a site told of itself. No page needs a script. The pages about the fleet are
in ``collector/views/``.
"""

from __future__ import annotations

import hashlib
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from collector import languages, words
from collector.desk import Desk
from collector.fleet import STATES
from collector.people.roles import role_words
from collector.people.shown_to import SHOWN_FORM_TOKEN, SHOWN_TO
from collector.standings.judged import SLUGS, WORDS
from reports import sentences
from reports.cost_words import money
from reports.periods import hour_of
from reports.targets import BASIS_WORDS
from reports.week_words import connection_named
from reports.wording import language, later, say, say_as, say_many

TITLES = {
    400: later("Bad Request"),
    401: later("Unauthorized"),
    403: later("Forbidden"),
    404: later("Not Found"),
    405: later("Method Not Allowed"),
    408: later("Request Timeout"),
    413: later("Request Entity Too Large"),
    415: later("Unsupported Media Type"),
    422: later("Unprocessable Entity"),
    429: later("Too Many Requests"),
    500: later("Internal Server Error"),
    502: later("Bad Gateway"),
    503: later("Service Unavailable"),
}
"""What HTTP calls the faults that people may see (RFC 9110, 15)."""


def get_docs_page(desk: Desk, request: Request) -> Response:
    """This interface, for people."""
    return page("docs.html", document=request.app.state.document)


def get_style(desk: Desk, request: Request) -> Response:
    """The pages' style sheet."""
    return Response(_style(), media_type="text/css", headers={"Cache-Control": "max-age=31536000, immutable"})


def fault_page(status: int, detail: str) -> Response:
    """What a person sees instead of a page."""
    return page(
        "fault.html", status=status, title=say(TITLES.get(status, HTTPStatus(status).phrase)), detail=detail
    )


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
        "connection": connection_named,
        "faring": words.faring,
        "coverage": words.coverage,
        "day": words.day,
        "drawn": lambda number: f"{number:.1f}",
        "instant": words.instant,
        "latency": sentences.latency,
        "money": money,
        "number": lambda count: f"{count:,.0f}",
        "minutes": words.minutes,
        "moment": words.moment,
        "octets": sentences.octets,
        "pair": words.pair,
        "one_way": sentences.one_way,
        "percent": sentences.percent,
        "period": words.period,
        "rate": sentences.rate,
        "reach": words.reach,
        "role": role_words,
        "school_days": words.school_days,
        "verdict": sentences.verdict,
        "week_name": words.week_name,
    }
    found.globals |= {
        "BASIS_WORDS": BASIS_WORDS,
        "LANGUAGE_NAMES": languages.NAMES,
        "SLUGS": SLUGS,
        "STATES": STATES,
        "WORDS": WORDS,
        "language": language,
        "say": say,
        "say_as": say_as,
        "say_many": say_many,
        "hour_of": hour_of,
        "switches": languages.switches,
        "shown_to": SHOWN_TO.get,
        "shown_form_token": SHOWN_FORM_TOKEN.get,
        "style_tag": hashlib.sha256(_style()).hexdigest()[:12],
        "version": version("bandgap"),
    }
    return found


def page(template: str, *, status: int = 200, **values: object) -> Response:
    return HTMLResponse(_templates().get_template(template).render(status=status, **values), status)
