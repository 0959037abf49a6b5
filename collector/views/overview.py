"""The first page: how the fleet stands, what it lacks, how that went, and where to begin."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from collector.desk import Desk
from collector.pages import page
from collector.standings import contracts
from collector.standings.asked import Asked
from collector.standings.board import board_of
from collector.standings.reading import as_of, part, place_totals, totals
from collector.standings.scope import scope_of
from collector.standings.trends import scoped_trend
from collector.views.trend import WEEKS, trend_chart
from reports.targets import worded

WORST_SITES, WORST_DISTRICTS = 10, 8


def get_overview_page(desk: Desk, request: Request) -> Response:
    """How the fleet stands, the worst gap first."""
    scope, now = scope_of(request), desk.clock()
    due = contracts.deadline(desk.settings.erate, now.date())
    with board_of(request).open() as connection:
        found = totals(connection, scope)
        return page(
            "overview.html",
            here="/",
            totals=found,
            worst=part(connection, scope, Asked(state="short", limit=WORST_SITES), found.short).rows,
            districts=[
                one
                for one in place_totals(connection, scope, limit=WORST_DISTRICTS)
                if one.totals.shortfall_mbps > 0
            ],
            trend=trend_chart(scoped_trend(connection, scope, WEEKS)),
            ending=contracts.count_ending(connection, scope, due.day, now.date()),
            due=due,
            target=worded(desk.targets[0]),
            as_of=as_of(connection),
            now=now,
        )
