"""What anybody may see where that is wanted: how many sites of each district meet the target, and no site by
name.

Small groups are left out, with all that they could be worked out from (``reports/small_cells.py``). The page
is made once a day, so that two visits can't be told apart by the one site that changed between them.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.desk import Desk
from collector.engine import reading
from collector.fleet import WEEKS_LOOKED_AT, fleet
from collector.pages import page
from collector.tables import places, sites
from reports.small_cells import FEWEST, Told, told

OTHERS = "Sites without a district"


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
            made.on, made.found = today, counted(desk)
    answer = page("people/public.html", told=made.found, on=today, target=desk.targets[0], fewest=FEWEST)
    answer.headers["Cache-Control"] = "max-age=600"
    return answer


def counted(desk: Desk) -> Told | None:
    """The sites that meet the first target and that are short of it, by district; None when none is judged.

    Sites that are silent or that lack evidence are no part of it.
    """
    with reading(desk.engine) as connection:
        rows = connection.execute(
            select(sites.c.key, places.c.name, places.c.id).join(places, places.c.key == sites.c.place)
        )
        areas = {key: f"{name} ({place_id})" for key, name, place_id in rows}
    now = desk.clock()
    found = fleet(
        desk.store.sites(),
        desk.store.newest_weeks(now, WEEKS_LOOKED_AT),
        desk.targets[:1],
        desk.settings.evidence,
        now=now,
        silent_after_s=desk.settings.fleet.silent_after,
    )
    judged = (
        (areas.get(one.known.key, OTHERS), {desk.targets[0].id: one.state})
        for one in found.standings
        if one.state in ("meets", "short")
    )
    return next(iter(told(judged)), None)
