"""The pages by which people come in and go out: sign-in by password or provider, sign-out, their own
account."""

from __future__ import annotations

from urllib.parse import quote, unquote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.desk import Desk
from collector.engine import reading, writing
from collector.pages import page
from collector.people import passwords, register, sessions, tree
from collector.people.audit import Actor, actor
from collector.people.forms import (
    FORM,
    ROUND_TRIP,
    SESSION,
    Here,
    form_token,
    new_secret,
    read_form,
)
from collector.people.front_desk import FrontDesk
from collector.people.gate import NOBODY_YET, Gate
from collector.people.roles import Viewer
from collector.people.settings import LOOPBACK
from collector.people.single_sign_on import Provider, SignedIn
from collector.people.tables import people_places
from reports.faults import Fault
from reports.wording import capital, later, say

ROUND_TRIP_S = 600
"""How long a sign-in at a provider's may take."""

WRONG = later("Name or password is wrong.")
IN_CLEAR = later(
    "A password would travel in clear: sign in over https. Where a web server with TLS stands in front, name "
    "it in listen.proxies, and its address in listen.url."
)


def get_sign_in(desk: Desk, request: Request) -> Response:
    """Where people sign in."""
    return _sign_in_page(desk, request, _local(request.query_params.get("next")))


async def post_sign_in(desk: Desk, request: Request) -> Response:
    """Signs a person in by name and password."""
    here: Here = request.state.here
    if not _private(here, request):
        raise HTTPException(403, say(IN_CLEAR))
    fields = await read_form(here, request, here.cookie(request, FORM))
    wanted = _local(fields.get("next"))
    name, password = fields.get("name", ""), fields.get("password", "")
    front_desk: FrontDesk = request.app.state.front_desk
    key = await front_desk.person_with(desk.engine, name, password, _address(request))
    if key is None:
        return await run_in_threadpool(_sign_in_page, desk, request, wanted, say(WRONG), 403)
    return await run_in_threadpool(_let_in, desk, request, key, wanted)


def get_provider(desk: Desk, request: Request) -> Response:
    """Sends a person to a provider to sign in."""
    here: Here = request.state.here
    provider = _provider(request)
    secret = new_secret()
    front_desk: FrontDesk = request.app.state.front_desk
    try:
        with front_desk.asking_a_provider():
            answer = RedirectResponse(provider.begin(secret, _back(here, request, provider)), 303)
    except Fault as fault:
        return _sign_in_page(desk, request, "/", f"{_label(provider)}: {fault}.", 502)
    wanted = quote(_local(request.query_params.get("next")), safe="")
    here.set_cookie(request, answer, ROUND_TRIP, f"{secret}.{wanted}", ROUND_TRIP_S)
    return answer


def get_back(desk: Desk, request: Request) -> Response:
    """Where a provider sends people back to."""
    here: Here = request.state.here
    provider = _provider(request)
    secret, _, wanted = (here.cookie(request, ROUND_TRIP) or "").partition(".")
    front_desk: FrontDesk = request.app.state.front_desk
    try:
        with front_desk.asking_a_provider():
            signed_in = provider.finish(secret, _back(here, request, provider), request.query_params)
        key = _known(desk, provider, signed_in)
    except Fault as fault:
        answer = _sign_in_page(desk, request, "/", f"{_label(provider)}: {fault}.", 403)
    else:
        answer = _let_in(desk, request, key, _local(unquote(wanted)), provider)
    here.drop_cookie(request, answer, ROUND_TRIP)
    return answer


async def post_sign_out(desk: Desk, request: Request) -> Response:
    """Ends the session."""
    here: Here = request.state.here
    secret = here.cookie(request, SESSION)
    await read_form(here, request, secret)
    assert secret is not None
    await run_in_threadpool(_end, desk, secret)
    answer = RedirectResponse("/sign-in", 303)
    here.drop_cookie(request, answer, SESSION)
    return answer


def get_account(desk: Desk, request: Request) -> Response:
    """What a person may see here, and a new password."""
    return _account_page(desk, request)


async def post_password(desk: Desk, request: Request) -> Response:
    """Gives a person a new password; all other sessions end."""
    here: Here = request.state.here
    viewer: Viewer = request.state.viewer
    fields = await read_form(here, request, here.cookie(request, SESSION))
    old, new = fields.get("old", ""), fields.get("new", "")
    front_desk: FrontDesk = request.app.state.front_desk
    if await front_desk.person_with(desk.engine, viewer.who, old, _address(request)) != viewer.person:
        return await run_in_threadpool(
            _account_page, desk, request, say("The present password is wrong."), 403
        )
    if new != fields.get("again"):
        return await run_in_threadpool(_account_page, desk, request, say("The two new ones differ."), 422)
    try:
        kept = await front_desk.hashing(lambda: passwords.hashed(passwords.checked(new, viewer.who)))
    except Fault as fault:
        return await run_in_threadpool(_account_page, desk, request, f"{capital(str(fault))}.", 422)
    return await run_in_threadpool(_changed, desk, request, viewer, kept)


def _sign_in_page(desk: Desk, request: Request, wanted: str, said: str = "", status: int = 200) -> Response:
    here: Here = request.state.here
    gate: Gate = request.app.state.gate
    front_desk: FrontDesk = request.app.state.front_desk
    secret = here.cookie(request, FORM) or new_secret()
    answer = page(
        "people/sign_in.html",
        status=status,
        wanted=wanted,
        said=said,
        form_token=form_token(secret),
        providers=[(one.settings.id, _label(one)) for one in front_desk.providers.values()],
        nobody_yet=None if gate.closed() else say(NOBODY_YET),
        in_clear=None if _private(here, request) else say(IN_CLEAR),
    )
    here.set_cookie(request, answer, FORM, secret)
    return answer


def _let_in(
    desk: Desk, request: Request, key: int, wanted: str, provider: Provider | None = None
) -> Response:
    """Begins a session of its own, whatever cookie came, and ends the one that came."""
    here: Here = request.state.here
    now = desk.clock()
    with writing(desk.engine) as connection:
        sessions.end_stale(connection, desk.settings.people, now)
        if old := here.cookie(request, SESSION):
            sessions.end(connection, old)
        secret = sessions.begin(connection, key, "single sign-on" if provider else "session", now)
    answer = RedirectResponse(wanted, 303)
    here.set_cookie(request, answer, SESSION, secret)
    here.drop_cookie(request, answer, FORM)
    return answer


def _known(desk: Desk, provider: Provider, signed_in: SignedIn) -> int:
    """The person whom a provider has sent: added the first time, and each time with the role of today."""
    settings = provider.settings
    by = Actor(f"provider {settings.id}", "single sign-on")
    now = desk.clock()
    names = [settings.place] if settings.place else [f"district:{one}" for one in signed_in.districts]
    if not names and settings.place_claim and signed_in.role != "state_admin":
        raise Fault(say("this account is of no district: it has no {claim}", claim=settings.place_claim))
    with writing(desk.engine) as connection:
        places = tree.named(connection, names)
        key = register.known_as(connection, settings.issuer, signed_in.subject)
        if key is not None:
            register.change_role(connection, by, now, key, signed_in.role, places)
            return key
        return register.add(
            connection,
            by,
            now,
            f"{settings.id}/{signed_in.name}"[: register.LONGEST_NAME],
            signed_in.role,
            places,
            None,
            (settings.issuer, signed_in.subject),
        )


def _end(desk: Desk, secret: str) -> None:
    with writing(desk.engine) as connection:
        sessions.end(connection, secret)


def _changed(desk: Desk, request: Request, viewer: Viewer, kept: str) -> Response:
    here: Here = request.state.here
    now = desk.clock()
    assert viewer.person is not None
    with writing(desk.engine) as connection:
        register.set_password(connection, actor(viewer), now, viewer.who, kept)
        secret = sessions.begin(connection, viewer.person, "session", now)
    request.state.secret = secret
    answer = _account_page(desk, request, say("The password is changed, and all other sessions have ended."))
    here.set_cookie(request, answer, SESSION, secret)
    return answer


def _account_page(desk: Desk, request: Request, said: str = "", status: int = 200) -> Response:
    viewer: Viewer = request.state.viewer
    secret: str | None = request.state.secret
    return page(
        "people/account.html",
        status=status,
        viewer=viewer,
        said=said,
        places=_places(desk, viewer),
        form_token=form_token(secret) if secret else "",
        least=passwords.LEAST,
    )


def _places(desk: Desk, viewer: Viewer) -> tuple[str, ...]:
    with reading(desk.engine) as connection:
        return tree.words(connection, people_places, viewer.person) if viewer.person else ()


def _provider(request: Request) -> Provider:
    front_desk: FrontDesk = request.app.state.front_desk
    found = front_desk.providers.get(request.path_params["provider"])
    if found is None:
        raise HTTPException(404, say("There is no such provider."))
    return found


def _label(provider: Provider) -> str:
    return provider.settings.label or provider.settings.id


def _back(here: Here, request: Request, provider: Provider) -> str:
    return f"{here.base(request)}/sign-in/{provider.settings.id}/back"


def _private(here: Here, request: Request) -> bool:
    """A password goes over TLS, or stays on this machine."""
    return here.secure(request) or _address(request) in LOOPBACK


def _address(request: Request) -> str:
    return request.client.host if request.client else "?"


def _local(wanted: str | None) -> str:
    """An address of ours to go on to; the first page for any other."""
    if not wanted or len(wanted) > 2000 or not wanted.isprintable() or "\\" in wanted:
        return "/"
    return wanted if wanted.startswith("/") and not wanted.startswith("//") else "/"
