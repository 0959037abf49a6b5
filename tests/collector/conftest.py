"""A real collector on loopback, with a real database and a clock that the test sets."""

from __future__ import annotations

import dataclasses
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, text

from collector.app import application
from collector.database import Database, named
from collector.desk import Desk
from collector.engine import engine
from collector.enrolment import enrol
from collector.migrating import prepare
from collector.serving import address, listen, server
from collector.settings import Settings, load
from collector.store import Store, open_store
from collector.writer import Writer
from reports.shipped import chosen, shipped_targets
from reports.sites import Contract, Site
from tests.collector import made
from tests.postgres import FOLDERS, Cluster, cluster


@dataclass
class Running:
    """A running collector: its address, its store, its time."""

    url: str
    store: Store
    now: datetime = made.NOW
    session: requests.Session = field(default_factory=requests.Session)

    def enrol(self, site: Site | str, contract: Contract = Contract()) -> str:  # noqa: B008  # frozen
        """Enrols a site; returns its token."""
        facts = Site(id=site, name=f"School {site}") if isinstance(site, str) else site
        return enrol(self.store, facts, contract, self.now, rotate=False)

    def post(self, token: str | None, body: bytes, **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return self.session.post(
            f"{self.url}/v1/summaries",
            data=body,
            headers={"Content-Type": "application/json", **bearer, **named},
            timeout=10,
        )

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.url + path, timeout=30)

    def rows(self) -> int:
        """How many summaries the database holds."""
        both = text("SELECT (SELECT count(*) FROM summaries) + (SELECT count(*) FROM hours)")
        with self.store.engine.connect() as connection:
            return int(connection.execute(both).scalar_one())


ON_BOTH = {
    "test_agent_state",
    "test_api",
    "test_chains",
    "test_contracts",
    "test_database",
    "test_facts",
    "test_first_agents",
    "test_hours",
    "test_policies",
    "test_receipts",
    "test_school_import",
    "test_series",
    "test_short_read",
    "test_watch",
    "test_watch_uploads",
}
"""Modules whose tests run on SQLite and on PostgreSQL; the others' are about what both have in common."""

Starter = Callable[..., Running]


@cache
def _migrated_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "collector.sqlite"
        prepare(Database(path))
        return path.read_bytes()


def migrated(folder: Path) -> Database:
    """An SQLite database with all migrations and nothing in it: a copy of one that this process has made."""
    path = folder / "collector.sqlite"
    path.touch(0o600)
    path.write_bytes(_migrated_file())
    return Database(path)


@contextmanager
def running(database: Database, settings: Settings, *, exposed: bool = False) -> Iterator[Running]:
    store = open_store(database)
    listening = listen("127.0.0.1", 0)
    found = Running(address(listening), store)
    targets = chosen(settings.targets.sets, shipped_targets())
    desk = Desk(settings, store, Writer(store), targets, lambda: found.now, store.engine, database)
    web = server(application(desk, exposed=exposed), settings.listen.proxies)
    thread = threading.Thread(target=web.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not web.started:
            assert thread.is_alive()
            time.sleep(0.005)  # noqa: TID251  # a server has no event to wait for
        yield found
    finally:
        found.session.close()
        web.should_exit = True
        thread.join()
        store.close()


@pytest.fixture
def start(database: Database) -> Iterator[Callable[..., Running]]:
    """Starts a collector; keyword arguments replace settings, as in ``limits={"max_body_mb": 0.01}``."""
    with_exit = []

    def begin(**tables: dict[str, Any]) -> Running:
        settings = load(None)
        for table, values in tables.items():
            changed = dataclasses.replace(getattr(settings, table), **values)
            settings = dataclasses.replace(settings, **{table: changed})
        context = running(database, settings)
        with_exit.append(context)
        return context.__enter__()

    yield begin
    for context in with_exit:
        context.__exit__(None, None, None)


@pytest.fixture
def collector(start: Starter) -> Running:
    """A collector with the default settings."""
    return start()


@pytest.fixture
def token(collector: Running) -> str:
    """The token of Lincoln Elementary, enrolled there."""
    return collector.enrol(made.LINCOLN, made.CABLE)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server for all tests of a process."""
    if not FOLDERS:
        pytest.skip("PostgreSQL isn't installed (apt install postgresql)")
    with cluster() as running_one:
        yield running_one


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What a store does, every store does: these tests run on both."""
    if "database" in metafunc.fixturenames:
        both = metafunc.module.__name__.rpartition(".")[2] in ON_BOTH or "source" in metafunc.fixturenames
        if both:
            metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True)
    if "empty_database" in metafunc.fixturenames:
        metafunc.parametrize("empty_database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Cluster) -> str:
    """A PostgreSQL database with all migrations and nothing in it, to be the template of others."""
    name = postgres.create()
    prepare(named(name))
    return name


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A migrated database of either kind, and nothing in it."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return migrated(tmp_path)
    running_one: Cluster = request.getfixturevalue("postgres")
    return named(running_one.create(request.getfixturevalue("migrated_postgres")))


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A new database of either kind, before any migration."""
    if request.param == "sqlite":
        return Database(tmp_path / "collector.sqlite")
    running_one: Cluster = request.getfixturevalue("postgres")
    return named(running_one.create())


@pytest.fixture
def source(database: Database) -> Iterator[Engine]:
    """The engine over a migrated database of either kind."""
    prepare(database)
    made_engine = engine(database)
    yield made_engine
    made_engine.dispose()
