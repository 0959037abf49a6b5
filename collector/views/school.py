"""One school's page: its verdict, its weeks as lines, its busy hours, its forecast, what the gap costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select
from starlette.requests import Request
from starlette.responses import Response

from collector.desk import Desk
from collector.engine import reading
from collector.looking import WEEKS_SHOWN, SiteView, look_at_site
from collector.packed import columns
from collector.pages import page
from collector.series import WEEK_S, Asked, moment
from collector.tables import circuits, places, sites
from collector.views.weeks_chart import SIZES, weeks_chart
from reports.cost_settings import CostSettings, ErateSettings
from reports.costs import Finance, cost_to_close
from reports.heat import SHADES, Cell, HeatMap
from reports.outlook import ENOUGH_OF_A_WEEK, Outlook, WeekRates, one_way, outlook
from reports.outlook_words import course_lines
from reports.period_words import short_days
from reports.periods import SchoolHours, hour_of
from reports.shipped import shipped_prices
from reports.summaries import Summary

WEEKS_FORECAST = 160
"""About three years, as far as a site's own growth looks back."""
HEAT_WEEKS, BUSY = 4, "usage_p95_down_mbps"


def get_site_page(desk: Desk, request: Request) -> Response:
    """One site: verdict, the three numbers, gaps, weeks, busy hours, forecast and cost."""
    site_id, now = request.path_params["id"], desk.clock()
    view = look_at_site(desk, site_id, now, WEEKS_FORECAST)
    weeks, known = view.weeks, view.standing.known
    view = replace(view, weeks=weeks[:WEEKS_SHOWN])
    with reading(desk.engine) as connection:
        where = _where(connection, known.key)
    gap = view.standing.gap
    zone = ZoneInfo(known.site.timezone)
    hours = SchoolHours.of(known.site)
    delivered = gap.delivered.down_mbps if gap else None
    return page(
        "site.html",
        here="/sites",
        view=view,
        where=where,
        zone=zone,
        rule=desk.settings.evidence,
        charts=[chart for size in SIZES if (chart := weeks_chart(weeks[:53], gap, size))],
        heat=busy_hours(desk, view, hours, delivered),
        courses=course_lines(forecast(weeks, zone, delivered)),
        cost=cost_to_close(gap, known.contract, _finance()) if gap else None,
        as_of=now,
    )


def busy_hours(
    desk: Desk, view: SiteView, hours: SchoolHours, delivered_mbps: float | None
) -> HeatMap | None:
    """The fullest of each hour of the weekdays in the last weeks; None where no hour came."""
    ends = int(hour_of(view.now).starts_at.timestamp()) + 1
    asked = Asked("hour", (BUSY,), ends - HEAT_WEEKS * WEEK_S, ends)
    kept = desk.store.series(view.standing.known.key, asked)
    (rates,) = columns(len(kept.starts_at), kept.bodies, asked.figures)
    found: dict[tuple[int, int], tuple[float, datetime]] = {}
    for start, mbps in zip(map(moment, kept.starts_at), rates, strict=True):
        if mbps is not None:
            local = start.astimezone(hours.zone)
            key = local.weekday(), local.hour
            found[key] = max(found.get(key, (0.0, start)), (mbps, start))
    if not found:
        return None
    full = delivered_mbps or max(mbps for mbps, _ in found.values()) or 1.0
    rows = tuple(
        (day, tuple(_cell(found.get((n, hour)), hour, n, hours, full) for hour in range(24)))
        for n, day in enumerate(short_days())
    )
    return HeatMap(rows, full, of_capacity=bool(delivered_mbps))


def _cell(found: tuple[float, datetime] | None, hour: int, day: int, hours: SchoolHours, full: float) -> Cell:
    school = day in hours.days and hours.opens.hour <= hour < hours.closes.hour + bool(hours.closes.minute)
    if found is None:
        return Cell(hour, None, None, school)
    return Cell(hour, found[0], min(int(found[0] / full * SHADES), SHADES - 1), school)


def forecast(weeks: Sequence[Summary], zone: ZoneInfo, capacity_mbps: float | None) -> Outlook:
    """When the download fills the line, of weeks of which enough was counted."""
    rates = [
        WeekRates(week.starts_at.astimezone(zone).date(), week.usage_school.p95)
        for week in weeks
        if week.complete and (week.usage_school.coverage or 0.0) >= ENOUGH_OF_A_WEEK
    ]
    return outlook(one_way(rates, "down"), capacity_mbps)


def _where(connection: Connection, key: int) -> object:
    """The site's district and circuit, and how many sites share that."""
    shared = select(func.count()).where(sites.alias("other").c.circuit == sites.c.circuit).scalar_subquery()
    return connection.execute(
        select(
            places.c.id.label("district_id"),
            places.c.name.label("district"),
            circuits.c.id.label("circuit"),
            circuits.c.provider,
            circuits.c.contracted_down_mbps,
            circuits.c.contracted_up_mbps,
            circuits.c.ends_on,
            shared.label("shared"),
        )
        .select_from(
            sites.outerjoin(places, sites.c.place == places.c.key).outerjoin(
                circuits, sites.c.circuit == circuits.c.key
            )
        )
        .where(sites.c.key == key)
    ).one()


@cache
def _finance() -> Finance:
    """What is known of prices here; discount, construction and staff are told in a school's own report."""
    return Finance(CostSettings(), ErateSettings(), *shipped_prices())
