"""A viewer of one district finds nothing of another on any page, in any answer, in any file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update
from starlette.types import ASGIApp, Message

from collector.app import application
from collector.database import Database
from collector.desk import Desk
from collector.engine import engine, writing
from collector.enrolment import enrol
from collector.people import register, sessions
from collector.people import tree as tree_of
from collector.registry import add_place
from collector.settings import load
from collector.store import open_store
from collector.tables import circuits, sites
from collector.writer import Writer
from reports.shipped import chosen, shipped_targets
from reports.sites import Site
from tests.collector import made
from tests.collector.people.district import OPERATOR, kept_password


@dataclass(frozen=True)
class Tree:
    """An application over two districts, Ours with its Oak and Theirs with its Elm."""

    app: ASGIApp
    sessions: dict[str, str]

    def ask(self, path: str, who: str) -> tuple[int, str]:
        """Status and body for whoever sees "ours", "all" or "none"."""
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(b"cookie", f"bandgap-session={self.sessions[who]}".encode())],
            "http_version": "1.1",
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
            "root_path": "",
        }
        came: list[Message] = []

        async def receive() -> Message:
            # It is a stream's end that is waited for, when it asks whether the viewer is still there.
            await asyncio.Event().wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            came.append(message)

        asyncio.run(self.app(scope, receive, send))  # type: ignore[arg-type]  # a coroutine in ours
        body = b"".join(one.get("body", b"") for one in came)
        return int(came[0]["status"]), body.decode()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    database = Database(Path(tmp_path_factory.mktemp("tree")) / "collector.sqlite")
    settings, store = load(None), open_store(database)
    source = engine(database)
    for name in ("oak", "elm"):
        enrol(store, Site(id=name, name=f"{name.title()} School"), made.CABLE, made.NOW, rotate=False)
    places = {}
    with writing(source) as connection:
        for number, (district, site) in enumerate((("Ours", "oak"), ("Theirs", "elm"))):
            place = add_place(connection, "district", f"010000{number}", district)
            ends = {"ends_on": made.NOW.date(), "place": place}
            connection.execute(insert(circuits).values(id=f"line-of-{district}", **ends))
            connection.execute(
                update(sites).where(sites.c.id == site).values(place=place, lat=45.0 + number, lon=-93.0)
            )
            places[district] = place
        add_place(connection, "district", "0100009", "None")
        seen = {"ours": ["district:0100000"], "all": [], "none": ["district:0100009"]}
        secrets = {}
        for who, names in seen.items():
            key = register.add(
                connection,
                OPERATOR,
                made.NOW,
                who,
                "viewer",
                tree_of.named(connection, names),
                kept_password(),
            )
            secrets[who] = sessions.begin(connection, key, "session", made.NOW)
    targets = chosen(settings.targets.sets, shipped_targets())
    desk = Desk(settings, store, Writer(store), targets, lambda: made.NOW, source, database)
    yield Tree(application(desk), secrets)
    source.dispose()
    store.close()


OURS = (
    "/", "/sites", "/sites?district=0100001", "/sites?q=elm", "/districts", "/districts?q=theirs", "/map", "/silent",
    "/contracts", "/sites/oak", "/districts/0100000", "/v1/fleet", "/v1/sites", "/v1/sites.csv", "/v1/sites.geojson",
    "/v1/places", "/v1/circuits", "/v1/sites?sort=name&limit=1", "/metrics?sites=1",
)  # fmt: skip
THEIRS = (
    "/sites/elm", "/districts/0100001", "/v1/sites/elm", "/v1/places/district/0100001",
)  # fmt: skip


@pytest.mark.parametrize("path", OURS)
def test_nothing_of_another_district_is_told(tree: Tree, path: str) -> None:
    """Not a name, not an id, not a contract; who may see all sees both."""
    status, text = tree.ask(path, "ours")
    asked = path.partition("?")[2]
    assert status == 200
    told = text.replace(f'value="{asked.partition("=")[2]}"', "")
    for word in ("Elm School", '"elm"', "Theirs", "line-of-Theirs"):
        assert word not in told.replace("theirs", "")


@pytest.mark.parametrize("path", THEIRS)
def test_what_is_another_districts_is_not_there(tree: Tree, path: str) -> None:
    """404, as for what never was: whether it is there is told to nobody."""
    assert tree.ask(path, "ours")[0] == 404
    assert tree.ask(path, "none")[0] == 404
    assert tree.ask(path, "all")[0] == 200


def test_counts_and_sums_are_of_what_is_seen(tree: Tree) -> None:
    seen: dict[str, Any] = {}
    for who in ("ours", "all", "none"):
        seen[who] = json.loads(tree.ask("/v1/fleet", who)[1])["sites"]
    assert seen == {"ours": 1, "all": 2, "none": 0}
