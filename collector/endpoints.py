"""Every address of the collector, in one table.

From it are made the routes that answer and the OpenAPI document that describes them, so that neither
can have what the other lacks. The throughput-test endpoint brings its own routes.
"""

from __future__ import annotations

from collector.answers import FleetAnswer, Health, SiteDetail
from collector.ingest import post_summaries
from collector.looking import get_health, get_site, get_sites
from collector.pages import get_docs_page, get_fleet_page, get_site_page, get_style
from collector.policies.answering import PolicyAnswer, get_policy
from collector.reference import CSS, HTML, Endpoint, get_document
from reports.wire import Receipt, Upload

ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/summaries",
        post_summaries,
        body=Upload,
        answer=Receipt,
        token=True,
        problems={
            400: "The body is not JSON, or not the gzip it is said to be.",
            401: "No token, or one that isn't this collector's.",
            403: "The token is another site's.",
            408: "The body took too long to arrive.",
            413: "The body is too large, as sent or once unpacked.",
            415: "A media type or encoding that isn't known here.",
            422: "A field is missing or wrong; the member field names it.",
            503: "The database can't be written; nothing was stored.",
        },
    ),
    Endpoint("GET", "/v1/sites", get_sites, answer=FleetAnswer),
    Endpoint(
        "GET",
        "/v1/sites/{id}",
        get_site,
        answer=SiteDetail,
        problems={404: "No site is enrolled under this id."},
    ),
    Endpoint("GET", "/healthz", get_health, answer=Health, problems={503: "The database doesn't answer."}),
    Endpoint("GET", "/openapi.json", get_document),
    Endpoint("GET", "/docs", get_docs_page, media=HTML),
    Endpoint("GET", "/", get_fleet_page, media=HTML),
    Endpoint("GET", "/sites/{id}", get_site_page, media=HTML),
    Endpoint("GET", "/static/collector.css", get_style, media=CSS),
    Endpoint(
        "GET",
        "/v1/policy",
        get_policy,
        answer=PolicyAnswer,
        token=True,
        problems={401: "No token, or one that isn't this collector's."},
    ),
)
