"""Cookies, and forms that only our own pages can have sent.

A form is taken when the browser says that it comes from here (Origin, Sec-Fetch-Site) and when it carries the
token that goes with the cookie: a digest of the cookie's secret, which no other site can read. Cookies are
HttpOnly and SameSite=Lax; over TLS they are Secure and their names begin with ``__Host-``, so that no other
host of the same domain can set them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from reports.wording import say

SESSION, FORM, ROUND_TRIP = "bandgap-session", "bandgap-form", "bandgap-sign-in"
"""Cookies: of who is signed in, of who isn't yet, and of a browser that is at a provider's meanwhile."""

TOKEN_FIELD = "form"  # noqa: S105  # a field's name
MOST_BYTES, MOST_FIELDS = 16_384, 40


@dataclass(frozen=True, slots=True)
class Here:
    """Where we are for browsers: ``url`` is what collector.toml says, None for what the request says."""

    url: str | None = None

    def base(self, request: Request) -> str:
        """Scheme and host, as an Origin header has them."""
        if self.url:
            parts = urlsplit(self.url)
            return f"{parts.scheme}://{parts.netloc}"
        return f"{request.url.scheme}://{request.headers.get('host', '')}"

    def secure(self, request: Request) -> bool:
        return self.base(request).startswith("https://")

    def cookie(self, request: Request, name: str) -> str | None:
        found = request.cookies
        return found.get(self._named(request, name)) if found else None

    def set_cookie(
        self, request: Request, answer: Response, name: str, value: str, max_age_s: int | None = None
    ) -> None:
        answer.set_cookie(
            self._named(request, name),
            value,
            max_age=max_age_s,
            path="/",
            secure=self.secure(request),
            httponly=True,
            samesite="lax",
        )

    def drop_cookie(self, request: Request, answer: Response, name: str) -> None:
        answer.delete_cookie(
            self._named(request, name), path="/", secure=self.secure(request), httponly=True, samesite="lax"
        )

    def _named(self, request: Request, name: str) -> str:
        return f"__Host-{name}" if self.secure(request) else name

    def from_here(self, request: Request) -> bool:
        """Whether no browser says that another site sent this."""
        origin = request.headers.get("origin")
        fetched = request.headers.get("sec-fetch-site")
        return origin in (None, self.base(request)) and fetched in (None, "same-origin")


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def derived(secret: str, purpose: str) -> str:
    """Another secret that goes with this one and doesn't tell it."""
    digest = hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def form_token(secret: str) -> str:
    return derived(secret, "form")


async def read_form(here: Here, request: Request, secret: str | None) -> dict[str, str]:
    """The fields of a form from one of our pages. Raises HTTPException when it isn't one.

    ``secret`` is that of the cookie which the page's form token goes with.
    """
    if not here.from_here(request):
        raise HTTPException(403, _foreign(here))
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/x-www-form-urlencoded":
        raise HTTPException(415, say("This address takes a form."))
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                raise HTTPException(413, say("The form is too large."))
    except ClientDisconnect:
        raise HTTPException(400, say("The connection ended before the form did.")) from None
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise HTTPException(400, say("The form can't be read.")) from None
    sent = fields.pop(TOKEN_FIELD, "")
    if secret is None or not hmac.compare_digest(sent.encode(), form_token(secret).encode()):
        raise HTTPException(
            403, say("The form is out of date: go back, load its page again, and send it anew.")
        )
    return fields


def _foreign(here: Here) -> str:
    told = say("This form was sent by another site.")
    if here.url:
        return told
    hint = say("If it was this one, set listen.url to the address that browsers see.")
    return f"{told} {hint}"
