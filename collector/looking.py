"""What viewers look at, read from the store at the moment they ask.

The JSON endpoints and the pages are two layouts of what is found here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.answers import (
    ChainAnswer,
    Health,
    SiteDetail,
    chain_answer,
    fleet_answer,
    gap_answer,
    site_answer,
)
from collector.desk import Desk
from collector.engine import reading
from collector.fleet import WEEKS_LOOKED_AT, Fleet, Standing, fleet, standing
from collector.people.roles import ANYBODY, Viewer
from collector.people.tree import sites_in
from reports.periods import hour_of
from reports.summaries import Summary

WEEKS_SHOWN, DAYS_SHOWN, HOURS_SHOWN = 26, 14, 24


@dataclass(frozen=True, slots=True)
class SiteView:
    """One site at one moment; summaries are newest first."""

    now: datetime
    standing: Standing
    weeks: tuple[Summary, ...]
    days: tuple[Summary, ...]
    hours: tuple[Summary, ...]
    chain: ChainAnswer | None


def look_at_fleet(desk: Desk, now: datetime, viewer: Viewer = ANYBODY) -> Fleet:
    """Every site that the viewer may see against the set that they are ranked by."""
    known = desk.store.sites()
    if viewer.places is not None:
        with reading(desk.engine) as connection:
            seen = sites_in(connection, viewer.places)
        known = [site for site in known if site.key in seen]
    return fleet(
        known,
        desk.store.newest_weeks(now, WEEKS_LOOKED_AT),
        desk.targets[:1],
        desk.settings.evidence,
        now=now,
        silent_after_s=desk.settings.fleet.silent_after,
    )


def look_at_site(desk: Desk, site_id: str, now: datetime) -> SiteView:
    """Raises HTTPException 404 when no such site is enrolled."""
    known = desk.store.site(site_id)
    if known is None:
        raise HTTPException(404, "No site is enrolled under this id.")
    weeks = desk.store.recent(known.key, "week", now, WEEKS_SHOWN)
    this_hour = hour_of(now).starts_at
    return SiteView(
        now,
        standing(
            known,
            weeks,
            desk.targets,
            desk.settings.evidence,
            now=now,
            silent_after_s=desk.settings.fleet.silent_after,
        ),
        tuple(weeks),
        tuple(desk.store.recent(known.key, "day", now, DAYS_SHOWN)),
        tuple(desk.store.hours(known.key, [this_hour - timedelta(hours=n) for n in range(HOURS_SHOWN + 1)])),
        chain_answer(desk.store.chain(known.key)),
    )


def get_sites(desk: Desk, request: Request) -> Response:
    """All sites, worst gap first."""
    now = desk.clock()
    return _json(fleet_answer(look_at_fleet(desk, now, request.state.viewer), desk.targets[0].id, now))


def get_site(desk: Desk, request: Request) -> Response:
    """One site: its facts, its gap to every target set, its latest summaries."""
    view = look_at_site(desk, request.path_params["id"], desk.clock())
    known = view.standing.known
    return _json(
        SiteDetail(
            made_at=view.now,
            standing=site_answer(view.standing),
            site=known.site,
            contract=known.contract,
            enrolled_at=known.enrolled_at,
            agent_state=known.agent_state,
            gaps=tuple(map(gap_answer, view.standing.gaps)),
            weeks=view.weeks,
            days=view.days,
            hours=view.hours,
            chain=view.chain,
        )
    )


def get_health(desk: Desk, request: Request) -> Response:
    """Whether the collector runs and its database answers."""
    desk.store.ping()
    return _json(Health("ok", version("bandgap")))


def _json(answer: object) -> Response:
    return Response(msgspec.json.encode(answer), media_type="application/json")
