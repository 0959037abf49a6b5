"""What administrators see of people: who there is in their part of the tree, and what was changed.

An administrator gives no more than they have: no higher role, and no place outside of their own.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.desk import Desk
from collector.engine import reading, writing
from collector.pages import page
from collector.people import audit, passwords, register, tree
from collector.people.audit_words import in_words
from collector.people.forms import SESSION, form_token, read_form
from collector.people.front_desk import FrontDesk
from collector.people.register import Person
from collector.people.roles import ROLES, Viewer
from reports.faults import Fault
from reports.wording import say

LINES_PER_PAGE = 200


def get_audit(desk: Desk, request: Request) -> Response:
    """The log of every change of a right or of the settings."""
    viewer: Viewer = request.state.viewer
    asked = request.query_params.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 16 else None
    with reading(desk.engine) as connection:
        found = audit.lines(connection, LINES_PER_PAGE + 1, viewer.places, before)
    more = len(found) > LINES_PER_PAGE
    return page(
        "people/audit.html",
        lines=[in_words(line) for _, line in found[:LINES_PER_PAGE]],
        older=found[LINES_PER_PAGE - 1][0] if more else None,
        scoped=viewer.places is not None,
    )


def get_people(desk: Desk, request: Request) -> Response:
    """Who may sign in, in one's own part of the tree."""
    return _people_page(desk, request)


async def post_people(desk: Desk, request: Request) -> Response:
    """Adds a person, or removes one."""
    fields = await read_form(request.state.here, request, request.state.here.cookie(request, SESSION))
    try:
        if "remove" in fields:
            await run_in_threadpool(_remove, desk, request.state.viewer, fields["remove"])
            return await run_in_threadpool(
                _people_page, desk, request, say("{name} is removed.", name=fields["remove"])
            )
        front_desk: FrontDesk = request.app.state.front_desk
        password = secrets.token_urlsafe(15)
        kept = await front_desk.hashing(lambda: passwords.hashed(password))
        name = await run_in_threadpool(_add, desk, request.state.viewer, fields, kept)
    except Fault as fault:
        return await run_in_threadpool(_people_page, desk, request, f"{fault}.", None, 422)
    return await run_in_threadpool(_people_page, desk, request, say("{name} is added.", name=name), password)


def _add(desk: Desk, viewer: Viewer, fields: dict[str, str], kept: str) -> str:
    role = next((one for one in ROLES if one == fields.get("role")), None)
    if role is None or not viewer.is_(role):
        raise HTTPException(403, say("You can't give this role."))
    with writing(desk.engine) as connection:
        places = tree.named(connection, fields.get("places", "").replace(",", " ").split())
        if viewer.places is not None and not (places and all(viewer.sees(one.key) for one in places)):
            raise Fault(say("name places of your own part of the tree"))
        register.add(
            connection, audit.actor(viewer), desk.clock(), fields.get("name", ""), role, places, kept
        )
    return register.folded(fields.get("name", ""))


def _remove(desk: Desk, viewer: Viewer, name: str) -> None:
    with writing(desk.engine) as connection:
        if name not in {one.name for one in _under(connection, viewer)}:
            raise HTTPException(404, say("There is no such person in your part of the tree."))
        register.remove(connection, audit.actor(viewer), desk.clock(), name)


def _under(connection: Connection, viewer: Viewer) -> list[Person]:
    """People whose places are all the viewer's own, and whose role isn't above the viewer's."""
    found = [one for one in register.everyone(connection) if viewer.is_(one.role)]
    if viewer.places is None:
        return found
    return [
        one
        for one in found
        if one.places and all(viewer.sees(place.key) for place in tree.named(connection, one.places))
    ]


def _people_page(
    desk: Desk, request: Request, said: str = "", password: str | None = None, status: int = 200
) -> Response:
    viewer: Viewer = request.state.viewer
    with reading(desk.engine) as connection:
        found = _under(connection, viewer)
    return page(
        "people/people.html",
        status=status,
        people=found,
        roles=[one for one in ROLES if viewer.is_(one)],
        viewer=viewer,
        said=said,
        password=password,
        form_token=form_token(request.state.secret or ""),
    )
