"""Sites for programs: one, or a page of them as they are asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.answers import GapAnswer, SiteDetail, gap_answer, site_answer
from collector.api.answering import answered, asked_of, turns
from collector.desk import Desk
from collector.fleet import State
from collector.looking import look_at_site
from collector.standings.board import board_of
from collector.standings.judged import SLUGS, WORDS
from collector.standings.reading import Stand, as_of, part, totals
from collector.standings.scope import scope_of

SITE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class SiteAmongSites:
    """How one site stands against the first target set, in the week that is named.

    Figures are null where there is no evidence. ``share_before`` is the share met in the week before,
    ``utilisation`` the 95th percentile of demand over what is delivered, in the direction that is fuller.
    """

    id: str
    name: str
    state: State
    week: str | None
    gap: GapAnswer | None
    heard_at: datetime | None
    agent: str | None
    district: str | None
    district_id: str | None
    share_before: float | None
    shortfall_down_mbps: float | None
    shortfall_up_mbps: float | None
    people_short: int | None
    utilisation: float | None
    coverage: float | None
    provider: str | None
    contract_ends_on: date | None
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class SitesAnswer:
    """A page of sites, the worst gap first unless another order is asked for, and what all that are asked for
    come to. Links to further pages are in the header Link."""

    made_at: datetime
    target: str
    counts: dict[State, int]
    shortfall_mbps: float
    people_short: int
    sites: tuple[SiteAmongSites, ...]


def get_sites(desk: Desk, request: Request) -> Response:
    """Sites, worst gap first, or as they are asked for."""
    asked, scope = asked_of(request), scope_of(request)
    with board_of(request).open() as connection:
        counted = totals(connection, scope, asked)
        many = counted.of(asked.state) if asked.state else counted.sites
        found = part(connection, scope, asked, many)
        made_at = as_of(connection) or desk.clock()
    answer = SitesAnswer(
        made_at,
        desk.targets[0].id,
        {word: counted.of(slug) for word, slug in SLUGS.items()},
        counted.shortfall_mbps,
        counted.people_short,
        tuple(map(among_sites, found.rows)),
    )
    return answered(request, answer, turns(asked, "/v1/sites", found.before, found.after))


def get_site(desk: Desk, request: Request) -> Response:
    """One site: its facts, its gap to every target set, its latest summaries."""
    site_id = request.path_params["id"]
    if not SITE_ID.fullmatch(site_id):
        raise HTTPException(404, "No site is enrolled under this id.")
    view = look_at_site(desk, site_id, desk.clock())
    known = view.standing.known
    return answered(
        request,
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
        ),
    )


def among_sites(row: Stand) -> SiteAmongSites:
    return SiteAmongSites(
        id=row.id,
        name=row.name,
        state=WORDS[row.state],
        week=row.week,
        gap=row.gap,
        heard_at=row.heard_at,
        agent=row.agent,
        district=row.district,
        district_id=row.district_id,
        share_before=row.share_before,
        shortfall_down_mbps=row.shortfall_down_mbps,
        shortfall_up_mbps=row.shortfall_up_mbps,
        people_short=row.people_short,
        utilisation=row.utilisation,
        coverage=row.coverage,
        provider=row.provider,
        contract_ends_on=row.contract_ends_on,
        lat=row.lat,
        lon=row.lon,
    )
