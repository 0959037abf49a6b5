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
from urllib.parse import quote

from sqlalchemy import select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.desk import Desk
from collector.engine import reading
from collector.people import api_tokens, register, sessions
from collector.people.forms import FORM, SESSION, Here
from collector.people.roles import ANYBODY, Viewer
from collector.reference import ANY, HTML, Endpoint
from collector.tables import sites
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

    def open_to_all(self) -> bool:
        """Whether whoever comes is let in without signing in."""
        return not self.closed() and (self.desk.settings.people.open or not self.exposed)

    def admit(self, one: Endpoint, request: Request) -> None:
        """Notes who asks in ``request.state``. Raises HTTPException or SignInFirst when it isn't for them."""
        here = request.state.here = self.here
        secret = here.cookie(request, SESSION)
        request.state.secret = secret or here.cookie(request, FORM)
        request.state.viewer = None
        if one.needs == "site":
            return
        viewer = self._by_token(one, request) or (self._by_session(secret) if secret else None)
        if viewer is None and self.open_to_all():
            viewer = ANYBODY
        request.state.viewer = viewer
        if one.needs == "anyone":
            return
        if viewer is None:
            raise self._nobody(one, request)
        if not viewer.is_(one.needs):
            raise HTTPException(403, self._too_little(viewer))
        if request.method not in ("GET", "HEAD") and not here.from_here(request):
            raise HTTPException(403, say("This was sent by another site."))
        if OF_A_SITE in one.path and not self._sees(viewer, request.path_params["id"]):
            raise HTTPException(404, say("No site is enrolled under this id."))

    def _by_session(self, secret: str) -> Viewer | None:
        return sessions.viewer(self.desk.engine, self.desk.settings.people, secret, self.desk.clock())

    def _by_token(self, one: Endpoint, request: Request) -> Viewer | None:
        """Who asks with an API token; a token that isn't good for this is refused, whatever cookie is
        there."""
        token = bearer_token(request.headers.get("authorization"))
        if token is None or one.needs == "anyone":
            return None
        found = api_tokens.viewer(self.desk.engine, token, self.desk.clock())
        if found is None:
            raise HTTPException(
                401,
                say("The token isn't an API token of this collector, or has ended."),
                {"WWW-Authenticate": 'Bearer realm="bandgap", error="invalid_token"'},
            )
        viewer, scopes = found
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

    def _nobody(self, one: Endpoint, request: Request) -> Exception:
        if not self.closed():
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

    def _sees(self, viewer: Viewer, site_id: str) -> bool:
        if viewer.places is None:
            return True
        with reading(self.desk.engine) as connection:
            row = connection.execute(select(sites.c.place).where(sites.c.id == site_id)).first()
        return row is not None and viewer.sees(row.place)


def to_sign_in(fault: SignInFirst) -> Response:
    """Sends a person to the sign-in page, and from there to what was wanted."""
    wanted = "" if fault.wanted == "/" else f"?next={quote(fault.wanted, safe='')}"
    return RedirectResponse(f"/sign-in{wanted}", 303)
