"""Contracts that end before the next window of E-rate opens."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from collector.desk import Desk
from collector.pages import page
from collector.standings.board import board_of
from collector.standings.contracts import MOST, count_ending, deadline, ending, next_funding_year
from collector.standings.reading import as_of
from collector.standings.scope import scope_of


def get_contracts_page(desk: Desk, request: Request) -> Response:
    """Contracts that end before a day: when the next E-rate window opens, if none is named."""
    scope, today = scope_of(request), desk.clock().date()
    due = deadline(desk.settings.erate, today)
    before = _day(request.query_params.get("before", "")) or due.day
    with board_of(request).open() as connection:
        found = ending(connection, scope, before, today)
        return page(
            "contracts.html",
            here="/contracts",
            contracts=found,
            found=count_ending(connection, scope, before, today) if len(found) == MOST else len(found),
            before=before,
            due=due,
            erate=desk.settings.erate,
            funding_year=next_funding_year(today),
            as_of=as_of(connection),
        )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
