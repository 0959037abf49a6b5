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


def look_at_site(desk: Desk, site_id: str, now: datetime, weeks: int = WEEKS_SHOWN) -> SiteView:
    """Raises HTTPException 404 when no such site is enrolled. The gate has minded whose it is."""
    this_hour = hour_of(now).starts_at
    with desk.store.moment() as store:
        known = store.site(site_id) if "\0" not in site_id else None
        if known is None:
            raise HTTPException(404, say("No site is enrolled under this id."))
        came = store.recent(known.key, "week", now, weeks)
        days = store.recent(known.key, "day", now, DAYS_SHOWN)
        hours = store.hours(known.key, [this_hour - timedelta(hours=n) for n in range(HOURS_SHOWN + 1)])
        chain = store.chain(known.key)
    return SiteView(
        now,
        standing(
            known,
            came,
            tuple(map(worded, desk.targets)),
            desk.settings.evidence,
            now=now,
            silent_after_s=desk.settings.fleet.silent_after,
        ),
        tuple(came),
        tuple(days),
        tuple(hours),
        chain_answer(chain),
    )


def get_health(desk: Desk, request: Request) -> Response:
    """Whether the collector runs and its database answers."""
    desk.store.ping()
    return Response(msgspec.json.encode(Health("ok", version("bandgap"))), media_type="application/json")
