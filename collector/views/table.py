"""The table of all sites: searched, filtered and sorted by the address, a page at a time."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from collector.desk import Desk
from collector.pages import page
from collector.standings.asked import SORTS, forgiving
from collector.standings.board import board_of
from collector.standings.reading import as_of, part, totals
from collector.standings.scope import scope_of
from collector.words import span
from reports.targets import worded

SITES_PER_PAGE = 100
"""A page is 60 KB with these, and drawn at once on a school's laptop."""


def get_sites_page(desk: Desk, request: Request) -> Response:
    """All sites, worst gap first, or those that the address asks for in its order."""
    scope = scope_of(request)
    asked = forgiving(request.query_params, limit=SITES_PER_PAGE)
    with board_of(request).open() as connection:
        counted = totals(connection, scope, asked)
        found = counted.of(asked.state) if asked.state else counted.sites
        return page(
            "sites.html",
            here="/sites",
            path="/sites",
            asked=asked,
            part=part(connection, scope, asked, found),
            totals=counted,
            found=found,
            sorts=tuple(SORTS),
            target=worded(desk.targets[0]),
            silent_after=span(desk.settings.fleet.silent_after),
            as_of=as_of(connection),
            now=desk.clock(),
        )


def get_silent_page(desk: Desk, request: Request) -> Response:
    """Sites that nothing is heard of, the longest silent first."""
    scope = scope_of(request)
    asked = forgiving({**request.query_params, "state": "silent", "sort": "heard"}, limit=SITES_PER_PAGE)
    with board_of(request).open() as connection:
        found = totals(connection, scope, asked).silent
        return page(
            "silent.html",
            here="/silent",
            path="/silent",
            asked=asked,
            part=part(connection, scope, asked, found),
            found=found,
            silent_after=span(desk.settings.fleet.silent_after),
            as_of=as_of(connection),
            now=desk.clock(),
        )
