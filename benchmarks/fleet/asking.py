"""Asks a collector for its pages as people do, one after the other, and says how long each took.

People are signed in: one who sees everything, an administrator of a state and a viewer of a district. A page is
asked for in a few ways, each time of another site, filter or place of the table. Warm is a server that runs for a
while; cold is the first request after the server was started and the store's files were taken out of the page cache.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import psutil
import requests
from sqlalchemy import Connection, Engine, func, select

from benchmarks.fleet.deepening import SAMPLED
from benchmarks.fleet.filling import PROVIDERS
from benchmarks.fleet.stores import Stored
from collector.engine import reading, writing
from collector.people import register, sessions, tree
from collector.people.audit import Actor
from collector.people.forms import SESSION
from collector.people.roles import Role
from collector.standings.asked import KEYS, SORTS, STATE_SLUGS, Cursor
from collector.tables import places, sites

WARM_UP = 3
COLD = 3
"""Starts of the server after which each page is asked for once."""
PATIENCE_S = 300

WORDS = ("lincoln", "cedar", "zzz", "00012", "high school", "river")


@dataclass(frozen=True, slots=True)
class Figures:
    """How long one page took, in ms: percentiles over many requests, processor time for each, and cold."""

    p50: float
    p95: float
    p99: float
    processor: float
    cold: float


@dataclass(frozen=True, slots=True)
class People:
    """Cookies of those who ask, the district of the viewer, and one of the state's."""

    everything: str
    state: str
    district: str
    district_id: str


def let_in(source: Engine, now: datetime) -> People:
    """Adds somebody for each scope, and signs them in."""
    with writing(source) as connection:
        of_state = select(places.c.parent).where(places.c.kind == "district").group_by(places.c.parent)
        largest = connection.execute(of_state.order_by(func.count().desc()).limit(1)).scalar_one()
        state_id = connection.execute(select(places.c.id).where(places.c.key == largest)).scalar_one()
        full = select(sites.c.place).group_by(sites.c.place).order_by(func.count().desc(), sites.c.place)
        district_id = connection.execute(
            select(places.c.id).where(places.c.key == full.limit(1).scalar_subquery())
        ).scalar_one()
        return People(
            _signed_in(connection, now, "everything", "state_admin"),
            _signed_in(connection, now, "state", "state_admin", f"state:{state_id}"),
            _signed_in(connection, now, "district", "viewer", f"district:{district_id}"),
            district_id,
        )


def _signed_in(connection: Connection, now: datetime, name: str, role: Role, *names: str) -> str:
    by = Actor("benchmark", "command line")
    key = register.add(connection, by, now, name, role, tree.named(connection, names), "no password")
    return sessions.begin(connection, key, "session", now)


def measured(stored: Stored, source: Engine, people: People, each: int) -> tuple[dict[str, Figures], float]:
    """The figures of every page, and the server's memory in MB afterwards."""
    cold: dict[str, list[float]] = {}
    source.dispose()
    for _ in range(COLD):
        stored.restart()
        with _serving(stored) as (url, _):
            for name, (cookie, address) in _pages(url, source, people).items():
                stored.forget()
                cold.setdefault(name, []).append(_took(url, cookie, address()))
        source.dispose()
    found = {}
    with _serving(stored) as (url, process):

        def spent() -> float:
            times = process.cpu_times()
            return times.user + times.system + stored.processor_s()

        for name, (cookie, address) in _pages(url, source, people).items():
            for _ in range(WARM_UP):
                _took(url, cookie, address())
            used = spent()
            took = [_took(url, cookie, address()) for _ in range(each)]
            processor = (spent() - used) / each * 1000
            cuts = statistics.quantiles(took, n=100, method="inclusive")
            found[name] = Figures(cuts[49], cuts[94], cuts[98], processor, statistics.median(cold[name]))
        memory = process.memory_info().rss / 1e6
    return found, memory


@contextmanager
def _serving(stored: Stored) -> Iterator[tuple[str, psutil.Process]]:
    words = [sys.executable, "-P", "-c", "import sys; from agent.cli import main; sys.exit(main())"]
    place = stored.database.url or str(stored.database.path)
    process = subprocess.Popen(
        [*words, "collector", "serve", "--port", "0", "--database", place],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1], psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


_session = requests.Session()


def _took(url: str, cookie: str, path: str) -> float:
    """From asking to the last octet, in ms."""
    began = time.perf_counter()
    answer = _session.get(url + path, cookies={SESSION: cookie}, timeout=PATIENCE_S, allow_redirects=False)
    took = (time.perf_counter() - began) * 1000
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
    return took


def _pages(url: str, source: Engine, people: People) -> dict[str, tuple[str, Callable[[], str]]]:
    """By name: who asks, and an address that is another each time where there are several."""
    chance = random.Random(1)
    with reading(source) as connection:
        many = connection.execute(select(func.count()).select_from(sites)).scalar_one()
        sampled = connection.scalars(select(sites.c.id).where(sites.c.key % SAMPLED == 0)).all()
        districts = connection.scalars(select(places.c.id).where(places.c.kind == "district")).all()
        states = connection.scalars(select(places.c.id).where(places.c.kind == "state")).all()
    orders = (*SORTS, *(f"-{name}" for name in SORTS))

    def one(*of: str) -> str:
        return chance.choice(of)

    turn = _turn(url, people.everything, f"sort=demand&limit={min(1000, many // 2)}")
    end = Cursor(None, KEYS - 1)  # those without a figure are the last of every order
    pages: dict[str, tuple[str, Callable[[], str]]] = {}

    def asks(name: str, address: Callable[[], str], cookie: str = people.everything) -> None:
        pages[name] = cookie, address

    asks("overview", lambda: "/")
    asks("table, worst gap first", lambda: "/sites")
    asks("table, in any order", lambda: f"/sites?sort={one(*orders)}")
    asks("table, of a verdict in any order", lambda: f"/sites?state={one(*STATE_SLUGS)}&sort={one(*orders)}")
    asks("table, of a provider", lambda: f"/sites?provider={quote(one(*PROVIDERS))}&sort={one(*orders)}")
    asks("table, of a state", lambda: f"/sites?district={one(*states)}&sort={one(*orders)}")
    asks("table, a word searched", lambda: f"/sites?q={quote(one(*WORDS))}&sort={one(*orders)}")
    asks("table, a page far in", lambda: f"/sites?{turn}")
    asks("table, the last page", lambda: f"/sites?before={end}")
    asks("districts", lambda: "/districts")
    asks("districts, any page", lambda: f"/districts?page={chance.randint(1, max(1, len(districts) // 200))}")
    asks("districts, a word searched", lambda: f"/districts?q={quote(one(*WORDS))}")
    asks("a district", lambda: f"/districts/{one(*districts)}")
    asks("map", lambda: "/map")
    asks("silent", lambda: "/silent")
    asks("contracts", lambda: "/contracts")
    asks("school", lambda: f"/sites/{chance.randrange(many):012d}")
    asks("school, all its hours here", lambda: f"/sites/{one(*sampled)}")
    for name, path in (("overview", "/"), ("table", "/sites"), ("districts", "/districts"), ("map", "/map")):
        asks(f"{name}, seen by a state", lambda path=path: path, people.state)  # type: ignore[misc]
        asks(f"{name}, seen by a district", lambda path=path: path, people.district)  # type: ignore[misc]
    asks("/v1/fleet", lambda: "/v1/fleet")
    asks("/v1/sites", lambda: f"/v1/sites?sort={one(*orders)}")
    asks("/v1/places", lambda: "/v1/places")
    asks("/metrics", lambda: "/metrics")
    return pages


def _turn(url: str, cookie: str, query: str) -> str:
    """What the link to the next page of the table asks for."""
    answer = _session.get(f"{url}/v1/sites?{query}", cookies={SESSION: cookie}, timeout=PATIENCE_S)
    return answer.links["next"]["url"].partition("?")[2]
