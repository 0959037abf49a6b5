"""Districts, and the one that is asked for: what its schools come to, how that went, and each of them."""

from __future__ import annotations

from sqlalchemy import select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.desk import Desk
from collector.pages import page
from collector.standings.asked import SORTS, forgiving
from collector.standings.board import board_of
from collector.standings.reading import (
    as_of,
    count_districts,
    part,
    place_of,
    place_totals,
    totals,
)
from collector.standings.scope import scope_of
from collector.standings.trends import trend
from collector.tables import circuits
from collector.views.table import SITES_PER_PAGE
from collector.views.trend import WEEKS, trend_chart
from collector.words import span
from reports.targets import worded
from reports.wording import say

DISTRICTS_PER_PAGE = 200


def get_districts_page(desk: Desk, request: Request) -> Response:
    """All districts, those that lack most first."""
    scope = scope_of(request)
    q = forgiving(request.query_params, limit=1).q
    asked_page = request.query_params.get("page", "1")
    number = int(asked_page) if asked_page.isascii() and asked_page.isdecimal() and len(asked_page) < 6 else 1
    with board_of(request).open() as connection:
        found = count_districts(connection, scope, q)
        pages = max(1, -(-found // DISTRICTS_PER_PAGE))
        number = min(max(number, 1), pages)
        shown = place_totals(
            connection, scope, q=q, limit=DISTRICTS_PER_PAGE, offset=(number - 1) * DISTRICTS_PER_PAGE
        )
        return page(
            "districts.html",
            here="/districts",
            districts=shown,
            found=found,
            number=number,
            pages=pages,
            q=q,
            as_of=as_of(connection),
        )


def get_district_page(desk: Desk, request: Request) -> Response:
    """One district: its totals, its weeks, its circuits and its schools, worst gap first."""
    scope, place_id = scope_of(request), request.path_params["id"]
    said = {**request.query_params, "district": place_id}
    asked = forgiving(said, limit=SITES_PER_PAGE)
    with board_of(request).open() as connection:
        place = place_of(connection, scope, "district", place_id)
        if place is None or asked.district != place_id:
            raise HTTPException(404, say("There is no district with this id."))
        counted = totals(connection, scope, asked)
        found = counted.of(asked.state) if asked.state else counted.sites
        lines = connection.execute(
            select(circuits).where(circuits.c.place == place.key).order_by(circuits.c.ends_on, circuits.c.id)
        ).all()
        return page(
            "district.html",
            here="/districts",
            path=f"/districts/{place_id}",
            place=place,
            asked=asked,
            part=part(connection, scope, asked, found),
            totals=counted,
            found=found,
            trend=trend_chart(trend(connection, place.key, WEEKS)),
            circuits=lines,
            sorts=tuple(SORTS),
            target=worded(desk.targets[0]),
            silent_after=span(desk.settings.fleet.silent_after),
            as_of=as_of(connection),
            now=desk.clock(),
        )
