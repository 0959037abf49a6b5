"""What anybody may see where that is wanted: how many sites of each district meet the target, and no site by
name.

Small groups are left out, with all that they could be worked out from (``reports/small_cells.py``). The page
is made once a day, so that two visits can't be told apart by the one site that changed between them.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.desk import Desk
from collector.pages import page
from collector.standings.board import board_of
from collector.standings.tables import standings
from collector.tables import places
from reports.small_cells import FEWEST, Told, told
from reports.targets import worded
from reports.wording import later

OTHERS = later("Sites without a district")


@dataclass(slots=True)
class Day:
    """What was made for a day; one process makes it once."""

    on: date | None = None
    found: Told | None = None


_lock = threading.Lock()


def get_public(desk: Desk, request: Request) -> Response:
    """How many sites meet the target by district, for anybody, where the operator allows it."""
    if not desk.settings.public.enabled:
        raise HTTPException(404)
    made: Day = request.app.state.public_day
    today = desk.clock().date()
    with _lock:
        if made.on != today:
            with board_of(request).open() as connection:
                made.on, made.found = today, counted(connection, desk.targets[0].id)
    answer = page(
        "people/public.html",
        told=made.found,
        on=today,
        target=worded(desk.targets[0]),
        fewest=FEWEST,
        others=OTHERS,
    )
    answer.headers["Cache-Control"] = "max-age=600"
    return answer


def counted(connection: Connection, target: str) -> Told | None:
    """The sites that meet the first target and that are short of it, by district; None when none is judged.

    Sites that are silent or that lack evidence are no part of it.
    """
    rows = connection.execute(
        select(standings.c.state, places.c.name, places.c.id)
        .join(places, places.c.key == standings.c.place, isouter=True)
        .where(standings.c.state.in_(("meets", "short")))
    )
    judged = ((f"{name} ({place_id})" if name else OTHERS, {target: state}) for state, name, place_id in rows)
    return next(iter(told(judged)), None)
