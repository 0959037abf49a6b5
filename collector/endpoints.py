"""Every address of the collector, in one table.

From it are made the routes that answer and the OpenAPI document that describes them, so that neither
can have what the other lacks. The throughput-test endpoint brings its own routes.
"""

from __future__ import annotations

from collector.answers import FleetAnswer, Health, SiteDetail
from collector.ingest import Ingest
from collector.looking import get_health, get_site, get_sites
from collector.pages import get_docs_page, get_fleet_page, get_site_page, get_style
from collector.people.endpoints import PEOPLE_ENDPOINTS
from collector.policies.answering import PolicyAnswer, get_policy
from collector.reference import CSS, HTML, Endpoint, get_document
from reports.wire import Receipt, Upload

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
    Endpoint("GET", "/v1/sites", get_sites, answer=FleetAnswer, scope="read:sites"),
    Endpoint(
        "GET",
        "/v1/sites/{id}",
        get_site,
        answer=SiteDetail,
        scope="read:sites",
        problems={404: "No site is enrolled under this id."},
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
    Endpoint("GET", "/", get_fleet_page, media=HTML),
    Endpoint("GET", "/sites/{id}", get_site_page, media=HTML),
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
