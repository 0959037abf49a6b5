"""A state with two districts, a school in each and one in none, and somebody of every kind to look at them."""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from sqlalchemy import Engine

from collector.database import Database
from collector.engine import writing
from collector.people import api_tokens, passwords, register, tree
from collector.people.audit import Actor
from collector.people.roles import SCOPES, Role
from collector.registry import add_place, put_site
from collector.settings import Settings, load
from tests.collector import made
from tests.collector.conftest import Running, migrated, running

PASSWORD = "seven green lanterns"  # made up
OPERATOR = Actor("root", "command line")

PEOPLE: dict[str, tuple[Role, tuple[str, ...]]] = {
    "vera": ("viewer", ("district:0100005",)),
    "otto": ("viewer", ("district:0100006",)),
    "ada": ("district_admin", ("district:0100005",)),
    "sam": ("state_admin", ("state:01",)),
    "root": ("state_admin", ()),
}
"""Vera and Ada are of the Lakes, Otto is of the Hills."""


@cache
def kept_password() -> str:
    return passwords.hashed(PASSWORD)


@dataclass
class Browser:
    """Keeps cookies, sends forms as its pages have them, and says where they come from."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.session.get(
            urljoin(self.url, path), headers={**self.headers, **headers}, timeout=30, allow_redirects=False
        )

    def post(
        self, path: str, fields: dict[str, str], *, origin: str | None = "", **headers: str
    ) -> requests.Response:
        said = {"Origin": self.url if origin == "" else origin} if origin is not None else {}
        return self.session.post(
            urljoin(self.url, path),
            data=fields,
            headers={**self.headers, **said, **headers},
            timeout=30,
            allow_redirects=False,
        )

    def form(self, path: str, **fields: str) -> requests.Response:
        """Sends the first form of a page to where the page's address is, filled in."""
        return self.post(path, {**hidden(self.get(path).text), **fields})

    def sign_in(self, name: str, password: str = PASSWORD, wanted: str = "") -> requests.Response:
        page = self.get(f"/sign-in?next={wanted}" if wanted else "/sign-in")
        return self.post("/sign-in", {**hidden(page.text), "name": name, "password": password})

    def sign_out(self) -> requests.Response:
        return self.post("/sign-out", {"form": hidden(self.get("/").text)["form"]})


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's last form."""
    found = re.findall(r'<input type="hidden" name="([a-z]+)"[^>]*? value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


@dataclass
class District:
    """The running collector, its registry, and the tokens of its sites and programs."""

    collector: Running
    engine: Engine
    site_tokens: dict[str, str]
    api_tokens: dict[str, str]

    @property
    def url(self) -> str:
        return self.collector.url

    def browser(self, name: str | None = None) -> Browser:
        """A new browser; ``name`` has signed in with it."""
        found = Browser(self.url)
        if name:
            assert found.sign_in(name).status_code == 303
        return found


def furnished(source: Engine) -> None:
    """The tree, and the people in it."""
    with writing(source) as connection:
        state = add_place(connection, "state", "01", "Alabama")
        add_place(connection, "district", "0100005", "Lakes", state)
        add_place(connection, "district", "0100006", "Hills", state)
        for name, (role, names) in PEOPLE.items():
            places = tree.named(connection, names)
            register.add(connection, OPERATOR, made.NOW, name, role, places, kept_password())


def made_settings(**tables: dict[str, Any]) -> Settings:
    """The default settings with these in their place, as in ``listen={"url": "https://a.example"}``."""
    settings = load(None)
    for table, values in tables.items():
        changed = dataclasses.replace(getattr(settings, table), **values)
        settings = dataclasses.replace(settings, **{table: changed})
    return settings


@contextmanager
def district(
    where: Path | Database, settings: Settings | None = None, *, exposed: bool = False
) -> Iterator[District]:
    """Lincoln is of the Lakes, Roosevelt of the Hills, Oak of nobody; in a database, or a folder for one."""
    database = migrated(where) if isinstance(where, Path) else where
    with running(database, settings or load(None), exposed=exposed) as collector:
        source = collector.store.engine
        tokens = {name: collector.enrol(name) for name in ("lincoln", "roosevelt", "oak")}
        furnished(source)
        with writing(source) as connection:
            for site, name in (("lincoln", "district:0100005"), ("roosevelt", "district:0100006")):
                (place,) = tree.named(connection, [name])
                known = collector.store.site(site)
                assert known is not None
                put_site(connection, known.key, place.key)
            lakes = tree.named(connection, ["district:0100005"])
            programs = {
                "all": api_tokens.add(
                    connection, OPERATOR, made.NOW, "all", [*SCOPES], (), timedelta(days=30)
                ),
                "lakes": api_tokens.add(
                    connection, OPERATOR, made.NOW, "lakes", ["read:sites"], lakes, timedelta(days=30)
                ),
                "other scope": api_tokens.add(
                    connection, OPERATOR, made.NOW, "other", ["read:metrics"], (), timedelta(days=30)
                ),
            }
        yield District(collector, source, tokens, programs)
