"""Every address of the collector, in one table.

From it are made the routes that answer and the OpenAPI document that describes them, so that neither
can have what the other lacks. The throughput-test endpoint brings its own routes.
"""

from __future__ import annotations

from collector.answers import Health, SiteDetail
from collector.api.answering import BAD, PAGED, SITES_ASKED
from collector.api.exports import CSV, GEOJSON, PARQUET, get_sites_csv, get_sites_geojson, get_sites_parquet
from collector.api.fleet import (
    BY_KEY,
    CircuitsAnswer,
    FleetAnswer,
    PlaceDetail,
    PlacesAnswer,
    get_circuits,
    get_fleet,
    get_place,
    get_places,
)
from collector.api.metrics import get_metrics
from collector.api.series import SERIES_ASKED, SERIES_BAD, get_series, get_series_csv
from collector.api.sites import SitesAnswer, get_site, get_sites
from collector.ingest import Ingest
from collector.looking import get_health
from collector.pages import get_docs_page, get_style
from collector.people.endpoints import PEOPLE_ENDPOINTS
from collector.policies.answering import PolicyAnswer, get_policy
from collector.reference import ANY, CSS, HTML, TEXT, Endpoint, Parameter, get_document
from collector.series import SeriesAnswer
from collector.views.contracts import get_contracts_page
from collector.views.districts import get_district_page, get_districts_page
from collector.views.downloads import REPORT_ASKED, get_downloads_page, get_report
from collector.views.map import get_map_page
from collector.views.overview import get_overview_page
from collector.views.school import get_site_page
from collector.views.table import get_silent_page, get_sites_page
from reports.wire import Receipt, Upload

SERIES = Endpoint(
    "GET",
    "/v1/sites/{id}/series",
    get_series,
    answer=SeriesAnswer,
    tagged=True,
    query=SERIES_ASKED,
    problems=SERIES_BAD,
    scope="read:sites",
)
"""The one that may go a short way (``collector/short_read.py``)."""

ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/summaries",
        Ingest,
        body=Upload,
        answer=Receipt,
        needs="site",
        problems={
            400: "The body is not JSON, or not the gzip or zstd it is said to be.",
            401: "No token, or one that isn't this collector's.",
            403: "The token is another site's.",
            408: "The body took too long to arrive.",
            413: "The body is too large, as sent or once unpacked.",
            415: "A media type or encoding that isn't known here.",
            422: "A field is missing or wrong; the member field names it.",
            429: "Too many uploads of this site or address, or of all; Retry-After says how long to wait.",
            503: "The database can't be written; nothing was stored.",
        },
    ),
    Endpoint("GET", "/", get_overview_page, media=HTML),
    Endpoint("GET", "/sites", get_sites_page, media=HTML, query={**SITES_ASKED, **PAGED}),
    Endpoint("GET", "/sites/{id}", get_site_page, media=HTML, problems={404: "There is no such site."}),
    Endpoint("GET", "/districts", get_districts_page, media=HTML),
    Endpoint(
        "GET",
        "/districts/{id}",
        get_district_page,
        media=HTML,
        query={**SITES_ASKED, **PAGED},
        problems={404: "There is no such district."},
    ),
    Endpoint("GET", "/map", get_map_page, media=HTML),
    Endpoint("GET", "/silent", get_silent_page, media=HTML, query=PAGED),
    Endpoint("GET", "/contracts", get_contracts_page, media=HTML),
    Endpoint("GET", "/downloads", get_downloads_page, media=HTML, query={"place": REPORT_ASKED["place"]}),
    Endpoint(
        "GET",
        "/downloads/report",
        get_report,
        media=ANY,
        query=REPORT_ASKED,
        problems={
            404: "There is no such district or state.",
            422: "There is no such period, format or language, or the format takes what isn't installed.",
            429: "As many reports as may be are being made; Retry-After says how long to wait.",
        },
        scope="read:fleet",
    ),
    Endpoint("GET", "/v1/fleet", get_fleet, answer=FleetAnswer, tagged=True, scope="read:fleet"),
    Endpoint(
        "GET",
        "/v1/sites",
        get_sites,
        answer=SitesAnswer,
        tagged=True,
        query={**SITES_ASKED, **PAGED},
        problems=BAD,
        scope="read:sites",
    ),
    Endpoint(
        "GET", "/v1/sites.csv", get_sites_csv, media=CSV, query=SITES_ASKED, problems=BAD, scope="read:sites"
    ),
    Endpoint(
        "GET",
        "/v1/sites.geojson",
        get_sites_geojson,
        media=GEOJSON,
        query=SITES_ASKED,
        problems=BAD,
        scope="read:sites",
    ),
    Endpoint(
        "GET",
        "/v1/sites.parquet",
        get_sites_parquet,
        media=PARQUET,
        query=SITES_ASKED,
        problems={**BAD, 501: "The collector has no library for it."},
        scope="read:sites",
    ),
    Endpoint(
        "GET",
        "/v1/sites/{id}",
        get_site,
        answer=SiteDetail,
        tagged=True,
        problems={404: "No site is enrolled under this id."},
        scope="read:sites",
    ),
    SERIES,
    Endpoint(
        "GET",
        "/v1/sites/{id}/series.csv",
        get_series_csv,
        media=CSV,
        query=SERIES_ASKED,
        problems=SERIES_BAD,
        scope="read:sites",
    ),
    Endpoint(
        "GET",
        "/v1/places",
        get_places,
        answer=PlacesAnswer,
        tagged=True,
        query=BY_KEY,
        problems=BAD,
        scope="read:fleet",
    ),
    Endpoint(
        "GET",
        "/v1/places/{kind}/{id}",
        get_place,
        answer=PlaceDetail,
        tagged=True,
        problems={404: "There is no place of this kind and id."},
        scope="read:fleet",
    ),
    Endpoint(
        "GET",
        "/v1/circuits",
        get_circuits,
        answer=CircuitsAnswer,
        tagged=True,
        query=BY_KEY,
        problems=BAD,
        scope="read:fleet",
    ),
    Endpoint(
        "GET",
        "/metrics",
        get_metrics,
        media=TEXT,
        query={"sites": Parameter("1 for a series of each site", {"type": "string", "enum": ["1"]})},
        scope="read:metrics",
    ),
    Endpoint(
        "GET",
        "/healthz",
        get_health,
        answer=Health,
        needs="anyone",
        problems={503: "The database doesn't answer."},
    ),
    Endpoint("GET", "/openapi.json", get_document, needs="anyone"),
    Endpoint("GET", "/docs", get_docs_page, media=HTML, needs="anyone"),
    Endpoint("GET", "/static/collector.css", get_style, media=CSS, needs="anyone"),
    Endpoint(
        "GET",
        "/v1/policy",
        get_policy,
        answer=PolicyAnswer,
        needs="site",
        problems={401: "No token, or one that isn't this collector's."},
    ),
    *PEOPLE_ENDPOINTS,
)
