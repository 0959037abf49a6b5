"""Which language a page is in, and how people change it.

It is the one that the address asks for (``?lang=es``), which is kept in a cookie for the pages after it; else
the cookie's; else the one that the browser prefers (Accept-Language, RFC 9110, 12.5.4); else the settings'.
What programs ask for is in English always. Each page says what it was chosen by (Vary), and one that sets the
cookie is kept by nobody, so that no cache hands a page to a reader of another language.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.people.forms import Here
from reports.languages import LANGUAGES, spoken
from reports.wording import Language, language

ASKED, COOKIE, KEPT_S = "lang", "bandgap-language", 365 * 86_400
NAMES: dict[Language, str] = {"en": "English", "es": "Español"}
"""Each language's name, in itself."""

_QUERY: ContextVar[str] = ContextVar("query", default="")


@dataclass(frozen=True, slots=True)
class Switch:
    """A link to the same page in another language: relative, so that it stays at this address."""

    language: Language
    name: str
    address: str


class Speaking:
    """An application whose pages are in the language of whoever asks; ``plain`` paths are for programs."""

    def __init__(self, app: ASGIApp, here: Here, default: Language, plain: Sequence[str]) -> None:
        self._app = app
        self._here = here
        self._default = default
        self._plain = tuple(plain)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._plain):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        asked = known(request.query_params.get(ASKED))
        found = (
            asked
            or known(self._here.cookie(request, COOKIE))
            or preferred(request.headers.get("accept-language", ""))
            or self._default
        )

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._told(request, Headers(raw=message["headers"]), found, asked)
            await send(message)

        _QUERY.set(scope["query_string"].decode("latin-1"))
        with spoken(found):
            await self._app(scope, receive, told)

    def _told(
        self, request: Request, headers: Headers, found: Language, asked: Language | None
    ) -> list[tuple[bytes, bytes]]:
        """The headers of an answer, with what it was chosen by and the cookie that keeps what was asked."""
        said = MutableHeaders(raw=list(headers.raw))
        if said.get("content-type", "").startswith("text/html"):
            said.setdefault("Content-Language", found)
            said.add_vary_header("Accept-Language, Cookie")
        if asked:
            kept = Response()
            self._here.set_cookie(request, kept, COOKIE, asked, KEPT_S)
            said.append("Set-Cookie", kept.headers["set-cookie"])
            said["Cache-Control"] = "no-store"
        return said.raw


def known(text: str | None) -> Language | None:
    """A language that we speak, by its name."""
    return next((one for one in LANGUAGES if one == text), None)


def preferred(accepted: str) -> Language | None:
    """The language that a browser likes best of ours, the first of equals; None where it names none."""
    best: tuple[float, Language] | None = None
    for part in accepted[:1000].split(","):
        name, _, weight = part.partition(";")
        found = known(name.strip().lower().partition("-")[0])
        quality = _quality(weight)
        if found and quality > (best[0] if best else 0.0):
            best = quality, found
    return best[1] if best else None


def switches() -> list[Switch]:
    """The page that is being made, in each of the other languages."""
    said = [pair for pair in parse_qsl(_QUERY.get(), keep_blank_values=True) if pair[0] != ASKED]
    return [
        Switch(one, NAMES[one], f"?{urlencode([*said, (ASKED, one)])}")
        for one in LANGUAGES
        if one != language()
    ]


def _quality(weight: str) -> float:
    """A quality value: `;q=0.8`, 1 where there is none, 0 where it is no such value."""
    if not weight.strip():
        return 1.0
    name, _, value = weight.partition("=")
    digits = value.strip()
    if name.strip().lower() != "q" or not digits.replace(".", "", 1).isdecimal() or not digits.isascii():
        return 0.0
    return min(float(digits), 1.0)
