"""One site as viewers look at it, read from the store at the moment they ask; and whether all is well.

The JSON endpoint and the page of a site are two layouts of what is found here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.answers import ChainAnswer, Health, chain_answer
from collector.desk import Desk
from collector.fleet import Standing, standing
from reports.periods import hour_of
from reports.summaries import Summary
from reports.targets import worded
from reports.wording import say

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


def look_at_site(desk: Desk, site_id: str, now: datetime) -> SiteView:
    """Raises HTTPException 404 when no such site is enrolled."""
    known = desk.store.site(site_id)
    if known is None:
        raise HTTPException(404, say("No site is enrolled under this id."))
    weeks = desk.store.recent(known.key, "week", now, WEEKS_SHOWN)
    this_hour = hour_of(now).starts_at
    return SiteView(
        now,
        standing(
            known,
            weeks,
            tuple(map(worded, desk.targets)),
            desk.settings.evidence,
            now=now,
            silent_after_s=desk.settings.fleet.silent_after,
        ),
        tuple(weeks),
        tuple(desk.store.recent(known.key, "day", now, DAYS_SHOWN)),
        tuple(desk.store.hours(known.key, [this_hour - timedelta(hours=n) for n in range(HOURS_SHOWN + 1)])),
        chain_answer(desk.store.chain(known.key)),
    )


def get_health(desk: Desk, request: Request) -> Response:
    """Whether the collector runs and its database answers."""
    desk.store.ping()
    return Response(msgspec.json.encode(Health("ok", version("bandgap"))), media_type="application/json")
