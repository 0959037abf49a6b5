"""What Prometheus is told: how many sites stand how, what they lack, and what the collector was asked for.

A series a site is given only where it is asked for (``/metrics?sites=1``): a hundred thousand of them would
be another database. Text format 0.0.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import Response

from collector.desk import Desk
from collector.standings.asked import STATE_SLUGS, Asked
from collector.standings.board import board_of
from collector.standings.reading import as_of, every, totals
from collector.standings.scope import scope_of
from collector.standings.tables import standings
from collector.tables import circuits, places, sites

FORMAT = "text/plain; version=0.0.4; charset=utf-8"
HOURS = (1, 24)


def kind_of(path: str) -> str:
    """What is asked for at a path: one of ``collector.tally.KINDS``."""
    return "upload" if path == "/v1/summaries" else "read" if path.startswith("/v1/") else "page"


def get_metrics(desk: Desk, request: Request) -> Response:
    """The collector's figures for Prometheus."""
    return Response("\n".join(_lines(desk, request)) + "\n", media_type=FORMAT)


def _lines(desk: Desk, request: Request) -> Iterator[str]:
    scope, now = scope_of(request), desk.clock().timestamp()
    with board_of(request).open() as connection:
        found = totals(connection, scope)
        judged = as_of(connection)
        yield from _gauge("bandgap_sites", "Sites by how they stand against the first target set.")
        yield from (f'bandgap_sites{{state="{slug}"}} {found.of(slug)}' for slug in STATE_SLUGS)
        yield from _gauge("bandgap_shortfall_mbps", "What sites that are short lack together.")
        yield f"bandgap_shortfall_mbps {found.shortfall_mbps:.6g}"
        yield from _gauge(
            "bandgap_people_short", "People of short sites whom the line doesn't serve at target."
        )
        yield f"bandgap_people_short {found.people_short}"
        yield from _gauge("bandgap_sites_heard", "Sites that sent something within so many hours.")
        condition = scope.condition()
        for hours in HOURS:
            heard = select(func.count()).where(
                standings.c.heard_at >= int(now) - hours * 3600, *([] if condition is None else [condition])
            )
            yield f'bandgap_sites_heard{{hours="{hours}"}} {connection.execute(heard).scalar_one()}'
        if scope.everything:
            for name, table in (("sites_enrolled", sites), ("places", places), ("circuits", circuits)):
                count = connection.execute(select(func.count()).select_from(table)).scalar_one()
                yield from _gauge(f"bandgap_{name}", f"Rows of the registry: {name.replace('_', ' ')}.")
                yield f"bandgap_{name} {count}"
        yield from _gauge("bandgap_judged_timestamp_seconds", "When the sites were last looked through.")
        yield f"bandgap_judged_timestamp_seconds {judged.timestamp() if judged else 'NaN'}"
        if request.query_params.get("sites") == "1":
            yield from _gauge(
                "bandgap_site_share_met", "The share of the first target that a site's line meets."
            )
            yield from (
                f'bandgap_site_share_met{{site="{row.id}",state="{row.state}"}} {row.share_met:.6g}'
                for row in every(connection, scope, Asked())
                if row.share_met is not None
            )
    yield "# HELP bandgap_requests_total Requests that the collector has answered."
    yield "# TYPE bandgap_requests_total counter"
    for kind, status, count in desk.tally.answers():
        yield f'bandgap_requests_total{{kind="{kind}",status="{status}"}} {count}'
    yield from _gauge("bandgap_collector_info", "The version that runs.")
    yield f'bandgap_collector_info{{version="{version("bandgap")}"}} 1'


def _gauge(name: str, words: str) -> Iterator[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} gauge"
