"""Lets in whom an address is for, and says why to everybody else.

What an address needs stands in the table of addresses (``collector/endpoints.py``). People come with a
session's cookie, programs with an API token that has the address's scope. A site outside of the asker's part
of the tree is answered like one that doesn't exist, for every address that begins with one, so that no page
can forget it; what lists many sites asks ``request.state.viewer``.

While nobody has ever been added and ``[people] enabled`` isn't set, the pages are open where this machine
alone reaches them, and closed elsewhere unless ``[people] open`` says otherwise: uploads go on, and nothing
is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from sqlalchemy import Update
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.desk import Desk
from collector.engine import reading, writing
from collector.people import api_tokens, register, sessions
from collector.people.forms import FORM, SESSION, Here
from collector.people.papers import Found, Papers, look_up, of_secret, of_token
from collector.people.roles import ANYBODY, Viewer
from collector.reference import ANY, HTML, Endpoint
from collector.tokens import bearer_token
from reports.wording import later, say

OF_A_SITE = "/sites/{id}"

NOBODY_YET = later(
    "Nobody can sign in yet. `bandgap collector person add NAME` on the collector's machine makes the first "
    "account; `open = true` under [people] in collector.toml shows the pages to whoever reaches this address."
)


class SignInFirst(Exception):
    """A person has to sign in, and is sent to where that is done."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted


@dataclass(frozen=True, slots=True)
class Gate:
    """What decides for one collector. ``exposed`` says whether others than this machine reach it."""

    desk: Desk
    exposed: bool = False

    @property
    def here(self) -> Here:
        return Here(self.desk.settings.listen.url)

    def closed(self) -> bool:
        """Whether one has to sign in."""
        if self.desk.settings.people.enabled:
            return True
        with reading(self.desk.engine) as connection:
            return register.closed(connection)

    def admit(self, one: Endpoint, request: Request) -> None:
        """Notes who asks in ``request.state``. Raises HTTPException or SignInFirst when it isn't for them."""
        shown = self.shown(one, request)
        if one.needs == "site":
            return
        with reading(self.desk.engine) as connection:
            found = look_up(connection, shown)
        noted = self.noting(shown, found)
        if noted is not None:
            with writing(self.desk.engine) as connection:
                connection.execute(noted)
        self.judge(one, request, shown, found)

    def shown(self, one: Endpoint, request: Request) -> Papers:
        """What a request shows of whoever asks."""
        here = request.state.here = self.here
        secret = here.cookie(request, SESSION)
        request.state.secret = secret or here.cookie(request, FORM)
        request.state.viewer = None
        site: str | None = request.path_params["id"] if OF_A_SITE in one.path else None
        if site is not None and "\0" in site:
            site = None  # no text in a database has one
        token = bearer_token(request.headers.get("authorization")) if one.needs != "anyone" else None
        return of_secret(secret, site) if token is None else of_token(token, site)

    def noting(self, shown: Papers, found: Found) -> Update | None:
        """What notes that a token or a session is used; None where that is noted already."""
        at, settings = self.desk.clock(), self.desk.settings.people
        noted = api_tokens.noting(found, at)
        return sessions.noting(shown, found, settings, at) if noted is None else noted

    def judge(self, one: Endpoint, request: Request, shown: Papers, found: Found) -> None:
        """Decides by what was found. Raises as ``admit``."""
        at, settings = self.desk.clock(), self.desk.settings.people
        viewer = self._bearer(one, found, at) if shown.bearer else sessions.person(found, settings, at)
        shut = settings.enabled or found.closed is not None
        if viewer is None and not shut and (settings.open or not self.exposed):
            viewer = ANYBODY
        request.state.viewer = viewer
        if one.needs == "anyone":
            return
        if viewer is None:
            raise self._nobody(one, request, shut=shut)
        if not viewer.is_(one.needs):
            raise HTTPException(403, self._too_little(viewer))
        if request.method not in ("GET", "HEAD") and not self.here.from_here(request):
            raise HTTPException(403, say("This was sent by another site."))
        if OF_A_SITE in one.path and not _sees(viewer, found):
            raise HTTPException(404, say("No site is enrolled under this id."))

    def _bearer(self, one: Endpoint, found: Found, at: datetime) -> Viewer:
        """Who asks with an API token; a token that isn't good for this is refused, whatever cookie is
        there."""
        holder = api_tokens.bearer(found, at)
        if holder is None:
            raise HTTPException(
                401,
                say("The token isn't an API token of this collector, or has ended."),
                {"WWW-Authenticate": 'Bearer realm="bandgap", error="invalid_token"'},
            )
        viewer, scopes = holder
        if one.scope is None or one.scope not in scopes:
            needed = f', scope="{one.scope}"' if one.scope else ""
            raise HTTPException(
                403,
                say('The API token lacks the scope "{scope}".', scope=one.scope)
                if one.scope
                else say("This isn't for API tokens."),
                {"WWW-Authenticate": f'Bearer realm="bandgap", error="insufficient_scope"{needed}'},
            )
        return viewer

    def _nobody(self, one: Endpoint, request: Request, *, shut: bool) -> Exception:
        if not shut:
            return HTTPException(403, say(NOBODY_YET))
        if one.media in (HTML, ANY) and request.method == "GET":
            query = f"?{request.url.query}" if request.url.query else ""
            return SignInFirst(f"{request.url.path}{query}")
        return HTTPException(
            401,
            say("Sign in, or send an API token."),
            {"WWW-Authenticate": 'Bearer realm="bandgap"'},
        )

    def _too_little(self, viewer: Viewer) -> str:
        if viewer is ANYBODY:
            return say(NOBODY_YET)
        return say(
            "Your role doesn't reach this far; a state's or district's administrator can give you another."
        )


def _sees(viewer: Viewer, found: Found) -> bool:
    return viewer.places is None or (found.site is not None and viewer.sees(found.place))


def to_sign_in(fault: SignInFirst) -> Response:
    """Sends a person to the sign-in page, and from there to what was wanted."""
    wanted = "" if fault.wanted == "/" else f"?next={quote(fault.wanted, safe='')}"
    return RedirectResponse(f"/sign-in{wanted}", 303)
