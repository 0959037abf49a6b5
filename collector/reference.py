"""What an endpoint is, and how all of them together read as an OpenAPI 3.1 document."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from collector.desk import Desk
from collector.people.roles import Needs
from collector.problems import MEDIA_TYPE, ProblemDocument
from reports.languages import LANGUAGES

Handler = Callable[[Desk, Request], Response | Awaitable[Response] | ASGIApp]

JSON, HTML, CSS, TEXT = "application/json", "text/html", "text/css", "text/plain"
ANY = "*/*"
"""A file of the format that is asked for; people get it, and its faults are pages."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a query, with its JSON schema."""

    words: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path. ``answer`` is the type of a success, ``problems`` what else may come, ``query``
    what may be asked. One that is ``tagged`` has ETags, and answers 304 to who has what it would say.

    The first line of the handler's docstring is its description. ``needs`` says for whom it is, ``scope``
    which scope lets an API token do it too; without one it is for people alone
    (``collector/people/gate.py``).
    """

    method: str
    path: str
    handler: Handler
    media: str = JSON
    body: type[Any] | None = None
    answer: type[Any] | None = None
    needs: Needs = "viewer"
    scope: str | None = None
    problems: Mapping[int, str] = field(default_factory=dict)
    query: Mapping[str, Parameter] = field(default_factory=dict)
    tagged: bool = False


IN_LANGUAGE = {
    "lang": Parameter(
        "The language of this page, and of those after it", {"type": "string", "enum": list(LANGUAGES)}
    )
}
"""What every page may be asked (``collector/languages.py``)."""

_SCHEMAS = "#/components/schemas/"

_NOT_LET_IN = {401: "Nobody is signed in, and no API token came.", 403: "This isn't for whoever asks."}
_SIGN_IN_FIRST = {303: "To the sign-in page, or on from there."}


def get_document(desk: Desk, request: Request) -> Response:
    """This interface as an OpenAPI 3.1 document."""
    return Response(msgspec.json.encode(request.app.state.document), media_type="application/json")


def document(endpoints: Sequence[Endpoint], others: Sequence[Route]) -> dict[str, Any]:
    """Describes the endpoints of the table in full, and other routes by path, method and purpose."""
    types = {t for one in endpoints for t in (one.body, one.answer) if t is not None} | {ProblemDocument}
    _, schemas = msgspec.json.schema_components(
        sorted(types, key=lambda t: t.__name__), ref_template=_SCHEMAS + "{name}"
    )
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = _unwrapped(schema["description"])
    paths: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    for route in others:
        for method in sorted((route.methods or set()) - {"HEAD"}):
            paths.setdefault(route.path, {})[method.lower()] = {
                "summary": "Throughput tests of the agents' lines (LibreSpeed's paths and parameters)",
                "responses": {
                    "200": {"description": "OK"},
                    **_problems({503: "As many tests as may run do."}),
                },
            }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "bandgap collector",
            "version": version("bandgap"),
            "description": "Receives the summaries of schools' gateways and shows how each school stands.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "site": {"type": "http", "scheme": "bearer", "description": "A site's token"},
                "script": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API token; the scope that it needs stands beside it",
                },
                "person": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-bandgap-session",
                    "description": "The session of a person who has signed in",
                },
            },
        },
    }


def _operation(one: Endpoint) -> dict[str, Any]:
    content = {one.media: {"schema": _reference(one.answer)} if one.answer else {}}
    problems = {**one.problems, **(_NOT_LET_IN if one.needs not in ("anyone", "site") else {})}
    if one.media in (HTML, ANY) and one.needs != "anyone" and one.method == "GET":
        problems |= _SIGN_IN_FIRST
    found: dict[str, Any] = {
        "summary": _unwrapped((one.handler.__doc__ or "").strip()),
        "responses": {"200": {"description": "OK", "content": content}, **_problems(problems, one.media)},
    }
    if one.tagged:
        found["responses"]["200"]["headers"] = {"ETag": {"required": True, "schema": {"type": "string"}}}
        found["responses"]["304"] = {"description": "What If-None-Match names is still so."}
    path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", one.path)
    ]
    asked = {**one.query, **(IN_LANGUAGE if one.media == HTML and one.method == "GET" else {})}
    query = [
        {"name": name, "in": "query", "description": each.words, "schema": dict(each.schema)}
        for name, each in asked.items()
    ]
    if path or query:
        found["parameters"] = [*path, *query]
    if one.body:
        found["requestBody"] = {"required": True, "content": {one.media: {"schema": _reference(one.body)}}}
    if one.needs == "site":
        found["security"] = [{"site": []}]
    elif one.needs != "anyone":
        found["security"] = [{"person": []}, *([{"script": [one.scope]}] if one.scope else [])]
    return found


def _problems(problems: Mapping[int, str], media: str = JSON) -> dict[str, Any]:
    """What else may come: a page to whom a page was due, a problem document to all others."""
    content = {HTML: {}} if media in (HTML, ANY) else {MEDIA_TYPE: {"schema": _reference(ProblemDocument)}}
    return {
        str(status): {
            "description": f"{HTTPStatus(status).phrase}. {words}",
            **({"content": content} if status >= 400 else {}),
        }
        for status, words in problems.items()
    }


def _reference(kind: type[Any]) -> dict[str, str]:
    return {"$ref": _SCHEMAS + kind.__name__}


def _unwrapped(text: str) -> str:
    """A docstring as running text, paragraphs kept."""
    return re.sub(r"(?<!\n)\n[ ]*(?!\n)", " ", re.sub(r"[ ]+\n", "\n", text)).strip()
