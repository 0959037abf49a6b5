"""Addresses for people to come in by, for administrators, and for gateways that ask for a token."""

from __future__ import annotations

from collector.people.admin_pages import get_audit, get_people, post_people
from collector.people.enrolling import CodeSent, TokenGiven, post_enrol, post_token
from collector.people.public_page import get_public
from collector.people.sign_in_pages import (
    get_account,
    get_back,
    get_provider,
    get_sign_in,
    post_password,
    post_sign_in,
    post_sign_out,
)
from collector.reference import HTML, Endpoint

FORM = {
    400: "The form can't be read.",
    413: "The form is too large.",
    415: "The body isn't a form.",
}
PROVIDER = {404: "There is no such provider.", 503: "Too many are signing in at this moment."}

PEOPLE_ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/enrol",
        post_enrol,
        body=CodeSent,
        answer=TokenGiven,
        needs="anyone",
        problems={
            400: "The connection ended before the body did.",
            403: "The code is unknown, was used before, or has ended.",
            408: "The body took too long to arrive.",
            413: "The body is too large.",
            415: "A media type or encoding that isn't known here.",
            422: "The body isn't an object with a code.",
            429: "Too many codes from this address were refused.",
        },
    ),
    Endpoint(
        "POST",
        "/v1/token",
        post_token,
        answer=TokenGiven,
        needs="site",
        problems={401: "No token, or one that isn't this collector's."},
    ),
    Endpoint("GET", "/sign-in", get_sign_in, media=HTML, needs="anyone"),
    Endpoint(
        "POST",
        "/sign-in",
        post_sign_in,
        media=HTML,
        needs="anyone",
        problems={
            **FORM,
            303: "Signed in, and on to what was wanted.",
            403: "Name or password is wrong, or the form isn't of this page.",
            429: "Too many tries from this address failed.",
            503: "Too many are signing in at this moment.",
        },
    ),
    Endpoint(
        "GET",
        "/sign-in/{provider}",
        get_provider,
        media=HTML,
        needs="anyone",
        problems={**PROVIDER, 303: "To the provider.", 502: "The provider can't be reached."},
    ),
    Endpoint(
        "GET",
        "/sign-in/{provider}/back",
        get_back,
        media=HTML,
        needs="anyone",
        problems={
            **PROVIDER,
            303: "Signed in, and on to what was wanted.",
            403: "The provider refused, or what it said isn't believed.",
        },
    ),
    Endpoint(
        "POST",
        "/sign-out",
        post_sign_out,
        media=HTML,
        needs="anyone",
        problems={**FORM, 303: "Signed out.", 403: "The form isn't of a page of this session."},
    ),
    Endpoint("GET", "/account", get_account, media=HTML),
    Endpoint(
        "POST",
        "/account",
        post_password,
        media=HTML,
        problems={
            **FORM,
            422: "The new password can't be one.",
            429: "Too many tries from this address failed.",
            503: "Too many are signing in at this moment.",
        },
    ),
    Endpoint("GET", "/people", get_people, media=HTML, needs="district_admin"),
    Endpoint(
        "POST",
        "/people",
        post_people,
        media=HTML,
        needs="district_admin",
        problems={
            **FORM,
            404: "There is no such person in one's own part of the tree.",
            422: "The person can't be added.",
            503: "Too many are signing in at this moment.",
        },
    ),
    Endpoint("GET", "/audit", get_audit, media=HTML, needs="district_admin"),
    Endpoint(
        "GET", "/public", get_public, media=HTML, needs="anyone", problems={404: "It isn't enabled here."}
    ),
)
